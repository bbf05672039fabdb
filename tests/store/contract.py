"""What every Database does, whichever adapter it is: one suite for all of them.

An adapter's tests derive from `DatabaseContract` and say how to make one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from twisted.internet import reactor  # noqa: TID251  # for real input and output
from twisted.internet.defer import CancelledError, Deferred, DeferredList, gatherResults
from twisted.trial.unittest import TestCase

from nexus.store.port import (
    Conflict,
    Database,
    DatabaseAway,
    DatabaseFull,
    Dialect,
    NewerDatabase,
    StoreError,
    Transaction,
)
from tests import examples

__all__ = ["DatabaseContract", "drawn", "spawned"]

T = TypeVar("T")

_BYTES = {Dialect.SQLITE: "BLOB", Dialect.POSTGRESQL: "BYTEA"}
#: What a database keeps of text, and what it may not be given.
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
_INSERT = (
    "INSERT INTO samples (id, words, whole, real, raw, truth, moment) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)


def drawn(strategy: SearchStrategy[T], count: int) -> list[T]:
    """Draw examples first, for a test that has to wait for what it does with them."""
    found: list[T] = []

    @settings(max_examples=count)
    @given(strategy)
    def draw(value: T) -> None:
        found.append(value)

    draw()
    return found


def spawned(work: Awaitable[T]) -> Deferred[T]:
    """Start something that the test waits for later."""

    async def run() -> T:
        return await work

    return Deferred.fromCoroutine(run())


class DatabaseContract(TestCase):
    """The behaviour of a Database, seen through its port alone."""

    database: Database

    async def make_database(self) -> Database:
        """Make one that is not started; all of one test share what is stored."""
        raise NotImplementedError

    async def fill_up(self) -> None:
        """Let there be no place for more than a few rows in `self.database`."""
        raise NotImplementedError

    async def setUp(self) -> None:
        """Start a database with a table for samples."""
        self.database = await self.make_database()
        await self.database.start()
        self.addCleanup(self.database.close)
        await self.run_one(
            "CREATE TABLE samples (id INTEGER PRIMARY KEY, words TEXT, whole BIGINT, "
            "real DOUBLE PRECISION, truth BOOLEAN, moment TIMESTAMPTZ, "
            f"raw {_BYTES[self.database.dialect]})"
        )

    async def run_one(self, sql: str, *values: Any) -> int:
        """Do one statement in a transaction of its own."""

        async def work(transaction: Transaction) -> int:
            return await transaction.execute(sql, *values)

        return await self.database.transact(work)

    async def add(self, ident: int, transaction: Transaction | None = None) -> None:
        """Add a sample."""
        if transaction is None:
            await self.run_one("INSERT INTO samples (id) VALUES (?)", ident)
        else:
            await transaction.execute("INSERT INTO samples (id) VALUES (?)", ident)

    async def idents(self) -> list[int]:
        """Return the samples that are there."""
        rows = await self.database.query("SELECT id FROM samples ORDER BY id")
        return [row["id"] for row in rows]

    async def raises(
        self, error: type[Exception], work: Callable[[Transaction], Awaitable[Any]]
    ) -> Exception:
        """Do something in a transaction that fails."""
        return await self.assertFailure(spawned(self.database.transact(work)), error)

    async def test_values_come_back(self) -> None:
        """A value of each type comes back as it was, and so does none."""
        strategy = st.tuples(
            _TEXT,
            st.integers(-(2**63), 2**63 - 1),
            st.floats(allow_nan=False),
            st.binary(),
            st.booleans(),
            st.datetimes(
                min_value=datetime(1000, 1, 1),  # noqa: DTZ001  # given one below
                max_value=datetime(9000, 1, 1),  # noqa: DTZ001  # likewise
                timezones=st.just(UTC),
            ),
        )
        rows: list[tuple[Any, ...]] = [
            *drawn(strategy, examples(test=100, soak=2_000)),
            (None,) * 6,
        ]

        async def work(transaction: Transaction) -> None:
            await transaction.execute_many(
                _INSERT, [(ident, *row) for ident, row in enumerate(rows)]
            )

        await self.database.transact(work)
        found = await self.database.query("SELECT * FROM samples ORDER BY id")
        names = ("words", "whole", "real", "raw", "truth", "moment")
        for row, given_row in zip(found, rows, strict=True):
            got = tuple(row[name] for name in names)
            self.assertEqual(
                [(type(one), one) for one in got],
                [(type(one), one) for one in given_row],
            )

    async def test_values_come_back_from_a_change(self) -> None:
        """What a change returns has the same types as what is read."""
        at = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=5)))

        async def work(transaction: Transaction) -> Any:
            return await transaction.query(
                f"{_INSERT} RETURNING truth, moment, raw",
                *(1, "a", 1, 1.0, b"\0\xff", True, at),
            )

        [row] = await self.database.transact(work)

        self.assertEqual(dict(row), {"truth": True, "moment": at, "raw": b"\0\xff"})
        self.assertIs(row["truth"], True)
        self.assertEqual(row["moment"].utcoffset(), timedelta(0))

    async def test_times_are_compared(self) -> None:
        """Times sort as times, however many microseconds and whatever zone."""
        base = datetime(2026, 1, 1, tzinfo=UTC)
        times = [base + timedelta(microseconds=us) for us in (0, 1, 999_999, 1_000_000)]
        for ident, at in enumerate(times):
            there = at.astimezone(timezone(timedelta(hours=-4 * ident)))
            await self.run_one(
                "INSERT INTO samples (id, moment) VALUES (?, ?)", ident, there
            )

        rows = await self.database.query(
            "SELECT id FROM samples WHERE moment < ? ORDER BY moment DESC", times[3]
        )

        self.assertEqual([row["id"] for row in rows], [2, 1, 0])

    async def test_what_cannot_be_kept_is_refused(self) -> None:
        """Text that not every database takes, and a time of nowhere, raise at once."""
        nowhere = datetime(2026, 1, 1)  # noqa: DTZ001  # that is the point
        for value in ("a\0b", "\ud800", "é\udfff", nowhere):

            async def work(transaction: Transaction, value: Any = value) -> None:
                await self.add(1, transaction)
                await transaction.execute(
                    "INSERT INTO samples (id, words) VALUES (2, ?)", value
                )

            await self.raises(ValueError, work)

        self.assertEqual(await self.idents(), [])

    async def test_marks_and_percent_signs(self) -> None:
        """What marks values elsewhere means nothing in text."""
        [row] = await self.database.query(
            "SELECT 'a%b' AS a, ? AS b, 7 % 4 AS c", "?%s%(x)s\\'"
        )

        self.assertEqual(dict(row), {"a": "a%b", "b": "?%s%(x)s\\'", "c": 3})

    async def test_changes_are_counted(self) -> None:
        """A change says how many rows it touched; no rows are no change."""

        async def work(transaction: Transaction) -> list[Any]:
            await transaction.execute_many("INSERT INTO samples (id) VALUES (?)", [])
            await transaction.execute_many(
                "INSERT INTO samples (id) VALUES (?)", [(one,) for one in range(1200)]
            )
            return [
                await transaction.execute("UPDATE samples SET whole = 1 WHERE id < 3"),
                await transaction.execute("DELETE FROM samples WHERE id < 0"),
                await transaction.query("DELETE FROM samples WHERE id < 5"),
            ]

        self.assertEqual(await self.database.transact(work), [3, 0, []])
        self.assertEqual(await self.idents(), list(range(5, 1200)))

    async def test_failure_leaves_nothing(self) -> None:
        """What a transaction raises comes out as it is, and nothing was done."""
        error = KeyError("a mistake")

        async def work(transaction: Transaction) -> None:
            await self.add(1, transaction)
            raise error

        self.assertIs(await self.raises(KeyError, work), error)
        self.assertEqual(await self.idents(), [])

    async def test_failed_statement_ends_a_transaction(self) -> None:
        """Who goes on after a failed statement commits nothing, and is told."""

        async def work(transaction: Transaction) -> None:
            await self.add(1, transaction)
            with suppress(Conflict):
                await self.add(1, transaction)

        await self.raises(StoreError, work)

        self.assertEqual(await self.idents(), [])

    async def test_conflict(self) -> None:
        """A row that stands against another one is a conflict."""
        await self.add(1)

        await self.raises(Conflict, lambda transaction: self.add(1, transaction))

    async def test_wrong_sql(self) -> None:
        """What the database does not understand is an error, and it goes on."""
        wrong = spawned(self.database.query("SELECT nonsense FROM nowhere"))
        await self.assertFailure(wrong, StoreError)

        self.assertEqual(await self.idents(), [])

    async def test_transactions_at_once(self) -> None:
        """Many transactions at once are all done, and none is seen half."""
        await self.run_one("INSERT INTO samples (id, whole, real) VALUES (0, 0, 0)")
        torn = []

        async def work(transaction: Transaction) -> None:
            await transaction.execute("UPDATE samples SET whole = whole + 1")
            await transaction.execute("UPDATE samples SET real = real + 1")

        async def look() -> None:
            [row] = await self.database.query("SELECT whole, real FROM samples")
            if row["whole"] != row["real"]:
                torn.append(row)

        await gatherResults(
            one
            for _ in range(50)
            for one in (spawned(self.database.transact(work)), spawned(look()))
        )
        [row] = await self.database.query("SELECT whole, real FROM samples")

        self.assertEqual((row["whole"], row["real"], torn), (50, 50.0, []))

    async def test_cancelled_transaction_leaves_nothing(self) -> None:
        """Whoever is cancelled in a transaction did nothing, and others go on."""
        stuck: Deferred[None] = Deferred()

        async def work(transaction: Transaction) -> None:
            await self.add(1, transaction)
            await stuck

        running = spawned(self.database.transact(work))
        after = spawned(self.add(2))
        while not stuck.callbacks:
            await self.later()
        running.cancel()
        await self.assertFailure(running, CancelledError)
        await after

        self.assertEqual(await self.idents(), [2])

    async def later(self) -> None:
        """Let other things happen."""
        later: Deferred[None] = Deferred()
        reactor.callLater(0.001, later.callback, None)
        await later

    async def test_another_one_sees_what_was_committed(self) -> None:
        """What was committed is there for all, also after a new start."""
        await self.add(1)
        await self.database.close()

        self.database = await self.make_database()
        self.addCleanup(self.database.close)
        await self.database.start()

        self.assertEqual(await self.idents(), [1])

    async def test_started_at_once(self) -> None:
        """Several that start at once with the same database do not hurt each other."""
        others = [await self.make_database() for _ in range(4)]
        for other in others:
            self.addCleanup(other.close)

        await gatherResults(spawned(other.start()) for other in others)
        rows = await self.database.query("SELECT version FROM schema_version")

        self.assertEqual(len(rows), len({row["version"] for row in rows}))

    async def test_newer_database(self) -> None:
        """One that a newer Nexus made is refused, with both versions."""
        await self.run_one(
            "INSERT INTO schema_version (version, name, applied_at) "
            "SELECT 9999, 'later', applied_at FROM schema_version WHERE version = 1"
        )
        other = await self.make_database()
        self.addCleanup(other.close)
        error = await self.assertFailure(spawned(other.start()), NewerDatabase)

        self.assertIn("9999", str(error))
        self.assertIn("update Nexus", str(error))

    async def test_full_database(self) -> None:
        """One that is full says so; nothing was done, and it can still be read."""
        await self.add(1)
        await self.fill_up()

        async def work(transaction: Transaction) -> None:
            await transaction.execute_many(
                "INSERT INTO samples (id, raw) VALUES (?, ?)",
                [(ident, bytes(10_000)) for ident in range(2, 2_000)],
            )

        await self.raises(DatabaseFull, work)

        self.assertEqual(await self.idents(), [1])

    async def test_closed_database_is_away(self) -> None:
        """When it is closed, what runs ends, who waits is told, and so is who comes."""
        running = [spawned(self.add(ident)) for ident in range(20)]
        await self.database.close()
        ended = await DeferredList(running, consumeErrors=True)

        for is_done, result in ended:
            self.assertTrue(is_done or result.check(DatabaseAway), result)
        await self.assertFailure(spawned(self.idents()), DatabaseAway)
        self.assertFalse(self.database.health().is_up)
        self.assertTrue(self.database.health().cause)

    async def test_health(self) -> None:
        """Whoever answers is up, and says how long that took."""
        await self.idents()
        health = self.database.health()

        self.assertEqual((health.is_up, health.cause, health.waiting), (True, "", 0))
        self.assertIsNotNone(health.latency)
