"""The laws of Levels: nothing is lost or doubled, whatever Regions rise and sink."""

from __future__ import annotations

from typing import Final

import numpy as np
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.column import ArrayColumns
from nexus.sim.level import Level
from nexus.sim.lod import Plan
from nexus.sim.population import Population
from tests import examples
from tests.sim.clockwork import DETAIL, SIDE, clockwork

_REGIONS: Final = 16
#: Each Region changes its Level at least so often in each run.
_CHANGES: Final = 3
#: Which of the two other Levels each Region gets, time after time; how many Ticks pass
#: before; and whether some rows are removed there.
_COURSES = st.lists(
    st.tuples(
        st.lists(st.booleans(), min_size=_REGIONS, max_size=_REGIONS),
        st.integers(0, 6),
        st.integers(0, 5),
    ),
    min_size=_CHANGES,
    max_size=6,
)
_PLACES = st.tuples(st.floats(0, SIDE), st.floats(0, SIDE))


class LawTests(SynchronousTestCase):
    def expect_whole(
        self, population: Population, columns: ArrayColumns, alive: set[int]
    ) -> None:
        """Fail if a row is lost, or doubled, or a total is not that of the rows."""
        regions, held = population.regions, columns.columns
        rows = [regions.placement.rows_in(region) for region in range(_REGIONS)]
        self.assertEqual(sorted(np.concatenate(rows).tolist()), sorted(alive))
        self.assertEqual(len(population), len(alive))
        for region, here in enumerate(rows):
            self.assertTrue((regions.placement.cell_of[here] == region).all())
            summary = regions.summary(region)
            self.assertEqual(summary.count, len(here))
            kinds = np.bincount(held["kind"][here], minlength=3)
            self.assertEqual(summary.kinds.tolist(), kinds.tolist())
            sums = [held["lived"][here].sum(), held["gold"][here].sum()]
            np.testing.assert_allclose(summary.sums, sums, rtol=1e-12, atol=1e-9)
        every = np.array(sorted(alive))
        at = regions.at(every, population.tick)
        np.testing.assert_array_equal(held["lived"][every], at)

    def change(self, population: Population, wanted: list[int]) -> list[int]:
        """Let Regions have these Levels, and return how many changes each has seen."""
        regions, seen = population.regions, [0] * _REGIONS
        while regions.levels.tolist() != wanted:
            before = regions.levels.copy()
            wish = np.array(wanted, np.uint8)
            population.carry_out(
                Plan(np.flatnonzero(wish < before), np.flatnonzero(wish > before), wish)
            )
            seen = [
                count + bool(old != new)
                for count, old, new in zip(seen, before, regions.levels, strict=True)
            ]
        return seen

    @settings(max_examples=examples(test=40, soak=2_000))
    @given(st.integers(1, 300), st.integers(1, 60), _COURSES)
    def test_any_changes_of_levels_conserve_all(
        self, count: int, most: int, course: list[tuple[list[bool], int, int]]
    ) -> None:
        """Rows, ids, totals and time are the same before and after each change."""
        population, columns, _ = clockwork(count, evolve(DETAIL, most_woken=most))
        alive, changes = set(range(count)), np.zeros(_REGIONS, int)
        for ups, ticks, goes in course:
            for _ in range(ticks):
                self.tick(population)
                self.expect_whole(population, columns, alive)
            gone = sorted(alive)[1::7][:goes]
            population.remove(np.array(gone, np.intp))
            alive -= set(gone)
            before = {name: values.copy() for name, values in columns.columns.items()}
            old = population.regions.levels.copy()
            wanted = [(int(a) + 1 + up) % 3 for a, up in zip(old, ups, strict=True)]
            where = population.regions.placement.cell_of.copy()
            changes += self.change(population, wanted)
            self.expect_whole(population, columns, alive)
            # A change that sinks touches no row at all.
            sunk = [row for row in alive if wanted[where[row]] < old[where[row]]]
            for name, values in before.items():
                np.testing.assert_array_equal(values[sunk], columns.columns[name][sunk])

        self.assertGreaterEqual(changes.min(), _CHANGES)

    def tick(self, population: Population) -> None:
        """Run a Tick in which the Levels stay what they are."""
        levels = population.regions.levels
        none = np.empty(0, np.intp)
        population.decide = lambda: Plan(none, none, levels)  # type: ignore[method-assign]  # the test decides
        population.advance([], [])

    @settings(max_examples=examples(test=30, soak=1_000))
    @given(
        st.integers(1, 300),
        st.lists(st.lists(_PLACES, max_size=3), min_size=4, max_size=12),
    )
    def test_any_walk_of_watchers_conserves_all(
        self, count: int, course: list[list[tuple[float, float]]]
    ) -> None:
        """Levels that follow watchers lose nothing, and in the end all catch up."""
        detail = evolve(DETAIL, stay=1, most_full=count // 2)
        population, columns, _ = clockwork(count, detail)
        alive = set(range(count))
        for places in course:
            for _ in range(5):
                population.advance([x for x, _ in places], [y for _, y in places])
            self.expect_whole(population, columns, alive)
            self.assertLessEqual(
                sum(
                    population.regions.placement.count(region)
                    for region in np.flatnonzero(
                        population.decide().wanted == Level.FULL
                    )
                ),
                count // 2,
            )

        population.refresh(np.arange(count))
        self.assertEqual({*columns.columns["lived"]}, {float(population.tick)})
