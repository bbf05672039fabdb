"""Presence: what Rooms, and the Nodes they run on, tell and share with each other.

What is shared can be lost without losing data, so nothing that matters lives here.

Values are None, bool, int of 64 bits, float, str, bytes, and lists and dicts of these
with text as keys. They are copied: who gets one may change it. None stands for nothing,
so it can be published but not stored. Members of sets hold no others, and are the same
when type and value are: 1, 1.0 and True are three.

A key has one kind of content, until it is deleted or its last member is removed; asking
for another is a WrongKindError. What an adapter has no room for is Refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol, TypeAlias

from nexus.errors import NexusError

__all__ = [
    "Hashes",
    "Lists",
    "Presence",
    "ScopedPresence",
    "Sets",
    "Value",
    "Values",
    "WrongKindError",
    "check_member",
    "check_published",
    "check_value",
]

#: What can be shared; see above.
Value: TypeAlias = Any

_PLAIN: Final = frozenset({type(None), bool, int, float, str, bytes})
_INT64: Final = 2**63
#: How many lists and dicts may stand inside each other.
_DEPTH: Final = 32


class WrongKindError(NexusError, TypeError):
    """A key holds another kind of content than was asked for."""


class Values(Protocol):
    """One value a key; a value that is an int is a counter, too."""

    async def get(self, key: str) -> Value:
        """Return the value of a key; None if there is none."""

    async def set(self, key: str, value: Value, lifetime: float | None = None) -> None:
        """Set a value, whatever the key held, for so many seconds or for good."""

    async def delete(self, key: str) -> bool:
        """Delete what a key holds, of any kind; tell whether there was something."""

    async def exists(self, key: str) -> bool:
        """Tell whether a key holds something, of any kind."""

    async def expire(self, key: str, lifetime: float) -> bool:
        """Let what a key holds, of any kind, end so many seconds from now."""

    async def increment(self, key: str, by: int = 1) -> int:
        """Add to a counter that begins at 0, keep its lifetime, return its count."""

    async def decrement(self, key: str, by: int = 1) -> int:
        """Take from a counter that begins at 0, keep its lifetime, return its count."""


class Sets(Protocol):
    """Many members a key, each once and in no order."""

    async def add(self, key: str, member: Value) -> bool:
        """Add a member; tell whether it is new."""

    async def remove(self, key: str, member: Value) -> bool:
        """Remove a member; tell whether it was there."""

    async def contains(self, key: str, member: Value) -> bool:
        """Tell whether a member is there."""

    async def members(self, key: str) -> list[Value]:
        """Return all members."""

    async def count(self, key: str) -> int:
        """Return how many members there are."""

    async def intersection(self, *keys: str) -> list[Value]:
        """Return the members that all of these sets have."""


class Hashes(Protocol):
    """Named fields a key, with a value each."""

    async def set(self, key: str, field: str, value: Value) -> bool:
        """Set a field; tell whether it is new."""

    async def get(self, key: str, field: str) -> Value:
        """Return the value of a field; None if there is none."""

    async def all(self, key: str) -> dict[str, Value]:
        """Return all fields."""

    async def delete(self, key: str, field: str) -> bool:
        """Delete a field; tell whether it was there."""

    async def increment(
        self, key: str, field: str, by: int = 1, lifetime: float | None = None
    ) -> int:
        """Add to a field that is a counter and begins at 0, and return its count.

        A lifetime is one of the whole key, and begins anew.
        """

    async def count(self, key: str) -> int:
        """Return how many fields there are."""


class Lists(Protocol):
    """A row of values a key, with two ends."""

    async def push_left(self, key: str, value: Value) -> int:
        """Put a value at the left end; return how many there are now.

        One that goes to somebody who waits for it counts as well.
        """

    async def push_right(self, key: str, value: Value) -> int:
        """Put a value at the right end; return how many there are now.

        One that goes to somebody who waits for it counts as well.
        """

    async def pop_left(self, key: str) -> Value:
        """Take the value at the left end; None if there is none."""

    async def pop_right(self, key: str) -> Value:
        """Take the value at the right end; None if there is none."""

    async def wait_right(self, *keys: str, timeout: float) -> tuple[str, Value] | None:
        """Take the value at the right end of the first list that has one, or wait.

        Who waited longest is served first. Cancelling takes nothing.

        Returns:
            The key and the value; None when so many seconds brought none.
        """

    async def count(self, key: str) -> int:
        """Return how many values there are."""


class Presence(Protocol):
    """What is shared, by kind of content, and what is told, by topic."""

    @property
    def values(self) -> Values:
        """One value a key."""

    @property
    def sets(self) -> Sets:
        """Many members a key."""

    @property
    def hashes(self) -> Hashes:
        """Named fields a key."""

    @property
    def lists(self) -> Lists:
        """A row of values a key."""

    async def publish(self, topic: str, value: Value) -> None:
        """Tell all who subscribed to a topic, in a later turn than this one.

        What one Node publishes to a topic arrives in that order.
        """

    async def subscribe(
        self, topic: str, callback: Callable[[Value], object]
    ) -> Callable[[], None]:
        """Call something with each value that is published to a topic from now on.

        The callback is no `async def`. What it raises is logged, and hurts nobody else.

        Returns:
            Ends it: when that returns, the callback is not called any more.
        """

    async def topics(self, pattern: str = "*") -> list[str]:
        """Return the topics that somebody subscribed to, in no order.

        Args:
            pattern: Which: `*` stands for any text, `?` for one character, and all
                else for itself.
        """


class ScopedPresence:
    """A Presence whose subscriptions end together, such as with a Room.

    Keys are not scoped: rooms share them.
    """

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self._endings: dict[object, Callable[[], None]] = {}
        self._closed = False

    @property
    def values(self) -> Values:
        """One value a key."""
        return self._presence.values

    @property
    def sets(self) -> Sets:
        """Many members a key."""
        return self._presence.sets

    @property
    def hashes(self) -> Hashes:
        """Named fields a key."""
        return self._presence.hashes

    @property
    def lists(self) -> Lists:
        """A row of values a key."""
        return self._presence.lists

    async def publish(self, topic: str, value: Value) -> None:
        """Tell all who subscribed to a topic."""
        await self._presence.publish(topic, value)

    async def subscribe(
        self, topic: str, callback: Callable[[Value], object]
    ) -> Callable[[], None]:
        """Subscribe until `close`, or until what is returned is called.

        After `close` nothing is subscribed any more, nor what was on its way then.
        """
        if self._closed:
            return _nothing
        unsubscribe = await self._presence.subscribe(topic, callback)
        if self._closed:
            unsubscribe()
            return _nothing
        mark = object()
        self._endings[mark] = unsubscribe

        def end() -> None:
            if self._endings.pop(mark, None) is not None:
                unsubscribe()

        return end

    async def topics(self, pattern: str = "*") -> list[str]:
        """Return the topics that somebody subscribed to, here or elsewhere."""
        return await self._presence.topics(pattern)

    def close(self) -> None:
        """End all subscriptions."""
        self._closed = True
        endings, self._endings = self._endings, {}
        for unsubscribe in endings.values():
            unsubscribe()


def _nothing() -> None:
    """End what never began."""


def check_value(value: object) -> None:
    """Check that a value can be stored.

    Raises:
        TypeError: It is None, or of a type that cannot be shared.
        ValueError: An int beyond 64 bits, or nested too deeply.
    """
    if value is None:
        raise TypeError("None stands for nothing: delete the key instead")
    check_published(value)


def check_member(value: object) -> None:
    """Check that a value can be a member of a set.

    Raises:
        TypeError: It is None, or holds others.
        ValueError: An int beyond 64 bits.
    """
    if isinstance(value, list | dict):
        raise TypeError(f"a set cannot hold a {type(value).__name__}")
    check_value(value)


def check_published(value: object, depth: int = _DEPTH) -> None:
    """Check that a value can be published.

    Raises:
        TypeError: It is of a type that cannot be shared.
        ValueError: An int beyond 64 bits, or nested too deeply.
    """
    kind = type(value)
    if kind in _PLAIN:
        if kind is int and not -_INT64 <= value < _INT64:  # type: ignore[operator]  # it is an int
            raise ValueError("an int beyond 64 bits cannot be shared")
        return
    if not isinstance(value, list | dict) or kind not in (list, dict):
        raise TypeError(f"{kind.__name__} cannot be shared")
    if depth <= 0:
        raise ValueError(f"nested deeper than {_DEPTH}, or in a circle")
    if isinstance(value, dict):
        for key in value:
            if type(key) is not str:
                raise TypeError(f"a key of type {type(key).__name__}, of str allowed")
    for inner in value.values() if isinstance(value, dict) else value:
        check_published(inner, depth - 1)
