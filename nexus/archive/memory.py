"""MemoryArchive: an archive that lasts as long as its object, for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from attrs import define, evolve, field

from nexus.archive.kept import KeptRoom
from nexus.archive.port import Card, Event, Found, Gap, Member, Status
from nexus.archive.row import from_attributes, to_attributes
from nexus.journal.chunk import Chunk, ChunkHead
from nexus.journal.entry import Entry, Stored
from nexus.store.port import Conflict, DatabaseAway

__all__ = ["MemoryArchive"]

_LIVING = (Status.ACTIVE, Status.HIBERNATING, Status.QUARANTINED)
_ENDED = (Status.ABANDONED, Status.CLOSED)

#: When a Room was active is written no more often than this.
_GRAIN = timedelta(seconds=10)


def _utc() -> datetime:
    return datetime.now(UTC)


@define(eq=False)
class MemoryArchive:
    """An Archive in memory, which keeps what a database would, and can be away.

    Attributes:
        now: Tells the time.
        rooms: What is kept, by the Room's id; a test may look at it, and damage it.
        events: The log of connection events.
        away: Why it answers nobody; empty: it does.
    """

    now: Callable[[], datetime] = _utc
    rooms: dict[str, KeptRoom] = field(factory=dict, init=False)
    events: list[Event] = field(factory=list, init=False)
    away: str = field(default="", init=False)

    @contextmanager
    def outage(self, why: str = "the test says so") -> Iterator[None]:
        """Answer nobody for a while.

        Args:
            why: The cause that those are told who ask.
        """
        before, self.away = self.away, why
        try:
            yield
        finally:
            self.away = before

    async def create(self, card: Card, stored: Stored, owner: str) -> int:
        """Keep a new Room as its first owner; returns the epoch."""
        self._check_there()
        old, epoch = self.rooms.get(card.room_id), 1
        if old is not None and old.card.status in _LIVING:
            if old.card.owner == owner and old.stored == stored:
                return old.card.epoch
            raise Conflict(f"there is a room {card.room_id} already")
        if old is not None:
            epoch = old.card.epoch + 1
        self._check_names(card)
        card = evolve(_plain(card), epoch=epoch, owner=owner)
        self.rooms[card.room_id] = KeptRoom(card, stored)
        return epoch

    async def append(self, entries: Sequence[Entry]) -> frozenset[str]:
        """Append entries of many Rooms; returns those that belong to somebody else."""
        if not entries:
            return frozenset()
        self._check_there()
        stale = {each.room_id for each in entries if not self._fits(each)}
        fresh = [each for each in entries if each.room_id not in stale]
        for each in {one.room_id: one for one in reversed(fresh)}.values():
            kept, before = self.rooms[each.room_id], each.number - 1
            if before not in kept.entries and kept.stored.number < before:
                raise Gap(f"what was committed of {each.room_id} is lost")
        now = self.now()
        for each in fresh:
            kept = self.rooms[each.room_id]
            kept.entries.setdefault(each.number, each)
            if kept.card.active_at < now - _GRAIN:
                kept.card = evolve(kept.card, active_at=now)
        return frozenset(stale)

    async def replace(
        self, epoch: int, stored: Stored, readable: str, active_at: datetime
    ) -> bool:
        """Put a snapshot in the place of the one before and of what it covers."""
        kept = self._owned(stored.room_id, epoch)
        if kept is None:
            return False
        kept.replace(stored, readable, active_at)
        return True

    async def claim(
        self, room_id: str, owner: str, epoch: int | None = None
    ) -> Card | None:
        """Become the owner of a Room that has not ended and is not quarantined."""
        self._check_there()
        kept = self.rooms.get(room_id)
        if kept is None or epoch not in (None, kept.card.epoch):
            return None
        if kept.card.status not in (Status.ACTIVE, Status.HIBERNATING):
            return None
        newest = kept.card.epoch + 1
        kept.card = evolve(kept.card, epoch=newest, owner=owner, status=Status.ACTIVE)
        return kept.card

    async def claim_many(
        self, epochs: Mapping[str, int], owner: str
    ) -> Mapping[str, Found]:
        """Become the owner of several Rooms, and read them."""
        found = {}
        for room_id, epoch in epochs.items():
            claimed = await self.claim(room_id, owner, epoch)
            if claimed and (read := await self.read(room_id)):
                found[room_id] = read
        return found

    async def put_back(
        self, room_id: str, epoch: int, owner: str, status: Status
    ) -> bool:
        """Let a Room be as it was that was claimed and does not go on."""
        kept = self._run(room_id, epoch, owner)
        if kept is not None:
            kept.card = evolve(kept.card, owner="", status=status)
        return kept is not None

    async def read(self, room_id: str, most: int | None = None) -> Found | None:
        """Read a Room: the snapshot and the entries after it, in order."""
        self._check_there()
        kept = self.rooms.get(room_id)
        return None if kept is None else kept.found(most)

    async def chunks(self, room_id: str) -> list[ChunkHead]:
        """Return which chunks of rows there are of a Room, by Table and ascending."""
        self._check_there()
        kept = self.rooms.get(room_id)
        held = {} if kept is None else kept.chunks
        return [held[place].head for place in sorted(held)]

    async def read_chunks(
        self, room_id: str, key: int, chunks: Sequence[int]
    ) -> list[Chunk]:
        """Read chunks of one Table of a Room; those that are not there are left out."""
        self._check_there()
        held = self.rooms[room_id].chunks
        return [held[key, each] for each in sorted(chunks) if (key, each) in held]

    async def put_chunks(
        self,
        room_id: str,
        epoch: int,
        chunks: Sequence[Chunk],
        gone: Sequence[tuple[int, int, int]] = (),
    ) -> bool:
        """Put chunks in the place of those before."""
        kept = self._owned(room_id, epoch)
        if kept is None:
            return False
        kept.put_chunks(chunks, gone)
        return True

    async def find(self, name: str) -> Card | None:
        """Return the card of a Room that has not ended, by its id or its code."""
        living = self._living()
        found = [each for each in living if each.room_id == name]
        found += [each for each in living if each.code == name]
        return found[0] if found else None

    async def find_key(self, kind: str, key: str) -> Card | None:
        """Return the card of the Room of a kind that has a key and has not ended."""
        living = self._living()
        found = [each for each in living if (each.kind, each.key) == (kind, key)]
        return found[0] if found else None

    async def cards(self, *statuses: Status) -> list[Card]:
        """Return the cards of all Rooms with one of these statuses, oldest first."""
        self._check_there()
        cards = [each.card for each in self.rooms.values()]
        found = [each for each in cards if each.status in statuses]
        return sorted(found, key=lambda each: (each.created_at, each.room_id))

    async def update(self, card: Card, members: Sequence[Member]) -> bool:
        """Write what is known of a Room, and who belongs to it, under `card.epoch`."""
        kept = self._owned(card.room_id, card.epoch)
        if kept is None:
            return False
        if card.status in _LIVING:
            self._check_names(card)
        made = kept.card.created_at
        kept.card = evolve(_plain(card), kind=kept.card.kind, created_at=made)
        kept.members = list(members)
        is_over = card.status in _ENDED
        kept.ended_at = (kept.ended_at or self.now()) if is_over else None
        return True

    async def refresh(self, rooms: Sequence[tuple[Card, Sequence[Member]]]) -> None:
        """Write the same of many Rooms that run; of others, nothing."""
        for card, members in rooms:
            if self._run(card.room_id, card.epoch, card.owner) is not None:
                await self.update(card, members)

    async def quarantine(self, room_id: str, epoch: int, reason: str) -> bool:
        """Set a Room aside that cannot be read; nobody writes it from now on."""
        kept = self._owned(room_id, epoch)
        if kept is None or kept.card.status is Status.QUARANTINED:
            return False
        kept.card = evolve(
            kept.card, epoch=epoch + 1, status=Status.QUARANTINED, reason=reason
        )
        return True

    async def log(self, events: Sequence[Event]) -> None:
        """Append to the log of connection events."""
        self._check_there()
        self.events += events

    async def clean_up(
        self, now: datetime, *, abandon: float, delete: float
    ) -> Mapping[str, int]:
        """Give up and delete what nobody came for, and events older than that."""
        self._check_there()
        touched = now - timedelta(seconds=abandon)
        ended = now - timedelta(seconds=delete)
        older = touched - timedelta(seconds=delete)
        self.events = [each for each in self.events if each.at >= older]
        over = [
            room_id
            for room_id, kept in self.rooms.items()
            if kept.ended_at is not None and kept.ended_at < ended
        ]
        for room_id in over:
            del self.rooms[room_id]
        left = [
            kept
            for kept in self.rooms.values()
            if kept.card.status is Status.HIBERNATING and kept.card.active_at < touched
        ]
        for kept in left:
            kept.card = evolve(kept.card, status=Status.ABANDONED)
            kept.ended_at = now
        return {"abandoned": len(left), "deleted": len(over)}

    async def newest(self) -> datetime | None:
        """Return when somebody last did something in any Room."""
        self._check_there()
        times = [each.card.active_at for each in self.rooms.values()]
        return max(times, default=None)

    async def statistics(self) -> Mapping[str, int]:
        """Return how many Rooms there are by status, and members in active ones."""
        self._check_there()
        found = {status.value: 0 for status in Status} | {"members": 0}
        for kept in self.rooms.values():
            found[kept.card.status.value] += 1
            if kept.card.status is Status.ACTIVE:
                found["members"] += sum(each.is_connected for each in kept.members)
        return found

    def _check_there(self) -> None:
        if self.away:
            raise DatabaseAway(self.away)

    def _check_names(self, card: Card) -> None:
        """Look whether what lives has the code or the key of a Room already.

        Raises:
            Conflict: It has.
        """
        for other in self._living():
            if other.room_id == card.room_id:
                continue
            if card.code is not None and other.code == card.code:
                raise Conflict(f"there is a room with the code {card.code} already")
            same = (other.kind, other.key) == (card.kind, card.key)
            if card.key is not None and same:
                raise Conflict(f"there is a {card.kind} with the key already")

    def _living(self) -> list[Card]:
        self._check_there()
        cards = [each.card for each in self.rooms.values()]
        return [each for each in cards if each.status in _LIVING]

    def _owned(self, room_id: str, epoch: int) -> KeptRoom | None:
        """Return what is kept of a Room if an epoch is its newest."""
        self._check_there()
        kept = self.rooms.get(room_id)
        return kept if kept is not None and kept.card.epoch == epoch else None

    def _run(self, room_id: str, epoch: int, owner: str) -> KeptRoom | None:
        """Return what is kept of a Room if this owner runs it, in its newest epoch."""
        kept = self._owned(room_id, epoch)
        run = (Status.ACTIVE, owner)
        return kept if kept and (kept.card.status, kept.card.owner) == run else None

    def _fits(self, entry: Entry) -> bool:
        """Say whether an entry is its owner's, and no other is in its place."""
        kept = self.rooms.get(entry.room_id)
        return kept is not None and kept.fits(entry)


def _plain(card: Card) -> Card:
    """Return a card as it comes back from a database: of plain data, and a copy.

    Raises:
        TypeError: Something in it is none.
    """
    return evolve(card, attributes=to_attributes(from_attributes(card.attributes)))
