"""Tests of `nexus.sim.simulation`."""

from __future__ import annotations

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.simulation import Summary


class SummaryTests(SynchronousTestCase):
    def test_some_are_added_and_taken_away(self) -> None:
        """What was added and is taken away leaves what was there."""
        one = Summary(3, np.array([1, 2]), np.array([0.5]))
        other = Summary(1, np.array([1, 0]), np.array([0.25]))

        both = one.plus(other)

        self.assertEqual((both.count, both.kinds.tolist()), (4, [2, 2]))
        self.assertEqual(both.sums.tolist(), [0.75])
        self.assertEqual(both.minus(other).sums.tolist(), [0.5])
        self.assertEqual(both.minus(other).count, 3)
