"""What every Database does with transactions, whichever adapter it is."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from twisted.internet import reactor  # noqa: TID251  # for real input and output
from twisted.internet.defer import CancelledError, Deferred, gatherResults

from nexus.store.port import Conflict, StoreError, Transaction
from tests.store.contract import DatabaseTestCase, spawned

__all__ = ["TransactionContract"]


class TransactionContract(DatabaseTestCase):
    """A transaction does all that it says, or nothing."""

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
