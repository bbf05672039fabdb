"""A PostgreSQL server keeps the promises of the port."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any
from unittest.mock import patch

from attrs import define, field
from twisted.internet import reactor  # noqa: TID251  # for real input and output
from twisted.internet.address import IPv4Address
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.task import LoopingCall, deferLater
from twisted.trial.unittest import TestCase

from nexus.store import postgres
from nexus.store.location import ServerLocation, Tls
from nexus.store.port import (
    Conflict,
    Damaged,
    Database,
    DatabaseAway,
    DatabaseFull,
    StoreError,
    Transaction,
)
from nexus.store.postgres import PostgresDatabase
from tests.store import contract
from tests.support.postgres import missing_postgres, shared_cluster


async def no_tables(database: object) -> None:
    """Migrate nothing."""


class PostgresCase(TestCase):
    skip = missing_postgres()

    async def start(
        self, location: ServerLocation | None = None, **more: Any
    ) -> PostgresDatabase:
        """Start on an empty database, without the tables of Nexus."""
        chosen: dict[str, Any] = {"reactor": reactor, "unsafe": True} | more
        database = PostgresDatabase(
            location or shared_cluster().database(), random=Random(1), **chosen
        )
        self.addCleanup(lambda: Deferred.fromCoroutine(database.close()))
        with patch.object(postgres, "migrate", no_tables):
            await database.start()
        return database

    async def fails(self, kind: type[Exception], work: Any) -> Exception:
        """Await something that fails in a certain way; return the error."""
        try:
            await work
        except kind as error:
            self.assertIs(type(error), kind)
            return error
        raise AssertionError(f"nothing raised {kind.__name__}")


async def run(database: PostgresDatabase, sql: str, *values: Any) -> int:
    """Run one statement in a transaction of its own."""

    async def work(transaction: Transaction) -> int:
        return await transaction.execute(sql, *values)

    return await database.transact(work)


class PostgresContractTests(contract.DatabaseContract):
    skip = missing_postgres()
    location: ServerLocation | None = None

    async def make_database(self) -> Database:
        """Make one more on what this test stores."""
        self.location = self.location or shared_cluster().database()
        return PostgresDatabase(
            self.location, reactor=reactor, random=Random(1), unsafe=True
        )

    async def fill_up(self) -> None:
        """Let each insert fail as it does on a full disk."""
        for sql in (
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$",
            "CREATE TRIGGER full_disk BEFORE INSERT ON samples "
            "FOR EACH STATEMENT EXECUTE FUNCTION full_disk()",
        ):
            await self.run_one(sql)


class ServerValueTests(PostgresCase):
    async def test_types_round_trip(self) -> None:
        """Bytes are bytes, JSON is text, times are aware, and numbers plain."""
        database = await self.start()
        now = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)

        (row,) = await database.query(
            "SELECT ? AS a, ? AS b, ? AS c, ?::jsonb AS d, SUM(e) AS e, AVG(e) AS f, "
            "NULL::bytea AS g, NULL::numeric AS h, ? AS i "
            "FROM (VALUES (1::bigint), (2)) AS v (e)",
            b"\0\xff",
            now,
            True,
            '{"a": 1}',
            "100 % ? \\ ' \u20ac",
        )

        self.assertEqual(
            list(row.values()),
            [
                b"\0\xff",
                now,
                True,
                '{"a": 1}',
                3,
                1.5,
                None,
                None,
                "100 % ? \\ ' \u20ac",
            ],
        )
        self.assertIs(type(row["a"]), bytes)
        self.assertEqual(row["b"].tzinfo, UTC)

    async def test_floats_are_exact(self) -> None:
        """Floats come back bit by bit, also the odd ones."""
        database = await self.start()
        odd = [-0.0, 5e-324, 1.7976931348623157e308, 0.1, float("inf"), -1e-7]

        for value in odd:
            (row,) = await database.query("SELECT ? AS a", value)
            self.assertEqual(repr(row["a"]), repr(value))
        (row,) = await database.query("SELECT ? AS a", float("nan"))
        self.assertNotEqual(row["a"], row["a"])

    async def test_what_cannot_be_stored_is_refused(self) -> None:
        """NUL, lone surrogates and times without a zone are refused with a reason."""
        database = await self.start(pool_max=1)

        for value in ("\0", "\ud800", datetime(2026, 1, 1)):  # noqa: DTZ001  # wrong
            await self.fails_as_value(database, value)
        self.assertEqual(await database.query("SELECT 1 AS a"), [{"a": 1}])

    async def fails_as_value(self, database: PostgresDatabase, value: Any) -> None:
        """Expect that a value is refused."""
        try:
            await database.query("SELECT ?", value)
        except ValueError as error:
            self.assertRegex(str(error), "escape it first|must say its zone")
        else:
            raise AssertionError(f"{value!r} was taken")

    async def test_percent_needs_no_doubling(self) -> None:
        """A `%` in SQL means itself, with values and without."""
        database = await self.start()

        self.assertEqual(await database.query("SELECT '%s' AS a"), [{"a": "%s"}])
        self.assertEqual(
            await database.query("SELECT 'a' LIKE '%' AS a, ? AS b", 1),
            [{"a": True, "b": 1}],
        )


class TransactionTests(PostgresCase):
    async def test_statement_counts_rows(self) -> None:
        """A change says how many rows it touched, and a query returns them."""
        database = await self.start()
        await run(database, "CREATE TABLE t (id BIGINT PRIMARY KEY)")

        self.assertEqual(await run(database, "INSERT INTO t VALUES (?), (2)", 1), 2)
        self.assertEqual(await run(database, "DELETE FROM t WHERE id > ?", 5), 0)
        self.assertEqual(len(await database.query("SELECT id FROM t")), 2)

    async def test_error_leaves_nothing(self) -> None:
        """What raises is rolled back, be it SQL or our own code."""
        database = await self.start()
        await run(database, "CREATE TABLE t (id BIGINT PRIMARY KEY)")

        async def breaks(transaction: Transaction) -> None:
            await transaction.execute("INSERT INTO t VALUES (1)")
            raise KeyError("ours")

        async def clashes(transaction: Transaction) -> None:
            await transaction.execute("INSERT INTO t VALUES (1)")
            await transaction.execute("INSERT INTO t VALUES (1)")

        await self.fails(KeyError, database.transact(breaks))
        await self.fails(Conflict, database.transact(clashes))
        self.assertEqual(await database.query("SELECT id FROM t"), [])

    async def test_swallowed_error_is_raised_again(self) -> None:
        """Work that goes on after a failed statement has not committed anything."""
        database = await self.start()
        await run(database, "CREATE TABLE t (id BIGINT PRIMARY KEY)")

        async def swallows(transaction: Transaction) -> None:
            await transaction.execute("INSERT INTO t VALUES (1)")
            await self.fails(Conflict, transaction.execute("INSERT INTO t VALUES (1)"))

        await self.fails(Conflict, database.transact(swallows))
        self.assertEqual(await database.query("SELECT id FROM t"), [])

    async def test_transaction_ends(self) -> None:
        """After its end nothing can be asked in it."""
        database = await self.start()

        async def leak(transaction: Transaction) -> Transaction:
            return transaction

        leaked = await database.transact(leak)
        await self.fails(RuntimeError, leaked.query("SELECT 1"))

    async def test_cancelled_work_leaves_nothing(self) -> None:
        """Work that is cancelled within a statement is rolled back."""
        database = await self.start(pool_max=1)
        await run(database, "CREATE TABLE t (id BIGINT)")

        async def slow(transaction: Transaction) -> None:
            await transaction.execute("INSERT INTO t VALUES (1)")
            await transaction.query("SELECT pg_sleep(5)")

        working = Deferred.fromCoroutine(database.transact(slow))
        await deferLater(reactor, 0.1)
        working.cancel()
        await self.fails(CancelledError, working)

        self.assertEqual(await database.query("SELECT id FROM t"), [])

    async def test_many_at_once_share_few_connections(self) -> None:
        """Fifty transactions over three connections all come to their end."""
        database = await self.start(pool_max=3)
        await run(database, "CREATE TABLE t (n BIGINT)")
        await run(database, "INSERT INTO t VALUES (0)")

        await gatherResults(
            [
                Deferred.fromCoroutine(run(database, "UPDATE t SET n = n + ?", 1))
                for _ in range(50)
            ]
        )

        self.assertEqual(await database.query("SELECT n FROM t"), [{"n": 50}])

    async def test_rows_in_bulk_leave_the_reactor_alone(self) -> None:
        """Many rows go in pages: all arrive, and other work has its turn between."""
        database = await self.start()
        await run(database, "CREATE TABLE t (id BIGINT PRIMARY KEY, body BYTEA)")
        turns: list[None] = []
        beat = LoopingCall(lambda: turns.append(None))

        async def work(transaction: Transaction) -> None:
            await transaction.execute_many("INSERT INTO t VALUES (?, ?)", [])
            await transaction.execute_many(
                "INSERT INTO t VALUES (?, ?)", [(i, bytes(900)) for i in range(5000)]
            )

        running = beat.start(0.0)
        await database.transact(work)
        beat.stop()
        await running

        self.assertGreater(len(turns), 20)
        self.assertEqual(
            await database.query("SELECT COUNT(*) AS n, SUM(id) AS sum FROM t"),
            [{"n": 5000, "sum": 4999 * 2500}],
        )

    async def test_rows_in_bulk_fail_whole(self) -> None:
        """One wrong row of many leaves none of them."""
        database = await self.start()
        await run(database, "CREATE TABLE t (id BIGINT PRIMARY KEY)")

        async def work(transaction: Transaction) -> None:
            rows = [(i,) for i in range(2000)]
            await transaction.execute_many("INSERT INTO t VALUES (?)", [*rows, (7,)])

        await self.fails(Conflict, database.transact(work))
        self.assertEqual(await database.query("SELECT id FROM t"), [])


class ErrorTests(PostgresCase):
    async def test_errors_are_told_apart(self) -> None:
        """Each SQLSTATE becomes the error of the port that it means."""
        database = await self.start(pool_max=1)
        for code, kind in (
            ("53100", DatabaseFull),
            ("53200", DatabaseFull),
            ("40001", Conflict),
            ("40P01", Conflict),
            ("23514", Conflict),
            ("XX001", Damaged),
            ("25006", DatabaseAway),
            ("57P01", DatabaseAway),
            ("22012", StoreError),
        ):
            text = f"DO $$ BEGIN RAISE EXCEPTION 'why' USING ERRCODE = '{code}'; END $$"
            error = await self.fails(kind, run(database, text))
            self.assertEqual(str(error), "why")

    async def test_long_statement_is_ended(self) -> None:
        """The server ends what takes too long, and the connection goes on."""
        database = await self.start(pool_max=1, statement_timeout=0.2)

        error = await self.fails(StoreError, database.query("SELECT pg_sleep(5)"))

        self.assertIn("took longer than", str(error))
        self.assertEqual(await database.query("SELECT 1 AS a"), [{"a": 1}])

    async def test_one_statement_at_a_time(self) -> None:
        """Two at once within one transaction are refused, and harm nothing."""
        database = await self.start()

        async def work(transaction: Transaction) -> list[Any]:
            first = Deferred.fromCoroutine(transaction.query("SELECT 1 AS a"))
            await self.fails(RuntimeError, transaction.query("SELECT 2 AS a"))
            return [dict(row) for row in await first]

        await self.fails(RuntimeError, database.transact(work))
        self.assertEqual(await database.query("SELECT 3 AS a"), [{"a": 3}])


class StartTests(PostgresCase):
    async def test_unsafe_servers_are_refused(self) -> None:
        """A server that does not sync is refused; so is one that is too old."""
        location = shared_cluster().database()

        error = await self.fails(StoreError, self.start(location, unsafe=False))
        self.assertIn("fsync is off", str(error))
        with patch.object(postgres, "_OLDEST", 990000):
            error = await self.fails(StoreError, self.start(location))
        self.assertIn("needs 99 or newer", str(error))

    async def test_asynchronous_commit_is_refused(self) -> None:
        """A database whose commits do not wait for the disk is refused."""
        location = shared_cluster().database()
        shared_cluster().run(
            f"ALTER DATABASE {location.database} SET synchronous_commit = off"
        )

        with patch.object(postgres, "_SAFE", ("synchronous_commit",)):
            error = await self.fails(StoreError, self.start(location, unsafe=False))

        self.assertIn("synchronous_commit is off", str(error))

    async def test_missing_server_is_told(self) -> None:
        """No server, or no such database, is told at the start; nothing is left."""
        for location in (
            shared_cluster().location("nowhere"),
            ServerLocation(host="/tmp", port=1),
            ServerLocation(host="127.0.0.1", port=1),
        ):
            await self.fails(DatabaseAway, self.start(location))

    async def test_silent_server_is_given_up(self) -> None:
        """Connecting to who says nothing ends in time."""
        database = shared_cluster().database()
        shared_cluster().pause()
        try:
            error = await self.fails(
                DatabaseAway, self.start(database, connect_seconds=0.2)
            )
        finally:
            shared_cluster().resume()
        self.assertIn("within 0.2 seconds", str(error))

    async def test_health_tells_how_it_does(self) -> None:
        """It is up with a latency, and down with a cause after its end."""
        took: list[float] = []
        database = await self.start(observe=took.append)

        self.assertTrue(database.health().is_up)
        self.assertEqual(database.health().latency, took[-1])
        await database.close()
        self.assertFalse(database.health().is_up)
        self.assertEqual(database.health().cause, "it was closed")
        await self.fails(DatabaseAway, database.query("SELECT 1"))


@define
class NamedReactor:
    """The reactor, with names of our own."""

    addresses: list[str]
    asked: list[str] = field(factory=list)

    @property
    def nameResolver(self) -> NamedReactor:  # noqa: N802  # the reactor's name
        """What finds addresses."""
        return self

    def resolveHostName(  # noqa: N802  # the reactor's name
        self, receiver: Any, name: str
    ) -> None:
        """Find those that a test gave."""
        self.asked.append(name)
        for address in self.addresses:
            receiver.addressResolved(IPv4Address("TCP", address, 0))
        receiver.resolutionComplete()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        found: Callable[..., Any] = getattr(reactor, name)
        return found


class NetworkTests(PostgresCase):
    async def test_names_are_found_by_the_reactor(self) -> None:
        """The library looks up no name: one that only our reactor knows will do."""
        named = NamedReactor(["127.0.0.1"])
        location = shared_cluster().location(host="db.invalid")

        database = await self.start(location, reactor=named)

        self.assertEqual(await database.query("SELECT 1 AS a"), [{"a": 1}])
        self.assertEqual(named.asked[0], "db.invalid")

    async def test_unknown_name_is_told(self) -> None:
        """A host without an address is away."""
        location = shared_cluster().location(host="db.invalid")

        await self.fails(DatabaseAway, self.start(location, reactor=NamedReactor([])))

    async def test_encryption_that_is_not_there_is_missed(self) -> None:
        """Who requires TLS does not talk to a server without."""
        location = shared_cluster().location(host="127.0.0.1", tls=Tls.REQUIRE)

        error = await self.fails(DatabaseAway, self.start(location))

        self.assertIn("SSL", str(error))
