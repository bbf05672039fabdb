"""How every Database starts, fills up and ends, whichever adapter it is."""

from __future__ import annotations

from twisted.internet.defer import DeferredList, gatherResults

from nexus.store.port import DatabaseAway, DatabaseFull, NewerDatabase, Transaction
from tests.store.contract import DatabaseTestCase, spawned

__all__ = ["LifeContract"]


class LifeContract(DatabaseTestCase):
    """Whoever starts, waits or comes too late is told how it stands."""

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
