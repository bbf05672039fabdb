"""Tests of migrations: what makes the tables, and brings them up to date."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet import reactor  # noqa: TID251  # for real input and output
from twisted.internet.defer import gatherResults
from twisted.trial.unittest import SynchronousTestCase, TestCase

from nexus.store import migration
from nexus.store.migration import Migration, known, migrate, statements
from nexus.store.port import Dialect, NewerDatabase, StoreError, Transaction
from nexus.store.sqlite import SqliteDatabase
from tests.store.contract import spawned

FIRST = Migration(1, "first", "CREATE TABLE a (id INTEGER);")
SECOND = Migration(2, "second", "INSERT INTO a VALUES (1); INSERT INTO a VALUES (2);")


class MigrateTests(TestCase):
    async def setUp(self) -> None:
        """Start a database that has nothing but what this test puts there."""
        self.patch(migration, "known", lambda dialect: [FIRST])
        self.path = self.mktemp()
        self.database = await self.started()

    async def started(self) -> SqliteDatabase:
        """Start another database with the same file."""
        database = SqliteDatabase(self.path, reactor, full=False)
        self.addCleanup(database.close)
        await database.start()
        return database

    async def count(self) -> int:
        """Count the rows that the second step makes."""
        return len(await self.database.query("SELECT * FROM a"))

    async def test_steps_are_made_once(self) -> None:
        """Each step is made once, in order, and is written down with its time."""
        for _ in range(2):
            self.assertEqual(await migrate(self.database, [FIRST, SECOND]), 2)
        rows = await self.database.query("SELECT * FROM schema_version")

        self.assertEqual(await self.count(), 2)
        self.assertEqual(
            [(row["version"], row["name"]) for row in rows],
            [(1, "first"), (2, "second")],
        )
        for row in rows:
            age = datetime.now(UTC) - row["applied_at"]
            self.assertLess(abs(age), timedelta(minutes=1))

    async def test_failed_step_leaves_nothing(self) -> None:
        """A step that fails is undone, and what went before it stays."""
        broken = Migration(2, "broken", "INSERT INTO a VALUES (1); INSERT INTO b;")
        failing = spawned(migrate(self.database, [FIRST, broken]))
        await self.assertFailure(failing, StoreError)

        self.assertEqual(await self.count(), 0)
        self.assertEqual(await migrate(self.database, [FIRST, SECOND]), 2)

    async def test_steps_at_once(self) -> None:
        """Several that make the same steps at once wait for each other."""
        others = await gatherResults(spawned(self.started()) for _ in range(5))
        versions = await gatherResults(
            spawned(migrate(other, [FIRST, SECOND])) for other in others
        )

        self.assertEqual(versions, [2] * 5)
        self.assertEqual(await self.count(), 2)

    async def test_newer_database(self) -> None:
        """A database that went through more is refused, and both versions are said."""
        await migrate(self.database, [FIRST, SECOND])

        newer = spawned(migrate(self.database, [FIRST]))
        error = await self.assertFailure(newer, NewerDatabase)
        self.assertEqual(
            str(error),
            "the database has version 2, and this Nexus knows versions up to 1: "
            "update Nexus, or use another database",
        )

    async def test_database_of_something_else(self) -> None:
        """A database that went through other steps is refused."""
        other = Migration(1, "zeroth", FIRST.sql)

        refused = spawned(migrate(self.database, [other, SECOND]))
        error = await self.assertFailure(refused, StoreError)
        self.assertIn("1 (first)", str(error))

    async def test_fresh_file_at_once(self) -> None:
        """Several that start at once with a file that is not there make it once."""
        self.path = self.mktemp()
        databases = await gatherResults(spawned(self.started()) for _ in range(6))
        for database in databases:
            rows = await database.query("SELECT version FROM schema_version")
            self.assertEqual(len(rows), 1)


class TableTests(TestCase):
    async def test_tables_of_both_dialects(self) -> None:
        """Both dialects go through the same steps and have the same columns."""
        database = SqliteDatabase(":memory:", reactor)
        self.addCleanup(database.close)
        await database.start()
        script = "".join(one.sql for one in known(Dialect.POSTGRESQL))
        for name in [
            "rooms",
            "snapshots",
            "journal",
            "game_states",
            "room_members",
            "players",
            "hosts",
            "connection_events",
        ]:
            rows = await database.query(f"PRAGMA table_info({name})")
            body = script.partition(f"CREATE TABLE {name} (\n")[2].partition("\n);")[0]
            columns = [
                line.split()[0]
                for line in body.splitlines()
                if line.startswith("    ") and line[4].islower()
            ]
            self.assertEqual([row["name"] for row in rows], columns, name)

        self.assertEqual(
            *(
                [(one.version, one.name) for one in known(dialect)]
                for dialect in Dialect
            )
        )

    async def test_state_that_is_written_touches_its_room(self) -> None:
        """A Room whose State is written is active then, and never goes back."""
        database = SqliteDatabase(":memory:", reactor)
        self.addCleanup(database.close)
        await database.start()
        start = datetime(2026, 1, 1, tzinfo=UTC)

        async def work(transaction: Transaction) -> list[datetime]:
            await transaction.execute(
                "INSERT INTO rooms (room_id, kind, status, epoch, owner, attributes, "
                "created_at, active_at) VALUES ('r', '', 'active', 1, '', '{}', ?, ?)",
                *(start, start),
            )
            await transaction.execute(
                "INSERT INTO game_states VALUES ('r', 1, '{}', ?)",
                start + timedelta(hours=2),
            )
            seen = []
            for hours in (1, 3):
                await transaction.execute(
                    "UPDATE game_states SET updated_at = ?",
                    start + timedelta(hours=hours),
                )
                [row] = await transaction.query("SELECT active_at FROM rooms")
                seen.append(row["active_at"])
            return seen

        self.assertEqual(
            await database.transact(work),
            [start + timedelta(hours=2), start + timedelta(hours=3)],
        )


class StatementTests(SynchronousTestCase):
    def test_statements_are_parted(self) -> None:
        """A semicolon ends a statement, but not in text, names and comments."""
        sql = """
            -- One; two.
            INSERT INTO a VALUES ('x;''y', "z;"); /* here; */
            DELETE FROM a;
        """

        self.assertEqual(
            list(statements(sql, Dialect.SQLITE)),
            ["""INSERT INTO a VALUES ('x;''y', "z;")""", "DELETE FROM a"],
        )

    def test_bodies_are_whole(self) -> None:
        """What functions and triggers are made of stays in one piece."""
        function = "CREATE FUNCTION f() AS $b$ BEGIN a; $$ b; $$ END $b$ LANGUAGE sql"
        trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT 2; END"
        other = "CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f()"
        for dialect, parts in (
            (Dialect.POSTGRESQL, [function, other, "SELECT 1"]),
            (Dialect.SQLITE, [trigger, "SELECT 1"]),
        ):
            found = list(statements("".join(f"{one};\n" for one in parts), dialect))
            self.assertEqual(found, parts)

    def test_missing_semicolon(self) -> None:
        """A last statement without an end is a mistake."""
        with self.assertRaises(ValueError):
            list(statements("SELECT 1; SELECT 2", Dialect.SQLITE))

    @given(
        st.lists(
            st.text("ab;'\n-*/$").map(lambda text: text.replace("'", "''")), min_size=1
        )
    )
    def test_text_is_never_parted(self, texts: list[str]) -> None:
        """Whatever stands in text, there are as many statements as were written."""
        sql = "".join(f"SELECT '{text}';\n" for text in texts)
        for dialect in Dialect:
            self.assertEqual(len(list(statements(sql, dialect))), len(texts))

    def test_known_steps_are_complete(self) -> None:
        """What is shipped for SQLite are statements that SQLite takes as they are."""
        connection = sqlite3.connect(":memory:")
        self.addCleanup(connection.close)
        for step in known(Dialect.SQLITE):
            connection.executescript(step.sql)
            for statement in statements(step.sql, Dialect.SQLITE):
                self.assertTrue(sqlite3.complete_statement(statement + ";"))
