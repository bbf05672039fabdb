"""Tests of the database in a file."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path
from typing import Any

from twisted.internet import reactor  # noqa: TID251  # for real input and output
from twisted.trial.unittest import TestCase

from nexus.store.file import SqliteFile
from nexus.store.port import Damaged, Database, DatabaseAway, StoreError, Transaction
from nexus.store.sqlite import SqliteDatabase
from tests.store import contract_life, contract_transactions, contract_values
from tests.store.contract import spawned


class SqliteTests(
    contract_values.ValueContract,
    contract_transactions.TransactionContract,
    contract_life.LifeContract,
):
    async def make_database(self) -> Database:
        """Make one in the file of this test."""
        if not hasattr(self, "path"):
            self.path = self.mktemp()
        return SqliteDatabase(self.path, reactor, full=False)

    async def fill_up(self) -> None:
        """Let the file not grow by much."""
        [row] = await self.database.query("PRAGMA page_count")
        pages = row["page_count"] + 20
        await self.database.query(f"PRAGMA max_page_count = {pages}")


class MemoryTests(TestCase):
    async def test_database_in_memory(self) -> None:
        """One without a file works, and every one is another."""
        first, second = (SqliteDatabase(":memory:", reactor) for _ in range(2))
        for one in (first, second):
            await one.start()
            self.addCleanup(one.close)

        async def work(transaction: Transaction) -> int:
            return await transaction.execute("CREATE TABLE only_here (id INTEGER)")

        await first.transact(work)

        self.assertEqual(await first.query("SELECT * FROM only_here"), [])
        await self.assertFailure(
            spawned(second.query("SELECT * FROM only_here")), StoreError
        )


class FileTests(TestCase):
    def setUp(self) -> None:
        """Name a file in a folder that is not there."""
        self.path = os.path.join(self.mktemp(), "deep", "nexus.db")

    async def started(self, **options: float) -> SqliteDatabase:
        """Start a database on that file."""
        database = SqliteDatabase(self.path, reactor, **options)
        self.addCleanup(database.close)
        await database.start()
        return database

    async def test_nobody_else_reads_the_file(self) -> None:
        """The file, its log and its folder are for its owner only."""
        await self.started()

        folder = os.path.dirname(self.path)
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700)
        for name in os.listdir(folder):
            mode = os.stat(os.path.join(folder, name)).st_mode
            self.assertEqual(stat.S_IMODE(mode), 0o600, name)

    async def test_commits_reach_the_disk(self) -> None:
        """By default a commit waits for the disk, and there is a log to do it with."""
        database = await self.started()
        found = [
            next(iter((await database.query(f"PRAGMA {name}"))[0].values()))
            for name in ("synchronous", "journal_mode", "foreign_keys")
        ]

        self.assertEqual(found, [2, "wal", 1])

    async def test_damaged_structure_is_found(self) -> None:
        """A file whose structure is damaged is set aside, and a new one goes on."""
        database = await self.started()
        await database.close()
        raw = bytearray(Path(self.path).read_bytes())
        raw[4096 + 1 : 3 * 4096] = os.urandom(2 * 4096 - 1)
        Path(self.path).write_bytes(raw)

        found = (await self.started()).salvage

        assert found is not None
        self.assertTrue(found.aside.startswith(f"{self.path}.damaged-"))
        self.assertEqual(Path(found.aside).read_bytes(), raw)

    async def test_damage_is_left_to_who_runs_a_node(self) -> None:
        """Who only looks salvages nothing, says who does, and leaves nothing behind."""
        database = await self.started()
        await database.close()
        raw = bytearray(Path(self.path).read_bytes())
        raw[4096 + 1 : 3 * 4096] = bytes(2 * 4096 - 1)
        Path(self.path).write_bytes(raw)
        os.remove(f"{self.path}.witness")
        looks = SqliteDatabase(self.path, reactor, looks=True)

        error = await self.assertFailure(spawned(looks.start()), Damaged)

        self.assertIn("salvages", str(error))
        self.assertEqual(Path(self.path).read_bytes(), raw)
        self.assertEqual(os.listdir(os.path.dirname(self.path)), ["nexus.db"])

    async def test_file_of_which_nothing_can_be_read(self) -> None:
        """A file without a word left is refused, and what to do is said."""
        database = await self.started()
        await database.close()
        size = os.path.getsize(self.path)
        Path(self.path).write_bytes(b"\xff" * size)

        error = await self.assertFailure(spawned(self.started()), Damaged)

        self.assertIn(self.path, str(error))
        self.assertIn(".recover", str(error))
        self.assertEqual(Path(self.path).read_bytes(), b"\xff" * size)
        self.assertEqual(
            sorted(os.listdir(os.path.dirname(self.path))),
            ["nexus.db", "nexus.db.witness"],
        )

    async def test_other_file_is_refused(self) -> None:
        """A file that is no database is refused, and left as it is."""
        os.makedirs(os.path.dirname(self.path))
        Path(self.path).write_bytes(b"a letter" * 1000)

        error = await self.assertFailure(spawned(self.started()), Damaged)

        self.assertIn("not a database", str(error))
        self.assertEqual(Path(self.path).read_bytes(), b"a letter" * 1000)

    async def test_folder_that_cannot_be_made(self) -> None:
        """Where no file can be, the database is away."""
        os.makedirs(os.path.dirname(self.path))
        self.path = os.path.join(__file__, "nexus.db")

        await self.assertFailure(spawned(self.started()), DatabaseAway)

    async def test_file_that_others_hold(self) -> None:
        """While another process writes, it is away when patience ends, then back."""
        database = await self.started(patience=0.05)
        other = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")

        async def work(transaction: Transaction) -> int:
            return await transaction.execute("CREATE TABLE late (id INTEGER)")

        await self.assertFailure(spawned(database.transact(work)), DatabaseAway)
        health = database.health()
        other.execute("ROLLBACK")
        await database.transact(work)

        self.assertEqual((health.is_up, health.cause), (False, "database is locked"))
        self.assertTrue(database.health().is_up)

    async def test_old_library_is_refused(self) -> None:
        """An SQLite that cannot return what it changed is refused by its version."""
        self.patch(sqlite3, "sqlite_version_info", (3, 34, 1))

        error = await self.assertFailure(spawned(self.started()), StoreError)

        self.assertIn("3.35", str(error))

    async def test_transaction_that_is_over(self) -> None:
        """Nothing can be asked in a transaction that is over."""
        database = await self.started()

        async def work(transaction: Transaction) -> Transaction:
            return transaction

        old = await database.transact(work)

        await self.assertFailure(spawned(old.query("SELECT 1")), StoreError)

    async def test_calls_are_timed(self) -> None:
        """Whoever wants to know is told how long each call took."""
        told: list[float] = []
        database = SqliteDatabase(":memory:", reactor, observe=told.append)
        self.addCleanup(database.close)
        await database.start()
        told.clear()
        await database.query("SELECT 1")

        self.assertEqual(len(told), 1)
        self.assertGreaterEqual(told[0], 0.0)


class KeptValueTests(TestCase):
    def test_what_would_be_changed_is_refused(self) -> None:
        """What SQLite would keep as something else, or not at all, is refused."""
        file = SqliteFile(":memory:", full=False, patience=0.0)
        file.open()
        self.addCleanup(file.close)
        wrong: list[tuple[Any, type[Exception]]] = [
            (float("nan"), ValueError),
            (2**63, ValueError),
            (-(2**63) - 1, ValueError),
            (object(), TypeError),
            (memoryview(b""), TypeError),
        ]
        for value, error in wrong:
            with self.assertRaises(error):
                file.query("SELECT ?", (value,))
