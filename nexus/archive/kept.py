"""KeptRoom: all that an archive in memory keeps of one Room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import define, evolve, field

from nexus.archive.port import Card, Found, Member
from nexus.journal.chunk import Chunk
from nexus.journal.entry import Entry, Stored

__all__ = ["KeptRoom"]


@define(eq=False)
class KeptRoom:
    """Everything that is kept of one Room.

    Attributes:
        card: What is known of it.
        stored: Its last snapshot.
        entries: What came after that, and perhaps before, by number.
        readable: The State as JSON, as the last snapshot had it.
        members: Who belongs to it.
        ended_at: When it ended; None: it has not.
        chunks: The rows of its Tables, by Table and number.
    """

    card: Card
    stored: Stored
    entries: dict[int, Entry] = field(factory=dict)
    readable: str = "{}"
    members: list[Member] = field(factory=list)
    ended_at: datetime | None = None
    chunks: dict[tuple[int, int], Chunk] = field(factory=dict)

    def fits(self, entry: Entry) -> bool:
        """Say whether an entry is its owner's, and no other is in its place."""
        if self.card.epoch != entry.epoch:
            return False
        there = self.entries.get(entry.number, entry)
        return (there.epoch, there.chain) == (entry.epoch, entry.chain)

    def found(self, most: int | None) -> Found:
        """Return the snapshot and the entries after it.

        Args:
            most: So many bytes of entries are enough; None: all of them.
        """
        entries: list[Entry] = []
        size = 0
        for number in sorted(self.entries):
            if number > self.stored.number and (most is None or size < most):
                entries.append(self.entries[number])
                size += len(entries[-1].payload)
        is_whole = most is None or size < most
        return Found(self.card, self.stored, entries, is_whole)

    def replace(self, stored: Stored, readable: str, active_at: datetime) -> None:
        """Put a snapshot in the place of one that covers no more, and of entries."""
        if stored.number < self.stored.number:
            return
        self.stored, self.readable = stored, readable
        self.card = evolve(self.card, active_at=active_at)
        for number in [each for each in self.entries if each <= stored.number]:
            del self.entries[number]

    def put_chunks(
        self, chunks: Sequence[Chunk], gone: Sequence[tuple[int, int, int]]
    ) -> None:
        """Put chunks in the place of those before, and delete others."""
        for each in chunks:
            place = each.key, each.chunk
            if self.chunks.get(place, each).number <= each.number:
                self.chunks[place] = each
        for key, chunk, number in gone:
            there = self.chunks.get((key, chunk))
            if there is not None and there.number <= number:
                del self.chunks[key, chunk]
