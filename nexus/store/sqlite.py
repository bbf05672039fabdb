"""SQLite: a database that is a file, or lives in memory, and needs no server.

One thread of its own has the only connection; whoever asks from the reactor waits for
an answer from there, and transactions follow one another.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol, TypeVar, final

from attrs import define
from twisted.internet.defer import Deferred, DeferredLock
from twisted.logger import Logger

from nexus.store.counting import Lost
from nexus.store.file import MEMORY, SqliteFile
from nexus.store.migration import migrate
from nexus.store.port import (
    DatabaseAway,
    DatabaseHealth,
    Dialect,
    Harm,
    Row,
    StoreError,
    Transaction,
    Value,
)
from nexus.store.salvage import Salvage
from nexus.store.worker import Threads, Worker

__all__ = ["SqliteDatabase"]

T = TypeVar("T")

_LOG: Final = Logger()


class Reactor(Threads, Protocol):
    """What is needed of a reactor."""

    def seconds(self) -> float:
        """Return the time."""
        ...


@final
class SqliteDatabase:
    """A Database in a file.

    Within `transact`, ask the transaction only: the database itself answers when the
    transaction is over.

    Args:
        path: The file, made if it is not there; `:memory:` for none.
        reactor: Where whoever asks lives.
        full: Whether a commit waits until the disk has it. Without that, what was
            committed can be lost, or the file damaged, when the power fails.
        patience: Seconds to wait for another process that writes into the file.
        observe: Told the seconds that each call to SQLite took.
        looks: Tell nothing of what was lost, and salvage nothing: that is for the Node
            that has the file, and is told once.
    """

    dialect = Dialect.SQLITE
    has_postgis = False

    def __init__(
        self,
        path: str,
        reactor: Reactor,
        *,
        full: bool = True,
        patience: float = 5.0,
        observe: Callable[[float], object] | None = None,
        looks: bool = False,
    ) -> None:
        self._path = path
        self._looks = looks
        self._reactor = reactor
        self._worker = Worker(reactor, "nexus-sqlite")
        self._file = SqliteFile(path, full=full, patience=patience, looks=looks)
        self._observe = observe
        self._turns = DeferredLock()
        self._is_open = False
        self._harm = Harm()
        self._cause = "not started"
        self._latency: float | None = None

    async def start(self) -> None:
        """Open the file, look whether it is whole, and bring its tables up to date.

        If its structure is damaged it is set aside, and what can be read goes on in a
        new file; if something is missing that was committed, that is logged.

        Raises:
            Damaged: It is no database, or nothing in it can be read.
            NewerDatabase: It is newer than this Nexus.
            DatabaseAway: It cannot be opened, or another process does not let go of it.
        """
        if self._is_open:
            raise StoreError("the database was started before")
        self._worker.start()
        self._is_open = True
        try:
            await self.ask(self._file.open)
            self._report()
            await migrate(self)
        except Exception:
            await self.close()
            raise

    @property
    def salvage(self) -> Salvage | None:
        """What came of the damaged file that was found at the start, if one was."""
        return self._file.salvage

    @property
    def lost(self) -> Lost | None:
        """What was committed once and was not there any more at the start, if so."""
        return self._file.lost

    def _report(self) -> None:
        """Say what was found wrong when the file was opened, and what to do."""
        file = self._file
        self._harm = _harm(file)
        if file.salvage is not None:
            _report_salvage(self._path, file.damage, file.salvage)
        if file.lost is not None:
            _report_lost(self._path, file.lost)
        if self._path != MEMORY and not file.is_witnessed and not self._looks:
            _LOG.warn(
                "another process has {path} open: until it ends, there is no witness "
                "of what is committed here",
                path=self._path,
            )

    async def close(self) -> None:
        """Close the file when what runs has ended; who waits is told it is away."""
        if not self._is_open:
            return
        self._is_open = False
        await self._turns.acquire()
        try:
            await self.ask(self._file.close)
        finally:
            self._cause = "closed"
            self._worker.stop()
            self._turns.release()

    async def query(self, sql: str, *values: Value) -> list[Row]:
        """Read something, between transactions."""
        await self._turn()
        try:
            return await self.ask(self._file.query, sql, values)
        finally:
            self._turns.release()

    async def transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Do something whole or not at all; it is committed when this returns.

        A transaction in which a statement failed is never committed: the error is
        raised again if the work goes on without it.
        """
        await self._turn()
        transaction = _Transaction(self, self._file)
        try:
            await self.ask(self._file.begin)
            result = await work(transaction)
            transaction.end()
            await self.ask(self._file.commit)
        except Exception:
            # Asked before anybody else has a turn, even if nobody waits for it.
            await self._worker.call(self._file.roll_back)
            raise
        finally:
            transaction.is_over = True
            self._turns.release()
        return result

    def health(self) -> DatabaseHealth:
        """Say how it does, as of the last call."""
        return DatabaseHealth(
            is_up=not self._cause,
            cause=self._cause,
            latency=self._latency,
            waiting=len(self._turns.waiting),
            harm=self._harm,
        )

    async def ask(self, call: Callable[..., T], *args: Any) -> T:
        """Call something in the thread, and learn from how that ends."""
        began = self._reactor.seconds()
        try:
            result = await self._worker.call(call, *args)
        except DatabaseAway as error:
            self._cause = str(error)
            raise
        self._cause = ""
        self._latency = max(0.0, self._reactor.seconds() - began)
        if self._observe is not None:
            self._observe(self._latency)
        return result

    async def _turn(self) -> None:
        """Wait until nobody else is in a transaction."""
        waiting: Deferred[DeferredLock] = self._turns.acquire()
        await waiting
        if not self._is_open:
            self._turns.release()
            raise DatabaseAway("the database is closed")


@define(eq=False)
class _Transaction:
    """What can be asked within one transaction."""

    _database: SqliteDatabase
    _file: SqliteFile
    is_over: bool = False
    _failed: Exception | None = None

    async def query(self, sql: str, *values: Value) -> list[Row]:
        return await self._ask(self._file.query, sql, values)

    async def execute(self, sql: str, *values: Value) -> int:
        return await self._ask(self._file.execute, sql, values)

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Value]]) -> None:
        await self._ask(self._file.execute_many, sql, rows)

    def end(self) -> None:
        """Let nothing more be asked.

        Raises:
            Exception: What a statement failed with, whatever the work made of that.
        """
        self.is_over = True
        if self._failed is not None:
            raise self._failed

    async def _ask(self, call: Callable[..., T], sql: str, values: Any) -> T:
        if self.is_over:
            raise StoreError("this transaction is over")
        if self._failed is not None:
            raise self._failed
        try:
            return await self._database.ask(call, sql, values)
        except Exception as error:
            # Also one that nobody waited for: who knows whether it was done?
            self._failed = error
            raise


def _harm(file: SqliteFile) -> Harm:
    """Say in the terms of the port what was wrong with a file."""
    gone, found = file.lost, file.salvage
    rooms = (len(gone.rooms) if gone else 0) + (len(found.lost) if found else 0)
    return Harm(
        commits=gone.commits if gone else 0,
        rooms=rooms,
        aside=found.aside if found else "",
        salvaged=found.saved if found else 0,
    )


def _report_salvage(path: str, damage: str, found: Salvage) -> None:
    _LOG.error(
        "the structure of {path} was damaged ({damage}), and it is set aside as "
        "{aside}. {saved} rooms go on in a new file, {count} do not; something is "
        "missing in {tables}. Look after the disk. To have more of it, stop, and "
        'restore a backup or what this finds: sqlite3 {aside} ".recover"',
        path=path,
        damage=damage,
        aside=found.aside,
        saved=found.saved,
        count=len(found.lost),
        tables=", ".join(found.tables) or "no table",
    )
    for room_id, why in found.lost.items():
        _LOG.error("{room_id} was not salvaged: {why}", room_id=room_id, why=why)


def _report_lost(path: str, found: Lost) -> None:
    _LOG.error(
        "{path} is behind its witness: {commits} commits are gone, and entries of "
        "{count} rooms. Its log was damaged or cut off, or an older copy was put in "
        "its place. Rooms go on with what is there. Look after the disk",
        path=path,
        commits=found.commits,
        count=len(found.rooms),
    )
    for room in found.rooms:
        _LOG.error(
            "{room_id} had entry {had} and has {has} now: what it did since is lost",
            room_id=room.room_id,
            had=room.had,
            has="none" if room.has is None else room.has,
        )
