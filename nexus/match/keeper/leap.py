"""Leaps: the time of day runs ahead of the time that went by, and nothing got old."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from attrs import define, field
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

__all__ = ["Leaps"]

#: What is less than this is no leap, in seconds: clocks are never quite right.
_SLACK: Final = 300.0


@define(eq=False)
class Leaps:
    """Knows how far the time of day ran ahead, and for how long that matters.

    What was there before a leap looks older by all of it. So whatever is old after some
    seconds is given as much more, until those seconds went by after the leap: then it
    is as old as it looks, or older than it has to be.

    A time in which no Node ran is taken for a leap as well: nobody could have come.

    Args:
        clock: Tells the time of day, which somebody may set.
        steady: Tells seconds that nobody can set.
    """

    _clock: IReactorTime
    _steady: Callable[[], float]
    #: What both said the last time; None: nobody looked yet.
    _seen: tuple[float, float] | None = field(default=None, init=False)
    #: By how much the time of day is ahead.
    _ahead: float = field(default=0.0, init=False)
    #: When the last leap was found, in steady seconds.
    _found_at: float = field(default=0.0, init=False)

    _log = Logger()

    def begin(self, newest: datetime | None) -> None:
        """Look for the first time.

        Args:
            newest: The last time at which anything is known to have happened; None:
                nothing is.
        """
        now, steady = self._clock.seconds(), self._steady()
        self._seen = now, steady
        away = 0.0 if newest is None else now - newest.timestamp()
        if away > _SLACK:
            self._leapt(away, steady)
            self._log.info(
                "nothing happened here for {hours:.1f} h: what sleeps is kept so much"
                " longer for now",
                hours=away / 3_600,
            )

    def look(self) -> None:
        """Look whether the time of day leapt since the last look."""
        now, steady = self._clock.seconds(), self._steady()
        before, self._seen = self._seen, (now, steady)
        if before is None:
            return
        leap = (now - before[0]) - (steady - before[1])
        if leap > _SLACK:
            self._leapt(leap, steady)
            self._log.warn(
                "the clock of this machine leapt ahead by {hours:.1f} h: rooms that"
                " sleep, or ended, are kept so much longer for now; if it is wrong,"
                " set it right before ROOM_ABANDON_HOURS are over",
                hours=leap / 3_600,
            )
        elif leap < -_SLACK:
            self._ahead = max(0.0, self._ahead + leap)

    def grace(self, seconds: float) -> float:
        """Return how much older than so many seconds something is that is as old."""
        passed = self._steady() - self._found_at
        return self._ahead if passed < seconds else 0.0

    def _leapt(self, seconds: float, steady: float) -> None:
        self._ahead += seconds
        self._found_at = steady
