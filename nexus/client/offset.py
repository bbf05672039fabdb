"""The time at the server, as pings and their answers tell it."""

from __future__ import annotations

from collections import deque
from math import inf
from typing import Final

from attrs import define, field, frozen

__all__ = ["ServerClock"]

#: So many samples are looked at.
_SAMPLES: Final = 8


@frozen
class _Sample:
    """What one answer told."""

    round_trip: float
    offset: float


@define(eq=False)
class ServerClock:
    """Says what time it is at the server; it never says less than before.

    Of the last samples that with the shortest round trip counts: it leaves the least
    room for error. All times are milliseconds.
    """

    _samples: deque[_Sample] = field(factory=lambda: deque(maxlen=_SAMPLES), init=False)
    _said: float = field(default=-inf, init=False)

    def sample(self, sent: float, received: float, server: float) -> None:
        """Take note of an answer.

        Args:
            sent: When the ping left, by the own clock.
            received: When the answer came, by the own clock.
            server: What the server's clock said between them.
        """
        round_trip = received - sent
        # The own clock was set back meanwhile, which tells nothing.
        if round_trip >= 0:
            offset = server + round_trip / 2 - received
            self._samples.append(_Sample(round_trip, offset))

    def now(self, local: float) -> float:
        """Return the time at the server; before any sample it is the own one.

        Args:
            local: What the own clock says.
        """
        if not self._samples:
            return local
        best = min(reversed(self._samples), key=lambda each: each.round_trip)
        self._said = max(self._said, local + best.offset)
        return self._said
