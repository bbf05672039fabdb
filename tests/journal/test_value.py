"""Tests of plain values in a record."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.journal.value import DEPTH, read_value, write_value
from nexus.wire.codec import BigInt, Reader, pack
from nexus.wire.message import UNDEFINED
from tests.journal.values import values


def again(value: Any) -> Any:
    """Write a value and read it."""
    data = write_value(value)
    reader = Reader(data, len(data))
    read = read_value(reader)
    reader.end()
    return read


class ValueTests(SynchronousTestCase):
    @given(values)
    def test_values_come_back(self, value: Any) -> None:
        """Every plain value comes back as it was, with its types."""
        self.assertEqual(repr(again(value)), repr(value))

    @given(st.binary(max_size=60))
    def test_any_bytes_are_read_or_refused(self, data: bytes) -> None:
        """No bytes do worse than a PeerError."""
        with contextlib.suppress(PeerError):
            read_value(Reader(data, 60))

    def test_what_cannot_be_kept_is_named(self) -> None:
        """A value of another type is refused, with where it stands."""
        for value, where in (
            ({"a": [object()]}, "$.a[0]"),
            ({"a": {1: 2}}, "$.a"),
            ([1 << 64], "$[0]"),
            (datetime(2026, 1, 1), "$"),  # noqa: DTZ001  # has no time zone on purpose
        ):
            error = self.assertRaises(ValueError, write_value, value)

            self.assertTrue(str(error).startswith(f"{where}:"), str(error))

    def test_depth_is_bounded(self) -> None:
        """What is nested too deep is neither written nor read."""
        deep: Any = 1
        for _ in range(DEPTH + 1):
            deep = [deep]
        self.assertRaises(ValueError, write_value, deep)
        data = (pack([0, 1])[:2]) * (DEPTH + 1) + b"\1"
        self.assertRaises(PeerError, read_value, Reader(data, len(data)))

    def test_rarer_values(self) -> None:
        """Dates, bigints, undefined and half pairs are told apart from lists."""
        for value in (datetime(2026, 1, 1, tzinfo=UTC), BigInt(7), UNDEFINED, "\ud800"):
            self.assertEqual(again([value]), [value])
            self.assertIs(type(again(value)), type(value))
