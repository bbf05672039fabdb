"""Tests of `nexus.wire.plain`."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum, IntEnum, StrEnum
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.limit import Limits
from nexus.state import State
from nexus.wire.codec import pack
from nexus.wire.plain import UNDEFINED
from nexus.wire.plain import plain as make_plain

Point = namedtuple("Point", "x y")


class Place(State):
    """A State, which is no message."""


@dataclass
class Stamp:
    """A dataclass, which is no message."""

    number: int


class Color(StrEnum):
    """A colour that is text."""

    RED = "red"


class Side(IntEnum):
    """A side that is a number."""

    LEFT = 1


class Mood(Enum):
    """A mood that is neither."""

    GOOD = 1


def plain(value: object) -> Any:
    """Make a value plain within limits that are out of the way."""
    return make_plain(value, 32, 1000)


class PlainTests(SynchronousTestCase):
    def test_groups(self) -> None:
        """Tuples and sets become lists, and any dict a dict."""
        self.assertEqual(plain((1, (2,))), [1, [2]])
        self.assertEqual(plain(Point(1, 2)), [1, 2])
        self.assertEqual(plain({7}), [7])
        self.assertEqual(plain(frozenset({7})), [7])
        self.assertIs(type(plain(OrderedDict(a=1))), dict)

    def test_enums(self) -> None:
        """An enum that is a str or int becomes just that, as a key too."""
        value = plain({Color.RED: [Color.RED, Side.LEFT]})

        self.assertEqual(value, {"red": ["red", 1]})
        self.assertEqual([type(one) for one in value["red"]], [str, int])
        self.assertEqual([type(key) for key in value], [str])

    def test_bytes(self) -> None:
        """All kinds of bytes become bytes, at the moment when they are sent."""
        for value in (
            b"ab",
            bytearray(b"ab"),
            memoryview(b"ab"),
            memoryview(b"a.b")[::2],
        ):
            self.assertEqual(plain(value), b"ab")

    def test_ints(self) -> None:
        """An int beyond 32 bits becomes a float while that is exact."""
        for value in (-(2**31), -1, 0, 2**32 - 1):
            self.assertIs(type(plain(value)), int)
        for value in (-(2**53), -(2**31) - 1, 2**32, 2**53):
            self.assertEqual((type(plain(value)), plain(value)), (float, value))
        self.assertIs(plain(True), True)

    def test_undefined(self) -> None:
        """UNDEFINED is the SDK's own extension."""
        self.assertEqual(pack(plain(UNDEFINED)), bytes.fromhex("d40000"))

    def test_dates(self) -> None:
        """A datetime is the shortest timestamp that holds it, whatever its zone."""
        for moment, text in (
            (datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), "d6ff65937d25"),
            (datetime(2106, 2, 7, 6, 28, 16, tzinfo=UTC), "d7ff0000000100000000"),
            (datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC), None),
            (datetime(2514, 5, 30, 1, 53, 4, tzinfo=UTC), None),
        ):
            away = moment.astimezone(timezone(timedelta(hours=5, minutes=30)))
            self.assertEqual(pack(plain(moment)), pack(plain(away)))
            if text:
                self.assertEqual(pack(plain(moment)).hex(), text)
            else:
                self.assertEqual(pack(plain(moment))[:3].hex(), "c70cff")

    @given(st.recursive(st.none(), lambda inner: st.lists(inner, max_size=3)))
    def test_original_is_left_alone(self, value: object) -> None:
        """What was given is copied, never changed."""
        before = repr(value)

        plain(value)

        self.assertEqual(repr(value), before)


class UnfitTests(SynchronousTestCase):
    def refusal(self, value: object) -> str:
        """Return what is said of a value that cannot be sent."""
        with self.assertRaises(ValueError) as caught:
            plain(value)
        return str(caught.exception)

    def test_place(self) -> None:
        """The message says where the value is, and why it cannot be sent."""
        value = {"players": [0, {"x y": (object(),)}]}

        self.assertEqual(
            self.refusal(value), "$.players[1]['x y'][0]: object cannot be sent"
        )

    def test_values_that_cannot_be_sent(self) -> None:
        """What JavaScript has no equal of is refused, with what to do if that helps."""
        for value, reason in (
            (2**53 + 1, "BigInt"),
            (-(10**5000), "BigInt"),
            ("\ud83d", "half a surrogate pair"),
            (datetime(2024, 1, 2), "without a time zone"),  # noqa: DTZ001  # what is refused
            (date(2024, 1, 2), "date cannot be sent"),
            (Mood.GOOD, "Mood cannot be sent"),
            (1j, "complex cannot be sent"),
            (range(3), "range cannot be sent: make a list of it"),
            (Place(), "Place cannot be sent: clients mirror a State already"),
            (Limits(), "Limits cannot be sent: send attrs.asdict"),
            (Stamp(1), "Stamp cannot be sent: send dataclasses.asdict"),
        ):
            self.assertIn(reason, self.refusal(value))

    def test_keys(self) -> None:
        """A key is text: an int would come back as text and find nothing."""
        self.assertEqual(
            self.refusal([{1: 2}]), "$[0]: a key of type int, of str allowed"
        )
        self.assertIn("surrogate", self.refusal({"\ud83d": 1}))

    def test_circles(self) -> None:
        """A value inside itself is refused at the limit, not followed."""
        array: list[object] = []
        array.append(array)
        table: dict[str, object] = {}
        table["me"] = (table,)

        self.assertIn("in a circle", self.refusal(array))
        self.assertIn("in a circle", self.refusal(table))

    def test_depth(self) -> None:
        """As many groups as allowed lie in each other, and not one more."""
        make_plain([[()]], 3, 1000)
        with self.assertRaises(ValueError):
            make_plain([[[()]]], 3, 1000)

    def test_shared_values_are_counted_each_time(self) -> None:
        """A small value that doubles itself is refused before it is large."""
        value: list[object] = []
        for _ in range(30):
            value = [value, value]

        self.assertIn("more than 1000 values", self.refusal(value))
