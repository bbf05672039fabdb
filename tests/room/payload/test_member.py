"""Tests of `nexus.room.payload.member`: payloads that are objects of classes."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import Annotated, Any, Literal, NotRequired, Required, TypedDict

from attrs import define
from twisted.trial.unittest import SynchronousTestCase

from nexus.room import Client, Length, PayloadError, on_message
from nexus.room.payload.payload import shape_of
from nexus.state import uint8
from nexus.wire.message import UNDEFINED
from tests.support.room import Scripted, scripted
from tests.support.table import TableTestCase


@dataclass
class Point:
    """A place."""

    x: uint8
    y: uint8 = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """Some places."""

    via: list[Point] = field(default_factory=list)
    end: Point
    next: Route | None = None
    steps: int = field(default=0, init=False)


@dataclass
class Even:
    """A number that checks itself."""

    n: int

    def __post_init__(self) -> None:
        """Refuse odd numbers."""
        if self.n % 2:
            raise ValueError("n must be even")


class Said(TypedDict):
    """What somebody said."""

    text: Annotated[str, Length(1, 5)]
    to: NotRequired[str]


class Wish(TypedDict, total=False):
    """What somebody may say."""

    kind: Required[Literal["wish"]]
    said: Said
    at: Point


@define
class Order:
    """What somebody does say."""

    kind: Literal["order"]
    wish: Wish | None = None


class MemberTestCase(SynchronousTestCase):
    def refused(self, shape: Any, value: Any) -> str:
        """Return why a payload does not fit."""
        return str(self.assertRaises(PayloadError, shape_of(shape).read, value))

    def wrong(self, shape: Any) -> str:
        """Return why a type is none that a payload can be of."""
        return str(self.assertRaises(TypeError, shape_of, shape))


class DataclassTests(MemberTestCase):
    def test_object_becomes_a_dataclass(self) -> None:
        """Fields are read by their types, and those that are absent by default."""
        shape = shape_of(Route)

        made = shape.read({"end": {"x": 1.0, "y": UNDEFINED}, "steps": 9, "more": 1})

        self.assertEqual(made, Route(end=Point(1, 7)))
        self.assertEqual(made.steps, 0)
        self.assertIsNot(made.via, shape.read({"end": {"x": 1}}).via)

    def test_classes_hold_themselves(self) -> None:
        """A dataclass may hold others of its own."""
        end = {"x": 1}

        made = shape_of(Route).read({"end": end, "next": {"via": [end], "end": end}})

        self.assertEqual(made.next, Route(via=[Point(1)], end=Point(1)))

    def test_what_does_not_fit_is_told(self) -> None:
        """The path leads to the value that is wrong."""
        for value, why in (
            ({}, "payload.end is missing"),
            ([], "payload must be an object, not a list"),
            ({"end": {"x": 256}}, "payload.end.x must be from 0 to 255, not 256"),
            ({"end": 1}, "payload.end must be an object, not a number"),
        ):
            self.assertEqual(self.refused(Route, value), why)

    def test_own_check_runs(self) -> None:
        """What `__post_init__` refuses on purpose is told."""
        self.assertEqual(shape_of(Even).read({"n": 2}), Even(2))
        self.assertEqual(
            self.refused(Even, {"n": 1}), "payload is not valid: n must be even"
        )

    def test_dataclass_that_needs_more_is_refused(self) -> None:
        """What is made of more than its fields cannot be read from a message."""

        @dataclass
        class Odd:
            x: int
            seed: InitVar[int]

        self.assertIn("__init__ wants more than the fields", self.wrong(Odd))


class TypedDictTests(MemberTestCase):
    def test_object_becomes_a_dict(self) -> None:
        """Keys that are declared are checked, and others are left out."""
        made = shape_of(Wish).read(
            {"kind": "wish", "said": {"text": "hi", "x": 1}, "at": {"x": 1}}
        )

        self.assertEqual(
            made, {"kind": "wish", "said": {"text": "hi"}, "at": Point(1, 7)}
        )

    def test_keys_that_may_be_absent_stay_away(self) -> None:
        """Nothing stands for a key that need not be there, and is undefined or not."""
        shape = shape_of(Said)

        self.assertEqual(shape.read({"text": "hi"}), {"text": "hi"})
        self.assertEqual(shape.read({"text": "hi", "to": UNDEFINED}), {"text": "hi"})

    def test_what_does_not_fit_is_told(self) -> None:
        """Keys are checked as fields are."""
        for shape, value, why in (
            (Said, {}, "payload.text is missing"),
            (
                Said,
                {"text": "hello!"},
                "payload.text must have 1 to 5 characters, not 6",
            ),
            (Said, {"text": "a", "to": 5}, "payload.to must be text, not a number"),
            (Said, {"text": "a", "to": None}, "payload.to must be text, not null"),
            (Wish, {}, "payload.kind is missing"),
            (Wish, {"kind": "wish", "said": {}}, "payload.said.text is missing"),
        ):
            self.assertEqual(self.refused(shape, value), why)

    def test_keys_are_names(self) -> None:
        """A key that no argument could be called is refused with its class."""
        for key in ("class", "a-b", "a b", "x=1) or (x"):
            odd: Any = TypedDict("odd", {key: int})  # type: ignore[misc]  # the mistake
            self.assertIn(f"the key {key!r} is no name", self.wrong(odd))

    def test_tells_unions_apart(self) -> None:
        """Classes of all sorts are told apart by a Literal."""
        shape = shape_of(Wish | Order)  # type: ignore[operator]  # mypy on TypedDict

        self.assertEqual(shape.read({"kind": "wish"}), {"kind": "wish"})
        self.assertEqual(
            shape.read({"kind": "order", "wish": {"kind": "wish"}}),
            Order("order", {"kind": "wish"}),
        )


class Shop(Scripted):
    """Listens with both."""

    heard: list[Any]

    @on_message("point")
    def point(self, client: Client, where: Point) -> None:
        """Hear a dataclass."""
        self.heard.append(where)

    @on_message("say")
    def say(self, client: Client, said: Said) -> None:
        """Hear a TypedDict."""
        self.heard.append(said)


class ListenerTests(TableTestCase):
    def test_listeners_take_them(self) -> None:
        """A listener gets what its annotation says, and a wrong payload never comes."""
        heard: list[Any] = []
        self.table.define(scripted(base=Shop, heard=heard))
        guest = self.table.sit()

        guest.send("point", {"x": 3})
        guest.send("say", {"text": "hi"})
        guest.send("say", {"text": 5})

        self.assertEqual(heard, [Point(3), {"text": "hi"}])
        self.assertEqual(guest.code, 4002)
