"""What makes a Room's time pass: timesteps, long work, and work in threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from twisted.internet.defer import Deferred

from nexus.room.work.chore import Chore
from nexus.sim.timestep import FixedTimestep, Step

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.clock.clock import RoomClock

__all__ = ["Ticking"]

P = ParamSpec("P")
T = TypeVar("T")


class Ticking:
    """What an author has of a Room's ticks."""

    _actor: RoomActor

    @property
    def clock(self) -> RoomClock:
        """The Room's time and timers; it ticks with the timestep, or the patches."""
        return self._actor.rhythm.time

    def set_timestep(
        self, step: Callable[[float], Any] | None, interval: float = 1 / 60
    ) -> None:
        """Call a function every so many seconds, with those that really passed."""
        _check_plain(step)
        self._actor.rhythm.set_step(step, interval)

    def set_fixed_timestep(self, step: Callable[[Step], Any], hz: float = 60) -> None:
        """Call a function `hz` times a second, at most 5 times in a row to catch up."""
        _check_plain(step)
        steps = FixedTimestep(hz)
        said = Step(steps.dt)

        def run(elapsed: float) -> None:
            dropped = steps.dropped
            count = steps.steps(elapsed)
            self._actor.rhythm.budget.catch_up(count, steps.dropped - dropped)
            for _ in range(count):
                self._actor.faults.attempt("step", None, step, said)
                said.tick += 1

        self._actor.rhythm.set_step(run, 1 / hz)

    def spread(self, work: Iterable[object], seconds: float = 0.004) -> Chore[Any]:
        """Do long work in slices, some with each tick: it yields, and the Room goes on.

        Args:
            work: A generator that yields where it may be interrupted, or anything to
                go through that does its work when it is asked for the next.
            seconds: How much of a tick it may take; several share the most of them.

        Returns:
            What can be awaited for what the generator returns, and cancelled.
        """
        return self._actor.rhythm.chores.begin(work, seconds)

    def in_thread(
        self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs
    ) -> Deferred[T]:
        """Call a function that takes long in a thread, and give what it returns.

        It gets plain values and returns such: State, clients and the Room itself are
        not to be touched there. What comes of it is a turn of the Room, as long as that
        has not ended.
        """
        return self._actor.errands.send(function, arguments, named)


def _check_plain(step: Callable[[Any], Any] | None) -> None:
    """Refuse a step that would still run when the next one begins.

    Raises:
        TypeError: It is an `async def`.
    """
    if step is not None and iscoroutinefunction(step):
        raise TypeError(f"{step.__qualname__} is a step and must be plain code")
