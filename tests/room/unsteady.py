"""An archive in memory that takes its time, and whose answers may be lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

from attrs import define, field
from twisted.internet.task import deferLater
from typing_extensions import override

from nexus.archive.memory import MemoryArchive
from nexus.journal.entry import Entry, Stored
from nexus.store.port import DatabaseAway

__all__ = ["MEETS", "UnsteadyArchive"]

#: What a write may meet: it is done after a while; it is done, which is learned after a
#: while, or never; it is done; nothing is written.
MEETS: Final = ("slow", "late", "lost", "fine", "away")

#: How long a while is, in seconds: for entries it is over before there are more of
#: them, and for snapshots it is not.
_WHILE: Final = 0.03
_LONG_WHILE: Final = 0.15


@define(eq=False)
class UnsteadyArchive(MemoryArchive):
    """Keeps what a database would that is far away.

    Attributes:
        script: What the next writes of journals and snapshots meet, first first.
        clock: What lets a while pass; it has to be there for a script.
    """

    script: list[str] = field(factory=list, init=False)
    clock: Any = field(default=None, init=False)

    @override
    async def append(self, entries: Sequence[Entry]) -> frozenset[str]:
        async with self._met(_WHILE):
            return await MemoryArchive.append(self, entries)

    @override
    async def replace(
        self, epoch: int, stored: Stored, readable: str, active_at: datetime
    ) -> bool:
        async with self._met(_LONG_WHILE):
            return await MemoryArchive.replace(self, epoch, stored, readable, active_at)

    @asynccontextmanager
    async def _met(self, seconds: float) -> AsyncIterator[None]:
        how = self.script.pop(0) if self.script else "fine"
        if how == "away":
            raise DatabaseAway("no answer")
        if how == "slow":
            await deferLater(self.clock, seconds)
        yield
        if how == "late":
            await deferLater(self.clock, seconds)
        if how == "lost":
            raise DatabaseAway("the answer was lost")
