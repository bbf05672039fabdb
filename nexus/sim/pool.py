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


class Pool:
    """Lends blocks of slots in one array, and takes them back.

    What was given back is lent again for the same order. When nothing is left, whoever
    borrowed copies what it has into a new array, without the gaps: `fits` tells.

    A block that was given back has in its first slot where the next one of its order
    starts. So notes of them take no memory, and `nexus/compiled/resettle.c` lends them
    one by one; `take`, which finds one after the other, is for few at a time.

    Args:
        size: How many slots there are.

    Attributes:
        slots: The array.
        ledger: For each order where the first free block starts, or -1; then how many
            there are; and last what was never lent: it lies behind this.
    """

    __slots__ = ("ledger", "slots")

    def __init__(self, size: int) -> None:
        self.slots = np.empty(size, np.int32)
        self.ledger = np.zeros(2 * _ORDERS + 1, np.int64)
        self.ledger[:_ORDERS] = -1

    @property
    def nbytes(self) -> int:
        """How many bytes it takes."""
        return self.slots.nbytes + self.ledger.nbytes

    def fits(self, counts: NDArray[np.intp]) -> bool:
        """Say whether so many blocks of each order, from 0, can be lent."""
        free = self.ledger[_ORDERS:-1].tolist()
        lacking = sum(
            max(0, count - free[order]) << order
            for order, count in enumerate(counts.tolist())
            if order
        )
        return bool(self.ledger[-1] + lacking <= self.slots.size)

    def take(self, order: int, count: int) -> NDArray[np.int32]:
        """Lend so many blocks of one order, for which there is room."""
        ledger, starts = self.ledger, list[int]()
        head = int(ledger[order])
        while head >= 0 and len(starts) < count:
            starts.append(head)
            head = int(self.slots[head])
        ledger[order] = head
        ledger[_ORDERS + order] -= len(starts)
        begin = int(ledger[-1])
        end = begin + ((count - len(starts)) << order)
        ledger[-1] = end
        new = np.arange(begin, end, 1 << order, dtype=np.int32)
        return np.concatenate([np.array(starts, np.int32), new])

    def give(self, order: int, starts: NDArray[np.int32]) -> None:
        """Take back blocks of one order."""
        if starts.size:
            self.slots[starts[1:]] = starts[:-1]
            self.slots[starts[0]] = self.ledger[order]
            self.ledger[order] = starts[-1]
            self.ledger[_ORDERS + order] += starts.size
