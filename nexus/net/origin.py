"""Origins of web pages, as Autobahn compares them."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["spelled_out"]

#: The ports that origins do not name.
_PORTS: Final = {"http": "80", "https": "443"}
_PORT: Final = re.compile(r":(\d+|\*)$")


def spelled_out(pattern: str) -> str:
    """Write a pattern of origins with the port that its origins have.

    Browsers leave the usual port out. Autobahn puts it back before it compares, takes
    the brackets off IPv6 addresses, and says `None` where no port is usual.
    """
    scheme, mark, host = pattern.partition("://")
    if not mark or host.endswith("*"):
        return pattern
    port = _PORT.search(host)
    if port is None:
        host = f"{host}:{_PORTS.get(scheme)}"
    return f"{scheme}://{host.replace('[', '').replace(']', '')}"
