"""Tests of `nexus.sim.lod`."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.grid import Grid
from nexus.sim.level import Detail, Level
from nexus.sim.lod import Plan, decide, nearness
from tests import examples

DETAIL = Detail(full=10, full_until=20, coarse=30, coarse_until=40, stay=5)


def plan(
    levels: list[int],
    near: list[float],
    *,
    counts: list[int] | None = None,
    age: int = 100,
    detail: Detail = DETAIL,
) -> Plan:
    """Decide for Regions that have had their Level for so many Ticks."""
    return decide(
        np.array(levels, np.uint8),
        np.zeros(len(levels), np.int64),
        np.array(counts or [1] * len(levels)),
        np.array(near, np.float64),
        detail=detail,
        tick=age,
    )


class DecideTests(SynchronousTestCase):
    def test_nearer_is_finer(self) -> None:
        """The Level follows the distance."""
        decided = plan([0, 0, 0], [5, 25, 35])

        self.assertEqual(decided.wanted.tolist(), [2, 1, 0])

    def test_each_level_is_left_later_than_it_is_entered(self) -> None:
        """Between the two distances a Region stays what it is."""
        self.assertEqual(plan([2, 1, 0], [15, 15, 15]).wanted.tolist(), [2, 1, 1])
        self.assertEqual(plan([2, 1, 0], [35, 35, 35]).wanted.tolist(), [1, 1, 0])
        self.assertEqual(plan([2, 1, 0], [45, 45, 45]).wanted.tolist(), [0, 0, 0])

    def test_nobody_sinks_at_once(self) -> None:
        """A Region keeps its Level for a while, but rises whenever it has to."""
        self.assertEqual(plan([2, 1, 1], [99, 99, 1], age=4).wanted.tolist(), [2, 1, 2])
        self.assertEqual(plan([2, 1, 1], [99, 99, 1], age=5).wanted.tolist(), [0, 0, 2])

    def test_nearest_rise_first(self) -> None:
        """Those that rise are in the order of their distance."""
        self.assertEqual(plan([0, 0, 0], [29, 0, 9]).rises.tolist(), [1, 2, 0])

    def test_budget_is_for_the_nearest(self) -> None:
        """The rows of full Regions are no more than allowed; the rest are coarse."""
        detail = Detail(
            full=10, full_until=20, coarse=30, coarse_until=40, most_full=100
        )
        decided = plan(
            [0, 0, 0, 0], [9, 1, 5, 7], counts=[30, 60, 50, 40], detail=detail
        )

        self.assertEqual(decided.wanted.tolist(), [1, 2, 1, 2])

    def test_two_that_are_alike_do_not_take_turns(self) -> None:
        """Within a budget that fits one, the one that is full stays it."""
        detail = Detail(full=10, full_until=20, coarse=30, coarse_until=40, most_full=1)
        self.assertEqual(plan([1, 2], [4, 5], detail=detail).wanted.tolist(), [1, 2])
        self.assertEqual(plan([2, 1], [5, 4], detail=detail).wanted.tolist(), [2, 1])

    def test_who_is_equally_near_keeps_its_order(self) -> None:
        """So what is decided again is decided alike, whatever else there is."""
        near = [float(at % 3) for at in range(300)]
        rises = plan([0] * 300, near).rises.tolist()
        self.assertEqual(rises, sorted(range(300), key=lambda at: near[at]))

        detail = Detail(
            full=10, full_until=20, coarse=30, coarse_until=40, most_full=150
        )
        wanted = plan([0] * 300, near, detail=detail).wanted.tolist()
        full = [at for at, level in enumerate(wanted) if level == Level.FULL]
        self.assertEqual(full, sorted(rises[:150]))

    @settings(max_examples=examples(test=100, soak=5_000))
    @given(
        st.lists(
            st.tuples(st.integers(0, 2), st.floats(0, 60), st.integers(0, 50)),
            min_size=1,
            max_size=30,
        ),
        st.integers(0, 200),
    )
    def test_any_plan_keeps_the_rules(
        self, regions: list[tuple[int, float, int]], most: int
    ) -> None:
        """A plan names what changes, keeps to the budget, and is made up once."""
        levels, near, counts = (list(some) for some in zip(*regions, strict=True))
        detail = Detail(
            full=10, full_until=20, coarse=30, coarse_until=40, most_full=most
        )
        decided = plan(levels, near, counts=counts, detail=detail)

        wanted: Any = decided.wanted
        changes = sorted([*decided.sinks.tolist(), *decided.rises.tolist()])
        self.assertEqual(changes, np.flatnonzero(wanted != levels).tolist())
        self.assertLessEqual(np.array(counts)[wanted == Level.FULL].sum(), most)
        again = plan(wanted.tolist(), near, counts=counts, detail=detail)
        self.assertEqual(again.wanted.tolist(), wanted.tolist())


class NearnessTests(SynchronousTestCase):
    def test_nearest_watcher_counts(self) -> None:
        """Of several watchers the nearest one says how far a Region is."""
        grid = Grid(cell=10, bounds=(0, 0, 100, 10))

        near = nearness(grid, [5, 55], [5, 5], 20)

        self.assertEqual(near[[0, 1, 2, 4, 5, 7]].tolist(), [0, 5, 15, 5, 0, 15])
        self.assertEqual(near[9], np.inf)

    def test_the_nearest_of_those_who_see_the_same_counts(self) -> None:
        """Whoever of them is named first."""
        grid = Grid(cell=10, bounds=(0, 0, 100, 10))

        near = nearness(grid, [5, 35], [5, 5], 40)

        self.assertEqual(near[:6].tolist(), [0, 5, 5, 0, 5, 15])
        self.assertEqual(near.tolist(), nearness(grid, [35, 5], [5, 5], 40).tolist())

    def test_without_watchers_all_is_far(self) -> None:
        """Where nobody is nothing is near."""
        near = nearness(Grid(cell=10, bounds=(0, 0, 100, 10)), [], [], 20)

        self.assertTrue(np.isinf(near).all())
