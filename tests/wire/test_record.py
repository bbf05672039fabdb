"""Tests of `nexus.wire.record`: the quick way equals the slow one."""

from __future__ import annotations

from struct import pack
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.wire.codec import pack as pack_plain
from nexus.wire.message import Limits, decode
from nexus.wire.record import flat_record
from tests import examples

#: So few values that `decode` does not take the quick way.
SLOW = Limits(values=256)

NAMES = st.text("abcxyz", min_size=1, max_size=8)
VALUES = st.one_of(
    st.floats(allow_nan=False),
    st.integers(-(2**31), 2**32 - 1),
    st.booleans(),
    st.none(),
    st.text(max_size=12),
)


def record(fields: dict[str, Any]) -> bytes:
    """Write a record as the SDK does: no number looks like a record's id."""
    names = b"".join(pack_plain(name) for name in fields)
    values = [
        pack(">BB", 0xCC, value)
        if type(value) is int and 0x40 <= value < 0x80
        else pack_plain(value)
        for value in fields.values()
    ]
    count = bytes((0x90 | len(fields),))
    return b"\xd4r\x40" + count + names + b"".join(values)


def read(data: bytes, limits: Limits) -> object:
    """Return what a payload is, or the class of what is wrong with it."""
    try:
        return decode(data, limits)
    except PeerError:
        return PeerError


class RecordTests(SynchronousTestCase):
    @given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=10))
    @example({"x": 64, "y": 65})
    def test_records_are_what_was_written(self, fields: dict[str, Any]) -> None:
        """A flat record reads the same in both ways."""
        data = record(fields)

        self.assertEqual(decode(data), fields)
        self.assertEqual(decode(data, SLOW), fields)

    def test_plain_record_is_read_quickly(self) -> None:
        """Two numbers under two names are the plain case."""
        self.assertEqual(flat_record(record({"x": 1.5, "y": -2})), {"x": 1.5, "y": -2})

    @settings(max_examples=examples(test=500, soak=50_000))
    @given(
        st.dictionaries(NAMES, VALUES, min_size=1, max_size=6),
        st.lists(st.tuples(st.integers(0, 80), st.integers(0, 255)), max_size=4),
        st.integers(0, 90),
    )
    @example({"x": 1.0, "y": 1}, [(17, 0x40)], 90)
    def test_what_is_not_plain_reads_the_same(
        self, fields: dict[str, Any], changes: list[tuple[int, int]], length: int
    ) -> None:
        """Whatever the bytes are, the quick way says what the slow one does."""
        data = bytearray(record(fields))
        for at, byte in changes:
            if at < len(data):
                data[at] = byte
        payload = bytes(data[:length])

        quick, slow = read(payload, Limits()), read(payload, SLOW)

        self.assertEqual(repr(quick), repr(slow))
