"""Chores: long work of a Room, done in slices between which the Room goes on."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from nexus.errors import Code, Refused
from nexus.room.clock.clock import SleepEnded
from nexus.room.phase import RoomPhase

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor

__all__ = ["Chore", "ChoreCancelled", "Chores"]

_T = TypeVar("_T")

#: So many Chores a Room has at most.
_MOST: Final = 1_000
#: So many slices of one Chore are done at most in a tick, however short they are: where
#: time is virtual, none of it passes meanwhile.
_MOST_SLICES: Final = 10_000


class ChoreCancelled(SleepEnded):
    """The work that somebody waited for was given up, or its Room has ended."""


@define(eq=False)
class Chore(Generic[_T]):
    """Long work that a Room does in slices; awaiting it gives what it returns.

    Not awaiting it is fine: what it raises is then an error of the Room's code.
    """

    name: str
    #: How many seconds of a tick it may take.
    seconds: float
    _steps: Iterator[object] = field(repr=False)
    _waiting: list[Deferred[_T]] = field(factory=list, init=False, repr=False)
    #: What it returned, or raised; None while it is not over.
    _outcome: list[Any] | Failure | None = field(default=None, init=False, repr=False)
    _is_running: bool = field(default=False, init=False, repr=False)

    @property
    def is_over(self) -> bool:
        """Whether it was done, has failed or was cancelled."""
        return self._outcome is not None

    def __await__(self) -> Generator[Any, Any, _T]:
        """Wait for what it returns.

        Raises:
            Exception: What it raised.
            ChoreCancelled: It was cancelled, or the Room has ended.
        """
        # Whoever is cancelled while waiting waits no more, and the work goes on.
        waiting: Deferred[_T] = Deferred(self._forget)
        if self._outcome is None:
            self._waiting.append(waiting)
        else:
            self._tell(waiting)
        return waiting.__await__()

    def cancel(self) -> None:
        """Give it up; nothing happens if it is over."""
        if self._outcome is None:
            self._settle(Failure(ChoreCancelled(f"{self.name} was cancelled")))
            self._close()

    def _forget(self, waiting: Deferred[_T]) -> None:
        if waiting in self._waiting:
            self._waiting.remove(waiting)

    def _slice(self) -> bool:
        """Do one slice, and return whether there is more to do.

        Raises:
            Exception: What the work raised.
        """
        self._is_running = True
        try:
            given = next(self._steps)
        except StopIteration as end:
            if self._outcome is None:
                self._settle([end.value])
            return False
        finally:
            self._is_running = False
        if given is not None and isawaitable(given):
            raise TypeError(
                f"{self.name} yields something to wait for: it yields between slices,"
                " and an `async def` awaits"
            )
        return self._outcome is None

    def _settle(self, outcome: list[Any] | Failure) -> bool:
        """Be over; tell whether anybody waited for it."""
        self._outcome = outcome
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            self._tell(each)
        return bool(waiting)

    def _tell(self, waiting: Deferred[_T]) -> None:
        outcome = self._outcome
        if isinstance(outcome, Failure):
            waiting.errback(outcome)
        elif outcome is not None:
            waiting.callback(outcome[0])

    def _close(self) -> None:
        """Let a generator run what it has in `finally`, unless it is at work."""
        close = getattr(self._steps, "close", None)
        if close is not None and not self._is_running:
            close()


class Chores:
    """The Chores of one Room, which take turns.

    In each tick they get the largest `seconds` among them, all together: each its equal
    share, and at least one slice where the time reaches. Those for whom it did not are
    the first in the next tick.
    """

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        self._queue: deque[Chore[Any]] = deque()

    def __len__(self) -> int:
        return len(self._queue)

    def begin(self, work: Iterable[object], seconds: float) -> Chore[Any]:
        """Do work from the next tick on.

        Raises:
            TypeError: There is nothing to go through.
            ValueError: Seconds that are not above zero.
            Refused: The Room has too many Chores, or has ended.
        """
        # A chain of comparisons is false for NaN as well.
        if not 0 < seconds <= 3600:
            raise ValueError(f"a slice takes more than 0 s, and not {seconds!r}")
        if self._actor.phase is RoomPhase.CLOSED:
            raise Refused("the room has ended", Code.STOPPING)
        if len(self._queue) >= _MOST:
            raise Refused(f"a room has at most {_MOST} chores", Code.LIMIT)
        try:
            steps = iter(work)
        except TypeError:
            raise TypeError(
                f"{work!r} cannot be done in slices: give the generator that a function"
                " with `yield` returns, or anything else to iterate over"
            ) from None
        name = getattr(work, "__qualname__", type(work).__name__)
        chore: Chore[Any] = Chore(name, seconds, steps)
        self._queue.append(chore)
        self._actor.rhythm.wake()
        return chore

    def run(self) -> None:
        """Do as much as fits into this tick."""
        queue = self._queue
        if not queue:
            return
        clock = self._actor.around.clock
        began = clock.seconds()
        whole = max(chore.seconds for chore in queue)
        for left in range(len(queue), 0, -1):
            spent = clock.seconds() - began
            # The clock may have been set back.
            if not 0 <= spent < whole:
                return
            chore = queue[0]
            has_more = self._run_one(chore, min((whole - spent) / left, chore.seconds))
            if self._queue is not queue:
                return
            if has_more:
                queue.rotate(-1)
            else:
                del queue[0]

    def _run_one(self, chore: Chore[Any], seconds: float) -> bool:
        """Do slices of a Chore for so long, and return whether there is more to do."""
        actor = self._actor
        clock, run = actor.around.clock, actor.turns.run
        began = clock.seconds()
        for _ in range(_MOST_SLICES):
            try:
                if chore.is_over or not run(chore._slice):
                    break
            except Exception:  # noqa: BLE001  # the author's code may raise anything
                self._failed(chore, Failure())
                break
            if not 0 <= clock.seconds() - began < seconds:
                return not chore.is_over
        else:
            return not chore.is_over
        self._close(chore)
        return False

    def _failed(self, chore: Chore[Any], failure: Failure) -> None:
        # One that was cancelled in the midst of its slice may fail there, too.
        is_told = not chore.is_over and self._actor.turns.run(chore._settle, failure)
        if not is_told:
            self._actor.faults.fail(f"spread {chore.name}", None, failure)

    def _close(self, chore: Chore[Any]) -> None:
        try:
            self._actor.turns.run(chore._close)
        except Exception:  # noqa: BLE001  # the author's code may raise anything
            self._actor.faults.fail(f"spread {chore.name}", None, Failure())

    def stop(self) -> None:
        """Give all up: the Room ends."""
        queue, self._queue = self._queue, deque()
        for chore in queue:
            if not chore.is_over:
                ended = ChoreCancelled("the room has ended")
                self._actor.turns.run(chore._settle, Failure(ended))
            self._close(chore)
