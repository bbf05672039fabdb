"""The grid: from positions to Cells, and from circles to the Cells they touch."""

from __future__ import annotations

from math import ceil, floor, isfinite
from typing import Final

import numpy as np
from attrs import field, frozen
from numpy.typing import ArrayLike, NDArray

from nexus.geo.span import spans

__all__ = ["Grid", "numbers_of"]

#: How far a sum of floats may be off, as a part of the largest of them.
_ROUNDING: Final = 2e-15
#: The numbers of Cells are int32.
_MOST: Final = 2**31 - 1
#: So many Cells away the squares of distances are no numbers any more.
_FAR: Final = 1e150
#: How far a Cell is from a place in another one in the same line, up to so many Cells
#: away: the place's offset in its Cell times the sign, and so many steps.
_TABLE: Final = 256
_SIGN: Final = -np.sign(np.arange(-_TABLE, _TABLE, dtype=np.float64))
_STEP: Final = np.maximum(
    np.arange(-_TABLE, _TABLE), np.arange(_TABLE, -_TABLE, -1) - 1.0
)
_NOWHERE: Final = "a position is finite, and within 1e150 cells of the grid"


def numbers_of(values: ArrayLike) -> NDArray[np.float64]:
    """Return numbers as an array of float64.

    Raises:
        ValueError: One of them is NaN.
    """
    numbers = np.asarray(values, np.float64)
    # The least of them is NaN as soon as one is; this is ten times as quick as a test
    # of each.
    if numbers.size and np.isnan(numbers.min()):
        raise ValueError("a position is a number, not NaN")
    return numbers


@frozen
class Grid:
    """Parts a plane into square Cells, numbered row by row from (x0, y0).

    What lies outside the bounds belongs to the nearest Cell at the border: for
    distances and circles those Cells reach outwards without end. Where the bounds are
    no whole number of Cells wide, the last ones reach over them.

        grid = Grid(cell=32, bounds=(0, 0, 4096, 4096))
        grid.cells([1.0, 40.0], [1.0, 1.0])  # 0 and 1

    Args:
        cell: How wide and high a Cell is.
        bounds: x0, y0, x1, y1: where the plane begins and ends.

    Attributes:
        side: How wide and high a Cell is.
        columns: How many Cells stand side by side.
        rows: How many stand above each other.
        count: How many there are.
    """

    side: float = field(alias="cell")
    bounds: tuple[float, float, float, float]
    columns: int = field(init=False)
    rows: int = field(init=False)
    count: int = field(init=False)
    #: How far rounding may move a position, in Cells.
    _slack: float = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        x0, y0, x1, y1 = self.bounds
        if not (isfinite(self.side) and self.side > 0):
            raise ValueError(f"a cell is more than 0 wide, not {self.side}")
        if not (all(map(isfinite, self.bounds)) and x0 < x1 and y0 < y1):
            raise ValueError(f"bounds are x0 < x1 and y0 < y1, not {self.bounds}")
        columns, rows = self._fit(x1 - x0), self._fit(y1 - y0)
        if columns * rows > _MOST:
            raise ValueError(
                f"{columns} x {rows} cells are more than {_MOST}; choose larger ones"
            )
        largest = max(map(abs, self.bounds)) / self.side
        for name, value in (
            ("columns", columns),
            ("rows", rows),
            ("count", columns * rows),
            ("_slack", _ROUNDING * (largest + max(columns, rows))),
        ):
            object.__setattr__(self, name, value)

    def _fit(self, length: float) -> int:
        """Return how many Cells cover a length, but for what rounding adds."""
        if length / self.side > _MOST:
            raise ValueError(f"a row has more than {_MOST} cells; choose larger ones")
        return max(1, ceil(length / self.side * (1 - 1e-12)))

    def cells(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.int32]:
        """Return the Cell of each position.

        Raises:
            ValueError: A position is NaN.
        """
        columns = self._along(numbers_of(x), self.bounds[0], self.columns)
        rows = self._along(numbers_of(y), self.bounds[1], self.rows)
        return rows * np.int32(self.columns) + columns

    def cell(self, x: float, y: float) -> int:
        """Return the Cell of one position.

        Raises:
            ValueError: The position is NaN.
        """
        across, up = (x - self.bounds[0]) / self.side, (y - self.bounds[1]) / self.side
        if across != across or up != up:
            raise ValueError("a position is a number, not NaN")
        column = int(min(max(across, 0), self.columns - 1))
        return int(min(max(up, 0), self.rows - 1)) * self.columns + column

    def square(self, cell: int) -> tuple[float, float, float, float]:
        """Return where a Cell ends: x0, y0, x1, y1."""
        if not 0 <= cell < self.count:
            raise IndexError(f"cells are numbered 0..{self.count - 1}, not {cell}")
        row, column = divmod(cell, self.columns)
        x, y = self.bounds[:2]
        return (
            x + column * self.side,
            y + row * self.side,
            x + (column + 1) * self.side,
            y + (row + 1) * self.side,
        )

    def distance(
        self, cells: ArrayLike, x: ArrayLike, y: ArrayLike
    ) -> NDArray[np.float64]:
        """Measure how far each Cell is from a position, or from one of its own.

        Within a Cell that is 0.

        Raises:
            ValueError: A position is not finite.
        """
        rows, columns = np.divmod(np.asarray(cells), self.columns)
        across, up = self._places(x, y)
        wide = _gaps(columns, across, self.columns)
        high = _gaps(rows, up, self.rows)
        metres: NDArray[np.float64] = np.sqrt(wide * wide + high * high) * self.side
        return metres

    def around(self, x: float, y: float, radius: float) -> NDArray[np.int32]:
        """Return the Cells that a circle touches, nearest first, then by number.

        Raises:
            ValueError: The centre is not finite, or the radius is below 0.
        """
        across, up = self._locate(x, y)
        reach = self._reach(radius) + _ROUNDING * (abs(across) + abs(up))
        left, right = _range(across, reach, self.columns)
        bottom, top = _range(up, reach, self.rows)
        wide = _line(left, right, across, self.columns)
        high = _line(bottom, top, up, self.rows)
        far = (high * high)[:, None] + wide * wide
        near = far <= reach * reach
        order = far[near].argsort(kind="stable")
        columns = np.arange(left, right, dtype=np.int32)
        rows = np.arange(bottom, top, dtype=np.int32)[:, None] * np.int32(self.columns)
        return (rows + columns)[near][order]

    def touching(
        self, x: ArrayLike, y: ArrayLike, radius: ArrayLike
    ) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
        """Return the Cells that each of many circles touches, by number.

        Returns:
            The Cells of all circles one after the other, and at which of them each
            circle begins and the last one ends.

        Raises:
            ValueError: A centre is not finite, or a radius is below 0.
        """
        xs, ys, radii = map(np.ravel, np.broadcast_arrays(x, y, radius))
        across, up = self._places(xs, ys)
        if not (radii >= 0).all():
            raise ValueError("a radius is 0 or more")
        reach = radii / self.side + self._slack + _ROUNDING * (abs(across) + abs(up))
        bottom = _clip(up - reach, self.rows)
        count = _clip(up + reach, self.rows) - bottom + 1
        circle = np.repeat(np.arange(xs.size), count)
        rows = spans(bottom, count)
        across, reach = across[circle], reach[circle]
        high = _gaps(rows, up[circle], self.rows)
        # How far a row of Cells reaches to both sides within the circle.
        half = np.sqrt(np.maximum(reach * reach - high * high, 0)) + self._slack
        left = _clip(across - half, self.columns)
        count = _clip(across + half, self.columns) - left + 1
        ends = np.concatenate([[0], np.cumsum(count)])
        cells = spans(rows * self.columns + left, count).astype(np.int32)
        return cells, ends[np.searchsorted(circle, np.arange(xs.size + 1))]

    def apart(
        self, x1: ArrayLike, y1: ArrayLike, x2: ArrayLike, y2: ArrayLike
    ) -> NDArray[np.float64]:
        """Measure how far positions are apart."""
        wide = np.subtract(x1, x2, dtype=np.float64)
        high = np.subtract(y1, y2, dtype=np.float64)
        far: NDArray[np.float64] = np.sqrt(wide * wide + high * high)
        return far

    def _along(
        self, values: NDArray[np.float64], start: float, count: int
    ) -> NDArray[np.int32]:
        """Return which of so many Cells in a line each value falls into."""
        places = np.asarray(values - start)
        places /= self.side
        np.clip(places, 0, count - 1, out=places)
        # Nothing is below 0 here, so cutting off is rounding down.
        return places.astype(np.int32)

    def _locate(self, x: float, y: float) -> tuple[float, float]:
        """Return one position in Cells from the corner: `_places` without arrays."""
        across, up = (x - self.bounds[0]) / self.side, (y - self.bounds[1]) / self.side
        if not (abs(across) < _FAR and abs(up) < _FAR):
            raise ValueError(_NOWHERE)
        return across, up

    def _places(
        self, x: ArrayLike, y: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return positions in Cells from the corner."""
        across = (np.asarray(x, np.float64) - self.bounds[0]) / self.side
        up = (np.asarray(y, np.float64) - self.bounds[1]) / self.side
        if not ((abs(across) < _FAR).all() and (abs(up) < _FAR).all()):
            raise ValueError(_NOWHERE)
        return across, up

    def _reach(self, radius: float) -> float:
        """Return a radius in Cells, with what rounding may hide."""
        if not radius >= 0:
            raise ValueError(f"a radius is 0 or more, not {radius}")
        return radius / self.side + self._slack


def _range(place: float, reach: float, count: int) -> tuple[int, int]:
    """Return the first of so many Cells within reach, and the one after the last."""
    last = count - 1
    return (
        floor(min(max(place - reach, 0), last)),
        floor(min(max(place + reach, 0), last)) + 1,
    )


def _line(first: int, stop: int, place: float, count: int) -> NDArray[np.float64]:
    """Measure how far Cells in a line are from a place: `_gaps`, but in two steps."""
    own = floor(min(max(place, 0), count - 1))
    begin, end = first - own + _TABLE, stop - own + _TABLE
    if begin < 0 or end > 2 * _TABLE:
        return _gaps(np.arange(first, stop), place, count)
    gaps: NDArray[np.float64] = _SIGN[begin:end] * (place - own)
    gaps += _STEP[begin:end]
    return gaps


def _clip(places: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Return which of so many Cells in a line each place falls into."""
    return np.minimum(np.maximum(places, 0), count - 1).astype(np.int64)


def _gaps(
    numbers: NDArray[np.integer], place: float | NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """Measure how far Cells in a line are from a place, in Cells."""
    beyond = numbers - place
    gaps: NDArray[np.float64] = np.maximum(np.maximum(beyond, -1 - beyond), 0)
    # The Cells at both ends reach outwards without end.
    gaps[(numbers == 0) & (beyond > 0)] = 0
    gaps[(numbers == count - 1) & (beyond < 0)] = 0
    return gaps
