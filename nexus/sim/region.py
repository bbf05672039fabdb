"""Regions: Cells that are run alike, the rows in them, and how far those have come."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nexus.sim.column import Columns, Values
from nexus.sim.level import Level
from nexus.sim.placement import Placement
from nexus.sim.simulation import Simulation, Summary
from nexus.sim.tiling import Tiling
from nexus.state.table.pick import picked

__all__ = ["Regions"]


class Regions:
    """Says of each Region its Level and its rows, and of each row how far it has come.

    A Region is a Cell of a tiling that is coarser than what clients watch. A row
    belongs to one Region, that in which it was last found. The Summary of an aggregate
    Region is always that of its rows as they stand.

    Args:
        tiling: The division of the world.
        columns: The rows.
        simulation: What is done to them.

    Attributes:
        tiling: The same.
        placement: Which rows are where.
        levels: The Level of each Region.
        changed: The Tick at which each of them got it.
        since: The Tick at which an aggregate Region stands, on average.
    """

    def __init__(
        self, tiling: Tiling, columns: Columns, simulation: Simulation
    ) -> None:
        self.tiling = tiling
        self.placement = Placement(tiling)
        self.levels: NDArray[np.uint8] = np.zeros(tiling.count, np.uint8)
        self.changed: NDArray[np.int64] = np.full(tiling.count, -(1 << 40))
        self.since = np.zeros(tiling.count)
        self._columns = columns
        self._simulation = simulation
        #: Those of aggregate Regions, as far as anybody needed them.
        self._summaries: dict[int, Summary] = {}
        #: The Tick up to which each row has come; of rows in full Regions it is unused,
        #: they are up to date.
        self._at: NDArray[np.int32] = np.empty(0, np.int32)

    @property
    def nbytes(self) -> int:
        """How many bytes it takes, beside the Summaries."""
        own = self.levels.nbytes + self.changed.nbytes + self.since.nbytes
        return own + self._at.nbytes + self.placement.nbytes

    def rows_at(self, level: Level) -> NDArray[np.int32]:
        """Return the rows of all Regions of a Level."""
        return self.placement.rows_in_all(np.flatnonzero(self.levels == level))

    def summary(self, region: int) -> Summary:
        """Return the Summary of the rows of a Region as they stand."""
        summary = self._summaries.get(region)
        if summary is None:
            summary = self._sum(self.placement.rows_in(region))
            if self.levels[region] == Level.AGGREGATE:
                self._summaries[region] = summary
        return summary

    def at(self, rows: Values, tick: int) -> NDArray[np.int32]:
        """Return up to which Tick each row has come, once this one is over."""
        full = self.levels[self.placement.cell_of[rows]] == Level.FULL
        return np.where(full, tick, self._at[rows])

    def missed(self, rows: NDArray[np.intp], tick: int) -> NDArray[np.int32]:
        """Return how many Ticks rows are behind that are in no full Region."""
        return np.int32(tick) - picked(self._at, rows)

    def place(self, rows: Values, x: Values, y: Values, tick: int) -> None:
        """Take new rows in, that are up to date."""
        cells = self.tiling.cells(x, y)
        self.placement.place(rows, cells)
        size = len(self.placement.cell_of)
        if size > len(self._at):
            more = np.zeros(size - len(self._at), np.int32)
            self._at = np.append(self._at, more)
        self._at[rows] = tick
        before = np.bincount(cells, minlength=self.tiling.count)
        after = self.placement.counts
        self.since += (tick - self.since) * before / np.maximum(after, 1)
        for region, some in self._still(rows, cells):
            self._include(region, some)

    def remove(self, rows: Values) -> None:
        """Take rows away; their columns still hold what they were."""
        cells = self.placement.cell_of[rows]
        for region, some in self._still(rows, cells):
            self._exclude(region, some)
        self.placement.remove(rows)

    def reindex(self, old: Values, new: Values) -> None:
        """Give some rows other indices, after columns were packed."""
        self.placement.reindex(old, new)
        known = old < len(self._at)
        self._at[new[known]] = self._at[old[known]]

    def follow(self, rows: Values, xs: Values, ys: Values, tick: int) -> int:
        """Give rows that have come to a Tick the Region in which they are by now.

        Args:
            rows: The rows.
            xs: Of each row there is, the first number of its position.
            ys: The same of the second.
            tick: The Tick.

        Returns:
            How many of them are in another Region than before.
        """
        _, _, rows, before, cells = self.placement.strays(rows, xs, ys)
        if not rows.size:
            return 0
        for region, some in self._still(rows, before):
            self._exclude(region, some)
        self._at[rows] = tick
        self.placement.move(rows, cells)
        for region, some in self._still(rows, cells):
            count = self.placement.count(region)
            self.since[region] += (tick - self.since[region]) * len(some) / count
            self._include(region, some)
        return len(rows)

    def advance(self, rows: Values, tick: int) -> None:
        """Note that rows have come to a Tick."""
        self._at[rows] = tick

    def refresh(self, region: int, before: Summary, rows: Values) -> None:
        """Note what became of some rows of an aggregate Region, of which this is known.

        Args:
            region: The Region.
            before: The Summary of these rows before.
            rows: The rows.
        """
        summary = self._summaries.get(region)
        if summary is not None:
            self._summaries[region] = summary.minus(before).plus(self._sum(rows))
        if len(rows):
            self.since[region] = self._at[self.placement.rows_in(region)].mean()

    def change(self, region: int, level: Level, tick: int) -> None:
        """Run a Region at another Level. Its rows are what they were.

        Those of a Region that rises have come to this Tick before.
        """
        rows = self.placement.rows_in(region)
        if self.levels[region] == Level.FULL:
            self._at[rows] = tick
        self.levels[region] = level
        self.changed[region] = tick
        if level == Level.AGGREGATE:
            self._summaries[region] = self._sum(rows)
            self.since[region] = self._at[rows].mean() if len(rows) else tick
        else:
            self._summaries.pop(region, None)

    def _still(self, rows: Values, cells: Values) -> Iterator[tuple[int, Values]]:
        """Part those rows by Region that are, or come to be, in aggregate ones."""
        still = self.levels[cells] == Level.AGGREGATE
        if not still.any():
            return
        rows, cells = rows[still], cells[still]
        order = np.argsort(cells, kind="stable")
        rows, cells = rows[order], cells[order]
        starts = [*np.flatnonzero(np.diff(cells, prepend=-2)).tolist(), len(cells)]
        for begin, end in pairwise(starts):
            yield int(cells[begin]), rows[begin:end]

    def _sum(self, rows: Values) -> Summary:
        return self._simulation.summarise(self._columns, rows)

    def _include(self, region: int, rows: Values) -> None:
        summary = self._summaries.get(region)
        if summary is not None:
            self._summaries[region] = summary.plus(self._sum(rows))

    def _exclude(self, region: int, rows: Values) -> None:
        summary = self._summaries.get(region)
        if summary is not None:
            self._summaries[region] = summary.minus(self._sum(rows))
