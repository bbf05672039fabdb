"""RoomRepository: an archive in a database.

Whoever writes something of a Room locks its row first and looks at the epoch there: a
claim comes before or after that, never in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import define
from twisted.logger import Logger

from nexus.archive import append, pages, table
from nexus.archive.port import Card, Event, Found, Member, Status
from nexus.archive.row import (
    from_attributes,
    to_card,
    to_optional,
    to_text,
)
from nexus.journal.chunk import Chunk, ChunkHead
from nexus.journal.entry import Entry, Stored
from nexus.store.port import Damaged, Database, Transaction, Value

__all__ = ["RoomRepository"]

#: When a Room was active is written no more often than this.
_GRAIN: Final = timedelta(seconds=10)

_ENDED: Final = (Status.ABANDONED, Status.CLOSED)


def _utc() -> datetime:
    return datetime.now(UTC)


@define(eq=False)
class RoomRepository:
    """An Archive in a database.

    Attributes:
        database: Where; it was started.
        now: Tells the time.
    """

    database: Database
    now: Callable[[], datetime] = _utc

    _log = Logger()

    async def create(self, card: Card, stored: Stored, owner: str) -> int:
        """Keep a new Room as its first owner; returns the epoch.

        The same again, by a try whose end nobody learned, changes nothing.
        """
        dialect, now = self.database.dialect, self.now()

        async def work(transaction: Transaction) -> int:
            return await table.create(transaction, dialect, card, stored, owner, now)

        return await self.database.transact(work)

    async def append(self, entries: Sequence[Entry]) -> frozenset[str]:
        """Append entries of many Rooms; returns those that belong to somebody else."""
        dialect = self.database.dialect

        async def work(transaction: Transaction) -> frozenset[str]:
            now = self.now()
            room_ids = {one.room_id for one in entries}
            rows = await table.lock(transaction, dialect, room_ids)
            stale = {
                one.room_id
                for one in entries
                if one.room_id not in rows or rows[one.room_id]["epoch"] != one.epoch
            }
            fresh = [one for one in entries if one.room_id not in stale]
            await append.check_before(transaction, fresh)
            stale |= await append.write(transaction, fresh, now)
            idle = [
                room_id
                for room_id, row in rows.items()
                if room_id not in stale and _is_before(row["active_at"], now - _GRAIN)
            ]
            await table.touch(transaction, idle, now)
            return frozenset(stale)

        return await self.database.transact(work) if entries else frozenset()

    async def replace(
        self, epoch: int, stored: Stored, readable: str, active_at: datetime
    ) -> bool:
        """Put a snapshot in the place of the one before and of what it covers.

        One that covers less than the one that is there changes nothing.
        """
        dialect = self.database.dialect

        async def work(transaction: Transaction) -> bool:
            rows = await table.lock(transaction, dialect, [stored.room_id])
            if stored.room_id not in rows or rows[stored.room_id]["epoch"] != epoch:
                return False
            if await table.put(transaction, stored, self.now()):
                await transaction.execute(table.SHORTEN, stored.room_id, stored.number)
                await transaction.execute(
                    table.PUT_STATE, stored.room_id, stored.version, readable, active_at
                )
            return True

        return await self.database.transact(work)

    async def claim(
        self, room_id: str, owner: str, epoch: int | None = None
    ) -> Card | None:
        """Become the owner of a Room that has not ended and is not quarantined."""

        async def work(transaction: Transaction) -> Card | None:
            rows = await transaction.query(table.CLAIM, owner, to_text(room_id), epoch)
            return to_card(rows[0]) if rows else None

        return await self.database.transact(work)

    async def claim_many(
        self, epochs: Mapping[str, int], owner: str
    ) -> Mapping[str, Found]:
        """Become the owner of several Rooms that are small, and read them."""
        dialect = self.database.dialect

        async def work(transaction: Transaction) -> Mapping[str, Found]:
            there = await table.lock(transaction, dialect, epochs)
            seen = [each for each in there if there[each]["epoch"] == epochs[each]]
            small = await pages.read_small(transaction, seen)
            cards = await table.claim_many(transaction, list(small), owner)
            return {each: Found(cards[each], *small[each]) for each in cards}

        return await self.database.transact(work)

    async def put_back(
        self, room_id: str, epoch: int, owner: str, status: Status
    ) -> bool:
        """Let a Room be as it was that was claimed and does not go on."""

        async def work(transaction: Transaction) -> bool:
            given = status.value, room_id, epoch, owner
            return bool(await transaction.execute(table.PUT_BACK, *given))

        return await self.database.transact(work)

    async def read(self, room_id: str, most: int | None = None) -> Found | None:
        """Read a Room: the snapshot and the entries after it, in order."""
        cards = await self.database.query(table.CARD_OF, to_text(room_id))
        if not cards:
            return None
        stored, entries, is_whole = await pages.read_room(self.database, room_id, most)
        return Found(to_card(cards[0]), stored, entries, is_whole)

    async def chunks(self, room_id: str) -> list[ChunkHead]:
        """Return which chunks of rows there are of a Room, by Table and ascending."""
        return await pages.list_chunks(self.database, room_id)

    async def read_chunks(
        self, room_id: str, key: int, chunks: Sequence[int]
    ) -> list[Chunk]:
        """Read chunks of one Table of a Room; those that are not there are left out."""
        return await pages.read_chunks(self.database, room_id, key, chunks)

    async def put_chunks(
        self,
        room_id: str,
        epoch: int,
        chunks: Sequence[Chunk],
        gone: Sequence[tuple[int, int, int]] = (),
    ) -> bool:
        """Put chunks in the place of those before, in one transaction."""
        dialect = self.database.dialect

        async def work(transaction: Transaction) -> bool:
            rows = await table.lock(transaction, dialect, [room_id])
            if room_id not in rows or rows[room_id]["epoch"] != epoch:
                return False
            await pages.write_chunks(transaction, room_id, chunks, gone)
            return True

        return await self.database.transact(work)

    async def find(self, name: str) -> Card | None:
        """Return the card of a Room that has not ended, by its id or its code."""
        name = to_text(name)
        rows = await self.database.query(table.FIND, name, name, name)
        return to_card(rows[0]) if rows else None

    async def find_key(self, kind: str, key: str) -> Card | None:
        """Return the card of the Room of a kind that has a key and has not ended."""
        rows = await self.database.query(table.FIND_KEY, to_text(kind), to_text(key))
        return to_card(rows[0]) if rows else None

    async def cards(self, *statuses: Status) -> list[Card]:
        """Return the cards of all Rooms with one of these statuses, oldest first.

        One that cannot be read is quarantined, logged and left out.
        """
        if not statuses:
            return []
        rows = await self.database.query(
            table.cards_with(statuses),
            *(status.value for status in statuses),
        )
        cards = []
        for row in rows:
            try:
                cards.append(to_card(row))
            except Damaged as error:
                self._log.error("{error}; it is quarantined", error=str(error))
                await self.quarantine(row["room_id"], row["epoch"], str(error))
        return cards

    async def update(self, card: Card, members: Sequence[Member]) -> bool:
        """Write what is known of a Room, and who belongs to it, under `card.epoch`."""

        async def work(transaction: Transaction) -> bool:
            return await self._update(transaction, table.UPDATE_ROOM, card, members)

        return await self.database.transact(work)

    async def refresh(self, rooms: Sequence[tuple[Card, Sequence[Member]]]) -> None:
        """Write the same of many Rooms that run; of others, nothing."""
        # Everybody locks Rooms in the same order.
        ordered = sorted(rooms, key=lambda room: room[0].room_id)

        async def work(transaction: Transaction) -> None:
            for card, members in ordered:
                sql = table.REFRESH_ROOM
                await self._update(transaction, sql, card, members, card.owner)

        if rooms:
            await self.database.transact(work)

    async def _update(
        self,
        transaction: Transaction,
        sql: str,
        card: Card,
        members: Sequence[Member],
        *more: Value,
    ) -> bool:
        now = self.now()
        touched = await transaction.execute(
            sql,
            *(card.code, to_optional(card.key), card.status.value, card.owner),
            *(card.clients, from_attributes(card.attributes), card.active_at),
            *(to_text(card.reason), card.status in _ENDED, now),
            *(card.room_id, card.epoch, *more),
        )
        if touched:
            await table.update_members(transaction, card.room_id, members, now)
        return bool(touched)

    async def quarantine(self, room_id: str, epoch: int, reason: str) -> bool:
        """Set a Room aside that cannot be read; nobody writes it from now on."""

        async def work(transaction: Transaction) -> bool:
            return bool(
                await transaction.execute(
                    table.QUARANTINE, to_text(reason), room_id, epoch
                )
            )

        return await self.database.transact(work)

    async def log(self, events: Sequence[Event]) -> None:
        """Append to the log of connection events."""
        rows: list[Sequence[Value]] = [
            (
                one.room_id,
                one.session_id,
                one.kind,
                one.code,
                to_text(one.detail),
                one.at,
            )
            for one in events
        ]

        async def work(transaction: Transaction) -> None:
            await transaction.execute_many(table.INSERT_EVENT, rows)

        if rows:
            await self.database.transact(work)

    async def clean_up(
        self, now: datetime, *, abandon: float, delete: float
    ) -> Mapping[str, int]:
        """Give up and delete what nobody came for, and events older than that."""
        touched = now - timedelta(seconds=abandon)
        ended = now - timedelta(seconds=delete)

        async def work(transaction: Transaction) -> Mapping[str, int]:
            older = touched - timedelta(seconds=delete)
            await transaction.execute(table.DELETE_EVENTS, older)
            deleted = await transaction.execute(table.DELETE_ENDED, ended)
            abandoned = await transaction.execute(table.ABANDON, now, touched)
            return {"abandoned": abandoned, "deleted": deleted}

        return await self.database.transact(work)

    async def newest(self) -> datetime | None:
        """Return when somebody last did something in any Room; None: nobody knows."""
        rows = await self.database.query(table.NEWEST)
        times = [row["active_at"] for row in rows]
        # What is no time is damaged, and says nothing.
        return next((each for each in times if isinstance(each, datetime)), None)

    async def statistics(self) -> Mapping[str, int]:
        """Return how many Rooms there are by status, and members in active ones."""
        rows = await self.database.query(table.STATISTICS)
        found = {status.value: 0 for status in Status}
        found |= {row["status"]: row["rooms"] for row in rows}
        active = [row["members"] for row in rows if row["status"] == "active"]
        return {**found, "members": sum(active)}


def _is_before(at: object, now: datetime) -> bool:
    # What is no time is damaged, and is written anew.
    return not isinstance(at, datetime) or at < now
