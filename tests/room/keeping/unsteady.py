"""An archive in memory that takes its time, and whose answers may be lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

from attrs import asdict, define, field
from twisted.internet.task import deferLater
from typing_extensions import override

from nexus.archive.memory import MemoryArchive
from nexus.journal.entry import Entry, Stored
from nexus.journal.kept import Kept, recover
from nexus.store.port import DatabaseAway
from nexus.wire.native import plain

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
        is_writing: Whether entries are being written.
        forgot: The numbers of snapshots that say less than what they replaced.
    """

    script: list[str] = field(factory=list, init=False)
    clock: Any = field(default=None, init=False)
    is_writing: bool = field(default=False, init=False)
    forgot: list[int] = field(factory=list, init=False)

    @override
    async def append(self, entries: Sequence[Entry]) -> frozenset[str]:
        self.is_writing = True
        try:
            async with self._met(_WHILE):
                stale = await MemoryArchive.append(self, entries)
        except DatabaseAway:
            self.is_writing = False
            raise
        # Not at last: if the Node dies meanwhile, this ends whenever it is forgotten.
        self.is_writing = False
        return stale

    @override
    async def replace(
        self, epoch: int, stored: Stored, readable: str, active_at: datetime
    ) -> bool:
        async with self._met(_LONG_WHILE):
            self._compare(stored)
            return await MemoryArchive.replace(self, epoch, stored, readable, active_at)

    def _compare(self, stored: Stored) -> None:
        """Compare a snapshot with the one before and the entries that it covers."""
        kept = self.rooms[stored.room_id]
        later = range(kept.stored.number + 1, stored.number + 1)
        covered = [kept.entries[each] for each in later if each in kept.entries]
        # A Room that is written whole covers what was thrown away, too.
        if covered and len(covered) == len(later):
            before = recover(kept.stored, covered)
            if _said(recover(stored, ())) != _said(before):
                self.forgot.append(stored.number)

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


def _said(kept: Kept) -> dict[str, Any]:
    """Return all that is kept of a Room."""
    state = None if kept.replica is None else plain(kept.replica.state)
    return {
        "number": kept.number,
        "chain": kept.chain,
        "version": kept.version,
        "next_id": kept.next_id,
        "state": state,
        "members": [asdict(each) for each in kept.members.values()],
        "timers": kept.timers,
        "card": kept.card,
    }
