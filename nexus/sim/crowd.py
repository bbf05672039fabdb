"""The crowd: how many watch each Cell, and what those hear later who look from afar."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Arrears", "Crowd", "Written"]

Array = NDArray[Any]
#: Fields, rows in which just these were written, and the Cells of those.
Written = list[tuple[int, Array, Array]]

#: So much may come and go before it is counted, though nobody asks.
_MOST_TURNS: Final = 1 << 16


class Crowd:
    """How many watch each Cell, by how often they hear of it.

    Args:
        cells: How many Cells there are.
    """

    def __init__(self, cells: int) -> None:
        self._cells = cells
        self._counts: dict[int, Array] = {}
        self._anybody: Array | None = None
        #: By rate: Cells that came since all was counted, and those that went, with all
        #: their bits the other way round. Plain numbers: hundreds come with each patch.
        self._turns: dict[int, list[int]] = {}

    @property
    def rates(self) -> list[int]:
        """How often anybody hears of anything: of every so manieth version."""
        return sorted(self._counts)

    def count(self, before: Set[tuple[int, int]], after: Set[tuple[int, int]]) -> None:
        """Follow one watcher: how often it heard of each Cell, and hears of it now."""
        for cell, every in before - after:
            self._turns_of(every).append(~cell)
        for cell, every in after - before:
            self._turns_of(every).append(cell)
        self._anybody = None

    def turn(self, entered: Iterable[int], left: Iterable[int]) -> None:
        """Follow one watcher that hears of each version, be it of near or far Cells.

        Args:
            entered: Cells that it sees from now on.
            left: Cells that it sees no longer.
        """
        turns = self._turns_of(1)
        turns += entered
        turns += [~cell for cell in left]
        self._anybody = None

    def wants(self, every: int) -> Array:
        """Tell for each Cell whether somebody hears of it just so often."""
        self._settle(every)
        wanted: Array = self._counts[every] > 0
        return wanted

    def anybody(self) -> Array:
        """Tell for each Cell whether somebody watches it."""
        if self._anybody is None:
            self._anybody = np.zeros(self._cells, np.bool_)
            for every in self._counts:
                self._anybody |= self.wants(every)
        return self._anybody

    def _turns_of(self, every: int) -> list[int]:
        """Return what came and went at a rate since all was counted."""
        if every not in self._counts:
            self._counts[every] = np.zeros(self._cells, np.int32)
            self._turns[every] = []
        elif len(self._turns[every]) >= _MOST_TURNS:
            self._settle(every)
        return self._turns[every]

    def _settle(self, every: int) -> None:
        """Count what came and went."""
        turns = self._turns[every]
        if not turns:
            return
        cells = np.array(turns)
        went = cells < 0
        np.add.at(self._counts[every], cells[~went], 1)
        np.add.at(self._counts[every], ~cells[went], -1)
        self._turns[every] = []


class Arrears:
    """What was written of rows and those have not heard who hear of every n-th version.

    Args:
        fields: How many fields a row has.
    """

    def __init__(self, fields: int) -> None:
        width = next(bits for bits in (8, 16, 32, 64) if fields <= bits)
        self._type = np.dtype(f"u{width // 8}")
        #: By rate: the fields of each row that are owed.
        self._owed: dict[int, Array] = {}

    def move(self, old: Array, new: Array) -> None:
        """Follow rows that have other indices than before, both ascending."""
        for owed in self._owed.values():
            known = old[old < owed.size]
            bits = owed[known]
            owed[known] = 0
            owed[new[: known.size]] = bits

    def note(self, every: int, written: Written, wanted: Array, extent: int) -> None:
        """Owe what was written of the rows in wanted Cells.

        Args:
            every: The rate.
            written: What was written.
            wanted: For each Cell whether somebody hears of it at this rate.
            extent: How many rows there are.
        """
        owed = self._sized(every, extent)
        for mask, rows, cells in written:
            owed[rows[wanted[cells]]] |= self._type.type(mask)

    def forgive(self, rows: Array) -> None:
        """Owe nothing of rows: all of them was told."""
        for owed in self._owed.values():
            owed[rows[rows < owed.size]] = 0

    def due(self, every: int, version: int, cell_of: Array) -> Written:
        """Take what is owed in the Cells whose turn it is in a version."""
        owed = self._owed.get(every)
        if owed is None:
            return []
        rows = np.flatnonzero(owed)
        cells = cell_of[rows]
        # Cells take turns, so that no version has to carry all of them.
        turn = (cells + version) % every == 0
        # Of rows that were removed nobody hears any more.
        owed[rows[cells < 0]] = 0
        turn &= cells >= 0
        rows, cells = rows[turn], cells[turn]
        found = _by_mask(owed, rows, cells)
        owed[rows] = 0
        return found

    def of(self, every: int, rows: Array, cell_of: Array) -> Written:
        """Return what is owed of some rows; it stays owed."""
        owed = self._owed.get(every)
        if owed is None:
            return []
        rows = np.sort(rows[rows < owed.size])
        rows = rows[owed[rows] > 0]
        return _by_mask(owed, rows, cell_of[rows])

    def __bool__(self) -> bool:
        return any(owed.any() for owed in self._owed.values())

    def _sized(self, every: int, extent: int) -> Array:
        owed = self._owed.get(every)
        if owed is None or owed.size < extent:
            longer = np.zeros(max(64, extent + extent // 2), self._type)
            if owed is not None:
                longer[: owed.size] = owed
            owed = self._owed[every] = longer
        return owed


def _by_mask(owed: Array, rows: Array, cells: Array) -> Written:
    masks = owed[rows]
    return [
        (int(mask), rows[masks == mask], cells[masks == mask])
        for mask in np.unique(masks)
    ]
