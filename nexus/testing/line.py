"""Line: a WebSocket in memory, a Connection at one end and a guest at the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from nexus.errors import Close
from nexus.net.outlet import Outlet
from nexus.net.port import Receiver
from nexus.room.seat.exit import check_code
from nexus.testing.loop import Loop
from nexus.wire.envelope import contents

__all__ = ["Line"]


class Line:
    """One socket's worth of talk. What a Node says arrives when its code has returned.

    Args:
        loop: Tells when.
        message_bytes: The largest message that a Node takes.
        hear: Called with each frame that the guest gets.
        end: Called once, when the socket is gone, with its code and reason.
    """

    def __init__(
        self,
        loop: Loop,
        message_bytes: int,
        *,
        hear: Callable[[bytes], None],
        end: Callable[[int, str], None],
    ) -> None:
        self._loop = loop
        self._message_bytes = message_bytes
        self._hear = hear
        self._end = end
        self._arrived: deque[bytes] = deque()
        #: Who waits for the guest to have read all.
        self._echoed: Callable[[], object] | None = None
        self._receiver: Receiver | None = None
        self._over = False
        #: What it was closed with; None while it is open.
        self.closed: tuple[int, str] | None = None
        #: Bytes that were not read; a guest reads all of them at once.
        self.waiting = 0
        self.outlet = Outlet()

    def connect(self, receiver: Receiver) -> None:
        """Take note of who listens at the end of the Node."""
        self._receiver = receiver

    # What the Node calls.

    def deliver(self, frame: bytes) -> None:
        """Send a sealed frame to the guest."""
        if self.closed is None:
            self._arrived.append(frame)
            self._loop.wake(self)

    def close(self, code: int, reason: str) -> None:
        """Close, after what was delivered.

        Raises:
            ValueError: No socket can be closed with such a code.
        """
        check_code(code)
        self._shut(code, reason)

    def abort(self) -> None:
        """Cut off."""
        self._arrived.clear()
        self._shut(Close.ABNORMAL, "")

    def probe(self, echoed: Callable[[], object]) -> None:
        """Call back when the guest has all."""
        if self.closed is None:
            self._echoed = echoed
            self._loop.wake(self)

    def hand_over(self) -> None:
        """Let the guest have what arrived, and learn of the end."""
        while self._arrived:
            self._hear(bytes(contents(self._arrived.popleft())))
        echoed, self._echoed = self._echoed, None
        if echoed is not None and self.closed is None:
            echoed()
        if self.closed is not None:
            self._finish()

    # What the guest calls.

    def say(self, data: bytes) -> None:
        """Send a frame to the Node."""
        if self.closed is not None or self._receiver is None:
            return
        if len(data) > self._message_bytes:
            self._shut(Close.TOO_BIG, "the message is too big")
        else:
            self._receiver.receive(data)

    def measured(self, seconds: float) -> None:
        """Let the Node have measured a round trip."""
        if self.closed is None and self._receiver is not None:
            self._receiver.measured(seconds)

    def cut(self, code: int) -> None:
        """Lose the socket; what was on its way is lost with it."""
        self._arrived.clear()
        if self.closed is None:
            self.closed = (code, "")
        self._finish()

    def break_off(self, code: int) -> None:
        """Lose the socket as the Node dies, which learns nothing of it."""
        self._receiver = None
        self.cut(code)

    def _shut(self, code: int, reason: str) -> None:
        if self.closed is None:
            self.closed = (int(code), reason)
            self._loop.wake(self)

    def _finish(self) -> None:
        """Tell both ends, once, that it is over."""
        if self._over or self.closed is None:
            return
        self._over = True
        code, reason = self.closed
        if self._receiver is not None:
            self._receiver.lost(code, reason)
        self._end(code, reason)
