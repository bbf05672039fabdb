"""What the rest of a Node knows of a socket: how it arrives, speaks and is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Protocol

from attrs import frozen

from nexus.errors import Refused
from nexus.net.outlet import Outlet

__all__ = ["Arrival", "Receiver", "Socket", "Unwelcome"]


@frozen(kw_only=True)
class Arrival:
    """A request to be upgraded to a socket.

    Attributes:
        path: The path as it was asked for, still percent-encoded.
        query: What came behind the question mark, decoded; of a name that comes
            several times, the last value.
        headers: The headers of the request by their names in lower case. All of them
            together are no more than the HTTP side reads of one request.
        address: The IP address of the peer, or of what the outermost trusted proxy
            saw; empty if the peer came by a local socket.
        secure: Whether the peer speaks TLS, with us or with a trusted proxy.
    """

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    address: str
    secure: bool


class Unwelcome(Refused):
    """An upgrade that is answered with an HTTP status of one's own choice.

    Any other `Refused` is answered with 403.

    Raises:
        ValueError: There is no such status.
    """

    def __init__(self, reason: str, *, status: int) -> None:
        super().__init__(reason)
        self.status = HTTPStatus(status)


class Socket(Protocol):
    """Our end of an open WebSocket.

    Attributes:
        outlet: The short way out; it is closed where there is none.
    """

    outlet: Outlet

    def deliver(self, frame: bytes) -> None:
        """Send a frame that `nexus.wire.envelope.seal` made.

        One that is closing or closed takes it silently. A peer that reads too slowly
        for what is sent to it is aborted.
        """

    def close(self, code: int, reason: str) -> None:
        """Close in good order, after what was delivered; nothing is received any more.

        A peer that does not answer within two seconds is aborted. One that is closing
        or closed stays as it is.

        Raises:
            ValueError: The code is neither 1000 nor one of 3000 to 4999.
        """

    def abort(self) -> None:
        """Cut the connection off, without what still waits to be sent."""

    def probe(self, echoed: Callable[[], object]) -> None:
        """Call back, once, when the peer has read all that was delivered so far.

        Another probe takes the place of one that is still on its way.
        """

    @property
    def waiting(self) -> int:
        """How many bytes the kernel has not taken yet."""


class Receiver(Protocol):
    """Who listens to a socket.

    What it raises closes the socket with 4002: with their sentence if it is a
    `PeerError` or `Refused`, and otherwise with an opaque one and a failure in the log.
    """

    def receive(self, data: bytes) -> None:
        """Take one whole binary message."""

    def lost(self, code: int, reason: str) -> None:
        """Learn, once, that the socket is gone.

        The code is that of whoever closed first; 1005 if the peer gave none, and 1006
        if the connection broke off, or was cut off, without an orderly close.
        """

    def measured(self, seconds: float) -> None:
        """Learn how long a round trip to the peer took just now."""
