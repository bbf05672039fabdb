"""What keys hold in memory: packed, weighed, and with an end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum
from heapq import heapify, heappop, heappush
from typing import Any, Final

from attrs import define, field, frozen
from attrs.validators import ge

from nexus.cluster.port import WrongKindError
from nexus.errors import Code, Refused

__all__ = ["Content", "Store", "StoreLimits"]

#: What the objects around each packed value, and around each key, take; about.
_OVERHEAD: Final = 100
#: How many dead entries the heap of lifetimes may have beside as many as live ones.
_SLACK: Final = 64


class Content(Enum):
    """What a key may hold."""

    VALUE = "a value"
    SET = "a set"
    HASH = "a hash"
    LIST = "a list"


_MAKE: Final[dict[Content, Callable[[], Any]]] = {
    # The one value stands under the empty name.
    Content.VALUE: dict,
    Content.SET: set,
    Content.HASH: dict,
    Content.LIST: deque,
}


@frozen(kw_only=True)
class StoreLimits:
    """How much may be held; what is beyond is Refused.

    Attributes:
        value: Bytes of one packed value, with the names of its key and field.
        memory: Bytes of all keys and values, with what Python takes around them.
    """

    value: int = field(default=65_536, validator=ge(64))
    memory: int = field(default=64 * 2**20, validator=ge(1_024))


@define(eq=False)
class _Entry:
    content: Content
    held: Any
    #: When it ends, on the clock; None: never.
    end: float | None = None


class Store:
    """What keys hold, no heavier than allowed.

    Args:
        seconds: Tells the time.
        limits: How much may be held.
    """

    def __init__(self, seconds: Callable[[], float], limits: StoreLimits) -> None:
        self._seconds = seconds
        self._limits = limits
        self._entries: dict[str, _Entry] = {}
        self._ends: list[tuple[float, str]] = []
        #: Bytes that all of it takes, about.
        self.weight = 0

    def __contains__(self, key: str) -> bool:
        """Tell whether a key holds something."""
        self._sweep()
        return key in self._entries

    def find(self, key: str, content: Content) -> Any:
        """Return what a key holds; None if it holds nothing.

        Raises:
            WrongKindError: It is of another kind.
        """
        self._sweep()
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.content is not content:
            raise WrongKindError(
                f"{key[:80]!r} holds {entry.content.value}, not {content.value}"
            )
        return entry.held

    def check(self, key: str, size: int) -> None:
        """Check that there is room for so many bytes more.

        Raises:
            Refused: There is not.
        """
        self._sweep()
        if len(key) + size > self._limits.value:
            raise Refused(
                f"a value of {size} bytes, of {self._limits.value} allowed", Code.LIMIT
            )
        extra = 0 if key in self._entries else len(key) + _OVERHEAD
        if self.weight + size + _OVERHEAD + extra > self._limits.memory:
            raise Refused("the shared memory is full", Code.LIMIT)

    def claim(self, key: str, content: Content, size: int) -> Any:
        """Make room for so many bytes more, and return what is to hold them.

        Raises:
            WrongKindError: The key holds another kind.
            Refused: There is no room.
        """
        held = self.find(key, content)
        self.check(key, size)
        if held is None:
            held = _MAKE[content]()
            self._entries[key] = _Entry(content, held)
            self.weight += len(key) + _OVERHEAD
        self.weight += size + _OVERHEAD
        return held

    def shed(self, key: str, size: int) -> None:
        """Count so many bytes less; a key that holds nothing more is gone."""
        self.weight -= size + _OVERHEAD
        if not self._entries[key].held:
            self._remove(key)

    def drop(self, key: str) -> bool:
        """Let go of all that a key holds; tell whether there was something."""
        self._sweep()
        if key not in self._entries:
            return False
        self._remove(key)
        return True

    def expire(self, key: str, lifetime: float) -> bool:
        """Let a key end so many seconds from now; tell whether it holds something.

        Raises:
            ValueError: A lifetime that is not above zero, or endless.
        """
        check_lifetime(lifetime)
        self._sweep()
        entry = self._entries.get(key)
        if entry is None:
            return False
        entry.end = self._seconds() + lifetime
        heappush(self._ends, (entry.end, key))
        if len(self._ends) > 2 * len(self._entries) + _SLACK:
            # Lifetimes that were set anew leave dead entries behind.
            self._ends = [
                (each.end, name)
                for name, each in self._entries.items()
                if each.end is not None
            ]
            heapify(self._ends)
        return True

    def _sweep(self) -> None:
        """Let go of what has ended; costs no more than what ended since the last."""
        while self._ends and self._ends[0][0] <= self._seconds():
            end, key = heappop(self._ends)
            entry = self._entries.get(key)
            if entry is not None and entry.end == end:
                self._remove(key)

    def _remove(self, key: str) -> None:
        entry = self._entries.pop(key)
        self.weight -= len(key) + _OVERHEAD
        if isinstance(entry.held, dict):
            for name, packed in entry.held.items():
                self.weight -= len(name) + len(packed) + _OVERHEAD
        else:
            for packed in entry.held:
                self.weight -= len(packed) + _OVERHEAD


def check_lifetime(lifetime: float) -> None:
    """Check that something can last so many seconds.

    Raises:
        ValueError: It is not above zero, or endless.
    """
    # A chain of comparisons is false for NaN as well.
    if not 0 < lifetime < 1e12:
        raise ValueError(f"nothing lasts {lifetime!r} s")
