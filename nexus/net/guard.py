"""What a peer may do to an open socket, beside saying something: bounded, all of it."""

from __future__ import annotations

from typing import Any, Final

from autobahn.twisted.websocket import WebSocketServerProtocol
from twisted.logger import Logger
from typing_extensions import override

from nexus.bucket import Bucket
from nexus.errors import Close, PeerError, Refused
from nexus.net.plain import PlainProtocol
from nexus.net.waiting import waiting_in

__all__ = ["GuardedProtocol"]

_CLOSED: Final = WebSocketServerProtocol.STATE_CLOSED
_OPEN: Final = WebSocketServerProtocol.STATE_OPEN

#: What may wait for more bytes to make sense: the head of a request, or of a frame.
_MAX_REST: Final = 65_536

#: The longest payload of a control frame.
_MAX_CONTROL: Final = 125

#: A part of a message that is smaller costs more to read than it is worth.
_SMALL_PART: Final = 1_024

#: How many frames may still come after we closed.
_MAX_LATE: Final = 1_000


class GuardedProtocol(PlainProtocol):
    """A socket that ends when its peer sends what makes no sense, or does not read."""

    _log = Logger()

    _is_lost = False
    _why = ""
    _chatter: Bucket | None = None
    _late = 0

    @property
    def waiting(self) -> int:
        """How many bytes the kernel has not taken yet."""
        return waiting_in(self.transport)

    def close(self, code: int, reason: str) -> None:
        """Close in good order."""
        raise NotImplementedError

    def receive_any(self, data: bytes) -> None:
        """Have Autobahn read a chunk of whatever it is."""
        try:
            if self._is_deciding:
                # It would take this for another request, and decide that as well.
                self.data += data
            else:
                self._dataReceived(data)
        except Exception:  # noqa: BLE001 -- nothing may reach the reactor
            self._log.failure("a peer sent what Autobahn cannot read")
            self.factory.counters.failed.inc()
            self._cut("unreadable")
        if len(self.data) > _MAX_REST:
            self._cut("too much before it makes sense")

    # What Autobahn calls.

    @override
    def onFrameData(self, payload: bytes) -> bool | None:
        """Take a part of a frame, but nothing more of what was refused already."""
        if self.failedByMe and self.current_frame.length > _MAX_CONTROL:
            return None
        taken: bool | None = super().onFrameData(payload)
        return taken

    @override
    def onMessageFrame(self, payload: Any) -> None:
        """Keep a part of a message; there can be many of them, as each is a frame."""
        if self.state == _OPEN:
            super().onMessageFrame(payload)
        if not self.current_frame.fin and self.current_frame.length < _SMALL_PART:
            self._endure()

    @override
    def onFrameEnd(self) -> bool | None:
        """End a frame; not too many of them when we have closed."""
        if self.state != _OPEN:
            self._late += 1
            if self._late > _MAX_LATE:
                self._cut("it goes on after the close")
                return False
        ended: bool | None = super().onFrameEnd()
        return ended

    # How it is done.

    def _is_slow(self, more: int) -> bool:
        """Cut the peer off if so many bytes more cannot wait for it."""
        waiting = self.waiting
        if not waiting or waiting + more <= self.factory.limits.max_waiting:
            return False
        self.factory.counters.slow.inc()
        self._cut("too slow")
        return True

    def _endure(self) -> bool:
        """Take something that the owner is not told of, unless it comes too often."""
        if self.state != _OPEN:
            return False
        if self._chatter is None:
            rate = self.factory.limits.chatter_per_second
            self._chatter = Bucket(rate, 2 * rate)
        if self._chatter.take(self.factory.clock.seconds()):
            return True
        self._fault(PeerError("too many frames that say nothing"))
        return False

    def _cut(self, why: str) -> None:
        """Abort the connection and remember why."""
        if self._is_lost:
            return
        if self.state == _CLOSED:
            self.transport.abortConnection()
            return
        self._why = why
        self.wasClean = False
        self.dropConnection(abort=True)

    def _fault(self, error: Exception) -> None:
        """Close because of an error, which is logged unless it is the peer's."""
        if isinstance(error, PeerError | Refused):
            self.factory.counters.wrong.inc()
            self.close(Close.ERROR, str(error))
        else:
            self.close(Close.ERROR, self.factory.opaque(error))
