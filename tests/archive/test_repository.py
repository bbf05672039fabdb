"""Tests of the archive on SQLite; it has a suite that other databases run as well."""

from __future__ import annotations

from twisted.internet import reactor  # noqa: TID251  # for real input and output

from nexus.journal.entry import Entry
from nexus.store.port import Damaged, Database
from nexus.store.sqlite import SqliteDatabase
from tests.archive import rows
from tests.archive.contract import entry
from tests.store.contract import spawned


class SqliteRoomRepositoryTests(rows.RoomRepositoryContract):
    async def make_database(self) -> Database:
        """Make one in memory."""
        return SqliteDatabase(":memory:", reactor)

    async def test_values_of_other_types(self) -> None:
        """SQLite keeps whatever it is given: a row of wrong types is damaged."""
        for number, sql in enumerate(
            (
                "UPDATE journal SET payload = 'text'",
                "UPDATE snapshots SET chain = 5",
                "UPDATE rooms SET active_at = 'noon'",
                "UPDATE rooms SET attributes = '{'",
                "UPDATE rooms SET attributes = "
                """'{"a":"' || hex(zeroblob(600000)) || '"}'""",
                "UPDATE rooms SET key = hex(zeroblob(600000))",
            )
        ):
            room_id = f"r{number}"
            await self.create(room_id)
            await self.archive.append([entry(room_id)])
            await self.change(f"{sql} WHERE room_id = ?", room_id)

            reading = spawned(self.archive.read(room_id))
            error = await self.assertFailure(reading, Damaged)
            self.assertIn(room_id, str(error))

    async def test_wrong_time_does_not_hurt_others(self) -> None:
        """A Room whose time is damaged can be written, and so can the others."""
        await self.create("a")
        await self.create("b")
        await self.change("UPDATE rooms SET active_at = 'noon' WHERE room_id = 'a'")
        entries: list[Entry] = [entry("a"), entry("b")]

        self.assertEqual(await self.archive.append(entries), frozenset())
        self.assertEqual(await self.numbers("a"), [1])

    async def test_wrong_time_says_nothing(self) -> None:
        """Of a Room whose time is damaged nobody learns when anything happened."""
        await self.create()
        await self.change("UPDATE rooms SET active_at = 'noon'")

        self.assertIsNone(await self.archive.newest())
