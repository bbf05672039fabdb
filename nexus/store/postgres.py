"""A database on a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any, Final, TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from nexus.store.address import resolve
from nexus.store.link import Link, connect
from nexus.store.location import ServerLocation
from nexus.store.migration import migrate
from nexus.store.pool import Pool
from nexus.store.port import (
    DatabaseAway,
    DatabaseHealth,
    Dialect,
    Row,
    StoreError,
    Transaction,
    Value,
)
from nexus.store.postgis import prepare_postgis

__all__ = ["PostgresDatabase"]

#: The oldest server that will do, as it numbers itself.
_OLDEST: Final = 150000

#: What has to be so for a commit to survive the loss of power.
_SAFE: Final = ("fsync", "synchronous_commit")

#: How much longer than the server itself we wait until we take it for dead, in seconds.
_GRACE: Final = 1.0

#: How long one step of a migration may take, in seconds.
_MIGRATION_SECONDS: Final = 600.0

_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0

T = TypeVar("T")


@define(eq=False)
class _PostgresTransaction:
    """What can be asked within one transaction.

    The first failure is kept, because the server carries nothing out after it.
    """

    _link: Link
    _error: Exception | None = field(default=None, init=False)
    _is_over: bool = field(default=False, init=False)

    async def query(self, sql: str, *values: Value) -> list[Row]:
        return (await self._checked(lambda: self._link.ask(sql, *values))).rows

    async def execute(self, sql: str, *values: Value) -> int:
        return (await self._checked(lambda: self._link.ask(sql, *values))).count

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Value]]) -> None:
        await self._checked(lambda: self._link.ask_many(sql, rows))

    def end(self) -> None:
        """Let nothing more be asked.

        Raises:
            StoreError: A statement failed, whatever the work made of that.
        """
        self._is_over = True
        if self._error is not None:
            raise self._error

    async def _checked(self, ask: Callable[[], Awaitable[T]]) -> T:
        if self._is_over:
            raise RuntimeError("the transaction is over")
        try:
            return await ask()
        except Exception as error:
            self._error = self._error or error
            raise


@define(eq=False)
class PostgresDatabase:
    """A PostgreSQL server through a Pool of connections, which is there or comes back.

    Args:
        location: Where it is.
        reactor: Has time, watches sockets and finds addresses.
        random: Spreads tries to connect.
        pool_max: How many connections there may be.
        idle_seconds: How long a connection that is not needed is kept.
        check_seconds: After how long without use a connection is checked.
        connect_seconds: How long connecting may take.
        statement_timeout: How long the server may work on one statement, in seconds.
        patience: How long a query waits for a connection, and is tried again.
        queue: How many may wait for a connection.
        unsafe: Take a server that may lose what it committed; for tests.
        observe: Called with the seconds that each answer of the server took.
    """

    dialect: Dialect = field(default=Dialect.POSTGRESQL, init=False)
    has_postgis: bool = field(default=False, init=False)
    _location: ServerLocation
    _reactor: Any = field(kw_only=True)
    _random: Random = field(kw_only=True)
    _pool_max: int = field(default=10, kw_only=True)
    _idle_seconds: float = field(default=60.0, kw_only=True)
    _check_seconds: float = field(default=10.0, kw_only=True)
    _connect_seconds: float = field(default=5.0, kw_only=True)
    _statement_timeout: float = field(default=10.0, kw_only=True)
    _patience: float = field(default=5.0, kw_only=True)
    _queue: int = field(default=1000, kw_only=True)
    _unsafe: bool = field(default=False, kw_only=True)
    _observe: Callable[[float], None] | None = field(default=None, kw_only=True)
    _latency: float | None = field(default=None, init=False)
    _limit: float = field(default=_MIGRATION_SECONDS, init=False)
    _turn: int = field(default=0, init=False)
    _pool: Pool[Link] = field(init=False)
    _sleeping: set[Deferred[None]] = field(factory=set, init=False)
    _is_closed: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._pool = Pool(
            open=self._open,
            clock=self._reactor,
            random=self._random,
            size=self._pool_max,
            idle_seconds=self._idle_seconds,
            check_seconds=self._check_seconds,
            patience=self._patience,
            queue=self._queue,
        )

    async def start(self) -> None:
        """Connect and bring the tables up to date.

        Raises:
            NewerDatabase: It is newer than this Nexus.
            DatabaseAway: It is not there.
            StoreError: It cannot be used; the text says what to do.
        """
        try:
            await self._pool.start()
            await migrate(self)
            self.has_postgis = await prepare_postgis(self)
            self._limit = self._statement_timeout
            self._pool.renew()
            await self.query("SELECT 1")
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Let it go; whoever still waits or works is told that it is away."""
        self._is_closed = True
        self._pool.close()
        while self._sleeping:
            self._sleeping.pop().cancel()
        # What txpostgres still has to say, it says in the reactor's next turn.
        await deferLater(self._reactor, 0)

    async def query(self, sql: str, *values: Value) -> list[Row]:
        """Read something, on its own; tried again when the connection was lost.

        Raises:
            DatabaseAway: No try came to an end in time.
        """
        end = self._reactor.seconds() + self._patience
        pause = _FIRST_PAUSE
        while True:
            try:
                return await self._query(sql, values)
            except DatabaseAway:
                seconds = pause * self._random.uniform(0.5, 1.0)
                if self._is_closed or self._reactor.seconds() + seconds >= end:
                    raise
            await self._sleep(seconds)
            pause = min(_LONGEST_PAUSE, 2 * pause)

    async def transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Do something whole or not at all; it is committed when this returns.

        A transaction in which a statement failed is never committed: the error is
        raised again if the work goes on without it.

        Raises:
            DatabaseAway: Nobody knows whether it was committed, or it was not.
        """
        link = await self._pool.acquire()
        try:
            await link.ask("BEGIN")
            transaction = _PostgresTransaction(link)
            result = await work(transaction)
            transaction.end()
            await link.ask("COMMIT")
        except BaseException:
            await _roll_back(link)
            raise
        finally:
            self._pool.release(link)
        return result

    def health(self) -> DatabaseHealth:
        """Say how it does, without asking it."""
        return DatabaseHealth(
            is_up=self._pool.live > 0,
            cause=self._pool.cause,
            latency=self._latency,
            waiting=self._pool.waiting,
        )

    async def _query(self, sql: str, values: Sequence[Value]) -> list[Row]:
        link = await self._pool.acquire()
        try:
            return (await link.ask(sql, *values)).rows
        finally:
            self._pool.release(link)

    async def _sleep(self, seconds: float) -> None:
        sleep: Deferred[None] = deferLater(self._reactor, seconds)
        self._sleeping.add(sleep)
        try:
            await sleep
        finally:
            self._sleeping.discard(sleep)

    def _took(self, seconds: float) -> None:
        self._latency = seconds
        if self._observe is not None:
            self._observe(seconds)

    async def _open(self) -> Link:
        """Open a connection, and refuse a server that would not keep what we give."""
        address = ""
        if not self._location.is_socket:
            addresses = await resolve(
                self._location.host, self._reactor, self._connect_seconds
            )
            # One that is silent is not the one that the next try goes to.
            address = addresses[self._turn % len(addresses)]
            self._turn += 1
        limit = self._limit
        link = await connect(
            self._location,
            address,
            reactor=self._reactor,
            seconds=self._connect_seconds,
            settings={
                "statement_timeout": str(round(limit * 1000)),
                # What a Node that was stopped in the middle holds, others wait for.
                "idle_in_transaction_session_timeout": str(round(limit * 2000)),
                "TimeZone": "UTC",
                "bytea_output": "hex",
            },
            make=lambda wire: Link(wire, self._reactor, limit + _GRACE, self._took),
        )
        try:
            await self._inspect(link)
        except BaseException:
            link.close()
            raise
        link.watch(self._pool.lost)
        return link

    async def _inspect(self, link: Link) -> None:
        """Look whether the server will do.

        Raises:
            StoreError: It is too old, or may lose what it committed.
        """
        (found,) = (
            await link.ask(
                "SELECT current_setting('server_version_num')::int AS number, "
                "current_setting('server_version') AS version, "
                "current_setting('fsync') AS fsync, "
                "current_setting('synchronous_commit') AS synchronous_commit"
            )
        ).rows
        if found["number"] < _OLDEST:
            raise StoreError(
                f"the server is PostgreSQL {found['version']}; "
                f"Nexus needs {_OLDEST // 10000} or newer"
            )
        for name in _SAFE:
            if found[name] == "off" and not self._unsafe:
                raise StoreError(
                    f"{name} is off on the server: it may lose what it committed; "
                    "switch it on"
                )


async def _roll_back(link: Link) -> None:
    """End a transaction that failed, and the connection if it cannot do even that."""
    if not link.is_open:
        return
    try:
        await link.ask("ROLLBACK")
    except StoreError:
        link.close()
