"""Tests of `nexus.state.number`."""

from __future__ import annotations

import math
import struct
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from typing import Any

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.state.kind import Kind
from nexus.state.number import MAX_FLOAT32, Float, Integer, Number, Quantized
from tests import examples


class Level(IntEnum):
    LOW = 1


class Whole:
    """An int of another library."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __index__(self) -> int:
        return self.number


class Score(int):
    """An int of a subclass."""


class NumberCase(SynchronousTestCase):
    def refused(self, kind: Kind, *values: Any) -> None:
        """Check that a kind refuses values."""
        for value in values:
            try:
                held = kind.check(value)
            except (TypeError, ValueError):
                continue
            self.fail(f"{kind.name} took {value!r} and holds {held!r}")


class IntegerTests(NumberCase):
    def test_ends_are_inclusive(self) -> None:
        """Each width takes its ends and refuses what is one beyond."""
        for bits in (8, 16, 32, 64):
            for signed in (True, False):
                kind = Integer(bits, signed=signed)
                low = -(2 ** (bits - 1)) if signed else 0
                high = 2 ** (bits - signed) - 1
                self.assertEqual((kind.check(low), kind.check(high)), (low, high))
                self.refused(kind, low - 1, high + 1)

    def test_name_and_width_fit(self) -> None:
        """The struct letter holds what the name says."""
        for bits in (8, 16, 32, 64):
            for signed in (True, False):
                kind = Integer(bits, signed=signed)
                self.assertEqual(struct.calcsize(f"<{kind.width}") * 8, bits)
                self.assertEqual(kind.name, f"{'' if signed else 'u'}int{bits}")
                struct.pack(f"<{kind.width}", kind.low)

    def test_only_whole_numbers(self) -> None:
        """Bools, floats, enum members and text are no ints."""
        self.refused(Integer(8, signed=True), True, 1.0, Level.LOW, "1", None, b"1")

    def test_floats_are_refused_with_advice(self) -> None:
        """Who writes a float is told how to make an int of it."""
        with self.assertRaisesRegex(
            TypeError, r"1\.5 is no int8; use int\(\) or round"
        ):
            Integer(8, signed=True).check(1.5)

    def test_ints_of_others_become_plain(self) -> None:
        """What has `__index__`, numpy's ints say, is held as a plain int."""
        for given_ in (Whole(7), Score(7)):
            held = Integer(8, signed=False).check(given_)

            self.assertEqual((type(held), held), (int, 7))

    def test_range_is_named(self) -> None:
        """The error names the value, the range and the type."""
        with self.assertRaisesRegex(
            ValueError, r"300 is not within 0\.\.255 \(uint8\)"
        ):
            Integer(8, signed=False).check(300)

    def test_huge_ints_are_out_of_range(self) -> None:
        """An int with more digits than Python prints is refused like any other."""
        with self.assertRaisesRegex(ValueError, "not within"):
            Integer(64, signed=True).check(10**5000)


class FloatTests(NumberCase):
    @given(st.floats(allow_nan=False, width=64))
    @example(MAX_FLOAT32)
    @example(-0.0)
    @example(1e-46)
    def test_float32_is_rounded(self, value: float) -> None:
        """A float32 reads back as what four bytes hold."""
        assume(abs(value) <= MAX_FLOAT32)
        held = Float(32).check(value)

        self.assertEqual(held, struct.unpack("<f", struct.pack("<f", value))[0])
        self.assertEqual(math.copysign(1, held), math.copysign(1, value))
        self.assertEqual(Float(32).check(held), held)

    def test_numbers_of_others_become_floats(self) -> None:
        """Ints, Fractions and Decimals are numbers too."""
        for given_ in (3, Fraction(3), Decimal(3), Whole(3)):
            held = Float(64).check(given_)

            self.assertEqual((type(held), held), (float, 3.0))

    def test_what_is_no_number_is_refused(self) -> None:
        """Bools, enum members, text and bytes of any class are no floats."""
        kind = Float(64)

        self.refused(kind, True, Level.LOW, "1.5", b"1.5", None, 1j, [1.0])
        self.refused(kind, bytearray(b"1.5"), memoryview(b"1.5"))

    def test_too_large_is_refused(self) -> None:
        """A number beyond the type is refused, with special floats or without."""
        for special in (True, False):
            self.refused(Float(32, special=special), 1e39, -1e39, 10**400)
            self.refused(Float(64, special=special), 10**400)

    def test_special_floats_are_refused_unless_allowed(self) -> None:
        """NaN and the infinities need `special=True`."""
        for bits in (32, 64):
            self.refused(Float(bits), math.nan, math.inf, -math.inf)
            kind = Float(bits, special=True)
            self.assertTrue(math.isnan(kind.check(math.nan)))
            self.assertEqual(kind.check(-math.inf), -math.inf)

    def test_special_is_named(self) -> None:
        """The error says how to allow it."""
        with self.assertRaisesRegex(ValueError, "nan is not allowed; .*special=True"):
            Float(64).check(math.nan)


_ENDS = st.floats(-1e6, 1e6, allow_nan=False)
_KINDS = st.tuples(
    _ENDS, _ENDS, st.sampled_from((8, 16)), st.sampled_from(("raise", "clamp", "wrap"))
)


def _quantized(numbers: tuple[float, float, int, str]) -> Quantized:
    low, high = sorted(numbers[:2])
    assume(high - low > 1e-3)
    return Quantized(low, high, numbers[2], beyond=numbers[3])


class QuantizedTests(NumberCase):
    @given(_KINDS, st.floats(0, 1))
    @example((-0.1, 0.2, 8, "raise"), 1.0)
    def test_reads_back_what_clients_see(
        self, numbers: tuple[float, float, int, str], share: float
    ) -> None:
        """A value is rounded to the nearest step, by the normative formula."""
        kind = _quantized(numbers)
        value = min(kind.low + share * (kind.high - kind.low), kind.high)
        held = kind.check(value)
        raw = kind.raw(held)

        self.assertTrue(0 <= raw <= kind.steps)
        self.assertEqual(kind.low + raw / kind.steps * (kind.high - kind.low), held)
        gap = abs(held - value)
        if kind.beyond == "wrap":
            gap = min(gap, kind.high - kind.low - gap)
        self.assertLessEqual(gap, (kind.high - kind.low) / kind.steps * 0.51)

    @given(_KINDS, st.floats(0, 1))
    @example((-0.1, 0.2, 8, "raise"), 1.0)
    def test_what_is_read_can_be_written(
        self, numbers: tuple[float, float, int, str], share: float
    ) -> None:
        """Writing what was read back changes nothing, at the ends as well."""
        kind = _quantized(numbers)
        held = kind.check(min(kind.low + share * (kind.high - kind.low), kind.high))

        self.assertEqual(kind.check(held), held)

    @given(_KINDS, st.floats(0, 1))
    @settings(max_examples=examples(test=300, soak=10_000))
    def test_spelled_raw_is_the_same(
        self, numbers: tuple[float, float, int, str], share: float
    ) -> None:
        """The Python that generated code has for a step counts as `raw` does."""
        kind = _quantized(numbers)
        held = kind.check(min(kind.low + share * (kind.high - kind.low), kind.high))
        names: dict[str, Any] = {"held": held}
        source = kind.spell("held", "unused", names)

        self.assertEqual(eval(source, names), kind.raw(held))

    def test_both_ends_are_exact_enough(self) -> None:
        """The ends are within, and zero is exact between equal ends."""
        for bits in (8, 16, 32):
            kind = Quantized(-1.5, 1.5, bits)
            self.assertEqual([kind.check(x) for x in (-1.5, 0.0, 1.5)], [-1.5, 0, 1.5])
            self.assertEqual(kind.zero, 0.0)

    def test_zero_is_the_nearest_end(self) -> None:
        """A field that cannot hold 0 begins at the end that is nearest to it."""
        self.assertEqual(Quantized(5, 9, 8).zero, 5.0)
        self.assertEqual(Quantized(-9, -5, 8).zero, -5.0)

    def test_beyond_raises(self) -> None:
        """A value outside is refused, unless the field says otherwise."""
        kind = Quantized(0, 100, 8)

        with self.assertRaisesRegex(ValueError, r"101\.0 is not within 0\.0\.\.100\.0"):
            kind.check(101)
        self.refused(kind, -0.001, 1e300, 10**400)

    def test_beyond_clamps(self) -> None:
        """A value outside becomes the nearer end."""
        kind = Quantized(0, 100, 8, beyond="clamp")

        self.assertEqual([kind.check(-5), kind.check(10**300)], [0.0, 100.0])

    def test_beyond_wraps(self) -> None:
        """An angle goes around, and its upper end is its lower one."""
        kind = Quantized(0, 360, 8, beyond="wrap")

        self.assertEqual([kind.check(x) for x in (360, -90, 720 + 45)], [0, 270, 45])

    def test_special_floats_and_others_are_refused(self) -> None:
        """NaN, the infinities and what is no number are refused, however it rounds."""
        for beyond in ("raise", "clamp", "wrap"):
            kind = Quantized(0, 1, 8, beyond=beyond)
            self.refused(kind, math.nan, math.inf, -math.inf, True, "0", None)

    def test_declaration_is_checked(self) -> None:
        """Ends without steps between them, odd widths and unknown words are refused."""
        for low, high in (
            (1, 1),
            (2, 1),
            (0, math.inf),
            (math.nan, 1),
            (-1e308, 1e308),
        ):
            with self.assertRaisesRegex(ValueError, "has no steps"):
                Quantized(low, high)
        with self.assertRaisesRegex(ValueError, "8, 16 or 32 bits, not 12"):
            Quantized(0, 1, 12)
        with self.assertRaisesRegex(ValueError, "not 'bounce'"):
            Quantized(0, 1, beyond="bounce")

    def test_description_has_what_a_reader_needs(self) -> None:
        """An Outline says the ends, the bits and whether it wraps."""
        kind = Quantized(0, 360, 16, beyond="wrap")

        self.assertEqual(kind.describe(), ["quantized", 0.0, 360.0, 16, 1])


class NumberTests(NumberCase):
    def test_ints_and_floats_stay_what_they_are(self) -> None:
        """A number is held as it was written, as a plain int or float."""
        for given_, want in ((3, 3), (2.5, 2.5), (Whole(7), 7), (Score(7), 7)):
            held = Number().check(given_)

            self.assertEqual((type(held), held), (type(want), want))

    def test_ints_beyond_javascript_are_refused(self) -> None:
        """JavaScript changes whole numbers beyond 2**53."""
        self.assertEqual(Number().check(2**53), 2**53)
        self.assertEqual(Number().check(-(2**53)), -(2**53))
        self.refused(Number(), 2**53 + 1, -(2**53) - 1, 10**5000)

    def test_what_is_no_number_is_refused(self) -> None:
        """Special floats, bools, enum members and text are no numbers."""
        self.refused(Number(), math.nan, math.inf, True, Level.LOW, "1", None)
        self.refused(Number(), bytearray(b"1"))
