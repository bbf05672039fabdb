"""One direction of a connection that runs through the proxy, and its misfortunes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Final

from attrs import define, field, frozen
from attrs.validators import ge, gt, optional
from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from zope.interface import implementer

__all__ = ["End", "Pump", "Shape"]

#: How often a limited direction lets a piece through, in seconds.
_BEAT: Final = 0.02


@frozen
class Shape:
    """How a direction treats bytes.

    Attributes:
        delay: How long they are under way, in seconds.
        jitter: How much longer they may be, by chance; they never change their order.
        rate: How many bytes a second pass, None for as many as come.
        room: How many are held before no more are read.
    """

    delay: float = field(default=0.0, validator=ge(0))
    jitter: float = field(default=0.0, validator=ge(0))
    rate: float | None = field(default=None, validator=optional(gt(0)))
    room: int = field(default=1 << 20, validator=gt(0))


@frozen
class End:
    """The end of what a peer has to say, which keeps its place behind its bytes.

    Attributes:
        reset: Whether the peer was cut off, and did not close its socket in order.
    """

    reset: bool


@implementer(IPushProducer)
@define(eq=False)
class Pump:
    """Passes what one end says to the other end, as its Shape says.

    What it holds is bounded: beyond the room of its Shape it asks for no more to be
    read, so that the sender notices.

    Args:
        write: Passes bytes on.
        end: Ends the other side.
        hush: Is told whether the source is to be quiet.

    Attributes:
        shape: How bytes are treated from now on.
        passed: How many bytes came through.
        held: How many bytes wait.
        swallowed: How many bytes were lost on purpose.
    """

    _clock: IReactorTime
    _random: Random
    _write: Callable[[bytes], None]
    _end: Callable[[End], None]
    _hush: Callable[[bool], None]
    shape: Shape = field(factory=Shape)
    passed: int = field(default=0, init=False)
    held: int = field(default=0, init=False)
    swallowed: int = field(default=0, init=False)
    _queue: deque[tuple[float, bytes | End]] = field(factory=deque, init=False)
    _latest: float = field(default=0.0, init=False)
    _free: float = field(default=0.0, init=False)
    _quiet: bool = field(default=False, init=False)
    _stalled: bool = field(default=False, init=False)
    _blocked: bool = field(default=False, init=False)
    _swallowing: bool = field(default=False, init=False)
    _timer: IDelayedCall | None = field(default=None, init=False)

    def take(self, said: bytes | End) -> None:
        """Take what the source said."""
        if self._swallowing:
            self.swallowed += 0 if isinstance(said, End) else len(said)
            return
        shape = self.shape
        due = self._clock.seconds() + shape.delay + shape.jitter * self._random.random()
        self._latest = due = max(due, self._latest)
        self._queue.append((due, said))
        if not isinstance(said, End):
            self.held += len(said)
        self._listen()
        self._plan()

    def stall(self) -> None:
        """Hold everything until it is released."""
        self._stalled = True
        self._forget_timer()

    def release(self) -> None:
        """Let go what was held."""
        self._stalled = False
        self._plan()

    def swallow(self) -> None:
        """Lose everything from now on, what is held and the end included."""
        self._swallowing = True
        self.swallowed += self.held
        self._queue.clear()
        self.held = 0
        self._forget_timer()
        self._listen()

    def pauseProducing(self) -> None:  # noqa: N802 -- the name that Twisted calls
        """Wait, as the other end does not read."""
        self._blocked = True
        self._forget_timer()

    def resumeProducing(self) -> None:  # noqa: N802 -- the name that Twisted calls
        """Go on, as the other end reads again."""
        self._blocked = False
        self._plan()

    def stopProducing(self) -> None:  # noqa: N802 -- the name that Twisted calls
        """Give up, as the other end is gone."""
        self.swallow()

    def _plan(self) -> None:
        """Set the timer for what is due next."""
        waits = self._stalled or self._blocked or self._timer is not None
        if waits or not self._queue:
            return
        now = self._clock.seconds()
        due = max(self._queue[0][0], self._free, now)
        self._timer = self._clock.callLater(due - now, self._pass)

    def _pass(self) -> None:
        self._timer = None
        _, said = self._queue.popleft()
        if isinstance(said, End):
            self._end(said)
            return
        piece = said
        if self.shape.rate is not None:
            piece = said[: max(1, int(self.shape.rate * _BEAT))]
            self._free = self._clock.seconds() + len(piece) / self.shape.rate
            if rest := said[len(piece) :]:
                self._queue.appendleft((0.0, rest))
        self.held -= len(piece)
        self.passed += len(piece)
        self._write(piece)
        self._listen()
        self._plan()

    def _listen(self) -> None:
        """Tell the source to be quiet, or that it may speak, where that changed."""
        quiet = self.held >= self.shape.room
        if quiet is not self._quiet:
            self._quiet = quiet
            self._hush(quiet)

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
