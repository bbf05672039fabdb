"""Replay: a Room's journal record by record, and the Room at any version in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import define, field, frozen

from nexus.errors import PeerError
from nexus.journal.chain import DamagedJournal, check
from nexus.journal.entry import Entry, Stored
from nexus.journal.kept import Kept
from nexus.journal.record import Record, read_records

__all__ = ["Replay", "Step"]


@frozen
class Step:
    """One record of a journal.

    Attributes:
        entry: The entry that it is in.
        version: The version of the State behind it.
        record: The record.
    """

    entry: Entry
    version: int
    record: Record


@define(eq=False)
class Replay:
    """A Room from its snapshot on, as far as what is stored can be read.

    Attributes:
        stored: The snapshot.
        entries: The entries after it.
        damage: What is wrong behind the last entry that can be read; None: nothing.
        first: The version of the snapshot.
        last: The last version.

    Raises:
        DamagedJournal: The snapshot itself cannot be read.
    """

    stored: Stored
    entries: Sequence[Entry]
    damage: DamagedJournal | None = field(default=None, init=False)
    first: int = field(init=False)
    last: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        check(self.stored, ())
        kept = Kept.of(self.stored)
        self.first = self.last = kept.version
        try:
            check(self.stored, self.entries)
        except DamagedJournal as error:
            self._cut(error)
        try:
            for step in self._walk(kept):
                self.last = step.version
        except DamagedJournal as error:
            self._cut(error)

    def _cut(self, damage: DamagedJournal) -> None:
        """Leave out an entry that is damaged, and what follows."""
        self.damage = damage
        self.entries = self.entries[: damage.number - self.stored.number - 1]

    def steps(self) -> Iterator[Step]:
        """Return the records of all entries, in order."""
        return self._walk(Kept.of(self.stored))

    def at(self, version: int) -> Kept:
        """Return the Room as it was last when its State had a version, or one before.

        Raises:
            ValueError: The journal does not tell; the text says what it tells of.
        """
        if not self.first <= version <= self.last:
            raise ValueError(
                f"version {version} is not in the journal, which leads from"
                f" {self.first} to {self.last}"
            )
        count = sum(each.version <= version for each in self.steps())
        kept = Kept.of(self.stored)
        steps = self._walk(kept)
        for _ in range(count):
            next(steps)
        return kept

    def _walk(self, kept: Kept) -> Iterator[Step]:
        for entry in self.entries:
            try:
                for record in read_records(entry.payload, limit=kept.limit):
                    kept.take(record)
                    yield Step(entry, kept.version, record)
            except PeerError as error:
                room_id, number = entry.room_id, entry.number
                raise DamagedJournal(room_id, number, str(error)) from error
