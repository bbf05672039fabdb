"""Tests of `nexus.wire.colyseus.primitive`."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.errors import PeerError
from nexus.wire.colyseus.primitive import (
    PRIMITIVES,
    decode_number,
    decode_string,
    decode_type,
    encode_number,
    encode_string,
    encode_type,
)
from tests import ROOT

VECTORS = ROOT / "tests" / "vectors" / "colyseus" / "schema-codecs.json"

#: What the fixed widths hold.
RANGES: dict[str, st.SearchStrategy[float]] = {
    "int8": st.integers(-(2**7), 2**7 - 1),
    "uint8": st.integers(0, 2**8 - 1),
    "int16": st.integers(-(2**15), 2**15 - 1),
    "uint16": st.integers(0, 2**16 - 1),
    "int32": st.integers(-(2**31), 2**31 - 1),
    "uint32": st.integers(0, 2**32 - 1),
    "int64": st.integers(-(2**53), 2**53),
    "uint64": st.integers(0, 2**53),
    "bigint64": st.integers(-(2**63), 2**63 - 1),
    "biguint64": st.integers(0, 2**64 - 1),
    "float32": st.floats(width=32, allow_nan=False),
    "float64": st.floats(allow_nan=False),
}


def value_of(row: dict[str, Any]) -> Any:
    """Return the Python value that a row of the vectors speaks of."""
    value = row["value"]
    if isinstance(value, str):
        if row["type"] == "string":
            return value * row.get("times", 1)
        return int(value[7:]) if value.startswith("bigint:") else float(value)
    return value


def bytes_of(row: dict[str, Any]) -> bytes:
    """Return the bytes that a row of the vectors speaks of."""
    data = bytes.fromhex(row["hex"])
    return data + value_of(row).encode() if "times" in row else data


class VectorTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Read what Colyseus' own codecs did."""
        self.rows = json.loads(VECTORS.read_text())["frames"]

    def test_decode(self) -> None:
        """All that Colyseus writes is read as what it reads itself."""
        for row in self.rows:
            data = bytes_of(row)
            expected = float(row["decoded"]) if "decoded" in row else value_of(row)
            if row["type"] == "float32":
                expected = struct.unpack("<f", data)[0]

            value, end = PRIMITIVES[row["type"]].decode(b"??" + data + b"?", 2)

            self.assertEqual(value, expected)
            self.assertEqual(end, 2 + len(data))

    def test_encode(self) -> None:
        """The same bytes are written, but for numbers that theirs would change."""
        for row in self.rows:
            value, expected = value_of(row), bytes_of(row)
            if row["type"] == "number" and not -(2**31) <= value < 2**31:
                # Infinity, NaN, which is no less than anything, and large numbers.
                expected = b"\xcb" + struct.pack("<d", value)
                if 2**31 <= value < 2**32:
                    expected = b"\xce" + struct.pack("<I", value)
            elif row["type"] == "number" and value % 1:
                expected = b"\xcb" + struct.pack("<d", value)

            self.assertEqual(PRIMITIVES[row["type"]].encode(value), expected)


class NumberTests(SynchronousTestCase):
    @given(st.integers(-(2**53), 2**53) | st.floats(allow_nan=False))
    def test_round_trip(self, value: float) -> None:
        """A number comes back as equal, with the sign of a zero."""
        data = encode_number(value)

        again, end = decode_number(data, 0)

        self.assertEqual((again, end), (value, len(data)))
        self.assertEqual(math.copysign(1, again), math.copysign(1, value))

    def test_forms(self) -> None:
        """Whole floats are written as ints; negative zero and NaN stay floats."""
        forms: list[tuple[float, str]] = [
            (3.0, "03"),
            (-129.0, "d17fff"),
            (0.0, "00"),
            (-0.0, "cb0000000000000080"),
            (2.0**31, "cb000000000000e041"),
            (2**31, "ce00000080"),
            (2**32, "cb000000000000f041"),
            (0.1, "cb9a9999999999b93f"),
            (-math.inf, "cb000000000000f0ff"),
            (math.nan, "cb000000000000f87f"),
        ]
        for value, text in forms:
            self.assertEqual(encode_number(value).hex(), text)

    def test_wide_forms_are_read(self) -> None:
        """The forms that JavaScript reads but never writes are read, too."""
        for text in ("cf0500000000000000", "d30500000000000000", "ce05000000"):
            self.assertEqual(decode_number(bytes.fromhex(text), 0)[0], 5)

    def test_ints_that_javascript_would_change(self) -> None:
        """An int beyond 2**53 is refused and not rounded in silence."""
        for value in (2**53 + 1, -(2**53) - 1, 10**5000):
            with self.assertRaises(ValueError):
                encode_number(value)

    def test_bytes_that_are_no_number(self) -> None:
        """Other first bytes and numbers cut short are refused."""
        for text in ("", "80", "a0", "c0", "c1", "d4", "cc", "cd01", "cb00"):
            with self.assertRaises(PeerError):
                decode_number(bytes.fromhex(text), 0)


class StringTests(SynchronousTestCase):
    @given(st.text() | st.integers(0, 70_000).map(lambda size: "é" * size))
    def test_round_trip(self, value: str) -> None:
        """Text of any length comes back."""
        data = encode_string(value)

        self.assertEqual(decode_string(memoryview(data), 0), (value, len(data)))

    def test_bytes_that_are_no_text(self) -> None:
        """Other first bytes, text cut short and bad UTF-8 are refused."""
        for text in ("", "00", "a1", "d9", "d902", "da00", "dbffffffff61", "a1ff"):
            with self.assertRaises(PeerError):
                decode_string(bytes.fromhex(text), 0)

    def test_half_a_surrogate_pair(self) -> None:
        """A str that is no text is our own mistake."""
        with self.assertRaises(ValueError):
            encode_string("\ud800")


class FixedTests(SynchronousTestCase):
    @given(st.data())
    def test_round_trip(self, data: st.DataObject) -> None:
        """Each fixed width gives back all that it holds."""
        for name, values in RANGES.items():
            value = data.draw(values)
            written = PRIMITIVES[name].encode(value)

            again = PRIMITIVES[name].decode(written, 0)

            self.assertEqual(again, (value, len(written)))

    def test_too_few_bytes(self) -> None:
        """A value that is cut off is refused, whatever its width."""
        for primitive in PRIMITIVES.values():
            with self.assertRaises(PeerError):
                primitive.decode(b"\x01", 1)

    def test_values_that_do_not_fit(self) -> None:
        """A value beyond the width, or beyond JavaScript's numbers, is refused."""
        beyond = {"int8": 128, "uint16": -1, "uint32": 2**32, "uint64": 2**53 + 1}
        beyond |= {"int64": -(2**53) - 1, "bigint64": 2**63, "biguint64": 2**64}
        for name, value in beyond.items():
            with self.assertRaises(ValueError):
                PRIMITIVES[name].encode(value)
        with self.assertRaises(ValueError):
            PRIMITIVES["float32"].encode(1e39)

    def test_other_bytes_for_a_boolean(self) -> None:
        """A boolean is one of two bytes."""
        with self.assertRaises(PeerError):
            PRIMITIVES["boolean"].decode(b"\x02", 0)


class TypeTests(SynchronousTestCase):
    @given(st.text(min_size=1) | st.integers(-(2**53), 2**53))
    def test_round_trip(self, value: str | int) -> None:
        """The type of a message comes back, as text or int."""
        data = encode_type(value)

        again = decode_type(data, 0)

        self.assertEqual(again, (value, len(data)))
        self.assertIs(type(again[0]), type(value))

    def test_whole_number_as_float(self) -> None:
        """JavaScript writes 2**31 as a float; it is the same type."""
        self.assertEqual(decode_type(bytes.fromhex("ca0000004f"), 0), (2**31, 5))

    def test_no_type(self) -> None:
        """Empty names and numbers that are not whole are no types."""
        for text in ("", "a0", "d900", "ca0000003f", "cb000000000000f87f", "c0"):
            with self.assertRaises(PeerError):
                decode_type(bytes.fromhex(text), 0)
        with self.assertRaises(ValueError):
            encode_type("")
