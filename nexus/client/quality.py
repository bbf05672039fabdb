"""How good a connection is, judged by its pings."""

from __future__ import annotations

from collections import deque
from math import inf
from statistics import median
from typing import Final, Literal, TypeAlias

from attrs import define, field, frozen

__all__ = ["Level", "Quality", "Reading"]

#: So many pings are looked at, and of their answers so many for the latency.
_WINDOW: Final = 20
_RECENT: Final = 5

#: A ping is late after so many medians, but not before so many milliseconds.
_MEDIANS: Final = 3
_LATE: Final = 1000.0

Level: TypeAlias = Literal["excellent", "good", "fair", "poor", "offline", "unknown"]

#: Up to which latency each level goes, in milliseconds.
_LEVELS: Final[tuple[tuple[float, Level], ...]] = (
    (100.0, "excellent"),
    (200.0, "good"),
    (400.0, "fair"),
    (inf, "poor"),
)


@frozen
class Reading:
    """How good a connection is at one moment.

    Attributes:
        level: `excellent`, `good`, `fair` or `poor`, by the latency; `offline` while
            the connection is lost, and `unknown` before any answer.
        latency: How long an answer takes at present; None if none is known.
        loss: Which share of the last pings came late or not at all, from 0 to 1.
    """

    level: Level
    latency: float | None
    loss: float


@define(eq=False)
class _Ping:
    """A ping, and what became of it."""

    number: int
    sent: float
    round_trip: float | None = None
    is_lost: bool = False

    @property
    def is_waiting(self) -> bool:
        """Whether an answer may still come."""
        return self.round_trip is None and not self.is_lost


@define(eq=False)
class Quality:
    """Judges a connection by the last pings. All times are milliseconds."""

    _pings: deque[_Ping] = field(factory=lambda: deque(maxlen=_WINDOW), init=False)
    _is_offline: bool = field(default=False, init=False)

    def sent(self, number: int, at: float) -> None:
        """Take note of a ping."""
        self._pings.append(_Ping(number, at))

    def answered(self, number: float, at: float) -> float | None:
        """Take note of an answer, and return how long it took.

        None: no ping waits for it.
        """
        ping = self._waiting(number)
        if ping is None:
            return None
        ping.round_trip = max(0.0, at - ping.sent)
        return ping.round_trip

    def sent_at(self, number: float) -> float | None:
        """Return when a ping that waits for its answer was sent."""
        ping = self._waiting(number)
        return None if ping is None else ping.sent

    @property
    def is_waiting(self) -> bool:
        """Whether a ping of this connection was not answered."""
        return any(ping.is_waiting for ping in self._pings)

    def lost(self) -> None:
        """Take note that the connection is lost, and all that was to be answered."""
        self._is_offline = True
        for ping in self._pings:
            if ping.round_trip is None:
                ping.is_lost = True

    def returned(self) -> None:
        """Take note that the client is back."""
        self._is_offline = False

    def at(self, now: float) -> Reading:
        """Judge."""
        trips = [each.round_trip for each in self._pings if each.round_trip is not None]
        threshold = max(_MEDIANS * median(trips), _LATE) if trips else _LATE
        lost = decided = 0
        for ping in self._pings:
            if ping.round_trip is not None:
                is_late = ping.round_trip > threshold
            else:
                is_late = ping.is_lost or now - ping.sent > threshold
            lost += is_late
            decided += is_late or ping.round_trip is not None
        latency = median(trips[-_RECENT:]) if trips else None
        return Reading(self._level(latency), latency, lost / decided if decided else 0)

    def _waiting(self, number: float) -> _Ping | None:
        for ping in self._pings:
            if ping.number == number and ping.is_waiting:
                return ping
        return None

    def _level(self, latency: float | None) -> Level:
        if self._is_offline:
            return "offline"
        if latency is None:
            return "unknown"
        return next(level for limit, level in _LEVELS if latency < limit)
