"""Tests of `nexus.room.payload.nested`."""

from __future__ import annotations

from typing import Any, Literal

from nexus.room.payload.payload import PayloadError, shape_of
from nexus.state import (
    float32,
)
from nexus.wire.message import UNDEFINED
from tests.room.payload.shapes import (
    Circle,
    Group,
    PayloadCase,
    Side,
    Spot,
)


class ContainerTests(PayloadCase):
    def test_containers_hold_what_they_say(self) -> None:
        """Lists, tuples, sets and dicts are made of lists and objects."""
        self.taken(list[float], [1, 2.5], [1.0, 2.5])
        self.taken(tuple[int, ...], [1, 2.0], (1, 2))
        self.taken(tuple[int, str], [1, "a"], (1, "a"))
        self.taken(set[int], [1, 1, 2], {1, 2})
        self.taken(frozenset[Spot], [{"cell": 1}], frozenset([Spot(1)]))
        self.taken(dict[str, list[int]], {"a": [1]}, {"a": [1]})
        self.taken(list[Any], [1, UNDEFINED, {}], [1, UNDEFINED, {}])

    def test_error_names_the_place(self) -> None:
        """The path leads to what is wrong, however deep."""
        self.refused(list[int], {}, " must be a list, not an object")
        self.refused(
            list[list[int]], [[1], [2, "a"]], "[1][1] must be a whole number, not text"
        )
        self.refused(tuple[int, str], [1], " must be a list of 2, not of 1")
        self.refused(tuple[int, str], [1, 2], "[1] must be text, not a number")
        self.refused(dict[str, int], {"a": "b"}, ".a must be a whole number, not text")
        self.refused(
            dict[str, int], {"a b": ""}, "['a b'] must be a whole number, not text"
        )
        self.refused(dict[str, int], {1: 1}, " must have text as keys, not a number")
        self.refused(dict[str, int], [], " must be an object, not a list")
        self.refused(tuple[int, str], "ab", " must be a list of 2, not text")

    def test_what_is_read_is_new(self) -> None:
        """A list that was read is not the one that was given."""
        given = [1]

        self.assertIsNot(shape_of(list[int]).read(given), given)


class UnionTests(PayloadCase):
    def test_optional_takes_null(self) -> None:
        """Null and undefined are None."""
        self.taken(int | None, None, None)
        self.taken(int | None, UNDEFINED, None)
        self.taken(int | None, 3.0, 3)
        self.taken(float32 | None, 0.1, 0.10000000149011612)
        self.refused(int | None, "a", " must be a whole number or null, not text")

    def test_union_goes_by_what_was_given(self) -> None:
        """Each alternative gets its own type; unclaimed numbers are bent."""
        self.taken(int | float, 3, 3)
        self.taken(int | float, 3.0, 3.0)
        self.taken(float | str, 3, 3.0)
        self.taken(bool | int, True, True)
        self.taken(str | list[int], [1], [1])
        self.taken(Literal["all"] | Side, "n", Side.NORTH)
        self.refused(str | list[int], ["a"], "[0] must be a whole number, not text")
        self.refused(str | bytes, 1, " must be text or bytes, not a number")

    def test_classes_are_told_apart_by_a_literal(self) -> None:
        """Of several classes the one is read that a field names."""
        parts = [{"shape": "circle", "radius": 1}, {"shape": "pile", "parts": []}]
        value = {"shape": "group", "parts": parts}
        made = Group("group", [Circle("circle", 1.0), Group("pile", [])])

        self.taken(Circle | Group | None, value, made)
        self.refused(
            Circle | Group,
            {"shape": "box"},
            ".shape must be one of 'circle', 'group', 'pile', not 'box'",
        )
        self.refused(Circle | Group, {}, ".shape is missing")
        self.refused(Circle | Group, {"shape": "circle"}, ".radius is missing")

    def test_hostile_nesting_costs_no_more_than_its_size(self) -> None:
        """Each object is read once, though each could be one of two classes."""
        value: dict[str, Any] = {"shape": "circle", "radius": "wrong"}
        for _ in range(60):
            value = {"shape": "group", "parts": [value]}

        with self.assertRaisesRegex(PayloadError, "radius must be a number, not text"):
            shape_of(Circle | Group).read(value)
