"""The reactor that runs, for clients that were given none."""

from __future__ import annotations

from typing import Any

__all__ = ["installed_reactor"]


def installed_reactor() -> Any:
    """Return the reactor of this process; installs the default one if there is none.

    It is looked for when the first client is made, and not on import, so that whoever
    imports this package can still choose one.
    """
    from twisted.internet import reactor  # noqa: PLC0415, TID251  # as it says above

    return reactor
