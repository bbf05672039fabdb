"""Tests of `nexus.sim.roster`."""

from __future__ import annotations

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.roster import Roster


class RosterTests(SynchronousTestCase):
    def test_blocks_grow_and_shrink_with_their_rows(self) -> None:
        """However often blocks move, the rows in them stay the same."""
        roster = Roster(4)
        cells = np.array([0, 3])
        for count in (1, 3, 90, 20, 2, 1000, 1):
            kept = [roster.rows(cell).tolist()[:count] for cell in (0, 3)]
            roster.counts[cells] = np.minimum(roster.counts[cells], count)
            roster.shrink(cells)
            roster.grow(cells, np.array([count, count]))
            now = [roster.rows(cell).tolist() for cell in (0, 3)]
            self.assertEqual(now, kept)
            for cell in (0, 3):
                start = int(roster.starts[cell])
                roster.slots[start : start + count] = np.arange(count) + 5000 * cell
            roster.counts[cells] = count

        self.assertEqual(roster.rows_of(np.array([3, 1, 0])).tolist(), [15000, 0])
        self.assertEqual(roster.rows(1).tolist(), [])
