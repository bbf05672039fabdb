"""Blocks: the cells of a map that nobody can go into, nor through."""

from __future__ import annotations

from math import floor, isfinite
from typing import Final

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

__all__ = ["Blocks"]

#: Places are looked at as whole parts of a cell, so many of them: then no rounding lets
#: anybody through. The cell of a place is exact, as the power of two costs no digit.
_BITS: Final = 20
_PARTS: Final = 1 << _BITS


def _check_cells(_: object, __: object, cells: NDArray[np.bool_]) -> None:
    if not isinstance(cells, np.ndarray) or cells.dtype != bool or cells.ndim != 2:
        raise TypeError("blocked cells are a numpy array of bool with two dimensions")


def _check_cell(_: object, __: object, cell: float) -> None:
    if not (isfinite(cell) and cell > 0):
        raise ValueError(f"a cell is larger than nothing, unlike {cell!r}")


@frozen(eq=False)
class Blocks:
    """Which cells of a map are blocked; what lies outside of the map is free.

    A cell holds its lower edges and not its upper ones. Two blocked cells that touch at
    a corner let nobody through between them.

    Attributes:
        cells: Whether a cell is blocked, by row, which is y, and column, which is x. It
            may be changed at any time: doors open and close.
        cell: How wide and high a cell is.
        origin: The least x and y of the map.
    """

    cells: NDArray[np.bool_] = field(validator=_check_cells)
    cell: float = field(default=1.0, validator=_check_cell)
    origin: tuple[float, float] = field(default=(0.0, 0.0))

    def at(self, x: float, y: float) -> bool:
        """Say whether a place is blocked."""
        left, low = self.origin
        across, up = (x - left) / self.cell, (y - low) / self.cell
        rows, columns = self.cells.shape
        # Before they become whole numbers: they may be infinite.
        if not (0 <= across < columns and 0 <= up < rows):
            return False
        return bool(self.cells.item(int(up), int(across)))

    def between(self, x0: float, y0: float, x1: float, y1: float) -> bool:
        """Say whether something blocks the straight way from one place to another.

        The cell that it begins in does not count: whoever was walled in gets out.
        """
        from_x, from_y = self._parts(x0, y0)
        to_x, to_y = self._parts(x1, y1)
        home = (from_x >> _BITS, from_y >> _BITS)
        if (to_x >> _BITS, to_y >> _BITS) == home:
            return False
        if from_x <= to_x:
            return self._crosses(from_x, from_y, to_x, to_y, home)
        return self._crosses(to_x, to_y, from_x, from_y, home)

    def _parts(self, x: float, y: float) -> tuple[int, int]:
        left, low = self.origin
        across, up = (x - left) / self.cell, (y - low) / self.cell
        return floor(across * _PARTS), floor(up * _PARTS)

    def _has(self, column: int, row: int) -> bool:
        rows, columns = self.cells.shape
        if 0 <= column < columns and 0 <= row < rows:
            return bool(self.cells.item(row, column))
        return False

    def _crosses(
        self, x0: int, y0: int, x1: int, y1: int, home: tuple[int, int]
    ) -> bool:
        """Look at all cells on the way, column by column; x does not fall."""
        # What is y here is y times the width, and so whole; straight up that is 1.
        width, rise = (x1 - x0) or 1, y1 - y0
        scale = width << _BITS
        first, last = x0 >> _BITS, x1 >> _BITS
        for column in range(max(first, 0), min(last, self.cells.shape[1] - 1) + 1):
            left, right = max(x0, column << _BITS), (column + 1) << _BITS
            enters = (y0 * width + (left - x0) * rise) // scale
            leaves, rest = divmod(y0 * width + (right - x0) * rise, scale)
            if column == last:
                leaves = y1 >> _BITS
            elif rise > 0 and rest == 0:
                # The way goes through the corner of four cells, which belongs to the
                # last of them; between the two beside it there is no gap.
                if self._has(column, leaves) and self._has(column + 1, leaves - 1):
                    return True
                leaves -= 1
            if self._has_any(column, min(enters, leaves), max(enters, leaves), home):
                return True
        return False

    def _has_any(self, column: int, low: int, high: int, home: tuple[int, int]) -> bool:
        rows = self.cells.shape[0]
        return any(
            self._has(column, row) and (column, row) != home
            for row in range(max(low, 0), min(high, rows - 1) + 1)
        )
