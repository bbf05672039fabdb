"""A way to a client in virtual time, with a rate and a delay, and what it says."""

from __future__ import annotations

from collections import deque
from typing import Final

from attrs import define, field

from nexus.client.applied import Applied
from nexus.room.fanout.pace import Pace

__all__ = ["TICK", "Link"]

#: The Room patches once in so many seconds.
TICK: Final = 0.05
#: What a client lacks is never more than so many patches, as they are merged.
_MOST_LACKING: Final = 20
#: So many steps of the time make a tick.
_STEPS: Final = 10


@define(eq=False)
class Link:
    """A Room that patches, the way to one client of it, and what that says.

    Args:
        rate: How many bytes a second go by.
        trip: How long a byte and the answer to it take, in seconds.

    Attributes:
        waits: For how many seconds a byte that is sent now waits for others.
        slow: How many ticks the client was called slow.
    """

    rate: float
    trip: float
    pace: Pace = field(factory=Pace, init=False)
    now: float = field(default=0.0, init=False)
    version: int = field(default=0, init=False)
    slow: int = field(default=0, init=False)
    #: Whether the client tells what it applied.
    tells: bool = field(default=True, init=False)
    _lacks: int = field(default=0, init=False)
    _free: float = field(default=0.0, init=False)
    _coming: deque[tuple[float, int, int]] = field(factory=deque, init=False)
    _answers: deque[tuple[float, int]] = field(factory=deque, init=False)
    _applied: Applied = field(factory=Applied, init=False)

    @property
    def waits(self) -> float:
        """For how long a byte that is sent now waits for others."""
        return max(0.0, self._free - self.now)

    def tick(self, size: int, merged: int) -> int:
        """Let the Room patch once.

        Args:
            size: How long the patch is.
            merged: How long one is that stands for all that the client lacks.

        Returns:
            How many bytes went.
        """
        for _ in range(_STEPS):
            self._pass()
        pace, now = self.pace, self.now
        self.version += 1
        self._lacks = min(self._lacks + size, _MOST_LACKING * size)
        if pace.keeps_up:
            self._send(size)
            return size
        if not pace.is_slow:
            pace.lag(now)
        self.slow += 1
        budget = pace.budget(now)
        if not budget or (merged > pace.room and pace.outstanding):
            pace.skip()
            return 0
        went = max(min(merged, self._lacks), min(budget, self._lacks))
        self._send(went)
        if not self._lacks:
            pace.catch_up()
        return went

    def _send(self, size: int) -> None:
        now = self.now
        self.pace.sent(self.version, size, now)
        self._lacks = max(0, self._lacks - size)
        self._free = max(self._free, now) + size / self.rate
        self._coming.append((self._free + self.trip / 2, self.version, size))

    def _pass(self) -> None:
        """Let a little time pass."""
        self.now += TICK / _STEPS
        while self._coming and self._coming[0][0] <= self.now:
            _, version, size = self._coming.popleft()
            self._applied.note(version, size)
        version = self._applied.take(self.now * 1000) if self.tells else None
        if version is not None:
            self._answers.append((self.now + self.trip / 2, version))
        while self._answers and self._answers[0][0] <= self.now:
            self.pace.applied(self._answers.popleft()[1], self.now)
