"""Tests of `nexus.sim.whereabouts`."""

from __future__ import annotations

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.whereabouts import together


class TogetherTests(SynchronousTestCase):
    def found(self, *written: tuple[int, list[int]]) -> dict[int, list[int]]:
        """Return what is told together where a position is the fields 1 and 2."""
        groups = together([(mask, np.array(rows)) for mask, rows in written], 3)
        return {mask: rows.tolist() for mask, rows in groups}

    def test_few_go_with_many(self) -> None:
        """Rows with one number of their position written go with those with both."""
        self.assertEqual(
            self.found((1, [7]), (2, [8, 9]), (3, [1, 2, 3]), (4, [5])),
            {3: [1, 2, 3, 7, 8, 9], 4: [5]},
        )

    def test_many_are_told_of_what_was_written(self) -> None:
        """A crowd that goes along one axis is not told of the other."""
        written = (1, [7, 8, 9]), (3, [1])

        self.assertEqual(self.found(*written), dict(written))

    def test_other_fields_are_kept_apart(self) -> None:
        """With and without a third field there are two operations as before."""
        self.assertEqual(self.found((5, [7]), (7, [1]), (2, [3])), {7: [1, 7], 2: [3]})
