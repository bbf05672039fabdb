"""Order: in which order a Map had its keys, for when removals are undone.

A dict cannot put a key back between two others, and does not say between which ones
it stood. To copy all keys for each removal would cost as much as the Map holds; so the
order of adding is kept from one removal to the next, and made anew when it has grown.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["Order"]

#: An order may have so many keys more than twice those of the Map.
_SPARE = 64


class Order:
    """The keys of a Map in the order of adding, some of them gone since.

    Args:
        keys: Those that it has.
    """

    __slots__ = ("_added",)

    def __init__(self, keys: Iterable[str]) -> None:
        self._added = list(keys)

    def add(self, key: str) -> None:
        """Note that a key was added at the end."""
        self._added.append(key)

    def mark(self) -> int:
        """Return what `back` needs to know of now."""
        return len(self._added)

    def is_long(self, count: int) -> bool:
        """Tell whether it should be made anew, given how many keys there are."""
        return len(self._added) > 2 * count + _SPARE

    def back(self, held: dict[str, Any], mark: int) -> None:
        """Put a dict into the order that its keys had at a mark.

        Args:
            held: It; it has the very keys that it had.
            mark: What `mark` returned.
        """
        # A key that came more than once stands where it came last.
        latest = dict.fromkeys(reversed(self._added[:mark]))
        found = [(key, held[key]) for key in reversed(latest) if key in held]
        dict.clear(held)
        dict.update(held, found)
