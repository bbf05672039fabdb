"""Rooms in a file of SQLite, with real chains, for tests of what becomes of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from twisted.internet import reactor  # noqa: TID251  # for real input and output
from twisted.trial.unittest import TestCase

from nexus.archive.port import Status
from nexus.archive.repository import RoomRepository
from nexus.journal.chain import START, check, checksum, link
from nexus.journal.entry import Entry, Stored
from nexus.store.sqlite import SqliteDatabase
from tests.archive.contract import card

__all__ = ["KeptTestCase"]


class KeptTestCase(TestCase):
    """Rooms in a database in a file."""

    def setUp(self) -> None:
        """Name a file."""
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.path = str(self.folder / "nexus.db")
        self.chains: dict[str, tuple[int, bytes]] = {}

    async def started(self, path: str | None = None) -> SqliteDatabase:
        """Open the database."""
        database = SqliteDatabase(path or self.path, reactor, full=False)
        self.addCleanup(database.close)
        await database.start()
        return database

    async def create(self, database: SqliteDatabase, *room_ids: str) -> None:
        """Make Rooms without entries."""
        for room_id in room_ids:
            self.chains[room_id] = (0, START)
            proof = checksum(room_id, 0, 0, START, b"all")
            stored = Stored(room_id, 0, 0, START, b"all", proof)
            await RoomRepository(database).create(card(room_id), stored, "node")

    async def append(
        self, database: SqliteDatabase, *room_ids: str, size: int = 100
    ) -> None:
        """Append one entry to each of some Rooms, in one commit."""
        entries = []
        for room_id in room_ids:
            number, chain = self.chains[room_id]
            number, payload = number + 1, os.urandom(size)
            chain = link(chain, room_id, number, number, payload)
            self.chains[room_id] = (number, chain)
            entries.append(Entry(room_id, 1, number, number, chain, payload))
        stale = await RoomRepository(database).append(entries)
        self.assertEqual(stale, frozenset())

    def copy(self, name: str) -> str:
        """Copy the database with its log, as it is on the disk now."""
        to = str(self.folder / name)
        for side in ("", "-wal", ".witness"):
            shutil.copyfile(self.path + side, to + side)
        return to

    async def whole(self, database: SqliteDatabase) -> set[str]:
        """Return the Rooms that can go on; each has all entries that were appended."""
        archive = RoomRepository(database)
        cards = await archive.cards(Status.ACTIVE)
        for one in cards:
            found = await archive.read(one.room_id)
            assert found is not None
            check(found.stored, found.entries)
            self.assertEqual(len(found.entries), self.chains[one.room_id][0])
        return {one.room_id for one in cards}

    async def set_aside(self, database: SqliteDatabase) -> set[str]:
        """Return the Rooms that are quarantined."""
        cards = await RoomRepository(database).cards(Status.QUARANTINED)
        return {one.room_id for one in cards}

    def flip(self, pages: Iterable[int]) -> None:
        """Damage the structure of some pages, from 1 on."""
        with open(self.path, "r+b") as file:
            for page in pages:
                file.seek((page - 1) * 4096 + 3)
                file.write(b"\xff" * 60)
