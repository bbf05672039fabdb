"""What the contract of every Database is tested with, whichever adapter it is.

An adapter's tests derive from the classes of `contract_values.py`,
`contract_transactions.py` and `contract_life.py`, and say how to make one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis.strategies import SearchStrategy
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from nexus.store.port import Database, Dialect, Transaction

__all__ = ["DatabaseTestCase", "drawn", "spawned"]

T = TypeVar("T")

_BYTES = {Dialect.SQLITE: "BLOB", Dialect.POSTGRESQL: "BYTEA"}


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


class DatabaseTestCase(TestCase):
    """A Database with a table for samples, seen through its port alone."""

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
