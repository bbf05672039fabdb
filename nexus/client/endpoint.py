"""Where a Node is, and what its addresses are."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, quote, urlencode, urlsplit

from attrs import evolve, frozen

__all__ = ["Endpoint"]

#: Of each scheme, whether it is a safe one.
_SCHEMES: Final = {"ws": False, "http": False, "wss": True, "https": True}


@frozen
class Endpoint:
    """The address of a Node; its path and query are part of all that is asked there.

    Attributes:
        host: Its name or IP address, with a port behind it if there is one.
        is_secure: Whether TLS is spoken.
        path: What all paths begin with.
        query: What all queries begin with.
    """

    host: str
    is_secure: bool
    path: str = ""
    query: str = ""

    @classmethod
    def parse(cls, url: str) -> Endpoint:
        """Read an address such as `ws://127.0.0.1:5000`.

        Raises:
            ValueError: It is none.
        """
        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES or not parts.hostname or not _has_port(parts):
            raise ValueError(f"{url!r} is not like ws://127.0.0.1:5000")
        return cls(
            parts.netloc.rpartition("@")[2],
            _SCHEMES[parts.scheme],
            parts.path.rstrip("/"),
            parts.query,
        )

    def at(self, address: str) -> Endpoint:
        """Return the endpoint of another process: a host, and maybe a path."""
        host, slash, path = address.partition("/")
        return evolve(self, host=host, path=(slash + path).rstrip("/"))

    def wish(self, method: str, name: str) -> str:
        """Return where a seat is asked for."""
        scheme = "https" if self.is_secure else "http"
        query = f"?{self.query}" if self.query else ""
        path = f"{self.path}/matchmake/{method}/{quote(name, safe='')}"
        return f"{scheme}://{self.host}{path}{query}"

    def room(self, process_id: str, room_id: str, **query: str) -> str:
        """Return where a Room is."""
        scheme = "wss" if self.is_secure else "ws"
        words = "&".join(filter(None, (self.query, urlencode(query))))
        return f"{scheme}://{self.host}{self.path}/{process_id}/{room_id}?{words}"


def _has_port(parts: SplitResult) -> bool:
    """Say whether the port, if there is one, is a number that a port can be."""
    try:
        return parts.port != 0
    except ValueError:
        return False
