"""The port of databases: what all of them promise, and how they fail.

SQL is written once for all of them, with `?` for each value and none in literals. What
two databases spell differently, whoever writes SQL parts by `dialect`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum, unique
from typing import Any, Protocol, TypeAlias, TypeVar

from attrs import frozen

from nexus.errors import NexusError

__all__ = [
    "Conflict",
    "Contended",
    "Damaged",
    "Database",
    "DatabaseAway",
    "DatabaseFull",
    "DatabaseHealth",
    "Dialect",
    "Harm",
    "NewerDatabase",
    "Row",
    "StoreError",
    "Transaction",
    "Value",
]

#: What SQL is given, and what a row holds. Times are aware; JSON is text.
Value: TypeAlias = bool | int | float | str | bytes | datetime | None

#: One row of an answer, by the names of its columns.
Row: TypeAlias = Mapping[str, Any]

T = TypeVar("T")


class StoreError(NexusError):
    """A database could not do what it was asked."""


class DatabaseAway(StoreError):
    """The database does not answer, or the connection to it was lost.

    Whether what it was asked was done, nobody knows.
    """


class DatabaseFull(StoreError):
    """The database has no place for more."""


class Conflict(StoreError):
    """What was to be written stands against what is there; nothing was written."""


class Contended(Conflict):
    """Others were in the way; nothing was written, and another try may pass."""


class Damaged(StoreError):
    """What is stored cannot be read."""


class NewerDatabase(StoreError):
    """A newer Nexus made this database, or brought it up to date."""


@unique
class Dialect(Enum):
    """Whose SQL a database understands."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@frozen
class Harm:
    """What was wrong with a database when it was opened.

    Attributes:
        commits: How many commits were gone that had lasted once.
        rooms: How many Rooms something is missing of.
        aside: Where the database lies that was damaged; empty: it was whole.
        salvaged: How many Rooms go on from what could be read of that.
    """

    commits: int = 0
    rooms: int = 0
    aside: str = ""
    salvaged: int = 0


@frozen
class DatabaseHealth:
    """How a database does.

    Attributes:
        is_up: Whether it answers.
        cause: Why not; empty if it does.
        latency: Seconds that the last query took; None before the first.
        waiting: How many wait for a connection.
        harm: What was wrong with it when it was opened.
    """

    is_up: bool
    cause: str = ""
    latency: float | None = None
    waiting: int = 0
    harm: Harm = Harm()


class Transaction(Protocol):
    """What can be asked within one transaction."""

    async def query(self, sql: str, *values: Value) -> list[Row]:
        """Return all rows of an answer; for what returns none, an empty list."""
        ...

    async def execute(self, sql: str, *values: Value) -> int:
        """Change something; return how many rows that touched."""
        ...

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Value]]) -> None:
        """Do the same with each of many rows of values."""
        ...


class Database(Protocol):
    """One database, which is there or comes back."""

    dialect: Dialect

    #: Whether places can be searched for with the functions of PostGIS.
    has_postgis: bool

    async def start(self) -> None:
        """Open it and bring its tables up to date.

        Raises:
            NewerDatabase: It is newer than this Nexus.
            DatabaseAway: It is not there.
            StoreError: It cannot be used; the text says what to do.
        """
        ...

    async def close(self) -> None:
        """Let it go; whoever still waits is told that it is away."""
        ...

    async def query(self, sql: str, *values: Value) -> list[Row]:
        """Read something, on its own; tried again when the connection was lost."""
        ...

    async def transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Do something whole or not at all; it is committed when this returns.

        Raises:
            DatabaseAway: Nobody knows whether it was committed, or it was not.
        """
        ...

    def health(self) -> DatabaseHealth:
        """Say how it does, without asking it."""
        ...
