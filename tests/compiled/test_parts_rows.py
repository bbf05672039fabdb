"""Tests of `nexus.compiled.parts` where it is given rows: they may be anything."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.state.table import pick
from tests import examples
from tests.support.compiled import MISSING, parts_of, whole

parts = parts_of()


class PutTests(SynchronousTestCase):
    skip = MISSING or None

    def call(self, **changes: Any) -> Any:
        """Put two values into a column; return the bits of the rows."""
        made: dict[str, Any] = {
            "data": np.zeros(4, np.float32),
            "sent": np.zeros(4, np.uint16),
            "rows": whole(3, 1),
            "values": np.array([5, 7], np.float32),
            "bits": np.zeros(2, np.uint16),
            "bit": 4,
            "quantized": (0.0, 1.0, 65_535.0),
        }
        made |= changes
        parts.put(*made.values())
        return made["bits"].tolist()

    def test_what_is_told_is_marked(self) -> None:
        """Bits are set where what goes out is another number than before."""
        self.assertEqual(self.call(), [4, 4])
        self.assertEqual(self.call(sent=np.full(4, 7, np.uint16)), [4, 0])
        one = np.array([7], np.float32)
        self.assertEqual(self.call(values=one), [4, 4])
        self.assertEqual(self.call(sent=np.zeros(0, np.uint16)), [0, 0])

    def test_what_it_is_given_is_checked(self) -> None:
        """Rows that are not there, and arrays that do not fit, raise."""
        locked = np.zeros(4, np.float32)
        locked.flags.writeable = False
        for wrong in (
            {"rows": whole(3, 4)},
            {"rows": whole(-1, 1)},
            {"rows": np.array([3, 1], np.int32)},
            {"rows": whole(3, 1, 2)},
            {"values": np.array([5, 7], np.float64)},
            {"values": np.array([5, 7], np.int32)},
            {"values": np.zeros(0, np.float32)},
            {"data": locked},
            {"data": np.zeros(4, np.complex128)},
            {"data": np.zeros(4, np.int32)},
            {"sent": np.zeros(3, np.uint16)},
            {"sent": np.zeros(4, np.uint64)},
            {"bits": np.zeros(1, np.uint16)},
            {"bits": [0, 0]},
            {"bits": np.zeros(2, "V3")},
            {"bits": np.zeros(2, "V0")},
            {"sent": np.zeros(4, "V3")},
            {"data": np.zeros(4, "V0")},
            {"rows": np.zeros(17, np.uint8)[1:].view(np.int64)},
            {"quantized": [0.0, 1.0, 2.0]},
            {"quantized": None},
            {"quantized": (1.0,)},
        ):
            with self.assertRaises((TypeError, ValueError, IndexError, BufferError)):
                self.call(**wrong)

    def test_a_row_that_is_not_there_writes_nothing(self) -> None:
        """All rows are looked at before the first is written."""
        data = np.zeros(4, np.float32)
        with self.assertRaises(IndexError):
            self.call(data=data, rows=whole(0, 9))

        self.assertEqual(data.tolist(), [0, 0, 0, 0])
        # Nor of those that are written in pieces.
        rows = np.append(np.zeros(600, np.int64), 9)
        with self.assertRaises(IndexError):
            self.call(
                data=data,
                rows=rows,
                values=np.ones(601, np.float32),
                bits=np.zeros(601, np.uint16),
            )
        self.assertEqual(data.tolist(), [0, 0, 0, 0])

    def test_what_is_no_number_is_told_as_the_least(self) -> None:
        """It never comes so far; but what is told is a step."""
        sent = np.full(4, 7, np.uint16)
        self.call(sent=sent, values=np.array([np.nan, 5], np.float32))

        self.assertEqual(sent.tolist(), [7, 5, 7, 0])

    def test_rows_that_are_the_column_are_looked_at_again(self) -> None:
        """What is written may name rows by then that are not there."""
        both = np.arange(1024)[::-1].copy()
        with self.assertRaises(IndexError):
            self.call(
                data=both,
                sent=np.zeros(0, np.uint64),
                rows=both,
                values=np.full(1, 1 << 40),
                bits=np.zeros(1024, np.uint16),
                quantized=None,
            )


class PickTests(SynchronousTestCase):
    skip = MISSING or None

    @given(
        st.sampled_from(["u1", "i2", "f4", "f8", "u8", "?"]),
        st.lists(st.integers(0, 299), max_size=600),
    )
    @settings(max_examples=examples(test=100, soak=2_000))
    def test_rows_are_picked_as_numpy_does(self, kind: str, rows: list[int]) -> None:
        """Whatever a column holds, and wherever its rows are."""
        column = np.arange(300).astype(kind)

        picked = pick.picked(column, np.array(rows, np.intp))

        self.assertEqual(picked.dtype, column.dtype)
        self.assertEqual(picked.tolist(), column[np.array(rows, np.intp)].tolist())
        again = pick.picked(column, np.array(rows, np.int32))
        self.assertEqual(again.tolist(), picked.tolist())

    def test_columns_that_are_not_plain(self) -> None:
        """Rows of those numpy picks, and holds what they hold."""
        thing = object()
        for column in (
            np.arange(9)[::2],
            np.arange(5).astype(">i4"),
            np.zeros(21, np.uint8)[1:].view(np.float32),
            np.arange(5).astype(np.complex64),
            np.arange(5).astype(np.longdouble),
            np.arange(5).astype("M8[s]"),
            np.arange(5).astype("S8"),
            np.array([thing] * 5),
        ):
            picked = pick.picked(column, whole(4, 0))
            self.assertEqual(picked.tolist(), column[[4, 0]].tolist())
        before = sys.getrefcount(thing)
        for _ in range(50):
            pick.picked(np.array([thing] * 5), whole(4, 0))
        self.assertEqual(sys.getrefcount(thing), before)

    def test_rows_that_are_named_otherwise(self) -> None:
        """Slices, masks and numbers mean what they mean to numpy."""
        column = np.arange(5.0)
        for rows in (slice(1, 4), column > 2, 3, -1, whole(-1, 0), whole(2, 0)[::-1]):
            picked = pick.picked(column, rows)
            self.assertEqual(np.asarray(picked).tolist(), column[rows].tolist())
        for wrong in (whole(5), whole(-6)):
            with self.assertRaises(IndexError):
                pick.picked(column, wrong)

    def test_what_it_is_given_is_checked(self) -> None:
        """Rows that are not there, and arrays that do not fit, raise."""
        locked = np.zeros(2, np.float32)
        locked.flags.writeable = False
        for wrong in (
            {"rows": whole(3, 4)},
            {"rows": whole(-5, 1)},
            {"rows": whole(3)},
            {"rows": np.array([3, 1], np.int32)},
            {"column": np.zeros(4, np.float64)},
            {"column": np.zeros(4, np.int32)},
            {"column": np.zeros(8, np.float32)[::2]},
            {"column": np.zeros(17, np.uint8)[1:].view(np.float32)},
            {"column": [0.0]},
            {"column": np.array([1, 2, 3, 4], object), "out": np.zeros(2, object)},
            {"out": np.zeros(3, np.float32)},
            {"out": locked},
            {"out": np.zeros(4, np.complex64)[:1]},
            {"out": b"12345678"},
        ):
            made: dict[str, Any] = {
                "column": np.zeros(4, np.float32),
                "rows": whole(3, 1),
                "out": np.zeros(2, np.float32),
            }
            with self.assertRaises((TypeError, ValueError, IndexError, BufferError)):
                parts.pick(*(made | wrong).values())
        with self.assertRaises(TypeError):
            parts.pick(np.zeros(4))


class RowsTests(SynchronousTestCase):
    skip = MISSING or None

    def test_what_was_written_is_taken_once(self) -> None:
        """Rows that are alive and known come with their masks, and all flags go."""
        dirty, alive = np.zeros(40, np.bool_), np.ones(40, np.bool_)
        mask = np.zeros(40, np.uint16)
        rows = whole(0, 7, 8, 30, 31, 39)
        bits = np.array([1, 2, 0, 4, 5, 6], np.uint16)
        self.assertTrue(parts.mark(dirty, mask, rows, bits))
        self.assertFalse(parts.mark(dirty, mask, rows[2:3], bits[2:3]))
        alive[30] = False

        taken, masks = parts.written(dirty, alive, mask, 39)

        self.assertEqual(np.frombuffer(taken, np.int64).tolist(), [0, 7, 31])
        self.assertEqual(np.frombuffer(masks, np.uint16).tolist(), [1, 2, 5])
        self.assertEqual((dirty.any(), mask.nonzero()[0].tolist()), (False, [30, 39]))
        self.assertEqual(parts.written(dirty, alive, mask, 40), (b"", b""))

    @given(st.integers(0, 300), st.data())
    @settings(max_examples=examples(test=100, soak=2_000))
    def test_what_was_written_is_what_numpy_finds(
        self, length: int, data: st.DataObject
    ) -> None:
        """However many rows there are, set and known."""
        some = st.lists(st.integers(0, max(0, length - 1)), max_size=length)
        dirty, alive = np.zeros(length, np.bool_), np.ones(length, np.bool_)
        dirty[data.draw(some)], alive[data.draw(some)] = True, False
        known = data.draw(st.integers(0, length))
        wanted = np.flatnonzero(dirty & alive & (np.arange(length) < known))

        taken, masks = parts.written(dirty, alive, np.ones(length, np.uint8), known)

        self.assertEqual(np.frombuffer(taken, np.int64).tolist(), wanted.tolist())
        self.assertEqual(masks, b"\1" * len(wanted))
        self.assertFalse(dirty.any())

    def test_flags_may_be_any_bytes(self) -> None:
        """What is not 0 is set, however many there are."""
        dirty = np.arange(3000, dtype=np.uint8) % 5
        mask = np.full(3000, 9, np.uint64)
        taken, _ = parts.written(dirty, np.full(3000, 8, np.uint8), mask, 3000)

        wanted = [row for row in range(3000) if row % 256 % 5]
        self.assertEqual(np.frombuffer(taken, np.int64).tolist(), wanted)

    def test_what_written_is_given_is_checked(self) -> None:
        """Arrays of other lengths, and masks that are none, raise."""
        flags, mask = np.zeros(8, np.bool_), np.zeros(8, np.uint16)
        locked = flags.copy()
        locked.flags.writeable = False
        for wrong in (
            (flags, flags[:7], mask, 8),
            (flags, flags, mask[:7], 8),
            (flags.astype(np.int32), flags, mask, 8),
            (flags, flags.astype(np.int32), mask, 8),
            (flags, flags, mask.astype(np.float32), 8),
            (flags, flags, np.zeros(8, "V2"), 8),
            (flags, flags, np.zeros(17, np.uint8)[1:].view(np.uint16), 8),
            (locked, flags, mask, 8),
            (flags, flags, mask, "8"),
            ([1], flags, mask, 8),
        ):
            with self.assertRaises((TypeError, ValueError, BufferError)):
                parts.written(*wrong)
        # There are no more rows than there are flags.
        flags[:] = True
        self.assertEqual(len(parts.written(flags, flags.copy(), mask, 99)[0]), 64)

    def test_what_mark_is_given_is_checked(self) -> None:
        """Rows that are not there, and arrays that do not fit, raise."""
        flags, mask = np.zeros(8, np.bool_), np.zeros(8, np.uint16)
        bits = np.ones(2, np.uint16)
        for wrong in (
            (flags, mask, whole(1, 8), bits),
            (flags, mask, whole(1, -1), bits),
            (flags, mask, whole(1), bits),
            (flags, mask, whole(1, 2), bits.astype(np.uint8)),
            (flags, mask, whole(1, 2), bits.astype(np.float16)),
            (flags, mask[:7], whole(1, 2), bits),
            (flags.astype(np.int16), mask, whole(1, 2), bits),
            (flags, mask, whole(1, 2).astype(np.int32), bits),
            (flags, mask, np.zeros(2, "V8"), bits),
        ):
            with self.assertRaises((TypeError, ValueError, IndexError, BufferError)):
                parts.mark(*wrong)
