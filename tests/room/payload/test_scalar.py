"""Tests of `nexus.room.payload.scalar`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from attrs import define

from nexus.errors import PeerError
from nexus.room.payload.payload import Length, PayloadError, Range, shape_of
from nexus.state import (
    float32,
    float64,
    int64,
    number,
    quantized,
    uint8,
)
from nexus.state.number import Float
from nexus.wire.message import UNDEFINED
from tests.room.payload.shapes import (
    NOON,
    Level,
    Name,
    PayloadCase,
    Side,
)


class ScalarTests(PayloadCase):
    def test_plain_values_are_taken(self) -> None:
        """Each type takes its own values as they are."""
        for annotation, value in (
            (bool, True),
            (int, 2**63),
            (float, -0.5),
            (str, "é"),
            (bytes, b"a"),
            (datetime, NOON),
            (Name, "ann"),
            (None, None),
            (float64, 0.1),
            (uint8, 255),
            (number, 3),
            (number, 3.0),
        ):
            self.taken(annotation, value, value)

    def test_numbers_bend_to_each_other_alone(self) -> None:
        """An int is a float, and a whole float an int; nothing else is another."""
        self.taken(float, 3, 3.0)
        self.taken(int, 3.0, 3)
        self.taken(uint8, 3.0, 3)
        self.refused(int, True, " must be a whole number, not a bool")
        self.refused(float, True, " must be a number, not a bool")
        self.refused(int, "5", " must be a whole number, not text")
        self.refused(int, 2.5, " must be a whole number, not 2.5")
        self.refused(int, 2.0**60, f" must be a whole number, not {2.0**60}")
        self.refused(bool, 1, " must be a bool, not a number")
        self.refused(str, b"a", " must be text, not bytes")
        self.refused(bytes, "a", " must be bytes, not text")
        self.refused(datetime, "2026", " must be a date, not text")
        self.refused(None, 0, " must be null, not a number")
        self.refused(str, UNDEFINED, " must be text, not undefined")

    def test_numbers_that_are_none_are_refused(self) -> None:
        """NaN and the infinities are refused, unless they are asked for."""
        special = Annotated[float, Float(64, special=True)]
        for value in (float("nan"), float("inf"), float("-inf")):
            for annotation in (float, float32, number, Annotated[float, Range(0, 1)]):
                self.refused(
                    annotation, value, f" must be a finite number, not {value}"
                )
            self.refused(int, value, f" must be a whole number, not {value}")
            self.assertEqual(repr(shape_of(special).read(value)), repr(value))

    def test_numbers_of_state_fit_their_width(self) -> None:
        """The kinds of State's numbers have their bounds, and round as they do."""
        self.taken(float32, 0.1, 0.10000000149011612)
        self.taken(float32, 2, 2.0)
        self.taken(Annotated[float, quantized(0, 10, 8)], 5, 5.019607843137255)
        self.refused(uint8, 300, " must be from 0 to 255, not 300")
        self.refused(uint8, -1.0, " must be from 0 to 255, not -1")
        self.refused(
            int64, 2**63, f" must be from {-(2**63)} to {2**63 - 1}, not {2**63}"
        )
        self.refused(
            Annotated[float, quantized(0, 10)], 11, " must be from 0.0 to 10.0, not 11"
        )
        self.refused(number, 2**60, f" must be within 2**53, not {2**60}")
        with self.assertRaisesRegex(PayloadError, "must be from -3.4"):
            shape_of(float32).read(1e39)
        with self.assertRaisesRegex(PayloadError, "not an int of 1329 bits"):
            shape_of(float).read(10**400)

    def test_enum_is_read_by_value_else_by_name(self) -> None:
        """A member's value or name gives the member."""
        self.taken(Side, "n", Side.NORTH)
        self.taken(Side, "SOUTH", Side.SOUTH)
        self.taken(Level, 2.0, Level.HIGH)
        self.taken(Level, "LOW", Level.LOW)
        self.refused(Side, "x", " must be one of 'n', 's', not 'x'")
        self.refused(Level, True, " must be one of 1, 2, not a bool")
        self.refused(Side, ["n"], " must be one of 'n', 's', not a list")

    def test_literal_takes_its_values(self) -> None:
        """A Literal takes what it lists, and True is not 1."""
        self.taken(Literal["a", 1, None], 1.0, 1)
        self.taken(Literal[True], True, True)
        self.taken(Literal[Side.NORTH, "x"], "n", Side.NORTH)
        self.refused(Literal["a", 1], True, " must be one of 'a', 1, not a bool")
        self.refused(Literal["a", 1], 2, " must be one of 'a', 1, not 2")

    def test_long_values_are_cut_in_errors(self) -> None:
        """What a peer sends does not make an error long."""
        with self.assertRaises(PayloadError) as caught:
            shape_of(dict[str, Literal["a"]]).read({"k" * 10_000: "b" * 10_000})

        self.assertLess(len(str(caught.exception)), 200)

    def test_error_is_the_peers(self) -> None:
        """A wrong payload is a PeerError, and is called a payload by itself."""
        with self.assertRaisesRegex(PeerError, "^payload must be text, not null$"):
            shape_of(str).read(None)


class BoundTests(PayloadCase):
    def test_length_bounds_what_can_be_counted(self) -> None:
        """A Length counts characters, bytes, items and keys."""
        name = Annotated[str, Length(1, 5)]
        self.taken(name, "añas", "añas")
        self.refused(name, "", " must have 1 to 5 characters, not 0")
        self.refused(name, 5, " must be text, not a number")
        self.refused(
            Annotated[bytes, Length(high=1)], b"ab", " must have at most 1 bytes, not 2"
        )
        self.refused(
            Annotated[list[int], Length(2)], [1], " must have at least 2 items, not 1"
        )
        self.refused(
            Annotated[dict[str, int], Length(0, 0)],
            {"a": 1},
            " must have 0 to 0 keys, not 1",
        )

    def test_range_bounds_numbers(self) -> None:
        """A Range takes both of its ends, after numbers were bent."""
        age = Annotated[int, Range(0, 10)]
        self.taken(age, 10.0, 10)
        self.refused(age, 11, " must be from 0 to 10, not 11")
        self.refused(age, "5", " must be a whole number, not text")
        self.refused(
            Annotated[float, Range(low=0)], -1, " must be at least 0, not -1.0"
        )
        self.refused(Annotated[uint8, Range(high=9)], 10, " must be at most 9, not 10")
        self.refused(
            Annotated[float32, Range(0, 1)], 2, " must be from 0 to 1, not 2.0"
        )

    def test_bounds_hold_within_a_class(self) -> None:
        """The compiled reader of a class looks at bounds as well."""

        @define
        class Said:
            text: Annotated[str, Length(1, 3)]
            tone: Annotated[int, Range(0, 3)] = 0

        self.refused(Said, {"text": ""}, ".text must have 1 to 3 characters, not 0")
        self.refused(Said, {"text": "a", "tone": 4}, ".tone must be from 0 to 3, not 4")
        self.taken(Said, {"text": "abc", "tone": 3}, Said("abc", 3))

    def test_bounds_that_bound_nothing_are_refused(self) -> None:
        """A bound has an end, and room between its ends."""
        for bound in (Length, Range):
            with self.assertRaisesRegex(ValueError, "without an end"):
                bound()
            with self.assertRaisesRegex(ValueError, "nothing is from 2 to 1"):
                bound(2, 1)
        with self.assertRaises(ValueError):
            Length(-1)
