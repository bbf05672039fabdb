"""Tests of `nexus.compiled.parts` where it is given arrays: they may be anything."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.compiled.cells import cell_arrays
from tests.support.compiled import MISSING, parts_of, whole

parts = parts_of()


class CutTests(SynchronousTestCase):
    skip = MISSING or None

    def test_pieces_are_put_together(self) -> None:
        """Each part has its pieces in order; one that stops where it starts is none."""
        told = parts.cut(b"abcdef", whole(0, 2, 4, 6, 3, 3, 5, 1, 1, 2), whole(2, 2, 5))

        self.assertEqual(told, [b"abef", b"", b"b"])

    def test_what_it_is_given_is_checked(self) -> None:
        """Pieces beyond the content, parts that go back, and other arrays raise."""
        for wrong in (
            (b"abc", whole(0, 4), whole(1)),
            (b"abc", whole(-1, 2), whole(1)),
            (b"abc", whole(0, 2), whole(2)),
            (b"abc", whole(0, 2), whole(1, 0)),
            (b"abc", whole(0, 2), whole(-1)),
            (b"abc", whole(0, 2).astype(np.int32), whole(1)),
            (b"abc", whole(0, 2).astype(np.float64), whole(1)),
            (b"abc", whole(0, 9, 2, 9)[::2], whole(1)),
            (b"abc", [0, 2], whole(1)),
            ("abc", whole(0, 2), whole(1)),
            (b"abc", whole(0, 2)),
        ):
            with self.assertRaises((TypeError, ValueError, BufferError)):
                parts.cut(*wrong)


class BeginsTests(SynchronousTestCase):
    skip = MISSING or None

    @given(
        st.lists(st.integers(0, 60), min_size=1, max_size=40),
        st.lists(st.integers(-5, 90), max_size=40),
    )
    def test_bodies_begin_where_a_search_finds_them(
        self, cells: list[int], wanted: list[int]
    ) -> None:
        """Whatever Cell is asked for: where its first body is, or would be."""
        known, ends = whole(*sorted(cells)), whole(*range(0, 7 * len(cells) + 1, 7))

        found = parts.begins(known, ends, whole(*wanted))

        searched = ends[known.searchsorted(whole(*wanted))]
        self.assertEqual(np.frombuffer(found, np.int64).tolist(), searched.tolist())

    def test_what_it_is_given_is_checked(self) -> None:
        """No Cells, too few ends, and other arrays raise; no order is trusted."""
        one = whole(1)
        for wrong in (
            (whole(), one, one),
            (whole(1, 2), whole(0, 1), one),
            (whole(1, -2), whole(0, 1, 2), one),
            (whole(-1, 2), whole(0, 1, 2), one),
            (whole(1, 1 << 60), whole(0, 1, 2), one),
            (one, whole(0, 1), one.astype(np.int32)),
            (one, whole(0, 1)),
            (one, [0, 1], one),
        ):
            with self.assertRaises((TypeError, ValueError, BufferError)):
                parts.begins(*wrong)
        told = parts.begins(whole(5, 2, 9, 3), whole(0, 1, 2, 3, 4), whole(0, 3, 9, 4))
        self.assertEqual(len(told), 32)


def keys(*pairs: tuple[int, int]) -> Any:
    """Return rows as `speak` takes them, by Cell and place."""
    return whole(*[(cell << 32) + place for cell, place in pairs])


class SpeakTests(SynchronousTestCase):
    skip = MISSING or None

    def test_what_it_is_given_is_checked(self) -> None:
        """Cells and ids that do not ascend, and columns that are too short, raise."""
        good: list[Any] = [b"h", b"t", 3, keys((1, 0), (1, 1), (2, 2)), whole(4, 5, 0)]
        column = np.zeros(3, np.uint16), "u"
        self.assertEqual(len(parts.speak(*good, (column,))), 3)
        for at, wrong in (
            (0, "h"),
            (1, None),
            (2, 1 << 40),
            (3, keys((2, 0), (1, 1), (1, 2))),
            (3, keys((-1, 0), (1, 1), (2, 2))),
            (3, keys((1, 0), (1, 1), (2, 3))),
            (3, keys((1, 0), (1, 1), (2, -1))),
            (3, whole(1, 1, 2).astype(np.int32)),
            (4, whole(4, 5)),
            (4, whole(5, 4, 0)),
            (4, whole(4, 4, 0)),
            (4, whole(-4, 5, 0)),
        ):
            with self.assertRaises((TypeError, ValueError, IndexError)):
                parts.speak(*good[:at], wrong, *good[at + 1 :], (column,))
        for wrong in (
            (np.zeros(2, np.uint16), "u"),
            (np.zeros(3, np.uint16), "x"),
            (np.zeros(3, np.uint16), "\0"),
            [np.zeros(3, np.uint16), "u"],
            (np.zeros(3, np.uint16), "f"),
            (np.zeros(3, np.uint16), "?"),
            (np.zeros(3, np.complex128), "u"),
            (np.zeros(6, np.uint16)[::2], "u"),
            ([1, 2, 3], "u"),
            (np.zeros(3, np.uint16),),
        ):
            with self.assertRaises((TypeError, ValueError, BufferError, IndexError)):
                parts.speak(*good, (column, wrong))

    def test_far_ids_have_room(self) -> None:
        """The longest that ids, Cells, values and their pay can be is whole."""
        rows = 5000
        cells = np.arange(rows, dtype=np.int64) // 2 + ((1 << 31) - rows)
        places = np.arange(rows, dtype=np.int64)
        ids = np.arange(rows, dtype=np.int64) * (1 << 49)
        wide = np.full(rows, -(1 << 63), np.int64), "i"

        rows_ = cells << 32 | places
        told = parts.speak(b"h" * 40, b"t" * 40, 1024, rows_, ids, (wide,) * 20)

        sizes = np.frombuffer(told[1], np.int64)
        self.assertEqual((len(sizes), sizes.sum()), (rows // 2, len(told[2])))


class CellsTests(SynchronousTestCase):
    skip = MISSING or None

    GRID = (0.0, 0.0, 10.0, 4, 3)

    def test_what_strays_is_given_is_checked(self) -> None:
        """Rows that are not there, positions that are none, and no grid, raise."""
        x = np.zeros(5)
        cells = np.zeros(5, np.int32)
        for wrong in (
            (whole(5), x, x, cells, self.GRID),
            (whole(-1), x, x, cells, self.GRID),
            (whole(4), x[:4], x, cells, self.GRID),
            (whole(4), x, x, cells[:4], self.GRID),
            (whole(1), x.astype(np.int64), x, cells, self.GRID),
            (whole(1), x.astype(np.float16), x, cells, self.GRID),
            (whole(1), x, x[::2], cells, self.GRID),
            (whole(1), x, x, cells.astype(np.int64), self.GRID),
            (whole(1), x, x, cells.astype(np.float32), self.GRID),
            (whole(1).astype(np.int32), x, x, cells, self.GRID),
            (whole(1), x, x, cells, (*self.GRID[:3], 0, 3)),
            (whole(1), x, x, cells, (*self.GRID[:3], 1 << 20, 1 << 20)),
            (whole(1), x, x, cells, (*self.GRID[:3], 1 << 62, 1 << 62)),
            (whole(1), x, x, cells, self.GRID[:4]),
        ):
            with self.assertRaises((TypeError, ValueError, IndexError, BufferError)):
                parts.strays(*wrong)
        x[2] = np.nan
        self.assertIsNone(parts.strays(whole(1, 2), x, x, cells, self.GRID))
        # A grid without width: nothing stands in a Cell that is not there.
        told = parts.strays(whole(1), x, x + 1, cells, (*self.GRID[:2], 0.0, 4, 3))
        self.assertIsNone(told)

    def test_rows_that_find_no_room_are_named(self) -> None:
        """It stops where no larger block is left: the others stand where they shall."""
        given = cell_arrays()

        done = parts.resettle(whole(0, 1), whole(2, 3), *given)

        self.assertEqual(done, 1)
        self.assertEqual(given[0].tolist(), [2, 0, 1])
        self.assertEqual(given[3].tolist(), [0, 1, 1, 0])

    def test_what_is_wrong_with_rows_is_left_to_python(self) -> None:
        """Rows that are nowhere, or come twice, change nothing."""
        for rows, to in (
            ((0, 0), (1, 2)),
            ((0, 3), (1, 2)),
            ((0, -1), (1, 2)),
            ((0, 1), (1, 4)),
            ((0, 1), (1, -1)),
        ):
            given = cell_arrays()
            self.assertEqual(parts.resettle(whole(*rows), whole(*to), *given), -1)
            for one, other in zip(given, cell_arrays(), strict=True):
                self.assertEqual(one.tolist(), other.tolist())

    def test_what_cannot_be_is_not_followed(self) -> None:
        """Whatever numbers the arrays hold, nothing beside them is read or written."""
        chance = np.random.default_rng(5)
        for _ in range(3000):
            given = cell_arrays()
            for _ in range(int(chance.integers(1, 4))):
                array = given[int(chance.integers(len(given)))]
                at, most = int(chance.integers(len(array))), np.iinfo(array.dtype)
                array[at] = chance.choice([most.min, -2, -1, 0, 1, 2, 5, 30, most.max])
            to = whole(*chance.integers(0, 4, 3))
            try:
                done = parts.resettle(whole(*chance.permutation(3)), to, *given)
            except ValueError:
                continue
            self.assertIn(done, range(-1, 4))

    def test_what_resettle_is_given_is_checked(self) -> None:
        """Arrays of other lengths or widths raise."""
        for at, wrong in (
            (0, np.zeros(3, np.int64)),
            (1, np.zeros(2, np.int32)),
            (3, np.zeros(3, np.int32)),
            (4, np.zeros(4, np.int32)),
            (5, np.zeros(3, np.int32)),
            (6, np.zeros(3, np.float32)),
            (7, np.zeros(62, np.int64)),
        ):
            given = cell_arrays()
            given[at] = wrong
            with self.assertRaises((ValueError, BufferError)):
                parts.resettle(whole(0), whole(1), *given)
        for wrong in (
            (whole(0), whole(1, 2), *cell_arrays()),
            (whole(0), whole(1), *cell_arrays()[:-1]),
            ([0], whole(1), *cell_arrays()),
        ):
            with self.assertRaises((TypeError, ValueError)):
                parts.resettle(*wrong)
