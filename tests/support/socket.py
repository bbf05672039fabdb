"""Our end of a WebSocket, in memory: it records what is done to it."""

from __future__ import annotations

from collections.abc import Callable

from nexus.net.outlet import Outlet
from nexus.wire.envelope import contents

__all__ = ["MemorySocket"]


class MemorySocket:
    """Our end of a WebSocket that records what is done to it."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self.waiting = 0
        self.outlet = Outlet(most=200, send=self._take, write=self._take)
        #: Who waits for an echo; a test calls them.
        self.probes: list[Callable[[], object]] = []

    def deliver(self, frame: bytes) -> None:
        """Note a frame, unless the socket is closed."""
        if self.closed is None:
            self.sent.append(bytes(contents(frame)))

    def _take(self, frame: bytes) -> int:
        """Note a short frame, and leave some of them to be delivered."""
        if self.closed is not None or len(frame) % 8 == 0:
            raise BlockingIOError("full")
        self.deliver(frame)
        return len(frame)

    def close(self, code: int, reason: str) -> None:
        """Note the close, as strict about the code as a real socket."""
        if code != 1000 and not 3000 <= code <= 4999:
            raise ValueError(f"{code} cannot be sent")
        if self.closed is None:
            self.closed = (code, reason)

    def probe(self, echoed: Callable[[], object]) -> None:
        """Note who waits for an echo."""
        self.probes.append(echoed)

    def abort(self) -> None:
        """Note that the connection was cut."""
        if self.closed is None:
            self.closed = (1006, "aborted")
