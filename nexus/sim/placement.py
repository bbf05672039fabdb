"""Which rows stand in which Cell: for millions of rows that move in bulk."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nexus.compiled import parts
from nexus.geo.span import spans
from nexus.sim.column import plain
from nexus.sim.grid import Grid
from nexus.sim.named import (
    NOWHERE,
    expect_once,
    expect_order,
    expect_placed,
    known_cell,
    sealed,
    targets,
    whole,
)
from nexus.sim.roster import Roster
from nexus.sim.tiling import Tiling

__all__ = ["NOWHERE", "Placement", "Strays"]

#: Each Cell costs nine bytes, be it empty.
_MOST_CELLS: Final = 2**26


class _Sorted(NamedTuple):
    """What was put into the order of its Cells."""

    #: Where each stood before.
    order: NDArray[np.int64]
    #: The Cells, each once.
    cells: NDArray[np.int64]
    #: How many there are of each Cell.
    counts: NDArray[np.intp]
    #: Where each Cell begins.
    firsts: NDArray[np.intp]


def _sort(cells: NDArray[np.int32]) -> _Sorted:
    """Put Cells into order; what has the same Cell keeps its order."""
    # Sorting numbers is many times as quick as sorting places by numbers.
    keys = (cells.astype(np.int64) << 32) | np.arange(cells.size)
    keys.sort()
    ordered = keys >> 32
    starts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    firsts = np.empty(starts.size + 1, np.intp) if cells.size else starts
    firsts[:1] = 0
    firsts[1:] = starts
    counts = np.empty_like(firsts)
    np.subtract(firsts[1:], firsts[:-1], out=counts[:-1])
    counts[-1:] = cells.size - firsts[-1:]
    return _Sorted(keys & 0xFFFFFFFF, ordered[firsts], counts, firsts)


class Strays(NamedTuple):
    """Some rows, by whether they are in another Cell by now. To be read only."""

    #: Those that are not, and their Cells.
    stays: NDArray[np.intp]
    here: NDArray[np.int32]
    #: Those that are, the Cells that they left, and those that they are in.
    moved: NDArray[np.intp]
    left: NDArray[np.int32]
    to: NDArray[np.int32]


#: Positions that C takes, and what it returns.
_FLOATS: Final = np.float32, np.float64
_STRAYS: Final = (np.intp, np.int32, np.intp, np.int32, np.int32)


class Placement:
    """Knows the rows in each Cell, and the Cell of each row.

    Each Cell has a block of slots in one array, with some to spare, and in it its rows
    one after the other. A row that leaves is replaced by the last one of its Cell. All
    that is done in bulk, and what a call costs depends on how many rows it names:
    nothing is sorted anew now and then. Only when the array is full is it copied,
    without its gaps, into one with a quarter to spare.

    A row is named by its index, from 0. Rows are given in arrays, each row once.

    Args:
        tiling: The Grid or Globe whose Cells these are.

    Attributes:
        tiling: The same.
    """

    __slots__ = ("_cells", "_grid", "_place", "_roster", "tiling")

    def __init__(self, tiling: Tiling) -> None:
        if tiling.count > _MOST_CELLS:
            raise ValueError(
                f"a placement takes {_MOST_CELLS} cells, not {tiling.count}; "
                "choose larger ones"
            )
        self.tiling = tiling
        #: What C has to know of a Grid to find Cells itself.
        self._grid: Any = None
        if parts is not None and type(tiling) is Grid:
            x, y = tiling.bounds[:2]
            self._grid = x, y, tiling.side, tiling.columns, tiling.rows
        self._roster = Roster(tiling.count)
        #: Of each row: its Cell, and its place in the block of that.
        self._cells = np.empty(0, np.int32)
        self._place = np.empty(0, np.int32)

    @property
    def cell_of(self) -> NDArray[np.int32]:
        """The Cell of each row, by index; -1 is nowhere. To be read only."""
        return sealed(self._cells)

    @property
    def counts(self) -> NDArray[np.int32]:
        """How many rows stand in each Cell. To be read only."""
        return sealed(self._roster.counts)

    @property
    def nbytes(self) -> int:
        """How many bytes it takes."""
        return self._roster.nbytes + self._cells.nbytes + self._place.nbytes

    def __len__(self) -> int:
        """Return how many rows are placed."""
        return int(self._roster.counts.sum(dtype=np.int64))

    def count(self, cell: int) -> int:
        """Return how many rows stand in a Cell."""
        return int(self._roster.counts[known_cell(cell, self.tiling.count)])

    def rows_in(self, cell: int) -> NDArray[np.int32]:
        """Return the rows that stand in a Cell, in no order."""
        return self._roster.rows(known_cell(cell, self.tiling.count))

    def rows_in_all(self, cells: ArrayLike) -> NDArray[np.int32]:
        """Return the rows of one Cell after the other."""
        return self._roster.rows_of(targets(cells, self.tiling.count))

    def strays(
        self, rows: NDArray[np.intp], xs: NDArray[Any], ys: NDArray[Any]
    ) -> Strays:
        """Find rows that are in another Cell by now than they stand in here.

        Args:
            rows: The rows, all of them placed.
            xs: Of each row there is, the first number of its position.
            ys: The same of the second.

        Raises:
            ValueError: A position is NaN.
            IndexError: There is no such row.
        """
        if self._grid is not None and all(plain(each, *_FLOATS) for each in (xs, ys)):
            who = np.ascontiguousarray(rows, np.intp)
            found = parts.strays(who, xs, ys, self._cells, self._grid)
            if found is not None:
                return Strays(*map(np.frombuffer, found, _STRAYS))
        cells, before = self.tiling.cells(xs[rows], ys[rows]), self._cells[rows]
        moves = cells != before
        stays = ~moves
        return Strays(
            sealed(rows[stays]),
            sealed(before[stays]),
            sealed(rows[moves]),
            sealed(before[moves]),
            sealed(cells[moves]),
        )

    def place(self, rows: ArrayLike, cells: ArrayLike) -> None:
        """Put rows that stood nowhere into Cells.

        Raises:
            ValueError: A row that was placed already, or that is named twice.
            IndexError: There is no such Cell, or a row is negative.
        """
        who, where = self._pair(rows, cells)
        if not who.size:
            return
        if who.min() < 0:
            raise IndexError(f"rows are numbered from 0, not {who.min()}")
        self._reserve(int(who.max()) + 1)
        placed = self._cells[who] != NOWHERE
        if placed.any():
            raise ValueError(f"row {who[placed][0]} was placed already; move it")
        expect_once(self._place, who)
        self._put(who, where)

    def move(self, rows: ArrayLike, cells: ArrayLike) -> None:
        """Put rows into other Cells; those that stay in theirs cost next to nothing.

        Raises:
            ValueError: A row that was never placed, or that is named twice.
            IndexError: There is no such Cell.
        """
        who, where = self._pair(rows, cells)
        done = self._roster.resettle(who, where, self._cells, self._place)
        if done >= 0:
            homeless = done + np.flatnonzero(where[done:] != self._cells[who[done:]])
            if homeless.size:
                self._put(who[homeless], where[homeless])
            return
        expect_placed(self._cells, who)
        expect_once(self._place, who)
        moved = where != self._cells[who]
        who, where = who[moved], where[moved]
        if who.size:
            left = self._take(who)
            self._put(who, where)
            self._roster.shrink(left)

    def remove(self, rows: ArrayLike) -> None:
        """Take rows away.

        Raises:
            ValueError: A row that was never placed, or that is named twice.
        """
        who = whole(rows).astype(np.intp, copy=False)
        expect_placed(self._cells, who)
        expect_once(self._place, who)
        if who.size:
            left = self._take(who)
            self._cells[who] = NOWHERE
            self._roster.shrink(left)

    def renumber(self, new_index_of_old: ArrayLike) -> None:
        """Give the rows other indices, after the columns were packed.

        Args:
            new_index_of_old: For each row its new index, or -1 when the row is gone; a
                row that is gone and was not removed is removed here. Rows keep their
                order, and none gets a higher index than before.

        Raises:
            ValueError: The indices do not ascend, or are not enough.
        """
        new = whole(new_index_of_old)
        size = min(new.size, self._cells.size)
        if (self._cells[size:] != NOWHERE).any():
            raise ValueError(f"{size} new indices are too few")
        placed = np.flatnonzero(self._cells[:size] != NOWHERE)
        to = new[placed]
        stays = to >= 0
        expect_order(placed[stays], to[stays])
        self.remove(placed[~stays])
        changed = np.flatnonzero(stays & (to != placed))
        self.reindex(placed[changed], to[changed])

    def reindex(self, old: ArrayLike, new: ArrayLike) -> None:
        """Give some rows other indices, below their own and in the same order.

        It costs what these rows cost, however many others there are.

        Args:
            old: Their indices, ascending; who stands nowhere does not matter.
            new: Their new indices, ascending.

        Raises:
            ValueError: The indices do not ascend, or one would be that of two rows.
        """
        who, to = whole(old), whole(new)
        here = who < self._cells.size
        who, to = who[here], to[here]
        placed = self._cells[who] != NOWHERE
        who, to = who[placed], to[placed]
        expect_order(who, to)
        cells, places = self._cells[who], self._place[who]
        self._cells[who] = NOWHERE
        taken = self._cells[to] != NOWHERE
        if taken.any():
            self._cells[who] = cells
            raise ValueError(f"new index {to[taken][0]} is that of another row")
        self._cells[to], self._place[to] = cells, places
        self._roster.slots[self._roster.starts[cells] + places] = to

    def _take(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """Take rows out of the blocks of their Cells, and return these Cells."""
        group = _sort(self._cells[rows])
        cells, counts = group.cells, group.counts
        places = self._place[rows][group.order]
        starts = self._roster.starts[cells]
        slots = self._roster.slots
        taken = np.repeat(starts, counts) + places
        slots[taken] = NOWHERE
        left = self._roster.counts[cells] - counts
        # Rows in the part of a block that is given up fill the holes in the other part.
        ends = slots[spans(starts + left, counts)]
        fillers = ends[ends != NOWHERE]
        holes = places < np.repeat(left, counts)
        slots[taken[holes]] = fillers
        self._place[fillers] = places[holes]
        self._roster.counts[cells] = left
        return cells

    def _put(self, rows: NDArray[np.intp], cells: NDArray[np.int32]) -> None:
        """Append rows to the blocks of Cells."""
        group = _sort(cells)
        here, counts = group.cells, group.counts
        before = self._roster.counts[here]
        after = before + counts
        self._roster.grow(here, after)
        ordered = rows[group.order]
        places = spans(before, counts)
        self._roster.slots[np.repeat(self._roster.starts[here], counts) + places] = (
            ordered
        )
        self._place[ordered] = places
        self._cells[ordered] = np.repeat(here, counts)
        self._roster.counts[here] = after

    def _reserve(self, size: int) -> None:
        """Make the arrays of rows at least so long."""
        known = self._cells.size
        if size > known:
            more = max(size, known + known // 2) - known
            self._cells = np.append(self._cells, np.full(more, NOWHERE, np.int32))
            self._place = np.append(self._place, np.zeros(more, np.int32))

    def _pair(
        self, rows: ArrayLike, cells: ArrayLike
    ) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Return rows and their Cells; one Cell stands for all rows."""
        who = whole(rows).astype(np.intp, copy=False)
        where = targets(cells, self.tiling.count)
        if where.size == who.size:
            return who, where
        return who, np.broadcast_to(where if where.size != 1 else where[0], who.shape)
