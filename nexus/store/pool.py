"""Connections to a server that are shared, bounded, and replaced when they die."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, Final, Generic, Protocol, TypeVar

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from nexus.store.port import DatabaseAway, StoreError

__all__ = ["Pool", "Pooled"]

#: Seconds before the first try to connect again, and the most of them.
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 2.0


class Pooled(Protocol):
    """What a Pool needs of a connection."""

    @property
    def is_open(self) -> bool:
        """Whether it can be used, as far as anybody knows."""
        ...

    async def check(self) -> None:
        """Ask the server for a sign of life; close if there is none.

        Raises:
            StoreError: There was none.
        """
        ...

    def close(self) -> None:
        """End it; whoever waits for an answer is told."""
        ...


P = TypeVar("P", bound=Pooled)


@define(eq=False, kw_only=True)
class Pool(Generic[P]):
    """Lends connections, each to one borrower at a time.

    One is always kept; more are opened as borrowers wait for them, up to `size`. When
    the server is away, one try after another is made until it is back.

    Attributes:
        open: Opens a connection.
        size: How many there may be.
        idle_seconds: How long one that is not needed is kept, if it is not the last.
        check_seconds: After how long without use a connection is checked.
        patience: How long a borrower waits.
        queue: How many borrowers may wait.
    """

    open: Callable[[], Coroutine[Any, Any, P]]
    clock: IReactorTime
    random: Random
    size: int
    idle_seconds: float
    check_seconds: float
    patience: float
    queue: int
    #: Why there is no connection; empty while there is one.
    cause: str = field(default="it was not started", init=False)
    _live: set[P] = field(factory=set, init=False)
    _idle: dict[P, float] = field(factory=dict, init=False)
    _opening: set[Deferred[P]] = field(factory=set, init=False)
    _checking: set[Deferred[None]] = field(factory=set, init=False)
    _waiters: deque[Deferred[P]] = field(factory=deque, init=False)
    _pause: float = field(default=0.0, init=False)
    _retry: IDelayedCall | None = field(default=None, init=False)
    _round: IDelayedCall | None = field(default=None, init=False)
    _is_closed: bool = field(default=True, init=False)

    _log = Logger()

    @property
    def waiting(self) -> int:
        """How many wait for a connection."""
        return len(self._waiters)

    @property
    def live(self) -> int:
        """How many connections there are."""
        return len(self._live)

    async def start(self) -> None:
        """Open the first connection.

        Raises:
            StoreError: That failed; nothing was started.
        """
        first = await self.open()
        self._is_closed = False
        self._round = self.clock.callLater(self.check_seconds, self._look_around)
        self._adopt(first)

    def close(self) -> None:
        """Close all connections, also those that somebody uses."""
        self._is_closed = True
        self.cause = "it was closed"
        for timer in (self._retry, self._round):
            if timer is not None and timer.active():
                timer.cancel()
        for opening in list(self._opening):
            opening.cancel()
        for checking in list(self._checking):
            checking.cancel()
        for connection in list(self._live):
            connection.close()
        self._live.clear()
        self._idle.clear()
        while self._waiters:
            self._waiters.popleft().errback(DatabaseAway("the database was closed"))

    async def acquire(self) -> P:
        """Borrow a connection, which is to be given back with `release`.

        Raises:
            DatabaseAway: There was none in time, or too many wait for one.
        """
        if self._is_closed:
            raise DatabaseAway(f"no connection to the database: {self.cause}")
        while self._idle:
            newest = max(self._idle, key=self._idle.__getitem__)
            del self._idle[newest]
            if newest.is_open:
                return newest
            self._forget(newest)
        if len(self._waiters) >= self.queue:
            raise DatabaseAway(f"{self.queue} wait for a connection already")
        waiter: Deferred[P] = Deferred(self._waiters.remove)
        self._waiters.append(waiter)
        timer = self.clock.callLater(self.patience, self._expire, waiter)
        self._grow()
        try:
            return await waiter
        finally:
            if timer.active():
                timer.cancel()

    def release(self, connection: P) -> None:
        """Give a connection back, be it open or not."""
        self._settle(connection, self.clock.seconds())

    def lost(self, connection: P) -> None:
        """Take note that a connection closed while nobody used it."""
        if self._idle.pop(connection, None) is not None:
            self._forget(connection)
            self._grow()

    def renew(self) -> None:
        """Close what nobody uses, so that new connections take its place."""
        for connection in list(self._idle):
            self._drop(connection)
        self._grow()

    def _settle(self, connection: P, used: float) -> None:
        """Give a connection to who waits, or put it aside as last used at a time."""
        if connection not in self._live:
            connection.close()
            return
        if not connection.is_open:
            self._forget(connection)
            self._grow()
        elif self._waiters:
            self._waiters.popleft().callback(connection)
        else:
            self._idle[connection] = used

    def _drop(self, connection: P) -> None:
        del self._idle[connection]
        self._live.discard(connection)
        connection.close()

    def _forget(self, connection: P) -> None:
        self._live.discard(connection)
        if not self._live:
            self.cause = "the connection was lost"

    def _expire(self, waiter: Deferred[P]) -> None:
        self._waiters.remove(waiter)
        why = self.cause or "all are in use"
        waiter.errback(
            DatabaseAway(f"no connection within {self.patience:g} seconds: {why}")
        )

    def _grow(self) -> None:
        """Open what is missing: one for each who waits, one at least.

        While the server is away it is one try at a time.
        """
        if self._is_closed or (self._retry is not None and self._retry.active()):
            return
        most = 1 if self._pause else self.size
        wanted = min(self.size, max(1, len(self._live) + len(self._waiters)))
        missing = wanted - len(self._live) - len(self._opening)
        for _ in range(min(missing, most - len(self._opening))):
            opening = Deferred.fromCoroutine(self.open())
            self._opening.add(opening)
            _ = opening.addCallbacks(
                self._opened, self._failed, (opening,), errbackArgs=(opening,)
            )

    def _opened(self, connection: P, opening: Deferred[P]) -> None:
        self._opening.discard(opening)
        if self._is_closed:
            connection.close()
            return
        self._adopt(connection)
        self._grow()

    def _adopt(self, connection: P) -> None:
        self._pause = 0.0
        self.cause = ""
        self._live.add(connection)
        self.release(connection)

    def _failed(self, failure: Failure, opening: Deferred[P]) -> None:
        self._opening.discard(opening)
        if self._is_closed:
            return
        if not failure.check(StoreError):
            self._log.failure("cannot connect to the database", failure=failure)
        if not self._live:
            self.cause = failure.getErrorMessage()
        if self._retry is not None and self._retry.active():
            return
        self._pause = min(_LONGEST_PAUSE, max(_FIRST_PAUSE, 2 * self._pause))
        # Many Nodes that lost one server do not come back to it in step.
        seconds = self._pause * self.random.uniform(0.5, 1.0)
        self._retry = self.clock.callLater(seconds, self._grow)

    def _look_around(self) -> None:
        """Close what was not needed for long, and check what was not used lately."""
        self._round = self.clock.callLater(self.check_seconds, self._look_around)
        now = self.clock.seconds()
        for connection, used in list(self._idle.items()):
            if now - used >= self.idle_seconds and len(self._live) > 1:
                self._drop(connection)
            elif now - used >= self.check_seconds:
                del self._idle[connection]
                self._look_at(connection, used)

    def _look_at(self, connection: P, used: float) -> None:
        checking = Deferred.fromCoroutine(connection.check())
        self._checking.add(checking)

        def ended(result: object) -> None:
            self._checking.discard(checking)
            self._settle(connection, used)
            if isinstance(result, Failure) and not result.check(
                StoreError, CancelledError
            ):
                self._log.failure("cannot check a connection", failure=result)

        _ = checking.addBoth(ended)
