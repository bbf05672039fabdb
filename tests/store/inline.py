"""A database in memory that answers at once, or when the test says, or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from twisted.internet.defer import Deferred

from nexus.store.file import MEMORY, SqliteFile
from nexus.store.migration import migrate
from nexus.store.port import (
    DatabaseAway,
    DatabaseHealth,
    Dialect,
    Row,
    Transaction,
    Value,
)

__all__ = ["InlineDatabase"]

T = TypeVar("T")


class InlineDatabase:
    """A real SQLite in memory, without a thread.

    Attributes:
        away: So many transactions from now on fail, and nothing is done.
        unknown: So many that are done fail all the same, as a lost answer does.
        gates: What the next transactions wait for before they begin.
        done: How many rows each transaction wrote.
    """

    dialect = Dialect.SQLITE
    has_postgis = False

    def __init__(self) -> None:
        self.away = self.unknown = 0
        self.gates: list[Deferred[None]] = []
        self.done: list[int] = []
        self._rows = 0
        self._file = SqliteFile(MEMORY, full=False, patience=1.0)
        self._file.open()

    async def start(self) -> None:
        """Make the tables."""
        await migrate(self)
        self.done.clear()

    async def close(self) -> None:
        """Let it go."""
        self._file.close()

    async def query(self, sql: str, *values: Value) -> list[Row]:
        """Return all rows of an answer."""
        if self.away:
            self.away -= 1
            raise DatabaseAway("no route")
        return self._file.query(sql, values)

    async def execute(self, sql: str, *values: Value) -> int:
        """Change something."""
        return self._file.execute(sql, values)

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Value]]) -> None:
        """Do the same with each of many rows of values."""
        self._rows += len(rows)
        self._file.execute_many(sql, rows)

    async def transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Do something whole or not at all."""
        if self.gates:
            await self.gates.pop(0)
        if self.away:
            self.away -= 1
            raise DatabaseAway("no route")
        self._file.begin()
        self._rows = 0
        try:
            result = await work(_Inside(self._file, self))
            self._file.commit()
        except BaseException:
            self._file.roll_back()
            raise
        if self.unknown:
            self.unknown -= 1
            raise DatabaseAway("the answer was lost")
        self.done.append(self._rows)
        return result

    def health(self) -> DatabaseHealth:
        """Say that it is there."""
        return DatabaseHealth(is_up=True)


class _Inside:
    """What can be asked within one transaction."""

    def __init__(self, file: SqliteFile, database: InlineDatabase) -> None:
        self._file = file
        self.execute = database.execute
        self.execute_many = database.execute_many

    async def query(self, sql: str, *values: Any) -> list[Row]:
        """Return all rows of an answer."""
        return self._file.query(sql, values)
