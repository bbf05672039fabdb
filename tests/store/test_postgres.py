"""A PostgreSQL server keeps the promises of the port."""

from __future__ import annotations

from random import Random
from unittest.mock import patch

from twisted.internet import reactor  # noqa: TID251  # for real input and output
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.task import LoopingCall, deferLater

from nexus.store import postgres
from nexus.store.location import ServerLocation, Tls
from nexus.store.port import (
    Conflict,
    Database,
    DatabaseAway,
    StoreError,
    Transaction,
)
from nexus.store.postgres import PostgresDatabase
from tests.store import contract_life, contract_transactions, contract_values
from tests.store.server import NamedReactor, PostgresCase, run
from tests.support.postgres import missing_postgres, shared_cluster


class PostgresContractTests(
    contract_values.ValueContract,
    contract_transactions.TransactionContract,
    contract_life.LifeContract,
):
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
