"""Backlog: what a client took in and is not done with yet."""

from __future__ import annotations

from collections import deque
from typing import Generic, Protocol, TypeVar

from nexus.sync.pace import Pace

__all__ = ["Backlog", "Sized"]


class Sized(Protocol):
    """What is held for its owner."""

    @property
    def size(self) -> int:
        """For how many bytes it counts."""


_Item = TypeVar("_Item", bound=Sized)


class Backlog(Generic[_Item]):
    """Items in order, bounded in number and bytes.

    It is closed at first, and while the Connection is lost; what was handed out and is
    still here goes again when it is opened. While nothing waits, an item may go as soon
    as it was added. What waited goes at a measured pace, and new items behind it.

    Args:
        most: How many it holds.
        max_bytes: Of how many bytes.
        rate: How many of those that waited go a second.
        byte_rate: Of how many bytes.
    """

    def __init__(self, most: int, max_bytes: int, rate: int, byte_rate: int) -> None:
        self._most = most
        self._max_bytes = max_bytes
        self._rate = rate
        self._byte_rate = byte_rate
        #: What was handed out on this Connection, and what was not yet.
        self._sent: deque[_Item] = deque()
        self._waiting: deque[_Item] = deque()
        self._bytes = 0
        self._is_open = False
        #: What may go of that which waited; None: nothing waits.
        self._pace: Pace | None = None

    @property
    def size(self) -> int:
        """How many are here."""
        return len(self._sent) + len(self._waiting)

    @property
    def bytes(self) -> int:
        """How many bytes those count for."""
        return self._bytes

    @property
    def is_open(self) -> bool:
        """Whether any may go."""
        return self._is_open

    def _has_room(self, size: int) -> bool:
        """Say whether one more of so many bytes can be held."""
        return self.size < self._most and self._bytes + size <= self._max_bytes

    def _put(self, item: _Item) -> None:
        self._waiting.append(item)
        self._bytes += item.size

    def _remove(self, item: _Item) -> None:
        """Forget one, if it is here."""
        for items in (self._sent, self._waiting):
            if item in items:
                items.remove(item)
                self._bytes -= item.size

    def open(self, now: float) -> None:
        """Let them go, if they may not yet."""
        if self._is_open:
            return
        self._is_open = True
        self._pace = None
        if self._waiting:
            self._pace = Pace(now, self._rate, self._byte_rate)

    def close(self) -> None:
        """Let none go: the Connection is lost. What is kept goes again later."""
        self._is_open = False
        self._waiting.extendleft(reversed(self._sent))
        self._sent.clear()

    def take(self, now: float) -> list[_Item]:
        """Return those that are to go now, in order, each once a Connection.

        Args:
            now: The time in milliseconds, as for all that asks for it here.
        """
        taken: list[_Item] = []
        while self._is_open and self._waiting:
            size = self._waiting[0].size
            if self._pace is not None and not self._pace.lets_go(size, now):
                break
            taken.append(self._waiting.popleft())
        if not self._waiting:
            self._pace = None
        self._sent.extend(taken)
        return taken

    def wait(self, now: float) -> float | None:
        """Return in how many milliseconds to `take` again; None: nothing waits."""
        if not self._is_open or not self._waiting:
            return None
        return 0.0 if self._pace is None else self._pace.wait(now)

    def drain(self) -> list[_Item]:
        """Return all that is here, and forget it: the Room is over."""
        left = [*self._sent, *self._waiting]
        self._sent.clear()
        self._waiting.clear()
        self._bytes, self._is_open, self._pace = 0, False, None
        return left
