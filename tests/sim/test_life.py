"""Tests of `nexus.sim.life`."""

from __future__ import annotations

from typing import Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.column import ArrayColumns
from nexus.sim.life import Life
from nexus.sim.simulation import Absence
from nexus.sim.wander import Wander
from tests.sim.crowd import busy, crowd

_BOUNDS = (0.0, 0.0, 100.0, 100.0)


def world(count: int) -> ArrayColumns:
    """Make entities in the middle of a world, with some gold."""
    held: dict[str, Any] = dict(crowd(busy(), count).columns)
    held |= {name: np.full(count, 50, np.float32) for name in ("x", "y")}
    held |= {name: np.ones(count, np.float32) for name in ("vx", "vy")}
    held["gold"] = np.arange(count)
    return ArrayColumns(**held)


class LifeTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Have a life of needs and walks."""
        self.life = Life(busy(), Wander(turn=8, bounds=_BOUNDS), totals=["gold"])
        self.chance = np.random.default_rng(1)

    def test_some_rows_live_as_all_do(self) -> None:
        """Rows that are taken out of the columns and put back change alike."""
        some, whole = world(50), world(50)

        self.life.advance_full(some, np.arange(50), 0.5, np.random.default_rng(2))
        self.life.advance_full(whole, slice(None), 0.5, np.random.default_rng(2))

        for name, values in whole.columns.items():
            np.testing.assert_array_equal(values, some.columns[name], name)

    def test_other_rows_stand_still(self) -> None:
        """A row that is not named stays what it is, whatever is done."""
        columns, before = world(50), world(50).columns
        rows = np.arange(0, 50, 2)
        absence = Absence(
            0, rows, self.life.summarise(columns, rows), np.full(25, 500.0)
        )

        self.life.advance_full(columns, rows, 0.05, self.chance)
        self.life.advance_coarse(columns, rows, np.full(25, 1.0), self.chance)
        self.life.materialise(columns, [absence], self.chance)

        for name, values in columns.columns.items():
            np.testing.assert_array_equal(values[1::2], before[name][1::2])
        self.assertTrue((columns.columns["x"][::2] != 50).all())

    def test_summary_is_the_sum(self) -> None:
        """It has the sums of needs, gauges and gold, and how many do what."""
        columns = world(100)
        columns.columns["activity"][:30] = 2

        summary = self.life.summarise(columns, np.arange(20, 100))

        self.assertEqual(summary.count, 80)
        self.assertEqual(summary.kinds.tolist(), [70, 0, 10, 0])
        self.assertEqual(
            self.life.totals, ("food", "rest", "social", "health", "mood", "gold")
        )
        self.assertAlmostEqual(
            summary.sums[0], columns.columns["food"][20:].sum(dtype=float)
        )
        self.assertEqual(summary.sums[-1], sum(range(20, 100)))

    def test_life_without_needs_has_nothing_to_foretell(self) -> None:
        """What only wanders is counted, and stays as many."""
        life = Life(Wander(turn=8, bounds=_BOUNDS))
        summary = life.summarise(world(10), slice(None))

        self.assertEqual((summary.count, summary.kinds.tolist()), (10, [10]))
        self.assertIs(life.forecast(summary, 60.0), summary)

    def test_parts_that_write_to_one_column_are_refused(self) -> None:
        """Two walks at once are none."""
        with self.assertRaisesRegex(ValueError, "same column"):
            Life(Wander(turn=8, bounds=_BOUNDS), Wander(turn=9, bounds=_BOUNDS))
        with self.assertRaisesRegex(ValueError, "has parts"):
            Life()
