"""Runs: Cells that stand side by side, as what is told of them does, too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

if TYPE_CHECKING:
    from nexus.sim.vista import Shape, Vista

__all__ = ["Roll", "Runs", "add_runs"]

#: So many Shapes are remembered beside those that are wanted.
_SPARE: Final = 256


@frozen(eq=False)
class Runs:
    """Cells that stand side by side.

    Attributes:
        bounds: Of each run its first Cell, and the one behind its last.
        rated: How many of the runs are not among all Cells, which come last.
        count: How many there are.
    """

    bounds: NDArray[np.int64]
    rated: int
    count: int


class Roll:
    """The runs of many Vistas, found in a few array operations.

    There are far fewer Shapes than Vistas. Each is a row of a matrix, which is moved to
    where it is seen.

    Args:
        rates: How often is heard of the Cells of each space of them.
        stride: How many Cells there are in a space.
    """

    def __init__(self, rates: tuple[int, ...], stride: int) -> None:
        self.rates = rates
        self._stride = stride
        self._rows: dict[Shape, int] = {}
        #: How many runs a row has room for, of the rated Cells and of all Cells.
        self._rated = self._whole = 0
        #: Runs that a Shape lacks begin where they end.
        self._bounds = np.zeros((0, 0), np.int64)

    def runs(
        self, vistas: Sequence[Vista]
    ) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        """Return the runs of several Vistas.

        Returns:
            The bounds of all, and after how many runs both parts of each end: of the
            rated Cells, and of all Cells.
        """
        known = self._rows
        rows = [known.get(vista.shape, -1) for vista in vistas]
        if -1 in rows:
            shapes = [vista.shape for vista in vistas]
            if len(known) > len(shapes) + _SPARE:
                known.clear()
            self._add({shape for shape in shapes if shape not in known})
            rows = [known[shape] for shape in shapes]
        origins = np.array([vista.origin for vista in vistas], np.int64)
        width = self._rated + self._whole
        ends = np.empty((len(rows), 2), np.intp)
        ends[:, 1] = np.arange(1, len(rows) + 1) * width
        ends[:, 0] = ends[:, 1] - self._whole
        return (self._bounds[rows] + origins[:, None]).ravel(), ends.ravel()

    def _add(self, shapes: Iterable[Shape]) -> None:
        """Make rows for Shapes that have none."""
        known, new = self._rows, list(shapes)
        runs = [shape.runs(self.rates, self._stride) for shape in new]
        rated = max([self._rated, *[each.rated for each in runs]])
        whole = max([self._whole, *[each.count - each.rated for each in runs]])
        if (rated, whole) != (self._rated, self._whole):
            new = [*known, *new]
            runs = [shape.runs(self.rates, self._stride) for shape in new]
            known.clear()
            self._rated, self._whole = rated, whole
            self._bounds = np.zeros((0, 2 * (rated + whole)), np.int64)
        count = len(known) + len(new)
        if count > len(self._bounds):
            more = np.zeros((count, 2 * (rated + whole)), np.int64)
            self._bounds = np.concatenate([self._bounds, more])
        for shape, each in zip(new, runs, strict=True):
            known[shape] = len(known)
            row, rest = self._bounds[known[shape]], each.bounds[2 * each.rated :]
            row[:] = 0
            row[: 2 * each.rated] = each.bounds[: 2 * each.rated]
            row[2 * rated : 2 * rated + len(rest)] = rest


def add_runs(bounds: list[int], cells: Iterable[int], by: int) -> None:
    """Add the first Cell of each run of Cells, and the one behind its last."""
    behind = -1
    for cell in sorted(cells):
        if cell != behind:
            if behind >= 0:
                bounds.append(behind + by)
            bounds.append(cell + by)
        behind = cell + 1
    if behind >= 0:
        bounds.append(behind + by)
