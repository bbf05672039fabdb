"""A clock of a Room, and a record of what it did."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from attrs import define, field
from twisted.python.failure import Failure

from nexus.room.clock.clock import RoomClock

__all__ = ["Stage"]


@define
class Stage:
    """A clock, and what it did."""

    limit: int = 100
    calls: list[tuple[Any, ...]] = field(factory=list)
    failures: list[tuple[str, Failure]] = field(factory=list)
    spawned: list[Coroutine[Any, Any, Any]] = field(factory=list)
    clock: RoomClock = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Make the clock."""
        self.clock = RoomClock(self.failed, self.spawned.append, limit=self.limit)

    def failed(self, name: str, failure: Failure) -> None:
        """Record a failure."""
        self.failures.append((name, failure))

    def call(self, *arguments: Any) -> None:
        """Record a call, and the time it was made."""
        self.calls.append((self.clock.now, *arguments))
