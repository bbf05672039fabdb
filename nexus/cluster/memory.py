"""Presence within one process: for a Node that is alone, and for tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from nexus.cluster.port import Value, check_member, check_value
from nexus.cluster.row import MemoryLists
from nexus.cluster.store import Content, Store, StoreLimits, check_lifetime
from nexus.cluster.topic import Topics
from nexus.wire.codec import pack, unpack

__all__ = ["MemoryPresence"]

_INT64 = 2**63
_LOG = Logger()


class MemoryPresence:
    """A Presence that nobody outside of this process sees.

    Args:
        clock: Ends lifetimes and waits, and gives subscribers a turn of their own.
        limits: How much may be stored.
        subscriptions: How many there may be, of all topics.
        queued: How many published bytes may wait for their turn.
        waiting: How many may wait for a value of a list.
        log: Where errors of subscribers are logged.
    """

    def __init__(
        self,
        clock: IReactorTime,
        limits: StoreLimits | None = None,
        *,
        subscriptions: int = 100_000,
        queued: int = 16 * 2**20,
        waiting: int = 10_000,
        log: Logger = _LOG,
    ) -> None:
        store = Store(clock.seconds, limits or StoreLimits())
        self._topics = Topics(
            clock, subscriptions=subscriptions, queued=queued, log=log
        )
        self.values = MemoryValues(store)
        self.sets = MemorySets(store)
        self.hashes = MemoryHashes(store)
        self.lists = MemoryLists(store, clock, waiting)

    async def publish(self, topic: str, value: Value) -> None:
        """Tell all who subscribed to a topic, in a later turn than this one.

        Raises:
            Refused: Too much waits for its turn already.
        """
        self._topics.publish(topic, value)

    async def subscribe(
        self, topic: str, callback: Callable[[Value], object]
    ) -> Callable[[], None]:
        """Call something with each value that is published to a topic from now on.

        Raises:
            TypeError: The callback is an `async def`.
            Refused: There are too many subscriptions.
        """
        return self._topics.subscribe(topic, callback)

    async def topics(self, pattern: str = "*") -> list[str]:
        """Return the topics that somebody subscribed to and that fit a pattern."""
        return self._topics.subscribed(pattern)


@frozen(eq=False)
class MemoryValues:
    """One value a key."""

    _store: Store

    async def get(self, key: str) -> Value:
        """Return the value of a key; None if there is none."""
        held = self._store.find(key, Content.VALUE)
        return None if held is None else unpack(held[""])

    async def set(self, key: str, value: Value, lifetime: float | None = None) -> None:
        """Set a value, whatever the key held, for so many seconds or for good."""
        check_value(value)
        if lifetime is not None:
            check_lifetime(lifetime)
        packed = pack(value)
        # Refused before the old one is let go.
        self._store.check(key, len(packed))
        self._store.drop(key)
        self._store.claim(key, Content.VALUE, len(packed))[""] = packed
        if lifetime is not None:
            self._store.expire(key, lifetime)

    async def delete(self, key: str) -> bool:
        """Delete what a key holds, of any kind; tell whether there was something."""
        return self._store.drop(key)

    async def exists(self, key: str) -> bool:
        """Tell whether a key holds something, of any kind."""
        return key in self._store

    async def expire(self, key: str, lifetime: float) -> bool:
        """Let what a key holds, of any kind, end so many seconds from now."""
        return self._store.expire(key, lifetime)

    async def increment(self, key: str, by: int = 1) -> int:
        """Add to a counter that begins at 0, keep its lifetime, return its count."""
        return _count(self._store, key, Content.VALUE, "", by)

    async def decrement(self, key: str, by: int = 1) -> int:
        """Take from a counter that begins at 0, keep its lifetime, return its count."""
        return _count(self._store, key, Content.VALUE, "", -by)


@frozen(eq=False)
class MemorySets:
    """Many members a key, each once and in no order."""

    _store: Store

    async def add(self, key: str, member: Value) -> bool:
        """Add a member; tell whether it is new."""
        packed = _member(member)
        if packed in self._of(key):
            return False
        self._store.claim(key, Content.SET, len(packed)).add(packed)
        return True

    async def remove(self, key: str, member: Value) -> bool:
        """Remove a member; tell whether it was there."""
        packed, members = _member(member), self._of(key)
        if packed not in members:
            return False
        members.remove(packed)
        self._store.shed(key, len(packed))
        return True

    async def contains(self, key: str, member: Value) -> bool:
        """Tell whether a member is there."""
        return _member(member) in self._of(key)

    async def members(self, key: str) -> list[Value]:
        """Return all members."""
        return [unpack(packed) for packed in self._of(key)]

    async def count(self, key: str) -> int:
        """Return how many members there are."""
        return len(self._of(key))

    async def intersection(self, *keys: str) -> list[Value]:
        """Return the members that all of these sets have."""
        if not keys:
            raise ValueError("of which sets?")
        return [unpack(each) for each in set.intersection(*map(self._of, keys))]

    def _of(self, key: str) -> set[bytes]:
        found: set[bytes] | None = self._store.find(key, Content.SET)
        return set() if found is None else found


@frozen(eq=False)
class MemoryHashes:
    """Named fields a key, with a value each."""

    _store: Store

    async def set(self, key: str, field: str, value: Value) -> bool:
        """Set a field; tell whether it is new."""
        check_value(value)
        return _put(self._store, key, Content.HASH, field, pack(value))

    async def get(self, key: str, field: str) -> Value:
        """Return the value of a field; None if there is none."""
        packed = self._of(key).get(field)
        return None if packed is None else unpack(packed)

    async def all(self, key: str) -> dict[str, Value]:
        """Return all fields."""
        return {field: unpack(packed) for field, packed in self._of(key).items()}

    async def delete(self, key: str, field: str) -> bool:
        """Delete a field; tell whether it was there."""
        packed = self._of(key).pop(field, None)
        if packed is None:
            return False
        self._store.shed(key, len(field) + len(packed))
        return True

    async def increment(
        self, key: str, field: str, by: int = 1, lifetime: float | None = None
    ) -> int:
        """Add to a field that is a counter and begins at 0, and return its count."""
        if lifetime is not None:
            check_lifetime(lifetime)
        count = _count(self._store, key, Content.HASH, field, by)
        if lifetime is not None:
            self._store.expire(key, lifetime)
        return count

    async def count(self, key: str) -> int:
        """Return how many fields there are."""
        return len(self._of(key))

    def _of(self, key: str) -> dict[str, bytes]:
        found: dict[str, bytes] | None = self._store.find(key, Content.HASH)
        return {} if found is None else found


def _member(member: Any) -> bytes:
    check_member(member)
    return pack(member)


def _put(store: Store, key: str, content: Content, name: str, packed: bytes) -> bool:
    """Set a named value of a key; tell whether it is new."""
    held = store.claim(key, content, len(name) + len(packed))
    old = held.get(name)
    held[name] = packed
    if old is not None:
        store.shed(key, len(name) + len(old))
    return old is None


def _count(store: Store, key: str, content: Content, name: str, by: int) -> int:
    """Add to a named value that is a whole number, and return it.

    Raises:
        TypeError: It is no whole number.
        ValueError: It would not be one of 64 bits any more.
    """
    held = store.find(key, content)
    packed = None if held is None else held.get(name)
    value = 0 if packed is None else unpack(packed)
    if type(value) is not int or type(by) is not int:
        raise TypeError(f"{key[:80]!r} is counted with int only")
    value += by
    if not -_INT64 <= value < _INT64:
        raise ValueError(f"{key[:80]!r} would count beyond 64 bits")
    _put(store, key, content, name, pack(value))
    return value
