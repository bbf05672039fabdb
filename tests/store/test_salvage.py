"""Tests of what is salvaged of a file whose structure is damaged."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

from twisted.internet import reactor  # noqa: TID251  # for real input and output

from nexus.archive.repository import RoomRepository
from nexus.store import salvage
from nexus.store.port import Damaged, DatabaseAway, Harm, NewerDatabase
from nexus.store.sqlite import SqliteDatabase
from tests import examples
from tests.store.contract import spawned
from tests.store.kept import KeptTestCase

_ROOMS = [f"room-{number:02}" for number in range(12)]


class SalvageTests(KeptTestCase):
    async def lives(self) -> None:
        """Make a file with a dozen Rooms, some of which have long journals."""
        database = await self.started()
        await self.create(database, *_ROOMS)
        for number in range(30):
            await self.append(database, *_ROOMS[: 4 if number % 2 else 12], size=300)
        await self.append(database, _ROOMS[0], size=30_000)
        await database.close()

    def pages(self) -> int:
        """Count the pages of the file."""
        return os.path.getsize(self.path) // 4096

    def page_of(self, name: str) -> int:
        """Return the page in which a table or an index has its root."""
        connection = sqlite3.connect(self.path)
        [page] = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)
        ).fetchone()
        connection.close()
        return int(page)

    async def expect_all_named(self, database: SqliteDatabase) -> set[str]:
        """Expect that each Room goes on with all it had, or is named; return those."""
        found = database.salvage
        assert found is not None
        saved = await self.whole(database)
        self.assertEqual(saved & set(found.lost), set())
        self.assertEqual(saved | set(found.lost), set(_ROOMS))
        self.assertEqual(found.saved, len(saved))
        harm = Harm(rooms=len(found.lost), aside=found.aside, salvaged=len(saved))
        self.assertEqual(database.health().harm, harm)
        self.assertLessEqual(await self.set_aside(database), set(found.lost))
        return set(found.lost)

    async def test_damaged_journal_page(self) -> None:
        """A page of the journal costs the Rooms in it; all others go on as before."""
        await self.lives()
        before = Path(self.path).read_bytes()
        journal = [
            page
            for page in range(2, self.pages())
            if before[(page - 1) * 4096] == 0x0D
            and before[(page - 1) * 4096 :][:4096].count(b"room-07") > 0
        ]
        self.flip(journal[-1:])
        damaged = Path(self.path).read_bytes()

        database = await self.started()
        lost = await self.expect_all_named(database)

        self.assertIn("room-07", lost)
        self.assertLess(len(lost), len(_ROOMS))
        self.assertEqual(await self.set_aside(database), lost)
        assert database.salvage is not None
        self.assertEqual(Path(database.salvage.aside).read_bytes(), damaged)
        self.assertEqual(database.salvage.tables, ["journal"])

    async def test_damaged_index(self) -> None:
        """An index costs no Room: it is made anew."""
        await self.lives()
        self.flip([self.page_of("sqlite_autoindex_journal_1")])

        database = await self.started()

        self.assertEqual(await self.expect_all_named(database), set())
        await self.append(database, *_ROOMS)
        await database.close()
        self.assertIsNone((await self.started()).salvage)

    async def test_damaged_versions(self) -> None:
        """What the database went through is found out from its tables."""
        await self.lives()
        self.flip([self.page_of("schema_version")])

        database = await self.started()

        self.assertEqual(await self.expect_all_named(database), set())

    async def test_damaged_rooms(self) -> None:
        """Rooms of which only the journal is left are named, and gone."""
        await self.lives()
        self.flip([self.page_of("rooms")])

        database = await self.started()

        self.assertEqual(await self.expect_all_named(database), set(_ROOMS))
        self.assertEqual(await self.set_aside(database), set())
        self.assertEqual(await database.query("SELECT * FROM journal"), [])

    async def test_damaged_head(self) -> None:
        """A file that does not begin as it should is known by its witness."""
        await self.lives()
        whole, path = Path(self.path).read_bytes(), self.path
        witness = Path(f"{path}.witness").read_bytes()
        harms = (b"\xff" * 20, Random(1).randbytes(100), whole[:24] + b"\x07" * 76)
        for number, harm in enumerate(harms):
            self.path = f"{path}-{number}"
            Path(self.path).write_bytes(harm + whole[len(harm) :])
            Path(f"{self.path}.witness").write_bytes(witness)

            database = await self.started()

            self.assertEqual(await self.expect_all_named(database), set(), harm)
            await database.close()

    async def test_anything_damaged(self) -> None:
        """Whichever pages are damaged, each Room is whole, or named, or all is kept."""
        await self.lives()
        files = {side: Path(self.path + side).read_bytes() for side in ("", ".witness")}
        random = Random(5)
        opened = 0
        for attempt in range(examples(test=25, soak=500)):
            self.path = str(self.folder / f"{attempt}.db")
            for side, data in files.items():
                Path(self.path + side).write_bytes(data)
            self.flip(random.sample(range(2, self.pages() + 1), 1 + attempt % 3))
            database = SqliteDatabase(self.path, reactor, full=False)
            damaged = Path(self.path).read_bytes()
            try:
                await database.start()
            except Damaged:
                self.assertEqual(Path(self.path).read_bytes(), damaged)
                continue
            opened += 1
            if database.salvage is None:
                self.assertEqual(await self.whole(database), set(_ROOMS))
            else:
                await self.expect_all_named(database)
            await database.close()
        self.assertGreater(opened, 15)

    async def test_file_that_another_process_has(self) -> None:
        """A damaged file is not taken away from under another process."""
        await self.lives()
        first = await self.started()
        self.flip([self.page_of("rooms")])

        error = await self.assertFailure(spawned(self.started()), Damaged)

        self.assertIn("stop that first", str(error))
        await first.close()

    async def test_no_place_for_another_file(self) -> None:
        """When there is no place for what can be read, it is waited for."""
        await self.lives()
        self.flip([self.page_of("rooms")])
        damaged = Path(self.path).read_bytes()
        os.mkdir(f"{self.path}.salvaging")

        await self.assertFailure(spawned(self.started()), DatabaseAway)
        self.assertEqual(Path(self.path).read_bytes(), damaged)
        os.rmdir(f"{self.path}.salvaging")

        self.assertIsNotNone((await self.started()).salvage)

    async def test_new_file_that_fills_the_disk(self) -> None:
        """When the disk is full before all is copied, that is waited for as well."""
        await self.lives()
        self.flip([self.page_of("rooms")])
        damaged = Path(self.path).read_bytes()
        full = sqlite3.OperationalError("database or disk is full")
        full.sqlite_errorcode = sqlite3.SQLITE_FULL

        def fill(*_: object) -> None:
            raise full

        self.patch(salvage, "copy_rows", fill)

        await self.assertFailure(spawned(self.started()), DatabaseAway)

        self.assertEqual(Path(self.path).read_bytes(), damaged)
        self.assertEqual(list(self.folder.glob("*salvag*")), [])

    async def test_value_that_cannot_be(self) -> None:
        """A Room whose row says what no row may say is named, and costs no other."""
        await self.lives()
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            connection.execute(
                "UPDATE rooms SET status = 'bctive' WHERE room_id = 'room-03'"
            )
            connection.commit()

        database = await self.started()

        self.assertEqual(await self.expect_all_named(database), {"room-03"})

    async def test_death_before_the_exchange(self) -> None:
        """A new file that was whole when the process died takes its place later."""
        await self.lives()
        os.rename(self.path, f"{self.path}.salvaged")
        Path(self.path).write_bytes(b"damaged")
        Path(f"{self.path}-wal").write_bytes(b"old")

        database = await self.started()

        self.assertEqual(await self.whole(database), set(_ROOMS))
        [aside] = self.folder.glob("*damaged-*Z")
        self.assertEqual(aside.read_bytes(), b"damaged")

    async def test_newer_database(self) -> None:
        """A damaged file of a newer Nexus is refused, whatever is salvaged of it."""
        await self.lives()
        connection = sqlite3.connect(self.path)
        connection.execute("INSERT INTO schema_version VALUES (99, 'later', 'now')")
        connection.commit()
        connection.close()
        self.flip([self.page_of("rooms")])

        await self.assertFailure(spawned(self.started()), NewerDatabase)

    async def test_salvaged_file_is_not_missed(self) -> None:
        """What was lost with the damage is told once, and not as lost commits too."""
        await self.lives()
        self.flip([self.page_of("rooms")])
        first = await self.started()
        await first.close()
        second = await self.started()

        self.assertIsNone(first.lost)
        self.assertIsNone(second.lost)
        self.assertIsNone(second.salvage)
        self.assertEqual(await RoomRepository(second).cards(), [])
