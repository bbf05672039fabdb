"""Rows: the lists of Presence within one process, and who waits at their ends."""

from __future__ import annotations

from attrs import define
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from nexus.cluster.port import Value, check_value
from nexus.cluster.store import Content, Store, check_lifetime
from nexus.errors import Code, Refused
from nexus.wire.codec import pack, unpack

__all__ = ["MemoryLists"]


@define(eq=False)
class _Waiter:
    """Somebody who waits for a value of one of some lists."""

    keys: tuple[str, ...]
    given: Deferred[tuple[str, Value] | None]
    timeout: IDelayedCall | None = None


class MemoryLists:
    """A row of values a key, with two ends."""

    def __init__(self, store: Store, clock: IReactorTime, waiting: int) -> None:
        self._store = store
        self._clock = clock
        self._most = waiting
        # By key and in order, so that a push finds the first in no time.
        self._waiters: dict[str, dict[_Waiter, None]] = {}
        self._waiting = 0

    async def push_left(self, key: str, value: Value) -> int:
        """Put a value at the left end; return how many there are now."""
        packed = self._packed(value)
        row = self._store.claim(key, Content.LIST, len(packed))
        row.appendleft(packed)
        return self._pushed(key, len(row))

    async def push_right(self, key: str, value: Value) -> int:
        """Put a value at the right end; return how many there are now."""
        packed = self._packed(value)
        row = self._store.claim(key, Content.LIST, len(packed))
        row.append(packed)
        return self._pushed(key, len(row))

    async def pop_left(self, key: str) -> Value:
        """Take the value at the left end; None if there is none."""
        row = self._store.find(key, Content.LIST)
        return None if row is None else self._taken(key, row.popleft())

    async def pop_right(self, key: str) -> Value:
        """Take the value at the right end; None if there is none."""
        row = self._store.find(key, Content.LIST)
        return None if row is None else self._taken(key, row.pop())

    async def wait_right(self, *keys: str, timeout: float) -> tuple[str, Value] | None:
        """Take the value at the right end of the first list that has one, or wait.

        Raises:
            ValueError: No list, or a time that is not above zero or endless.
            Refused: Too many wait already.
        """
        check_lifetime(timeout)
        if not keys:
            raise ValueError("for which lists?")
        for key in keys:
            row = self._store.find(key, Content.LIST)
            if row is not None:
                return key, self._taken(key, row.pop())
        if self._waiting >= self._most:
            raise Refused("too many wait for a value", Code.LIMIT)
        waiter = _Waiter(keys, Deferred())
        self._waiting += 1
        for key in keys:
            self._waiters.setdefault(key, {})[waiter] = None
        waiter.timeout = self._clock.callLater(timeout, waiter.given.callback, None)
        try:
            return await waiter.given
        finally:
            self._leave(waiter)

    async def count(self, key: str) -> int:
        """Return how many values there are."""
        return len(self._store.find(key, Content.LIST) or ())

    def _packed(self, value: Value) -> bytes:
        check_value(value)
        return pack(value)

    def _taken(self, key: str, packed: bytes) -> Value:
        self._store.shed(key, len(packed))
        return unpack(packed)

    def _pushed(self, key: str, count: int) -> int:
        """Serve who waits for this list, if somebody does."""
        waiters = self._waiters.get(key)
        if waiters:
            waiter = next(iter(waiters))
            row = self._store.find(key, Content.LIST)
            waiter.given.callback((key, self._taken(key, row.pop())))
        return count

    def _leave(self, waiter: _Waiter) -> None:
        if waiter.timeout is None:
            return
        if waiter.timeout.active():
            waiter.timeout.cancel()
        waiter.timeout = None
        self._waiting -= 1
        for key in set(waiter.keys):
            waiters = self._waiters[key]
            del waiters[waiter]
            if not waiters:
                del self._waiters[key]
