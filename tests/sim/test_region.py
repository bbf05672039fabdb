"""Tests of `nexus.sim.region`."""

from __future__ import annotations

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.grid import Grid
from nexus.sim.level import Level
from nexus.sim.region import Regions
from tests.sim.clockwork import clockwork


class RegionsTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Have four Regions with a row each, and one more in the first."""
        _, self.columns, simulation = clockwork(5)
        self.columns.put(
            slice(None), x=[10, 10, 60, 10, 60], y=[10, 10, 10, 60, 60], lived=0.0
        )
        grid = Grid(cell=50, bounds=(0, 0, 100, 100))
        self.regions = Regions(grid, self.columns, simulation)
        self.regions.place(np.arange(5), *self.places(np.arange(5)), 0)

    def places(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where rows are."""
        return self.columns.columns["x"][rows], self.columns.columns["y"][rows]

    def follow(self, rows: np.ndarray, tick: int) -> int:
        """Let the Regions find rows."""
        held = self.columns.columns
        return self.regions.follow(rows, held["x"], held["y"], tick)

    def test_rows_are_in_the_region_of_their_position(self) -> None:
        """Each Region has the rows within it, and starts without any life."""
        self.assertEqual(self.regions.placement.counts.tolist(), [2, 1, 1, 1])
        self.assertEqual({*self.regions.levels}, {Level.AGGREGATE})
        self.assertEqual(len(self.regions.rows_at(Level.AGGREGATE)), 5)

    def test_rows_of_full_regions_are_up_to_date(self) -> None:
        """As long as a Region is full its rows have come as far as the Ticks."""
        self.regions.change(0, Level.FULL, 3)

        self.assertEqual(self.regions.at(np.arange(3), 9).tolist(), [9, 9, 0])
        self.regions.change(0, Level.COARSE, 9)
        self.assertEqual(self.regions.at(np.arange(3), 12).tolist(), [9, 9, 0])
        self.assertEqual(self.regions.changed[0], 9)

    def test_aggregate_region_stands_where_its_rows_do(self) -> None:
        """Its Tick is the mean of theirs, also when others come to it."""
        self.regions.change(0, Level.FULL, 0)
        self.regions.change(0, Level.AGGREGATE, 8)
        self.columns.put(2, x=20.0)
        moved = self.follow(np.array([2]), 14)

        self.assertEqual(moved, 1)
        self.assertEqual(self.regions.since[0], 10)
        self.assertEqual(self.regions.at(np.array([2]), 99).tolist(), [14])

    def test_summaries_follow_rows(self) -> None:
        """Who comes is added to a Summary, who goes is taken away."""
        gold = self.columns.columns["gold"]
        self.assertAlmostEqual(self.regions.summary(0).sums[1], gold[:2].sum())
        self.columns.put(2, x=20.0)
        self.follow(np.array([2]), 1)
        self.assertAlmostEqual(self.regions.summary(0).sums[1], gold[:3].sum())

        self.regions.remove(np.array([0]))

        self.assertAlmostEqual(self.regions.summary(0).sums[1], gold[1:3].sum())
        self.assertEqual(self.regions.summary(0).count, 2)
        self.assertEqual(self.regions.summary(1).count, 0)

    def test_who_stays_is_not_moved(self) -> None:
        """A row that is where it was costs nothing."""
        rows = np.arange(5)

        self.assertEqual(self.follow(rows, 1), 0)

    def test_rows_may_get_other_indices(self) -> None:
        """After the columns were packed each row is where it was."""
        self.regions.advance(np.arange(5), 7)
        self.regions.remove(np.array([1]))
        self.regions.reindex(np.array([2, 3, 4]), np.array([1, 2, 3]))

        self.assertEqual(self.regions.placement.cell_of[:4].tolist(), [0, 1, 2, 3])
        self.assertEqual(self.regions.at(np.arange(4), 9).tolist(), [7] * 4)
        self.assertGreater(self.regions.nbytes, 0)
