"""Tests of `nexus.compiled.parts` where it is given arrays: they may be anything."""

from __future__ import annotations

from typing import Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from tests.support.compiled import MISSING, parts_of

parts = parts_of()


def whole(*numbers: int) -> Any:
    """Return numbers of 64 bits."""
    return np.array(numbers, np.int64)


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


class SpeakTests(SynchronousTestCase):
    skip = MISSING or None

    def test_what_it_is_given_is_checked(self) -> None:
        """Cells and ids that do not ascend, and columns of another length, raise."""
        good: list[Any] = [b"h", b"t", 3, whole(1, 1, 2), whole(4, 5, 0)]
        column = np.zeros(3, np.uint16), "u"
        self.assertEqual(len(parts.speak(*good, (column,))), 3)
        for at, wrong in (
            (0, "h"),
            (1, None),
            (2, 1 << 40),
            (3, whole(2, 1, 1)),
            (3, whole(-1, 1, 2)),
            (3, whole(1, 1)),
            (3, whole(1, 1, 2).astype(np.int32)),
            (4, whole(5, 4, 0)),
            (4, whole(4, 4, 0)),
            (4, whole(-4, 5, 0)),
        ):
            with self.assertRaises((TypeError, ValueError)):
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
            with self.assertRaises((TypeError, ValueError, BufferError)):
                parts.speak(*good, (column, wrong))

    def test_far_ids_have_room(self) -> None:
        """The longest that ids, Cells, values and their pay can be is whole."""
        rows = 5000
        cells = np.arange(rows, dtype=np.int64) // 2 + (1 << 62)
        ids = np.arange(rows, dtype=np.int64) * (1 << 49)
        wide = np.full(rows, -(1 << 63), np.int64), "i"

        told = parts.speak(b"h" * 40, b"t" * 40, 1024, cells, ids, (wide,) * 20)

        sizes = np.frombuffer(told[1], np.int64)
        self.assertEqual((len(sizes), sizes.sum()), (rows // 2, len(told[2])))


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
