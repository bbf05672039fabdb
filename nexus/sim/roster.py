"""The roster of each Cell: which rows stand in it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from nexus.compiled import parts
from nexus.geo.span import spans
from nexus.sim.pool import Pool, order_of, room_of

__all__ = ["Roster"]

#: From so many rows in a Cell on they are copied as one piece.
_LONG: Final = 64
#: So many slots there are at first.
_SLOTS: Final = 64


class Roster:
    """Has a block of slots for each Cell, with its rows one after the other.

    A `Placement` writes into the blocks; this makes them as large as they have to be.

    Args:
        cells: How many Cells there are.

    Attributes:
        starts: Where the block of each Cell starts, if it has one.
        counts: How many rows stand in each Cell.
    """

    __slots__ = ("_order", "_pool", "_tails", "counts", "starts")

    def __init__(self, cells: int) -> None:
        self.starts = np.zeros(cells, np.int32)
        self.counts = np.zeros(cells, np.int32)
        self._order = np.zeros(cells, np.int8)
        self._pool = Pool(_SLOTS)
        #: To work in.
        self._tails = np.zeros(cells, np.int32)

    @property
    def slots(self) -> NDArray[np.int32]:
        """The array that the blocks are parts of; another one after they grew."""
        return self._pool.slots

    @slots.setter
    def slots(self, slots: NDArray[np.int32]) -> None:
        self._pool.slots = slots

    @property
    def nbytes(self) -> int:
        """How many bytes it takes."""
        each = self.starts, self.counts, self._order, self._tails
        return self._pool.nbytes + sum(array.nbytes for array in each)

    def rows(self, cell: int) -> NDArray[np.int32]:
        """Return the rows of one Cell."""
        start = int(self.starts[cell])
        return self.slots[start : start + int(self.counts[cell])].copy()

    def rows_of(self, cells: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the rows of one Cell after the other."""
        return self.slots[spans(self.starts[cells], self.counts[cells])]

    def grow(self, cells: NDArray[np.int64], counts: NDArray[np.integer]) -> None:
        """Make the blocks of Cells large enough for so many rows each."""
        full = counts > room_of(self._order[cells])
        if full.any():
            self._resize(cells[full], order_of(counts[full]))

    def shrink(self, cells: NDArray[np.int64]) -> None:
        """Give up the blocks of Cells that use a quarter of them or less."""
        counts = self.counts[cells]
        loose = counts * 4 <= room_of(self._order[cells])
        if loose.any():
            self._resize(cells[loose], order_of(counts[loose] * 2))

    def resettle(
        self,
        rows: NDArray[np.intp],
        targets: NDArray[np.int32],
        cells: NDArray[np.int32],
        places: NDArray[np.int32],
    ) -> int:
        """Put rows into other Cells in one pass, as far as that goes.

        Args:
            rows: The rows.
            targets: Their new Cells.
            cells: Of each row there is, its Cell.
            places: Of each row there is, its place in the block of that.

        Returns:
            How many of them stand where they shall. Those behind them were taken out of
            their blocks, if they shall stand elsewhere, and found no room in another.
            -1: something is wrong with them, or this is not compiled; nothing was done.

        Raises:
            ValueError: Blocks hold something else than rows, so this is of no use.
        """
        if parts is None:
            return -1
        own = self.starts, self.counts, self._order, self._tails, self.slots
        who, to = (np.ascontiguousarray(each, np.intp) for each in (rows, targets))
        return parts.resettle(who, to, cells, places, *own, self._pool.ledger)

    def _resize(self, cells: NDArray[np.int64], orders: NDArray[np.int8]) -> None:
        """Move the rows of Cells into blocks of other orders."""
        wanted = np.bincount(orders)
        if not self._pool.fits(wanted):
            self._order[cells] = orders
            self._pack()
            return
        old, before = self.starts[cells], self._order[cells]
        new = np.zeros_like(old)
        for order in np.flatnonzero(wanted[1:]) + 1:
            fitting = np.flatnonzero(orders == order)
            new[fitting] = self._pool.take(int(order), fitting.size)
        counts = self.counts[cells]
        slots = self._pool.slots
        _copy(slots, slots, old, new, counts)
        for order in np.flatnonzero(np.bincount(before)[1:]) + 1:
            self._pool.give(int(order), old[before == order])
        self.starts[cells], self._order[cells] = new, orders

    def _pack(self) -> None:
        """Copy all rows into a new array, into blocks of the orders that are noted."""
        cells = np.flatnonzero(self._order)
        orders, old, counts = self._order[cells], self.starts[cells], self.counts[cells]
        wanted = np.bincount(orders, minlength=1)
        size = int((wanted[1:] << np.arange(1, wanted.size)).sum())
        pool = Pool(size + size // 4 + _SLOTS)
        new = np.empty_like(old)
        for order in np.flatnonzero(wanted[1:]) + 1:
            fitting = np.flatnonzero(orders == order)
            new[fitting] = pool.take(int(order), fitting.size)
        _copy(self._pool.slots, pool.slots, old, new, counts)
        self._pool = pool
        # Those without a block stand nowhere in the old array, either.
        self.starts[:] = 0
        self.starts[cells] = new


def _copy(
    source: NDArray[np.int32],
    target: NDArray[np.int32],
    old: NDArray[np.int32],
    new: NDArray[np.int32],
    counts: NDArray[np.int32],
) -> None:
    """Copy the rows of Cells from their old blocks to new ones."""
    if counts.sum(dtype=np.int64) < _LONG * counts.size:
        target[spans(new, counts)] = source[spans(old, counts)]
        return
    # Long runs are copied many times as quickly one by one as row by row.
    for begin, to, count in zip(
        *map(np.ndarray.tolist, (old, new, counts)), strict=True
    ):
        target[to : to + count] = source[begin : begin + count]
