"""Tests of `nexus.sim.column`."""

from __future__ import annotations

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.column import ArrayColumns


class ArrayColumnsTests(SynchronousTestCase):
    def test_rows_are_written_and_whole_columns_are(self) -> None:
        """Both ways of writing reach the arrays."""
        columns = ArrayColumns(x=np.zeros(3), y=np.zeros(3))

        columns.put(np.array([0, 2]), x=5.0)
        with columns.edit("y") as [y]:
            y += 1

        self.assertEqual(columns.columns["x"].tolist(), [5, 0, 5])
        self.assertEqual(columns.columns["y"].tolist(), [1, 1, 1])

    def test_columns_have_one_length(self) -> None:
        """Columns of different lengths are no rows."""
        with self.assertRaisesRegex(ValueError, "one length"):
            ArrayColumns(x=np.zeros(3), y=np.zeros(2))
