"""Budget: what the ticks of a Room may take, and who is told of more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nexus.room.clock.overrun import Overrun

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor

__all__ = ["Budget"]

#: How often a Room is told at most that it does not keep up, in seconds.
_PAUSE: Final = 1.0


class Budget:
    """Adds up what each tick of one Room takes, and compares that with `tick_budget`.

    What is told of is collected for a while: a Room that has no time for its ticks has
    none for hooks either.
    """

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        self._meters = actor.around.meters
        #: Seconds that were spent on the tick that is not over yet.
        self._spent = 0.0
        #: How many fixed steps that tick runs; None: its steps are not fixed.
        self._steps: int | None = None
        # What was not told yet.
        self._ticks = 0
        self._dropped = 0
        self._worst = 0.0
        self._allowed = 0.0
        self._told_at: float | None = None

    def catch_up(self, steps: int, dropped: int) -> None:
        """Take note how many fixed steps this tick runs, and how many it leaves out."""
        self._steps = steps
        if dropped:
            self._dropped += dropped
            self._meters.ticks_dropped.labels(self._actor.kind).inc(dropped)

    def spend(self, seconds: float) -> None:
        """Add what something took that the tick has to wait for.

        Args:
            seconds: By the world's clock, which may be set back.
        """
        self._spent += max(0.0, seconds)

    def close(self, interval: float) -> None:
        """Compare what the tick took with what it may, and begin with the next."""
        budget = self._actor.room.tick_budget
        # Each of several steps in a row may take as much.
        allowed = (interval if budget is None else budget) * (self._steps or 1)
        spent, self._spent, self._steps = self._spent, 0.0, None
        # A budget that is no number is never kept.
        if not spent <= allowed:
            self._meters.tick_overruns.labels(self._actor.kind).inc()
            self._ticks += 1
            if spent > self._worst:
                self._worst, self._allowed = spent, allowed
        if self._ticks or self._dropped:
            self._tell()

    def _tell(self) -> None:
        now = self._actor.around.clock.seconds()
        # The clock may have been set back.
        if self._told_at is not None and 0 <= now - self._told_at < _PAUSE:
            return
        self._told_at = now
        overrun = Overrun(
            seconds=self._worst,
            budget=self._allowed,
            ticks=self._ticks,
            dropped=self._dropped,
        )
        self._ticks = self._dropped = 0
        self._worst = self._allowed = 0.0
        actor = self._actor
        actor.faults.attempt("on_overrun", None, actor.room.on_overrun, overrun)
