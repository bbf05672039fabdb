"""What a client needs of the network, so that tests can do without one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from attrs import frozen

__all__ = ["Answer", "Listener", "Network", "Socket"]


@frozen
class Answer:
    """What came back from an HTTP call."""

    status: int
    body: bytes


class Listener(Protocol):
    """Listens to one socket."""

    def received(self, data: bytes) -> None:
        """Take one binary message."""
        ...

    def lost(self, code: int, reason: str) -> None:
        """Take note, once, that the socket is gone, or could never be opened."""
        ...


class Socket(Protocol):
    """One WebSocket, from the moment on that it is wanted."""

    def deliver(self, data: bytes) -> None:
        """Send one binary message, unless the socket is not open."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Close in good order."""
        ...

    def abort(self) -> None:
        """Cut the connection off."""
        ...


class Network(Protocol):
    """Opens sockets and makes HTTP calls."""

    def open(self, url: str, headers: Mapping[str, str], listener: Listener) -> Socket:
        """Begin to open a socket; its Listener is called later, never in here."""
        ...

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Make an HTTP call.

        Raises:
            JoinError: There is no answer.
        """
        ...
