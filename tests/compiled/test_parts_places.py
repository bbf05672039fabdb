"""Tests of places in arrays that the compiled parts write, count and sift."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.support.compiled import MISSING, parts_of, whole

parts: Any = parts_of()


class StampTests(SynchronousTestCase):
    skip = MISSING or None

    @given(
        st.lists(st.integers(-300, 299), max_size=600),
        st.sampled_from([np.int32, np.int64]),
        st.integers(-(2**63), 2**63 - 1),
    )
    def test_stamp_is_what_numpy_does(
        self, places: list[int], kind: Any, number: int
    ) -> None:
        """Places count from the end, too, and may come twice."""
        wanted = np.arange(300)
        found, at = wanted.copy(), np.array(places, kind)

        wanted[at] = number
        parts.stamp(found, at, number)

        self.assertEqual(found.tolist(), wanted.tolist())

    def test_what_stamp_is_given_is_checked(self) -> None:
        """Places that are not there, and other arrays, raise."""
        sealed = whole(1, 2)
        sealed.flags.writeable = False
        for wrong in (
            (whole(1, 2), whole(2), 1),
            (whole(1, 2), whole(-3), 1),
            (whole(1, 2), np.zeros(1, np.uint64), 1),
            (whole(1, 2), np.zeros(1, np.int16), 1),
            (whole(1, 2), np.zeros(1), 1),
            (np.zeros(2), whole(1), 1),
            (np.zeros(2, np.int32), whole(1), 1),
            (whole(1, 2, 3, 4)[::2], whole(1), 1),
            (sealed, whole(1), 1),
            (whole(1, 2), whole(1), 1 << 70),
            (whole(1, 2), whole(1), "x"),
            (whole(1, 2), whole(1)),
        ):
            with self.assertRaises(
                (TypeError, ValueError, BufferError, IndexError, OverflowError)
            ):
                parts.stamp(*wrong)


class TallyTests(SynchronousTestCase):
    skip = MISSING or None

    @given(st.lists(st.integers(0, 255), max_size=300))
    def test_tally_counts(self, numbers: list[int]) -> None:
        """Each number that comes has its count, in the order of the numbers."""
        found = parts.tally(np.array(numbers, np.uint8))

        counts = {each: numbers.count(each) for each in sorted(set(numbers))}
        self.assertEqual(list(found.items()), list(counts.items()))

    def test_what_tally_is_given_is_checked(self) -> None:
        """Only numbers of eight bits without a sign are counted."""
        for wrong in (
            whole(1),
            np.zeros(2, np.int8),
            np.zeros(2, np.bool_),
            [1],
            b"1"[0],
        ):
            with self.assertRaises((TypeError, ValueError)):
                parts.tally(wrong)


class SiftTests(SynchronousTestCase):
    skip = MISSING or None

    @given(
        st.lists(st.tuples(st.integers(0, 29), st.integers(0, 2**32 - 1))),
        st.none() | st.lists(st.booleans(), min_size=30, max_size=30),
        st.sampled_from([np.int32, np.int64]),
    )
    def test_sift_is_what_numpy_does(
        self, pairs: list[tuple[int, int]], wanted: list[bool] | None, kind: Any
    ) -> None:
        """Rows in Cells that are wanted are left, in their order."""
        cells = np.array([cell for cell, _ in pairs], kind)
        places = np.array([place for _, place in pairs], np.int64)
        keys = np.empty(len(pairs), np.int64)
        asked = None if wanted is None else np.array(wanted, np.bool_)

        found = keys[: parts.sift(cells, places, asked, keys)]

        left = [
            (cell << 32) + place
            for cell, place in pairs
            if wanted is None or wanted[cell]
        ]
        self.assertEqual(found.tolist(), left)

    def test_what_sift_is_given_is_checked(self) -> None:
        """Cells that are not there, and other arrays, raise."""
        good: list[Any] = [whole(1, 0), whole(4, 5), np.ones(2, np.bool_), whole(0, 0)]
        self.assertEqual(parts.sift(*good), 2)
        for at, wrong in (
            (0, whole(1, 2)),
            (0, whole(1, -1)),
            (0, whole(1)),
            (0, np.zeros(2, np.int16)),
            (0, np.zeros(2, np.uint32)),
            (1, whole(4)),
            (1, np.zeros(2, np.int32)),
            (2, np.ones(2, np.int16)),
            (2, [True, True]),
            (3, whole(0)),
            (3, b"x" * 16),
        ):
            with self.assertRaises((TypeError, ValueError, BufferError, IndexError)):
                parts.sift(*good[:at], wrong, *good[at + 1 :])
