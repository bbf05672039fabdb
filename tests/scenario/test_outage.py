"""A PostgreSQL server is stopped, killed and silenced; what uses it heals."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from random import Random
from typing import Any
from unittest.mock import patch

from twisted.internet import reactor  # noqa: TID251  # for real input and output
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from nexus.store import postgres
from nexus.store.port import DatabaseAway, Transaction
from nexus.store.postgres import PostgresDatabase
from tests.support.postgres import missing_postgres, shared_cluster


async def no_tables(database: object) -> None:
    """Migrate nothing."""


class OutageTests(TestCase):
    skip = missing_postgres()
    timeout = 60

    async def setUp(self) -> None:
        """Start a Database of three connections on a table with one number."""
        self.cluster = shared_cluster()
        self.location = self.cluster.database()
        self.database = PostgresDatabase(
            self.location,
            reactor=reactor,
            random=Random(1),
            unsafe=True,
            pool_max=3,
            statement_timeout=0.5,
            connect_seconds=1.0,
            check_seconds=0.5,
            patience=12.0,
        )
        with patch.object(postgres, "migrate", no_tables):
            await self.database.start()
        await self.execute("CREATE TABLE t (n BIGINT)")

    async def tearDown(self) -> None:
        """Close it."""
        await self.database.close()

    async def execute(self, sql: str, *values: int) -> int:
        """Change something, in a transaction of its own."""

        async def work(transaction: Transaction) -> int:
            return await transaction.execute(sql, *values)

        return await self.database.transact(work)

    async def asks(self, count: int) -> list[int]:
        """Ask many things at once; all have to be answered."""
        rows = await gatherResults(
            [
                Deferred.fromCoroutine(self.database.query("SELECT ?::int AS n", i))
                for i in range(count)
            ]
        )
        return [row["n"] for (row,) in rows]

    async def is_whole(self) -> None:
        """Expect that all connections there may be can be used at the same time."""

        async def held(transaction: Transaction) -> int:
            (row,) = await transaction.query("SELECT pg_backend_pid() AS pid")
            await deferLater(reactor, 0.4)
            return int(row["pid"])

        pids = await gatherResults(
            [Deferred.fromCoroutine(self.database.transact(held)) for _ in range(3)]
        )
        self.assertEqual(len(set(pids)), 3)
        self.assertTrue(self.database.health().is_up)
        self.assertEqual(self.database.health().waiting, 0)

    async def writes(
        self, harm: Callable[[], Coroutine[Any, Any, None]]
    ) -> tuple[set[int], set[int], set[int]]:
        """Write numbers one after the other while harm is done, and a bit longer.

        Returns:
            The numbers that were confirmed, those of which nobody knows, and those
            that are stored.
        """
        known: set[int] = set()
        unknown: set[int] = set()
        harming = Deferred.fromCoroutine(harm())
        number = 0
        while not harming.called or number < 20:
            number += 1
            try:
                await self.execute("INSERT INTO t VALUES (?)", number)
                known.add(number)
            except DatabaseAway:
                unknown.add(number)
        await harming
        rows = await self.database.query("SELECT n FROM t")
        return known, unknown, {row["n"] for row in rows}

    async def survives(self, harm: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do harm while writing: what was confirmed is stored, and nothing strange."""
        known, unknown, stored = await self.writes(harm)

        self.assertEqual(known - stored, set())
        self.assertEqual(stored - known - unknown, set())
        await self.is_whole()

    async def test_stop_and_start(self) -> None:
        """Queries that come while the server is down wait and are answered."""
        await self.is_whole()
        await deferToThread(self.cluster.stop)
        await deferLater(reactor, 0.3)
        self.assertFalse(self.database.health().is_up)
        self.assertNotEqual(self.database.health().cause, "")
        asking = Deferred.fromCoroutine(self.asks(10))

        await deferToThread(self.cluster.start)

        self.assertEqual(await asking, list(range(10)))
        await self.is_whole()

    async def test_stop_while_writing(self) -> None:
        """Nothing that was confirmed is missing after an immediate stop."""

        async def harm() -> None:
            await deferLater(reactor, 0.1)
            await deferToThread(self.cluster.stop)
            await deferToThread(self.cluster.start)

        await self.survives(harm)

    async def test_kill_while_writing(self) -> None:
        """Nothing that was confirmed is missing after a kill -9."""

        async def harm() -> None:
            await deferLater(reactor, 0.1)
            await deferToThread(self.cluster.kill)
            await deferToThread(self.cluster.start)

        await self.survives(harm)

    async def test_terminated_connections(self) -> None:
        """Connections that the server cuts, used or idle, are replaced."""
        cut = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname LIKE 'test%' AND pid <> pg_backend_pid()"
        )

        async def harm() -> None:
            for _ in range(5):
                await deferLater(reactor, 0.05)
                await deferToThread(self.cluster.run, cut)

        await self.survives(harm)
        self.cluster.run(cut)
        self.assertEqual(await self.asks(10), list(range(10)))

    async def test_silence(self) -> None:
        """A server that says nothing for seconds is given up, and found again."""

        async def harm() -> None:
            await deferLater(reactor, 0.1)
            self.cluster.pause()
            try:
                await deferLater(reactor, 5.0)
                self.assertFalse(self.database.health().is_up)
            finally:
                self.cluster.resume()

        await self.survives(harm)

    async def test_silence_is_noticed_without_a_query(self) -> None:
        """Connections that nobody uses are found dead by their check."""
        await self.is_whole()
        self.cluster.pause()
        try:
            await deferLater(reactor, 3.5)
            self.assertFalse(self.database.health().is_up)
        finally:
            self.cluster.resume()
        await self.is_whole()

    async def test_close_while_away(self) -> None:
        """Closing while queries wait for a server tells them, and leaves nothing."""
        await deferToThread(self.cluster.stop)
        try:
            asking = [
                Deferred.fromCoroutine(self.database.query("SELECT 1"))
                for _ in range(5)
            ]
            await deferLater(reactor, 0.2)
            await self.database.close()
            for each in asking:
                try:
                    await each
                except DatabaseAway:
                    continue
                raise AssertionError("it was answered")
        finally:
            await deferToThread(self.cluster.start)
