"""Outages: that a database takes nothing, since when, why, and when to try again."""

from __future__ import annotations

from random import Random
from typing import Final

from attrs import define, field

from nexus.store.port import DatabaseFull

__all__ = ["Outage", "delay_of"]

_FIRST: Final = 0.05
_LONGEST: Final = 2.0
#: Doubled more often than this, any delay is beyond any limit; and a float ends there.
_MOST_DOUBLINGS: Final = 64


def delay_of(attempt: int, first: float, longest: float, chance: float) -> float:
    """Return how long to wait after an attempt that failed, in seconds.

    It doubles with each, and half of it is left to chance, so that those who failed
    together do not all try again together.

    Args:
        attempt: Which one, from 0 on.
        first: What is doubled.
        longest: It is doubled no further.
        chance: From 0 to 1.
    """
    doubled = first * 2.0 ** min(attempt, _MOST_DOUBLINGS)
    return min(longest, doubled) * (0.5 + 0.5 * chance)


@define(eq=False)
class Outage:
    """Whether a database takes what it is given.

    Attributes:
        is_on: Whether it took nothing the last time.
        cause: Why, in its own words; empty if it did.
    """

    _random: Random
    is_on: bool = field(default=False, init=False)
    cause: str = field(default="", init=False)
    _is_full: bool = field(default=False, init=False)
    _since: float = field(default=0.0, init=False)
    _attempts: int = field(default=0, init=False)

    def failed(self, error: Exception, now: float) -> float:
        """Take note of an attempt that failed; return the wait before the next."""
        if not self.is_on:
            self.is_on = True
            self._since = now
            self._attempts = 0
        self.cause = str(error) or type(error).__name__
        self._is_full = isinstance(error, DatabaseFull)
        attempt, self._attempts = self._attempts, self._attempts + 1
        if self._is_full:
            # It answers: people have to make room, and that is no matter of moments.
            return _LONGEST
        return delay_of(attempt, _FIRST, _LONGEST, self._random.random())

    def over(self, now: float) -> float:
        """Take note that it took something; return how many seconds it had not."""
        lasted = self._lasted(now) if self.is_on else 0.0
        self.is_on = self._is_full = False
        self.cause = ""
        return lasted

    def reason(self, now: float) -> str:
        """Say what is going on, for people; empty if nothing is."""
        if not self.is_on:
            return ""
        what = "full" if self._is_full else "away"
        return f"the database has been {what} for {self._lasted(now):.0f} s"

    def _lasted(self, now: float) -> float:
        # The reactor's clock is wall time: it may jump, also backwards.
        return max(0.0, now - self._since)
