"""Tests of `nexus.state.kind`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, Flag, IntEnum, StrEnum
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.state.kind import Bool, Bytes, Choice, Kind, Moment, Text, shorten


class Side(Enum):
    NORTH = "n"
    SOUTH = "s"
    TOP = "n"  # noqa: PIE796  # an alias


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Name(StrEnum):
    ANN = "ann"


class May(Flag):
    READ = 1
    WRITE = 2


class Loud(str):
    def __str__(self) -> str:
        return self.upper()


class KindTests(SynchronousTestCase):
    def refused(self, kind: Kind, *values: Any) -> None:
        """Check that a kind refuses values."""
        for value in values:
            try:
                held = kind.check(value)
            except (TypeError, ValueError):
                continue
            self.fail(f"{kind.name} took {value!r} and holds {held!r}")

    def test_bool_takes_nothing_but_bools(self) -> None:
        """A Bool takes True and False; 0 and 1 are none."""
        self.assertIs(Bool().check(True), True)
        self.refused(Bool(), 0, 1, None, "True", 1.0)

    def test_spelled_raw_is_the_same(self) -> None:
        """The Python that generated code has for a raw value makes what `raw` does."""
        for kind, value in (
            (Bool(), True),
            (Text(), "a"),
            (Moment(), datetime(2026, 1, 2, tzinfo=UTC)),
            (Choice(Side), Side.SOUTH),
        ):
            names: dict[str, Any] = {"held": value}
            source = kind.spell("held", "name", names)

            self.assertEqual(eval(source, names), kind.raw(value))

    def test_text_takes_str(self) -> None:
        """A Text takes any str that is UTF-8, and nothing else."""
        self.assertEqual(Text().check("é😀\0"), "é😀\0")
        self.refused(Text(), b"a", 1, None, Name.ANN)

    def test_text_refuses_half_characters(self) -> None:
        """A lone surrogate cannot be written as UTF-8."""
        with self.assertRaisesRegex(ValueError, "half a character"):
            Text().check("a\ud800")

    def test_text_of_a_subclass_becomes_plain(self) -> None:
        """A Text holds the characters of a str, whatever its class makes of them."""
        held = Text().check(Loud("ann"))

        self.assertEqual((type(held), held), (str, "ann"))

    def test_bytes_are_copied(self) -> None:
        """A Bytes holds bytes that nobody can change any more."""
        given = bytearray(b"ab")
        held = Bytes().check(given)
        given[0] = 0

        self.assertEqual((type(held), held), (bytes, b"ab"))
        self.assertEqual(Bytes().check(memoryview(b"abcd")[::2]), b"ac")
        self.refused(Bytes(), "a", 1, [1], None)

    def test_moment_is_utc_in_milliseconds(self) -> None:
        """A Moment is turned to UTC and rounded down to the millisecond."""
        zone = timezone(timedelta(hours=5, minutes=30))
        held = Moment().check(datetime(2026, 1, 1, 5, 30, 0, 1999, tzinfo=zone))

        self.assertEqual(held, datetime(2026, 1, 1, 0, 0, 0, 1000, tzinfo=UTC))
        self.assertIs(held.tzinfo, UTC)

    def test_moment_before_the_epoch_is_rounded_down(self) -> None:
        """Its raw value is the same instant, also before 1970."""
        kind = Moment()
        held = kind.check(datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))

        self.assertEqual(kind.raw(held), -1)
        self.assertEqual(kind.value(-1), held)

    def test_moment_refuses_what_is_none(self) -> None:
        """A Moment takes neither naive datetimes nor those that UTC cannot name."""
        naive = datetime(2026, 1, 1)  # noqa: DTZ001  # it is to be refused
        early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))

        with self.assertRaisesRegex(ValueError, "no time zone; use UTC"):
            Moment().check(naive)
        with self.assertRaisesRegex(ValueError, "out of range"):
            Moment().check(early)
        self.refused(Moment(), 0, "2026-01-01", naive.date(), None)

    def test_moment_out_of_range_is_no_date(self) -> None:
        """A raw value beyond the years 1 to 9999 is refused."""
        with self.assertRaisesRegex(ValueError, "is no date"):
            Moment().value(1 << 62)

    def test_choice_takes_members_only(self) -> None:
        """A Choice takes members of its Enum, neither values, names nor others."""
        kind = Choice(Side)

        self.assertIs(kind.check(Side.TOP), Side.NORTH)
        self.refused(kind, "n", "NORTH", 0, None, Level.LOW)
        self.refused(Choice(Level), 1, True, Side.NORTH)
        self.refused(Choice(Name), "ann")

    def test_choice_refuses_combined_flags(self) -> None:
        """A combination of Flags has no position, and so is no member."""
        self.refused(Choice(May), May.READ | May.WRITE, May(0))

    def test_choice_names_what_it_takes(self) -> None:
        """The error lists the members."""
        with self.assertRaisesRegex(TypeError, "'x' is none of Side: NORTH, SOUTH"):
            Choice(Side).check("x")

    def test_choice_is_a_position(self) -> None:
        """A member stands as its position, in one byte or in two."""
        many = Choice(Enum("Many", [f"M{i}" for i in range(257)]))

        self.assertEqual(Choice(Side).raw(Side.SOUTH), 1)
        self.assertIs(Choice(Side).value(1), Side.SOUTH)
        self.assertEqual((Choice(Side).width, many.width), ("B", "H"))
        self.assertEqual(Choice(Side).describe(), ["enum", "NORTH", "SOUTH"])

    def test_choice_needs_members(self) -> None:
        """An Enum without members is no type of a field."""
        with self.assertRaisesRegex(ValueError, "Empty has 0 members"):
            Choice(Enum("Empty", []))

    def test_each_zero_is_a_value(self) -> None:
        """What a field holds when nobody says otherwise passes its own check."""
        for kind in (Bool(), Text(), Bytes(), Moment(), Choice(Side)):
            self.assertEqual(kind.check(kind.zero), kind.zero)
            self.assertEqual(kind.value(kind.raw(kind.zero)), kind.zero)


class ShortenTests(SynchronousTestCase):
    def test_short_values_are_shown_whole(self) -> None:
        """A value of up to 60 characters stands in the message as it is."""
        self.assertEqual(shorten("a"), "'a'")

    def test_long_values_are_cut(self) -> None:
        """A message stays short, whatever was written."""
        self.assertEqual(len(shorten("a" * 10_000)), 60)

    def test_huge_ints_are_shown(self) -> None:
        """An int with more digits than Python prints is shown all the same."""
        self.assertLessEqual(len(shorten(10**5000)), 60)
