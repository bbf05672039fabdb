"""Tests of `nexus.sim.tendency`."""

from __future__ import annotations

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.life import Life
from nexus.sim.simulation import Summary
from nexus.sim.tendency import Tendency
from tests.sim.crowd import busy, crowd


class TendencyTests(SynchronousTestCase):
    def test_no_time_changes_nothing(self) -> None:
        """What is foretold of this moment is what is known."""
        summary = Summary(10, np.array([4, 3, 2, 1]), np.arange(6.0))

        now = Tendency.of(busy()).forecast(summary, 0)

        self.assertEqual(now.kinds.tolist(), [4, 3, 2, 1])
        np.testing.assert_allclose(now.sums, np.arange(6.0))

    def test_nobody_comes_or_goes(self) -> None:
        """However long it is foretold, the kinds are as many as there are entities."""
        tendency = Tendency.of(busy())
        summary = Summary(101, np.array([101, 0, 0, 0]), np.zeros(6))
        for elapsed in (1.0, 77.0, 1e3, 1e6):
            later = tendency.forecast(summary, elapsed)

            self.assertEqual(later.count, 101)
            self.assertEqual(later.kinds.sum(), 101)
            self.assertEqual(later.sums[5], 0)

    def test_half_a_day_is_foretold_about_right(self) -> None:
        """What is foretold is not far from what becomes of the rows themselves."""
        needs = busy()
        life, columns = Life(needs), crowd(needs, 3000)
        foretold = life.forecast(life.summarise(columns, slice(None)), 40_000.0)
        held = dict(columns.columns)

        needs.leap(held, np.full(3000, 40_000.0), np.random.default_rng(1))

        for name, total in zip(life.totals, foretold.sums, strict=True):
            self.assertLess(abs(total / held[name].sum() - 1), 0.12, name)
