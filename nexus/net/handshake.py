"""How a request becomes a socket, or is refused."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from autobahn.twisted.websocket import WebSocketServerProtocol
from autobahn.websocket.protocol import TrafficStats
from autobahn.websocket.types import ConnectionDeny, ConnectionRequest
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, ISSLTransport, ITCPTransport
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from typing_extensions import override

from nexus.errors import Refused
from nexus.net.admission import holder_of, outermost, plain_address
from nexus.net.deflate import compresses_well
from nexus.net.fresh import FRESH, OF_HANDSHAKE
from nexus.net.port import Arrival, Unwelcome
from nexus.net.transport import NowServer

if TYPE_CHECKING:
    from nexus.net.factory import SocketFactory

__all__ = ["HandshakeProtocol"]

#: Is no value of Autobahn's.
_NONE: Final = object()


class _Silence:
    """A log that Autobahn may write to: it logs what peers do wrong, we count it."""

    def debug(self, *_args: object, **_fields: object) -> None:
        """Ignore it."""

    trace = info = warn = error = debug


def never(_frame: bytes) -> bool:
    """Send nothing at once, where the transport cannot."""
    return False


def _refuse(offers: object) -> None:
    """Agree to no compression."""


class HandshakeProtocol(WebSocketServerProtocol):
    """A connection until it is open, and after it was lost.

    Autobahn reads the request and writes the response. It hides what goes wrong in its
    callbacks, or lets it escape into the reactor; hence the guard around each of them.
    """

    #: The options of Autobahn are attributes of the class: see the factory.
    CONFIG_ATTRS: list[str] = []  # noqa: RUF012 -- declared like that, never changed
    log = _Silence()
    factory: SocketFactory
    transport: Any
    _log = Logger()

    # A subclass has these two, from the beginning on.
    data: bytes
    _now: Callable[[bytes], bool]

    #: Autobahn sets it later than it, or we, may read it.
    _transport_details: Any = None
    #: Autobahn counts bytes for each connection; once open, they all count together.
    trafficStats = TrafficStats()  # noqa: N815 -- Autobahn's name

    _arrival: Arrival | None = None
    _holder: str | None = None
    _is_deciding = False
    _killer: IDelayedCall | None = None

    @override
    def connectionMade(self) -> None:
        """Take the connection over from HTTP."""
        self._take_over()
        super().connectionMade()

    def _take_over(self) -> None:
        if isinstance(self.transport, NowServer):
            self._now = self.transport.send_now
        # It would keep the HTTP side and its request for as long as the connection
        # lives, which are almost as large as all the rest of a socket.
        self.transport.unregisterProducer()

    def _enter(self, arrival: Arrival) -> None:
        """Take a place.

        Raises:
            Unwelcome: There is none.
        """
        holder = holder_of(arrival.address)
        self.factory.admission.enter(holder)
        self._holder = holder

    @override
    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Free the place and the timers of the connection."""
        if self._holder is not None:
            self.factory.admission.leave(self._holder)
        for timer in (self._killer, self.closeHandshakeTimeoutCall):
            if timer is not None and timer.active():
                timer.cancel()
        super().connectionLost(reason)
        self._now = never

    @override
    def onConnect(self, request: ConnectionRequest) -> Any:
        """Decide whether the peer is let in, at once or by a Deferred."""
        query = self.http_request_uri.partition("?")[2]
        arrival = self._arrival = self._arrival_of(
            request.path,
            dict(parse_qsl(query, keep_blank_values=True)),
            request.headers,
        )
        if not compresses_well(arrival.path, arrival.query, arrival.headers):
            self.perMessageCompressionAccept = _refuse
        try:
            self._enter(arrival)
            undecided = self.factory.check(arrival) if self.factory.check else None
        except Exception as error:
            raise self._denial(error) from error
        if undecided is None:
            return None
        self._is_deciding = True
        return Deferred.fromCoroutine(self._decide(undecided))

    async def _decide(self, undecided: Awaitable[None]) -> None:
        try:
            await undecided
        except Exception as error:
            raise self._denial(error) from error

    def _denial(self, error: Exception) -> ConnectionDeny:
        """Say how an error answers an upgrade."""
        if isinstance(error, Unwelcome):
            return ConnectionDeny(int(error.status), str(error))
        if isinstance(error, Refused):
            return ConnectionDeny(int(HTTPStatus.FORBIDDEN), str(error))
        return ConnectionDeny(
            int(HTTPStatus.INTERNAL_SERVER_ERROR), self.factory.opaque(error)
        )

    @override
    def succeedHandshake(self, res: object) -> None:
        """Open, unless the peer is gone or it took too long."""
        self._is_deciding = False
        if self.state != self.STATE_CONNECTING:
            return
        rest, self.data = self.data, b""
        super().succeedHandshake(res)
        if rest:
            self.dataReceived(rest)

    @override
    def failHandshake(
        self, reason: str, code: int = 400, responseHeaders: Any = None
    ) -> None:
        """Refuse the upgrade, in the shape that every error has."""
        self._is_deciding = False
        if self.state != self.STATE_CONNECTING:
            return
        self.factory.counters.refused.inc()
        body = json.dumps({"code": code, "error": reason}).encode() + b"\n"
        head = [
            f"HTTP/1.1 {code} {HTTPStatus(code).phrase}",
            *(f"{name}: {value}" for name, value in responseHeaders or ()),
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "Cache-Control: no-store",
            "Connection: close",
        ]
        self.sendData("\r\n".join([*head, "", ""]).encode() + body)
        self.dropConnection(abort=False)

    @override
    def sendData(
        self, data: bytes, sync: bool = False, chopsize: int | None = None
    ) -> None:
        """Send what Autobahn wants to be sent, in order with what is delivered."""
        if not self._now(data):
            self.transport.write(data)

    @override
    def _closeConnection(self, abort: bool = False) -> None:
        """End the connection; one that does not flush in time is cut off."""
        if abort:
            self.transport.abortConnection()
            return
        self._killer = self.factory.clock.callLater(
            self.factory.limits.close_timeout, self.transport.abortConnection
        )
        self.transport.loseConnection()

    def _settle(self) -> Arrival:
        """Make the connection ready for what comes after the handshake.

        Returns:
            How the peer arrived; the connection remembers nothing of it.
        """
        arrival = self._arrival
        assert arrival is not None
        if ITCPTransport.providedBy(self.transport) and _is_internet(self.transport):
            # The option that Autobahn has for it came too late in some versions.
            self.transport.setTcpNoDelay(True)
        # A dictionary does not shrink, so it is made anew.
        self.__dict__ = {
            name: value
            for name, value in self.__dict__.items()
            if name not in OF_HANDSHAKE and FRESH.get(name, _NONE) is not value
        }
        return arrival

    def _arrival_of(
        self, path: str, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> Arrival:
        """Read a request."""
        proxies = self.factory.limits.trusted_proxies
        address = plain_address(outermost(headers.get("x-forwarded-for"), proxies))
        if address is None:
            peer = self.transport.getPeer()
            if isinstance(peer, IPv4Address | IPv6Address):
                address = plain_address(peer.host)
        scheme = outermost(headers.get("x-forwarded-proto"), proxies).lower()
        return Arrival(
            path=path,
            query=query,
            headers=headers,
            address=address or "",
            secure=ISSLTransport.providedBy(self.transport)
            or scheme in ("https", "wss"),
        )


def _is_internet(transport: Any) -> bool:
    return isinstance(transport.getPeer(), IPv4Address | IPv6Address)
