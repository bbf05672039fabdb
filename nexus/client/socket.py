"""A client's end of a WebSocket, over TCP or TLS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import define, field, frozen
from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from autobahn.websocket.compress import (
    PerMessageDeflateOffer,
    PerMessageDeflateResponse,
    PerMessageDeflateResponseAccept,
)
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import (
    IDelayedCall,
    IReactorTime,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import connectionDone
from twisted.internet.ssl import optionsForClientTLS
from twisted.logger import Logger
from twisted.python.failure import Failure
from typing_extensions import override

from nexus.bucket import Bucket
from nexus.client.port import Listener
from nexus.errors import Close

__all__ = ["WebSocket"]

#: How long the server may take to answer a close, in seconds.
_CLOSE_SECONDS: Final = 5.0

#: How many pings of a server are answered.
_PONGS_PER_SECOND: Final = 10

#: How long the answer to an upgrade may be, in bytes.
_MAX_HEAD: Final = 65_536

#: What a close frame can carry of a reason, in bytes.
_MAX_REASON: Final = 123

#: The ports of the schemes.
_PORTS: Final = {"ws": 80, "wss": 443}


@frozen
class _Timers:
    """The timers that Autobahn asks for, on the reactor that was given."""

    _clock: IReactorTime

    def call_later(self, delay: float, call: Callable[[], object]) -> IDelayedCall:
        """Call after so many seconds."""
        return self._clock.callLater(delay, call)


class _Protocol(WebSocketClientProtocol):
    """Autobahn's side of a socket: every callback is guarded, as it hides errors."""

    _log = Logger()

    @override
    def dataReceived(self, data: bytes) -> None:
        """Read a chunk of whatever came."""
        try:
            super().dataReceived(data)
        except Exception:  # noqa: BLE001  # nothing may reach the reactor
            self._log.failure("a server sent what Autobahn cannot read")
            self.dropConnection(abort=True)
            return
        # It would collect a head that has no end.
        if self.state == self.STATE_CONNECTING and len(self.data) > _MAX_HEAD:
            self.dropConnection(abort=True)

    @override
    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Be gone, whatever state Autobahn was in."""
        try:
            super().connectionLost(reason)
        except Exception:  # noqa: BLE001  # nothing may reach the reactor
            self._log.failure("a socket ended badly")
        self.factory.owner.over(Close.ABNORMAL, "the connection was lost")

    @override
    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """Give a message to the owner; texts say nothing to us."""
        if not isBinary:
            return
        try:
            self.factory.owner.received(payload)
        except Exception:  # noqa: BLE001  # it would reach the reactor
            self._log.failure("a message of a server led to an error")
            self.dropConnection(abort=True)

    @override
    def onPing(self, payload: bytes) -> None:
        """Answer, unless it is too often: nobody might ever read the answers."""
        if self.factory.pongs.take(self.factory.clock.seconds()):
            super().onPing(payload)

    @override
    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        """Tell the owner that the socket is gone."""
        if code is None:
            code = Close.NO_STATUS if wasClean else Close.ABNORMAL
        try:
            self.factory.owner.over(int(code), reason or "")
        except Exception:  # noqa: BLE001  # Autobahn would not show it
            self._log.failure("the end of a socket led to an error")


class _Factory(WebSocketClientFactory):
    """Builds the one protocol of a socket."""

    protocol = _Protocol
    noisy = False

    def __init__(
        self,
        owner: WebSocket,
        url: str,
        headers: Mapping[str, str],
        *,
        size: int,
        clock: IReactorTime,
    ) -> None:
        super().__init__(url, headers=dict(headers), useragent=None, reactor=clock)
        self.owner = owner
        self.clock = clock
        self.pongs = Bucket(_PONGS_PER_SECOND, _PONGS_PER_SECOND)
        # Its own timers run on the global reactor.
        self._batched_timer = _Timers(clock)
        self.setProtocolOptions(
            maxFramePayloadSize=size,
            maxMessagePayloadSize=size,
            failByDrop=True,
            # The owner knows how patient it is.
            openHandshakeTimeout=0,
            closeHandshakeTimeout=0,
            serverConnectionDropTimeout=0,
            tcpNoDelay=True,
            perMessageCompressionOffers=[PerMessageDeflateOffer()],
            perMessageCompressionAccept=lambda answer: _accept(answer, size),
        )


def _accept(answer: object, size: int) -> PerMessageDeflateResponseAccept | None:
    """Agree to compression, but not to messages that are too large without it."""
    if isinstance(answer, PerMessageDeflateResponse):
        return PerMessageDeflateResponseAccept(answer, max_message_size=size)
    return None


@define(eq=False)
class WebSocket:
    """One socket, from the moment on that it is wanted.

    Args:
        reactor: What connects and waits.
        listener: Who is told; it is called after `open`, and never in it.
    """

    _reactor: Any
    _listener: Listener
    _connecting: Deferred[Any] | None = field(default=None, init=False)
    _protocol: Any = field(default=None, init=False)
    _end: IDelayedCall | None = field(default=None, init=False)
    _is_over: bool = field(default=False, init=False)

    def open(self, url: str, headers: Mapping[str, str], size: int) -> None:
        """Begin to connect.

        Args:
            url: Where to.
            headers: What the request carries beside its own.
            size: The largest message that may come.
        """
        try:
            factory = _Factory(self, url, headers, size=size, clock=self._reactor)
            endpoint = self._endpoint(url)
        except ValueError:
            # A Node may name any host, also one that cannot be.
            self._failed(Failure())
            return
        self._connecting = endpoint.connect(factory)
        _ = self._connecting.addCallbacks(self._connected, self._failed)

    def _endpoint(self, url: str) -> IStreamClientEndpoint:
        parts = urlsplit(url)
        host = parts.hostname or ""
        plain = HostnameEndpoint(
            self._reactor, host, parts.port or _PORTS[parts.scheme]
        )
        if parts.scheme == "ws":
            return plain
        return wrapClientTLS(optionsForClientTLS(host), plain)

    def _connected(self, protocol: Any) -> None:
        self._connecting, self._protocol = None, protocol
        if self._is_over:
            protocol.dropConnection(abort=True)

    def _failed(self, failure: Failure) -> None:
        self._connecting = None
        if not self._is_over:
            # It may fail before `open` has returned.
            self._reactor.callLater(
                0, self.over, Close.ABNORMAL, failure.getErrorMessage()
            )

    # What the client calls.

    def deliver(self, data: bytes) -> None:
        """Send one binary message, unless the socket is not open."""
        protocol = self._protocol
        if protocol is not None and protocol.state == protocol.STATE_OPEN:
            protocol.sendMessage(data, isBinary=True)

    def close(self, code: int, reason: str) -> None:
        """Close in good order; one that does not get there in time is cut off."""
        protocol = self._protocol
        if protocol is None or protocol.state != protocol.STATE_OPEN:
            self.abort()
            return
        cut = reason.encode()[:_MAX_REASON].decode("utf-8", "ignore")
        # Autobahn takes no other type, such as that of an enumeration.
        protocol.sendClose(int(code), cut)
        self._end = self._reactor.callLater(_CLOSE_SECONDS, self.abort)

    def abort(self) -> None:
        """Cut the connection off, or do not make it."""
        if self._connecting is not None:
            self._is_over = True
            self._connecting.cancel()
        elif self._protocol is not None and not self._is_over:
            self._protocol.transport.abortConnection()

    # What the protocol calls.

    def received(self, data: bytes) -> None:
        """Take one message."""
        if not self._is_over:
            self._listener.received(data)

    def over(self, code: int, reason: str) -> None:
        """Take note, once, that the socket is gone."""
        end, self._end = self._end, None
        if end is not None and end.active():
            end.cancel()
        if not self._is_over:
            self._is_over = True
            self._listener.lost(code, reason)
