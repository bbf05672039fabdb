"""Rounds: each takes and writes all there is, or as much as the database takes."""

from __future__ import annotations

from typing import Final

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as TimeIsOver
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from nexus.archive.backlog import BATCH, Backlog
from nexus.archive.delivery import Delivery
from nexus.archive.intake import Intake
from nexus.archive.outage import Outage
from nexus.store.port import DatabaseAway, DatabaseFull

__all__ = ["PATIENCE", "Bell", "Rounds"]

#: Seconds between two looks at Rooms while nothing can be written: few, large entries.
PATIENCE: Final = 1.0
#: How much of what it took counts, of each commit, for how long one usually takes.
_WEIGHT: Final = 1 / 8


@define(eq=False)
class Bell:
    """Where one waits for the end of a commit."""

    _clock: IReactorTime
    _waiting: list[Deferred[None]] = field(factory=list, init=False)

    def ring(self) -> None:
        """Let all go that wait."""
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(None)

    async def wait(self, seconds: float) -> bool:
        """Wait until it rings; False: time was over before."""
        ended: Deferred[None] = Deferred(self._waiting.remove)
        self._waiting.append(ended)
        try:
            await ended.addTimeout(seconds, self._clock)
        except TimeIsOver:
            return False
        return True


@define(eq=False)
class Rounds:
    """Takes what Rooms did and writes it, one round after the other.

    Attributes:
        bell: Rings whenever something was written.
        is_asked: Whether somebody waits for marked Rooms to be asked.
        is_behind: Whether too much waited, since all was written the last time.
    """

    _clock: IReactorTime
    _interval: float
    _backlog: Backlog
    _delivery: Delivery
    _intake: Intake
    _outage: Outage
    bell: Bell = field(init=False)
    is_asked: bool = field(default=False, init=False)
    is_behind: bool = field(default=False, init=False)
    #: Seconds that a round usually takes.
    _usual: float = field(default=0.0, init=False)

    _log = Logger()

    @bell.default
    def _bell(self) -> Bell:
        return Bell(self._clock)

    async def write(self) -> float | None:
        """Write all there is; return the wait before the next attempt, if it failed."""
        began = self._clock.seconds()
        passed = began - self._intake.taken_at
        if self.is_asked or not self._outage.is_on or not 0 <= passed < PATIENCE:
            self.take()
        backlog = self._backlog
        try:
            while backlog.is_due:
                if batch := backlog.batch(BATCH):
                    await self._delivery.append(batch)
                else:
                    await self._delivery.replace(next(iter(backlog.wholes.values())))
                self._over()
                began = self._learn(began)
                if backlog.is_due and (self.is_asked or self.until_due() <= 0):
                    self.take()
                self.bell.ring()
        except (DatabaseAway, DatabaseFull, CancelledError) as error:
            if not self._outage.is_on:
                self._log.warn("nothing can be written: {error}", error=error)
            return self._outage.failed(error, self._clock.seconds())
        return None

    def take(self) -> None:
        """Ask the Rooms that are marked, as somebody asked for it."""
        self.is_asked = False
        if not self._intake.take():
            self.is_behind = True

    def until_due(self) -> float:
        """Return the seconds until a commit of what is marked is due."""
        if not self._intake:
            return self.wait
        passed = max(0.0, self._clock.seconds() - self._intake.since)
        return max(0.0, self.wait - passed)

    @property
    def wait(self) -> float:
        """Seconds from a mark to a commit that is usually over after the interval."""
        return self._interval - self._usual

    def _learn(self, began: float) -> float:
        """Take note of how long a round took, which is half the interval at most."""
        now = self._clock.seconds()
        took = min(max(0.0, now - began), self._interval / 2)
        self._usual += (took - self._usual) * _WEIGHT
        return now

    def _over(self) -> None:
        if self._outage.is_on:
            lasted = self._outage.over(self._clock.seconds())
            self._log.info("the database is back after {lasted:.1f} s", lasted=lasted)
