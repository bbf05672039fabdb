"""Tests of `nexus.geo.span`."""

from __future__ import annotations

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.geo.span import spans


class SpanTests(SynchronousTestCase):
    def test_runs_follow_each_other(self) -> None:
        """Each run begins at its start; one of length 0 leaves no trace."""
        runs = spans(np.array([5, 9, 0]), np.array([3, 0, 2]))

        self.assertEqual(runs.tolist(), [5, 6, 7, 0, 1])

    def test_there_may_be_none(self) -> None:
        """No runs, and runs of nothing, are nothing."""
        self.assertEqual(spans(np.array([], int), np.array([], int)).tolist(), [])
        self.assertEqual(spans(np.array([4]), np.array([0])).tolist(), [])
