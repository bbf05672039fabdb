"""An open socket: the plain case by ourselves, all the rest by Autobahn."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from attrs import define
from autobahn.twisted.websocket import WebSocketServerProtocol
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from typing_extensions import override

from nexus.errors import Close
from nexus.net.guard import GuardedProtocol
from nexus.net.handshake import never
from nexus.net.heartbeat import Pulse
from nexus.net.outlet import Outlet
from nexus.net.port import Arrival, Receiver
from nexus.net.probe import Probe
from nexus.net.transport import NowServer
from nexus.wire.envelope import contents, open_small

__all__ = ["SocketProtocol"]

_CONNECTING: Final = WebSocketServerProtocol.STATE_CONNECTING
_OPEN: Final = WebSocketServerProtocol.STATE_OPEN


@define
class _Nobody:
    """Listens to a socket that has no owner, or none any more."""

    def receive(self, data: bytes) -> None:
        """Ignore it."""

    def lost(self, code: int, reason: str) -> None:
        """Ignore it."""

    def measured(self, seconds: float) -> None:
        """Ignore it."""


_NOBODY: Final = _Nobody()


class SocketProtocol(GuardedProtocol):
    """One socket; see `nexus.net.port.Socket` for what it offers to its owner."""

    # What each chunk and frame asks for lies in the object itself, not in its large
    # dictionary, nor in the class, where it is not found as fast.
    __slots__ = (
        "_bits",
        "_now",
        "_receiver",
        "current_frame",
        "data",
        "inside_message",
        "outlet",
        "state",
    )

    _perMessageCompress: Any = None  # noqa: N815 -- Autobahn's name

    #: As the limits of its factory say.
    compress_from: int
    _was_open = False
    _pulse: Pulse | None = None
    _probe: Probe | None = None

    def __init__(self) -> None:
        super().__init__()
        self._receiver: Receiver = _NOBODY
        self._bits = 0
        self._now: Callable[[bytes], bool] = never
        self.outlet = Outlet()
        # These are Autobahn's; they are there before it sets them, and after.
        self.current_frame: Any = None
        self.data = b""
        self.inside_message = False
        self.state = _CONNECTING

    # What the owner of the socket calls.

    def deliver(self, frame: bytes) -> None:
        """Send a sealed frame."""
        if self.state != _OPEN:
            return
        # A frame is longer than its contents, and nearly all are too short either way.
        if (
            self._bits
            and len(frame) >= self.compress_from
            and len(contents(frame)) >= self.compress_from
        ):
            frame = self.factory.deflater.deflate(frame, self._bits)
        if not self._now(frame):
            self._queue(frame)

    @override
    def close(self, code: int, reason: str) -> None:
        """Close in good order.

        Raises:
            ValueError: No such code may be sent.
        """
        if code != Close.NORMAL and not 3000 <= code <= 4999:
            raise ValueError(f"a socket cannot be closed with code {code}")
        if self.state == _OPEN:
            self.sendClose(int(code), reason.encode("utf-8", "replace").decode("utf-8"))

    def abort(self) -> None:
        """Cut the connection off."""
        self._cut("aborted")

    def probe(self, echoed: Callable[[], object]) -> None:
        """Call back, once, when the peer has read all that was delivered so far."""
        if self.state != _OPEN:
            return
        if self._probe is None:
            self._probe = Probe()
        frame = self._probe.ask(echoed)
        if not self._now(frame):
            self._queue(frame)

    # What the heartbeat calls.

    def ping(self, payload: bytes) -> None:
        """Ask the peer to send this back."""
        if not self._is_slow(len(payload)):
            self.sendPing(payload)

    def miss(self) -> None:
        """End: the peer did not answer."""
        self.factory.counters.silent.inc()
        self._cut("heartbeat")

    # What Twisted calls.

    @override
    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the owner, once, and let everything go."""
        self._is_lost = True
        self.outlet.close()
        if self._pulse is not None and self.factory.heartbeat is not None:
            self.factory.heartbeat.forget(self._pulse)
        super().connectionLost(reason)
        self._receiver, self._probe = _NOBODY, None

    @override
    def dataReceived(self, data: bytes) -> None:
        """Give small messages to the owner, and anything else to Autobahn."""
        if self.state != _OPEN or self.current_frame is not None or self.inside_message:
            self.receive_any(data)
            return
        if self.data:
            data = self.data + data
            self.data = b""
        payloads, end, is_begun = open_small(data)
        try:
            for payload in payloads:
                self._receiver.receive(payload)
                if self.state != _OPEN:
                    break
        except Exception as error:  # noqa: BLE001 -- nothing may reach the reactor
            self._fault(error)
        if is_begun:
            self.data = data[end:]
        elif end < len(data):
            self.receive_any(data[end:])

    # What Autobahn calls.

    @override
    def onOpen(self) -> None:
        """Give the socket to its owner."""
        self._begin(self._settle())
        self._open_outlet()

    @override
    def _begin(self, arrival: Arrival) -> None:
        """Give the socket to its owner."""
        if self._perMessageCompress is not None:
            self._bits = self._perMessageCompress.server_max_window_bits
        self._was_open = True
        self.factory.counters.opened.inc()
        try:
            self._receiver = self.factory.accept(arrival, self)
        except Exception as error:  # noqa: BLE001 -- Autobahn would not show it
            self._fault(error)
        if self.state == _OPEN and self.factory.heartbeat is not None:
            self._pulse = self.factory.heartbeat.watch(self)

    @override
    def _open_outlet(self) -> None:
        """Let frames go the short way that are not to be compressed."""
        if self.state == _OPEN and isinstance(self.transport, NowServer):
            self.outlet.open(self.compress_from if self._bits else sys.maxsize)
            self.transport.lead(self.outlet)
            self.transport.read_together()

    @override
    def sendCloseFrame(
        self,
        code: int | None = None,
        reasonUtf8: bytes | None = None,
        isReply: bool = False,
    ) -> None:
        """Begin to close: nothing may come behind that."""
        self.outlet.close()
        super().sendCloseFrame(code, reasonUtf8, isReply)

    @override
    def dropConnection(self, abort: bool = False) -> None:
        """End the connection."""
        self.outlet.close()
        super().dropConnection(abort)

    @override
    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """Give a message to the owner; texts say nothing to us."""
        if self.state != _OPEN:
            return
        if not isBinary:
            self._endure()
            return
        try:
            self._receiver.receive(payload)
        except Exception as error:  # noqa: BLE001 -- it would reach the reactor
            self._fault(error)

    @override
    def onPing(self, payload: bytes) -> None:
        """Answer, unless it is too often or the answers pile up."""
        if self._endure() and not self._is_slow(len(payload)):
            self.sendPong(payload)

    @override
    def onPong(self, payload: bytes) -> None:
        """Tell the owner how long it took, or that a probe is back."""
        echoed = None if self._probe is None else self._probe.answer(payload)
        if echoed is not None:
            self._tell(echoed)
            return
        passed = None if self._pulse is None else self._pulse.answer(payload)
        if passed is None:
            self._endure()
            return
        self._tell(self._receiver.measured, passed)

    @override
    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        """Tell the owner that the socket is gone."""
        if self.closedByMe and (wasClean or self.failedByMe):
            code = self.localCloseCode
            reason = (self.localCloseReason or b"").decode("utf-8", "replace")
        elif not wasClean:
            reason = self._why or (
                "the peer did not answer the close"
                if self.wasCloseHandshakeTimeout
                else "the connection was lost"
            )
        if self._was_open:
            self.factory.counters.lost.inc()
        try:
            self._receiver.lost(int(code or Close.NO_STATUS), reason or "")
        except Exception as error:  # noqa: BLE001 -- it would reach the reactor
            self._fault(error)

    # How it is done.

    def _tell(self, call: Callable[..., object], *arguments: Any) -> None:
        """Tell the owner something; what it raises would reach the reactor."""
        try:
            call(*arguments)
        except Exception as error:  # noqa: BLE001 -- as said
            self._fault(error)

    def _queue(self, frame: bytes) -> None:
        """Send when the kernel takes more, or never if too much waits already."""
        if not self._is_slow(len(frame)):
            self.transport.write(frame)
