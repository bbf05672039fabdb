"""Tests of `nexus.archive.inspection`, on both databases."""

from __future__ import annotations

from random import Random

from attrs import evolve
from twisted.internet import reactor  # noqa: TID251  # for real input and output
from twisted.trial.unittest import TestCase

from nexus.archive.inspection import Inspection
from nexus.archive.port import Member, Status
from nexus.archive.repository import RoomRepository
from nexus.store.port import Database
from nexus.store.postgres import PostgresDatabase
from nexus.store.sqlite import SqliteDatabase
from tests.archive.contract import NOW, card, entry, stored
from tests.support.postgres import missing_postgres, shared_cluster


class SqliteInspectionTests(TestCase):
    async def setUp(self) -> None:
        """Keep two Rooms."""
        database = self.make_database()
        self.addCleanup(database.close)
        await database.start()
        self.archive = RoomRepository(database, lambda: NOW)
        self.inspection = Inspection(database)
        self.card = card("a", code="K7WD", key="\0k", attributes={"locked": True})
        await self.archive.create(self.card, stored("a"), "node")
        await self.archive.append([entry("a", 1), entry("a", 2)])
        self.asleep = card("b", status=Status.HIBERNATING)
        await self.archive.create(self.asleep, stored("b"), "node")

    def make_database(self) -> Database:
        """Make an empty one."""
        return SqliteDatabase(":memory:", reactor)

    async def test_rooms(self) -> None:
        """Rooms are summed up, all of them or those with a status."""
        found, damaged = await self.inspection.rooms()
        [asleep], _ = await self.inspection.rooms(Status.HIBERNATING)

        self.assertEqual([each.card.room_id for each in found], ["a", "b"])
        self.assertEqual(damaged, [])
        self.assertEqual(found[0].card, evolve(self.card, epoch=1, owner="node"))
        self.assertEqual((found[0].version, found[0].entries), (20, 2))
        self.assertEqual((found[0].snapshot_bytes, found[0].journal_bytes), (4, 6))
        self.assertEqual((asleep.version, asleep.entries), (0, 0))
        self.assertEqual(asleep.journal_bytes, 0)

    async def test_find(self) -> None:
        """A Room is found by its id, also when it ended, and by its code till then."""
        for name in ("a", "K7WD"):
            found = await self.inspection.find(name)
            assert found is not None
            self.assertEqual(found.card.room_id, "a")
        closed = evolve(self.card, epoch=1, status=Status.CLOSED)
        await self.archive.update(closed, [])

        self.assertIsNotNone(await self.inspection.find("a"))
        self.assertIsNone(await self.inspection.find("K7WD"))
        self.assertIsNone(await self.inspection.find("\0"))

    async def test_members(self) -> None:
        """Members are told as they were written, in the order of their arrival."""
        members = [
            Member(session_id="s", user_id="\0u", role="host"),
            Member(session_id="t", is_connected=False),
        ]
        await self.archive.update(evolve(self.card, epoch=1), members)

        self.assertEqual(await self.inspection.members("a"), members)
        self.assertEqual(await self.inspection.members("b"), [])


class PostgresInspectionTests(SqliteInspectionTests):
    skip = missing_postgres()

    def make_database(self) -> Database:
        """Make an empty one."""
        return PostgresDatabase(
            shared_cluster().database(), reactor=reactor, random=Random(1), unsafe=True
        )
