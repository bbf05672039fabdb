"""Tests of `nexus.sim.sparse`."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.sparse import which


class SparseTests(SynchronousTestCase):
    @given(st.integers(0, 3000), st.lists(st.integers(0, 2999), max_size=60))
    def test_it_finds_what_numpy_finds(self, count: int, true: list[int]) -> None:
        """Few or many, at the ends or not: the same indices in the same order."""
        mask = np.zeros(count, np.bool_)
        mask[[index for index in true if index < count]] = True

        np.testing.assert_array_equal(which(mask), np.flatnonzero(mask))

    def test_parts_of_arrays_will_do(self) -> None:
        """A mask that has gaps between its bytes is searched all the same."""
        mask = np.zeros(4000, np.bool_)
        mask[2000] = True

        np.testing.assert_array_equal(which(mask[::2]), [1000])
        np.testing.assert_array_equal(which(mask[3:]), [1997])
