"""Delay: a far-away Node, simulated, between sockets and their owners."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from nexus.errors import Close
from nexus.net.outlet import Outlet
from nexus.net.port import Arrival, Receiver, Socket
from nexus.room.seat.exit import check_code

__all__ = ["Delay"]

#: So many bytes may be on their way in one direction of one socket.
_MOST: Final = 16 * 2**20
#: What a call that waits takes beside its bytes, about.
_OVERHEAD: Final = 200

_log: Final = Logger()


@define(eq=False)
class _Lane:
    """Calls one thing after another, each so many seconds later than it was put in."""

    _clock: IReactorTime
    _seconds: float
    #: Called when more waits than there may.
    _full: Callable[[], None]
    _queue: deque[tuple[float, int, Callable[..., Any], tuple[Any, ...]]] = field(
        factory=deque, init=False
    )
    _timer: IDelayedCall | None = field(default=None, init=False)
    weight: int = field(default=0, init=False)

    def put(self, size: int, call: Callable[..., Any], *arguments: Any) -> None:
        """Let a call wait that carries so many bytes."""
        size += _OVERHEAD
        if self.weight + size > _MOST:
            self._full()
            return
        self.weight += size
        due = self._clock.seconds() + self._seconds
        self._queue.append((due, size, call, arguments))
        if self._timer is None:
            self._timer = self._clock.callLater(self._seconds, self._fire)

    def clear(self) -> None:
        """Call nothing of what waits."""
        self._queue.clear()
        self.weight = 0

    def _fire(self) -> None:
        self._timer = None
        now = self._clock.seconds()
        while self._queue and self._queue[0][0] <= now:
            _, size, call, arguments = self._queue.popleft()
            self.weight -= size
            call(*arguments)
        if self._queue and self._timer is None:
            wait = max(0.0, self._queue[0][0] - now)
            self._timer = self._clock.callLater(wait, self._fire)


@define(eq=False)
class _FarSocket:
    """A socket whose frames take their time to the peer."""

    _socket: Socket
    _lane: _Lane
    #: What comes from the peer.
    _back: _Lane
    #: There is no short way to somewhere far away.
    outlet: Outlet = field(factory=Outlet, init=False)

    def deliver(self, frame: bytes) -> None:
        """Send a frame, later."""
        self._lane.put(len(frame), self._socket.deliver, frame)

    def close(self, code: int, reason: str) -> None:
        """Close behind what was delivered."""
        check_code(code)
        self._lane.put(0, self._socket.close, code, reason)

    def abort(self) -> None:
        """Cut the connection off at once."""
        self._lane.clear()
        self._socket.abort()

    def probe(self, echoed: Callable[[], object]) -> None:
        """Call back when the peer has read all, and its answer came from far away."""
        self._lane.put(0, self._socket.probe, lambda: self._back.put(0, echoed))

    @property
    def waiting(self) -> int:
        """How many bytes are not on their way to the peer yet."""
        return self._socket.waiting


@define(eq=False)
class _FarReceiver:
    """Who listens to a socket, and hears of everything late."""

    _receiver: Receiver
    _socket: Socket
    _lane: _Lane
    _seconds: float

    def receive(self, data: bytes) -> None:
        """Take a message, later."""
        self._lane.put(len(data), self._take, data)

    def _take(self, data: bytes) -> None:
        # The socket, which has a guard for what is raised, is not on the stack.
        try:
            self._receiver.receive(data)
        except Exception:  # noqa: BLE001  # as where nothing is delayed
            _log.failure("a message that was delayed failed")
            self._socket.close(Close.ERROR, "internal error")

    def lost(self, code: int, reason: str) -> None:
        """Learn that the socket is gone, behind what it said before."""
        self._lane.put(-_OVERHEAD, self._receiver.lost, code, reason)

    def measured(self, seconds: float) -> None:
        """Learn of a round trip, with what it would have taken from far away."""
        self._receiver.measured(seconds + 2 * self._seconds)


@define(eq=False)
class Delay:
    """Delays the frames of all sockets, in both directions and in order.

    Args:
        accept: Returns who listens to a socket.
        clock: What delays them.
        seconds: How long a round trip takes longer.
    """

    _accept: Callable[[Arrival, Socket], Receiver]
    _clock: IReactorTime
    _seconds: float

    def accept(self, arrival: Arrival, socket: Socket) -> Receiver:
        """Take a socket in that is far away."""
        one_way = self._seconds / 2
        outwards = _Lane(self._clock, one_way, socket.abort)
        inwards = _Lane(self._clock, one_way, socket.abort)
        receiver = self._accept(arrival, _FarSocket(socket, outwards, inwards))
        return _FarReceiver(receiver, socket, inwards, one_way)
