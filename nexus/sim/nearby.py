"""Who is near: rows within a distance of positions, and the nearest ones."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, pi, sqrt
from typing import Final

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike, NDArray

from nexus.sim.named import NOWHERE
from nexus.sim.placement import Placement

__all__ = ["Nearby", "nearest", "nearest_each", "within", "within_each"]

_Floats = NDArray[np.float64]
#: Points, as often as rows were measured; the rows; how far they are from the points.
_Measured = tuple[NDArray[np.intp], NDArray[np.int32], _Floats]
#: So many distances are measured at once; more points are taken in parts.
_AT_ONCE: Final = 2**20


@frozen(eq=False)
class Nearby:
    """The rows that were found for many points, one point after the other.

        for rows in nearby: ...
        nearby[3]  # the rows of the fourth point

    Attributes:
        rows: The rows of all points.
        offsets: Where in `rows` each point begins, and where the last one ends.
    """

    rows: NDArray[np.int32]
    offsets: NDArray[np.intp]

    def __len__(self) -> int:
        """Return how many points there are."""
        return self.offsets.size - 1

    def __getitem__(self, point: int) -> NDArray[np.int32]:
        """Return the rows of one point."""
        point = range(len(self))[point]
        return self.rows[self.offsets[point] : self.offsets[point + 1]]


def within(
    placement: Placement,
    x: ArrayLike,
    y: ArrayLike,
    px: float,
    py: float,
    radius: float,
) -> NDArray[np.int32]:
    """Find the placed rows that are at most so far from a position, in their order.

    Args:
        placement: Where the rows stand, by the positions in `x` and `y`.
        x: The positions of all rows, or their latitudes on a Globe.
        y: The same, or their longitudes.
        px: The position, or its latitude.
        py: The same, or its longitude.
        radius: How far, in the unit of the positions; in metres on a Globe.

    Raises:
        ValueError: There is no such circle.
    """
    rows = placement.rows_in_all(placement.tiling.around(px, py, radius))
    return np.sort(rows[_far(placement, x, y, rows, px, py) <= radius])


def within_each(
    placement: Placement,
    x: ArrayLike,
    y: ArrayLike,
    px: ArrayLike,
    py: ArrayLike,
    radius: ArrayLike,
) -> Nearby:
    """Find the rows near each of many positions, as `within` does for one.

    Raises:
        ValueError: There is no such circle.
    """
    xs, ys, radii = _points(px, py, radius)
    found = [np.empty(0, np.int64)]
    for point, rows, far in _measure(placement, x, y, xs, ys, radii):
        near = far <= radii[point]
        found.append((point[near] << 32) | rows[near])
    keys = np.concatenate(found)
    # Sorted by point and then by row.
    keys.sort()
    starts = np.arange(xs.size + 1) << 32
    return Nearby((keys & 0xFFFFFFFF).astype(np.int32), np.searchsorted(keys, starts))


def nearest(
    placement: Placement, x: ArrayLike, y: ArrayLike, px: float, py: float, count: int
) -> NDArray[np.int32]:
    """Find the placed rows that are nearest to a position, by distance, then by row.

    Args:
        placement: Where the rows stand, by the positions in `x` and `y`.
        x: The positions of all rows, or their latitudes on a Globe.
        y: The same, or their longitudes.
        px: The position, or its latitude.
        py: The same, or its longitude.
        count: How many rows; there are fewer when not so many are placed.

    Raises:
        ValueError: There is no such position, or less than one row is asked for.
    """
    count, reach = _begin(placement, count)
    while True:
        if _is_wide(placement, reach):
            rows = np.flatnonzero(placement.cell_of != NOWHERE).astype(np.int32)
            reach = inf
        else:
            rows = placement.rows_in_all(placement.tiling.around(px, py, reach))
        far = _far(placement, x, y, rows, px, py)
        near = far <= reach
        if np.count_nonzero(near) >= count:
            return _least(far[near], rows[near], count)
        reach *= 2


def nearest_each(
    placement: Placement,
    x: ArrayLike,
    y: ArrayLike,
    px: ArrayLike,
    py: ArrayLike,
    count: int,
) -> Nearby:
    """Find the rows nearest to each of many positions, as `nearest` does for one.

    Raises:
        ValueError: There is no such position, or less than one row is asked for.
    """
    count, reach = _begin(placement, count)
    xs, ys, _ = _points(px, py, reach)
    found = np.empty((xs.size, count), np.int32)
    waiting = np.arange(xs.size if count else 0)
    while waiting.size and not _is_wide(placement, reach):
        there = xs[waiting], ys[waiting], np.full(waiting.size, reach)
        done = np.zeros(waiting.size, bool)
        for point, rows, far in _measure(placement, x, y, *there):
            near = far <= reach
            point, rows, far = point[near], rows[near], far[near]
            for one in np.flatnonzero(np.bincount(point) >= count).tolist():
                part = slice(*np.searchsorted(point, (one, one + 1)))
                found[waiting[one]] = _least(far[part], rows[part], count)
                done[one] = True
        waiting, reach = waiting[~done], 2 * reach
    for one in waiting.tolist():
        found[one] = nearest(placement, x, y, float(xs[one]), float(ys[one]), count)
    return Nearby(found.ravel(), np.arange(xs.size + 1) * count)


def _begin(placement: Placement, count: int) -> tuple[int, float]:
    """Return how many rows can be found, and how far to look for them at first."""
    if count < 1:
        raise ValueError(f"at least one row is the nearest, not {count}")
    total = len(placement)
    # So far there are a few more rows than are wanted, if all are spread evenly.
    share = 2 * min(count, total) / max(total, 1) * placement.tiling.count
    return min(count, total), placement.tiling.side * sqrt(share / pi)


def _is_wide(placement: Placement, reach: float) -> bool:
    """Say whether it is quicker to look at all rows than into all Cells in reach."""
    return 4 * (reach / placement.tiling.side) ** 2 > max(len(placement), 64)


def _least(far: _Floats, rows: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """Return the rows with the least distances, in their order, then by row."""
    if far.size > count > 0:
        kept = far <= np.partition(far, count - 1)[count - 1]
        far, rows = far[kept], rows[kept]
    return rows[np.lexsort((rows, far))[:count]]


def _points(
    px: ArrayLike, py: ArrayLike, radius: ArrayLike
) -> tuple[_Floats, _Floats, _Floats]:
    """Return points and their radii as arrays of the same length."""
    each = np.broadcast_arrays(px, py, radius)
    xs, ys, radii = (np.ravel(one).astype(np.float64) for one in each)
    return xs, ys, radii


def _measure(
    placement: Placement,
    x: ArrayLike,
    y: ArrayLike,
    xs: _Floats,
    ys: _Floats,
    radii: _Floats,
) -> Iterator[_Measured]:
    """Measure the distances of points to the rows in the Cells around them."""
    cells, begins = placement.tiling.touching(xs, ys, radii)
    counts = placement.counts[cells]
    point = np.repeat(np.arange(xs.size), np.diff(begins))
    # How many rows come before each point.
    before = np.concatenate([[0], np.cumsum(counts, dtype=np.intp)])[begins]
    first = 0
    while first < xs.size:
        # Points are taken while there are few enough rows, but one at the least.
        last = int(np.searchsorted(before, before[first] + _AT_ONCE, "right")) - 1
        last = max(last, first + 1)
        part = slice(begins[first], begins[last])
        rows = placement.rows_in_all(cells[part])
        here = np.repeat(point[part], counts[part])
        yield here, rows, _far(placement, x, y, rows, xs[here], ys[here])
        first = last


def _far(
    placement: Placement,
    x: ArrayLike,
    y: ArrayLike,
    rows: NDArray[np.int32],
    px: float | _Floats,
    py: float | _Floats,
) -> _Floats:
    """Measure how far rows are from a point, or each from one of its own."""
    return placement.tiling.apart(np.asarray(x)[rows], np.asarray(y)[rows], px, py)
