"""Tests of `nexus.sim.population`."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim import population as population_module
from nexus.sim.level import Level
from nexus.sim.population import Population
from tests.sim.clockwork import DETAIL, clockwork

_ALL_FULL = evolve(
    DETAIL,
    full=1e6,
    full_until=2e6,
    coarse=2e6,
    coarse_until=3e6,
    most_woken=10_000,
)
#: Nobody watches.
NOBODY: list[float] = []


class PopulationTests(SynchronousTestCase):
    def test_regions_near_watchers_are_run(self) -> None:
        """Full ones at each Tick, coarse ones now and then, the others not at all."""
        population, columns, simulation = clockwork(4000)
        for _ in range(60):
            population.advance([50.0], [50.0])

        levels = population.regions.levels
        self.assertEqual(levels[[0, 1, 2, 3, 15]].tolist(), [2, 2, 1, 0, 0])
        self.assertEqual(
            len(population.regions.rows_at(Level.FULL)), simulation.calls[-2][1]
        )
        lived = columns.columns["lived"][population.regions.placement.rows_in(15)]
        self.assertGreater(np.mean(lived == 0), 0.5)

    def test_each_watcher_counts(self) -> None:
        """Wherever one of several goes, what is near it is soon run in full."""
        population, _columns, _simulation = clockwork(160)
        x, y = np.array([50.0, 50, 50, 50, 50]), np.full(5, 50.0)
        population.advance(x, y)
        for number in range(5):
            x[:], y[:] = 50.0, 50.0
            x[number] = y[number] = 350.0
            for _ in range(40):
                population.advance(x, y)
            levels = population.regions.levels
            self.assertEqual(levels[[0, 15]].tolist(), [Level.FULL, Level.FULL])
            for _ in range(80):
                population.advance(x[:1] * 0 + 50, y[:1] * 0 + 50)
            self.assertEqual(population.regions.levels[15], Level.AGGREGATE)

    def test_coarse_regions_take_turns(self) -> None:
        """Each Tick some are advanced, by all the Ticks that they have missed."""
        detail = evolve(DETAIL, full=0.0, full_until=1e-9, coarse=1e6, coarse_until=2e6)
        detail = evolve(detail, most_full=0, most_woken=10_000)
        population, _columns, simulation = clockwork(1600, detail)
        population.advance([0.0], [0.0])
        simulation.calls.clear()
        for _ in range(8):
            population.advance([0.0], [0.0])

        coarse = [count for name, count in simulation.calls if name == "coarse"]
        self.assertEqual(len(coarse), 8)
        self.assertTrue(all(200 < count < 600 for count in coarse))

    def test_many_rows_wake_in_slices(self) -> None:
        """No Tick wakes more than its share, and a Region rises when all are awake."""
        population, columns, simulation = clockwork(3200)
        for _ in range(32):
            population.advance(NOBODY, NOBODY)
        for _ in range(2):
            population.advance([50.0], [50.0])

        woken = [count for name, count in simulation.calls if name == "materialise"]
        self.assertEqual(woken, [40, 40])
        self.assertEqual(population.regions.levels.max(), Level.AGGREGATE)
        self.assertEqual(np.count_nonzero(columns.columns["lived"]), 80)
        for _ in range(10):
            population.advance([50.0], [50.0])
        self.assertEqual(population.regions.levels[0], Level.FULL)
        rows = population.regions.placement.rows_in(0)
        self.assertEqual({*columns.columns["lived"][rows]}, {population.tick})

    def test_overview_needs_no_row(self) -> None:
        """What an aggregate Region holds is foretold, and true when rows are asked."""
        population, columns, _simulation = clockwork(160)
        for _ in range(25):
            population.advance(NOBODY, NOBODY)

        summary = population.overview(3)

        count = population.regions.placement.count(3)
        self.assertEqual(summary.count, count)
        self.assertEqual(summary.sums[0], 25 * count)
        self.assertEqual(columns.columns["lived"].sum(), 0)
        for _ in range(10):
            population.advance([350.0], [50.0])
        rows = population.regions.placement.rows_in(3)
        lived = columns.columns["lived"][rows].sum()
        self.assertEqual(population.overview(3).sums[0], lived)

    def test_of_very_many_some_are_followed_at_a_time(self) -> None:
        """In a crowd it takes a few Ticks until each is found where it has gone."""
        population, columns, _simulation = clockwork(800, _ALL_FULL)
        with patch.object(population_module, "_FOLLOWED", 100):
            for _ in range(40):
                population.advance([0.0], [0.0])

        held = columns.columns
        cells = population.regions.tiling.cells(held["x"], held["y"])
        found = cells == population.regions.placement.cell_of
        self.assertGreater(found.mean(), 0.5)
        self.assertLess(found.mean(), 1)

    def test_somebody_may_be_asked_for(self) -> None:
        """A row that is refreshed is up to date, wherever it is, and may be moved."""
        population, columns, _simulation = clockwork(160)
        for _ in range(25):
            population.advance(NOBODY, NOBODY)
        with self.assertRaisesRegex(ValueError, "refresh rows"):
            population.moved([7])
        population.refresh([7, 9])
        columns.put(7, x=399.0, y=399.0)
        population.moved([7])

        self.assertEqual(columns.columns["lived"][[7, 9]].tolist(), [25, 25])
        self.assertEqual(population.regions.placement.cell_of[7], 15)
        self.assertEqual(columns.columns["lived"].sum(), 50)

    def test_rows_come_and_go(self) -> None:
        """Rows that are removed are gone, and others may get other indices."""
        population, columns, _simulation = clockwork(100)
        population.remove([0, 50])
        kept = np.delete(np.arange(100), [0, 50])
        new = np.full(100, -1)
        new[kept] = np.arange(98)
        for values in columns.columns.values():
            values[:98] = values[kept]

        population.renumber(new)

        self.assertEqual(len(population), 98)
        for _ in range(10):
            population.advance([50.0], [50.0])
        rows = population.regions.placement.rows_in_all(np.arange(16))
        self.assertEqual(sorted(rows.tolist()), list(range(98)))

    def test_rows_that_vanish_are_refused(self) -> None:
        """A row has to be removed before its index is gone."""
        population, _columns, _simulation = clockwork(3)

        with self.assertRaisesRegex(ValueError, "remove it first"):
            population.renumber([-1, 0, 1])

    def test_when_all_are_full_columns_are_written_as_they_are(self) -> None:
        """Nothing is taken out and put back if there is nothing else."""
        population, columns, _simulation = clockwork(500, _ALL_FULL)
        for _ in range(5):
            population.advance([0.0], [0.0])

        self.assertEqual({*columns.columns["lived"]}, {5.0})

    def test_time_has_to_pass(self) -> None:
        """A Tick of no time is refused."""
        population, columns, simulation = clockwork(3)
        with self.assertRaisesRegex(ValueError, "more than 0 s"):
            Population(
                columns,
                simulation,
                regions=population.regions.tiling,
                detail=DETAIL,
                dt=0,
                random=np.random.default_rng(1),
            )
