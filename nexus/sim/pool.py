"""A pool of slots: blocks of several sizes, lent and taken back many at a time."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Pool", "order_of", "room_of"]

#: A block has 2 to the power of its order slots; that of order 0 has none.
_ORDERS: Final = 31


def order_of(counts: NDArray[np.integer]) -> NDArray[np.int8]:
    """Return the order of the smallest blocks that hold so many."""
    _, bits = np.frexp(np.maximum(counts, 1) - 1.0)
    return np.where(counts == 0, 0, np.maximum(bits, 1)).astype(np.int8)


def room_of(orders: NDArray[np.int8]) -> NDArray[np.int32]:
    """Return how many slots blocks of these orders have."""
    return (np.int32(1) << orders.astype(np.int32)) & np.int32(-2)


class _Stack:
    """The starts of the blocks of one order that were given back."""

    __slots__ = ("count", "starts")

    def __init__(self) -> None:
        self.starts = np.empty(0, np.int32)
        self.count = 0

    def push(self, starts: NDArray[np.int32]) -> None:
        """Add blocks."""
        count = self.count + starts.size
        if count > self.starts.size:
            self._fit(max(count, self.count * 2))
        self.starts[self.count : count] = starts
        self.count = count

    def pop(self, most: int) -> NDArray[np.int32]:
        """Take away the last blocks, at most so many."""
        left = max(0, self.count - most)
        taken = self.starts[left : self.count].copy()
        self.count = left
        if left * 4 < self.starts.size:
            self._fit(left)
        return taken

    def _fit(self, size: int) -> None:
        """Make room for so many blocks."""
        starts = np.empty(size, np.int32)
        starts[: self.count] = self.starts[: self.count]
        self.starts = starts


class Pool:
    """Lends blocks of slots in one array, and takes them back.

    What was given back is lent again for the same order. When nothing is left, whoever
    borrowed copies what it has into a new array, without the gaps: `fits` tells.

    Args:
        size: How many slots there are.

    Attributes:
        slots: The array.
    """

    __slots__ = ("_end", "_free", "slots")

    def __init__(self, size: int) -> None:
        self.slots = np.empty(size, np.int32)
        self._free = [_Stack() for _ in range(_ORDERS)]
        #: What lies behind it was never lent.
        self._end = 0

    @property
    def nbytes(self) -> int:
        """How many bytes it takes."""
        return self.slots.nbytes + sum(stack.starts.nbytes for stack in self._free)

    def fits(self, counts: NDArray[np.intp]) -> bool:
        """Say whether so many blocks of each order, from 0, can be lent."""
        lacking = sum(
            max(0, count - self._free[order].count) << order
            for order, count in enumerate(counts.tolist())
            if order
        )
        return bool(self._end + lacking <= self.slots.size)

    def take(self, order: int, count: int) -> NDArray[np.int32]:
        """Lend so many blocks of one order, for which there is room."""
        old = self._free[order].pop(count)
        end = self._end + ((count - old.size) << order)
        new = np.arange(self._end, end, 1 << order, dtype=np.int32)
        self._end = end
        return np.concatenate([old, new])

    def give(self, order: int, starts: NDArray[np.int32]) -> None:
        """Take back blocks of one order."""
        self._free[order].push(starts)
