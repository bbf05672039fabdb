"""Builds the sockets of a port, and holds what they have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from secrets import token_hex
from typing import ClassVar, cast

from attrs import frozen
from autobahn.twisted.websocket import WebSocketServerFactory
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.net.admission import Admission
from nexus.net.counter import SocketCounters
from nexus.net.deflate import Deflater, accept_offer
from nexus.net.fresh import FRESH
from nexus.net.heartbeat import Heartbeat
from nexus.net.limit import SocketLimits
from nexus.net.origin import spelled_out
from nexus.net.port import Arrival, Receiver, Socket
from nexus.net.protocol import SocketProtocol

__all__ = ["SocketFactory"]


@frozen
class _Timers:
    """The timers that Autobahn asks for, on our clock.

    Its own are rounded down by up to a second, and run on the global reactor.
    """

    _clock: IReactorTime

    def call_later(self, delay: float, call: Callable[[], object]) -> IDelayedCall:
        """Call after so many seconds."""
        return self._clock.callLater(delay, call)


class SocketFactory(WebSocketServerFactory):
    """Lets peers in and gives each an owner.

    Args:
        accept: Called with each socket when it is open; returns who listens to it.
        check: Called with each request before it is answered. To refuse it, it raises
            `Refused`, at once or after a while; `Unwelcome` says with which status.
        limits: What the sockets may cost.
        clock: For timeouts, pings and the rates of things.
        counters: What happened.

    Attributes:
        accept: As given.
        check: As given.
        limits: As given.
        clock: As given.
        counters: As given.
        admission: How many sockets there are.
        heartbeat: Pings to them, None if there are none.
        deflater: Compresses what is sent to many.
    """

    #: The class whose objects are the sockets.
    protocol_class: ClassVar[type[SocketProtocol]] = SocketProtocol

    _log = Logger()

    def __init__(
        self,
        accept: Callable[[Arrival, Socket], Receiver],
        *,
        clock: IReactorTime,
        check: Callable[[Arrival], Awaitable[None] | None] | None = None,
        limits: SocketLimits | None = None,
        counters: SocketCounters | None = None,
    ) -> None:
        # Nobody needs to be told which library answers.
        super().__init__(server="", reactor=clock)
        self.accept = accept
        self.check = check
        self.limits = limits or SocketLimits()
        self.clock = clock
        self.counters = counters or SocketCounters()
        self.admission = Admission(self.limits.max_sockets, self.limits.max_per_address)
        self.heartbeat = (
            Heartbeat(self.limits.ping_interval, clock)
            if self.limits.ping_interval
            else None
        )
        self.deflater = Deflater()
        self._batched_timer = _Timers(clock)
        self._set_options()

    def opaque(self, error: Exception) -> str:
        """Log a mistake of ours, and name it in a way that tells peers nothing."""
        number = token_hex(4)
        self.counters.failed.inc()
        self._log.failure(
            "a socket failed with error {number}", Failure(error), number=number
        )
        return f"internal error {number}"

    def _set_options(self) -> None:
        """Tell Autobahn what we want of it."""
        limits = self.limits
        self.setProtocolOptions(
            versions=[13],
            webStatus=False,
            maxFramePayloadSize=limits.max_message,
            maxMessagePayloadSize=limits.max_message,
            # Peers are told by a close frame what they did wrong.
            failByDrop=False,
            echoCloseCodeReason=True,
            openHandshakeTimeout=limits.handshake_timeout,
            closeHandshakeTimeout=limits.close_timeout,
            tcpNoDelay=True,
            perMessageCompressionAccept=accept_offer if limits.compress_from else None,
            allowedOrigins=[spelled_out(each) for each in limits.origins],
            # What a page without an origin of its own sends.
            allowNullOrigin="*" in limits.origins,
        )
        # Autobahn copies all options to each protocol unless its class has them. There
        # they cost neither the memory (2 KiB a socket) nor the time (1 ms a handshake,
        # mostly for a line in the log that nobody reads).
        names = WebSocketServerFactory.protocol.CONFIG_ATTRS
        options = {name: getattr(self, name) for name in names}
        for name, option in options.items():
            if callable(option):
                options[name] = staticmethod(option)
        ours = {"compress_from": limits.compress_from}
        self.protocol = cast(
            "type[SocketProtocol]",
            type("Socket", (self.protocol_class,), {**options, **FRESH, **ours}),
        )
