"""Vistas: what watchers see, each kept once however many see it.

Far from the border all see alike, only elsewhere. So a Vista is a Shape, and the Cell
from which that is counted: what can be known of a Shape is found once, and moved on for
each Vista that has it. Equal Vistas are one object, so that whatever is made for those
who see the same is found by it at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from weakref import WeakValueDictionary

import numpy as np
from attrs import define, field

from nexus.sim.run import Runs, add_runs

__all__ = ["Shape", "Vista", "Vistas"]

_NO_CELLS: Final[frozenset[int]] = frozenset()


@define(eq=False)
class Shape:
    """Cells, counted from the lowest of them, and how often is heard of each."""

    cells: dict[int, int]
    #: By rates and by how many Cells there are: its runs.
    _runs: dict[tuple[tuple[int, ...], int], Runs] = field(factory=dict, init=False)

    def at(self, every: int) -> list[int]:
        """Return the Cells of which is heard just so often."""
        return [cell for cell, often in self.cells.items() if often == every]

    def runs(self, rates: tuple[int, ...], stride: int) -> Runs:
        """Return the runs of Cells of which is heard at some rates, and of all Cells.

        Args:
            rates: The rates; Cells of the second are numbered on from those of the
                first, and so on; all Cells come last.
            stride: By how many they are numbered on.
        """
        found = self._runs.get((rates, stride))
        if found is None:
            bounds = list[int]()
            for at, every in enumerate(rates):
                add_runs(bounds, self.at(every), at * stride)
            rated = len(bounds) // 2
            add_runs(bounds, self.cells, len(rates) * stride)
            count = len(bounds) // 2
            found = Runs(np.array(bounds, np.int64), rated, count)
            self._runs[rates, stride] = found
        return found


@define(eq=False)
class Vista:
    """The Cells that are seen, and how often is heard of each.

    Attributes:
        shape: They, counted from the lowest.
        origin: The lowest.
    """

    shape: Shape
    origin: int
    _cells: dict[int, int] | None = field(default=None, init=False)
    _key: frozenset[tuple[int, int]] | None = field(default=None, init=False)
    _rated: dict[int, frozenset[int]] | None = field(default=None, init=False)

    @property
    def cells(self) -> Mapping[int, int]:
        """Each Cell, and how often is heard of it."""
        if self._cells is None:
            by = self.origin
            self._cells = {cell + by: often for cell, often in self.shape.cells.items()}
        return self._cells

    @property
    def key(self) -> frozenset[tuple[int, int]]:
        """The same as pairs."""
        if self._key is None:
            self._key = frozenset(self.cells.items())
        return self._key

    def at(self, every: int) -> frozenset[int]:
        """Return the Cells of which is heard just so often."""
        if self._rated is None:
            rated: dict[int, list[int]] = {}
            for cell, often in self.cells.items():
                rated.setdefault(often, []).append(cell)
            self._rated = {often: frozenset(cells) for often, cells in rated.items()}
        return self._rated.get(every, _NO_CELLS)


class Vistas:
    """All Vistas that somebody has, each once."""

    def __init__(self) -> None:
        self._shapes = WeakValueDictionary[frozenset[tuple[int, int]], Shape]()
        self._made = WeakValueDictionary[tuple[Shape, int], Vista]()

    def of(self, cells: Mapping[int, int]) -> Vista:
        """Return the Vista of some Cells."""
        origin = min(cells, default=0)
        moved = {cell - origin: often for cell, often in cells.items()}
        key = frozenset(moved.items())
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._shapes[key] = Shape(moved)
        return self.at(shape, origin)

    def at(self, shape: Shape, origin: int) -> Vista:
        """Return the Vista of a Shape at a Cell."""
        key = shape, origin
        vista = self._made.get(key)
        if vista is None:
            vista = self._made[key] = Vista(shape, origin)
        return vista
