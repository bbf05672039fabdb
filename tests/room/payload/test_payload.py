"""Tests of `nexus.room.payload.payload`."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, ClassVar, Literal

from attrs import Factory, define, field
from attrs.validators import ge, max_len
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.room.payload.payload import Length, PayloadError, Range, shape_of
from nexus.state import (
    float32,
)
from nexus.wire.message import UNDEFINED, decode, encode
from tests import examples
from tests.room.payload.shapes import (
    NOON,
    Board,
    Circle,
    Group,
    Level,
    Move,
    Outer,
    PayloadCase,
    Point,
    Side,
    Tree,
    Wrong,
)


class ClassTests(PayloadCase):
    def test_object_becomes_an_instance(self) -> None:
        """Fields are read by name, defaults fill in, and unknown keys are ignored."""
        self.taken(
            Move,
            {"x": 1, "hp": 2.0, "path": [{"x": 1, "y": 2}], "newer": 1, 5: 6},
            Move(1.0, 2, "walk", [Point(1.0, 2.0)], None),
        )

    def test_error_says_where_what_and_instead_of_what(self) -> None:
        """The sentences of the errors name the path, what is wanted and what came."""
        good = {"x": 1, "hp": 2}
        ok = {"x": 1, "y": 1}
        for change, why in (
            ({"x": "a"}, ".x must be a number, not text"),
            ({"x": None}, ".x must be a number, not null"),
            ({"x": UNDEFINED}, ".x is missing"),
            ({"hp": 300}, ".hp must be from 0 to 255, not 300"),
            ({"kind": "fly"}, ".kind must be one of 'walk', 'run', not 'fly'"),
            ({"path": [ok, ok, ok, {"x": 1}]}, ".path[3].y is missing"),
            ({"path": [5]}, ".path[0] must be an object, not a number"),
            ({"who": 5}, ".who must be text or null, not a number"),
        ):
            self.refused(Move, {**good, **change}, why)
        self.refused(Move, {}, ".x is missing")
        self.refused(Move, [1, 2], " must be an object, not a list")
        self.refused(Move, None, " must be an object, not null")

    def test_undefined_takes_the_default(self) -> None:
        """JavaScript's undefined is as good as no key at all."""
        self.taken(
            Move, {"x": 1, "hp": 1, "kind": UNDEFINED, "path": UNDEFINED}, Move(1.0, 1)
        )

    def test_defaults_are_made_anew(self) -> None:
        """Two messages do not share what a factory makes."""
        shape = shape_of(Move)
        first, second = (shape.read({"x": 1, "hp": 1}) for _ in range(2))

        self.assertIsNot(first.path, second.path)

    def test_all_that_attrs_does_is_done(self) -> None:
        """Aliases, keyword-only fields, converters and self factories work."""

        @define
        class Odd:
            limit: ClassVar[int] = 1
            late: int = field(kw_only=True)
            _hidden: str = field(converter=str.upper)
            own: str = field(
                default=Factory(lambda self: self._hidden * 2, takes_self=True)
            )
            made: int = field(init=False, default=7)
            other: int = field(alias="else_", default=1)

        self.taken(
            Odd,
            {"late": 1, "hidden": "a", "else_": 3, "made": 5},
            Odd(late=1, hidden="a", else_=3),
        )
        self.taken(
            Odd,
            {"late": 1, "hidden": "a", "own": "b"},
            Odd(late=1, hidden="a", own="b"),
        )
        self.refused(
            Odd, {"late": 1, "hidden": "a", "own": 5}, ".own must be text, not a number"
        )

    def test_validator_refuses(self) -> None:
        """What a validator says is told, cut to a bearable length."""

        @define
        class Bet:
            coins: int = field(validator=ge(1))
            note: str = field(default="", validator=max_len(3))

        self.refused(Bet, {"coins": 0}, " is not valid: 'coins' must be >= 1: 0")
        with self.assertRaises(PayloadError) as caught:
            shape_of(Bet).read({"coins": 1, "note": "x" * 10_000})
        self.assertLess(len(str(caught.exception)), 300)

    def test_what_else_a_validator_raises_is_not_told(self) -> None:
        """A fault in a validator is no crash, and its words stay here as the cause."""

        @define
        class Broken:
            key: str = field()

            @key.validator
            def _check(self, _: object, value: str) -> None:
                raise KeyError("secret")

        with self.assertRaises(PayloadError) as caught:
            shape_of(list[Broken]).read([{"key": "a"}])

        self.assertEqual(str(caught.exception), "payload[0] is not valid")
        self.assertIsInstance(caught.exception.__cause__, KeyError)

    def test_class_may_hold_itself(self) -> None:
        """A tree of any depth is read."""
        self.taken(
            Tree,
            {"name": "a", "below": [{"name": "b"}], "left": {"name": "c"}},
            Tree("a", [Tree("b")], Tree("c")),
        )
        self.refused(
            Tree,
            {"name": "a", "below": [{"name": "b", "left": {}}]},
            ".below[0].left.name is missing",
        )


class DeclarationTests(PayloadCase):
    def unfit(self, annotation: Any, why: str) -> None:
        """Check that a type is refused when it is declared, and with which words."""
        with self.assertRaises(TypeError) as caught:
            shape_of(annotation)
        self.assertIn(why, str(caught.exception))

    def test_error_names_class_and_field(self) -> None:
        """A type that no payload can be is named with its class and field."""
        self.unfit(Wrong, "Wrong.board: a message cannot carry complex")
        self.unfit(Outer, "Wrong.board: a message cannot carry complex")

    def test_types_that_no_payload_can_be_are_refused(self) -> None:
        """Each with a word on why, or what to write instead."""
        for annotation, why in (
            (Board, "Board is a State"),
            (list, "say what it holds: list[...]"),
            (dict[int, str], "text as keys"),
            (set[list[int]], "a set cannot hold a list"),
            (set[Point], "a set cannot hold an object"),
            (int | Any, "Any says it all"),
            (list[int] | tuple[str, ...], "only one alternative may be a list"),
            (dict[str, int] | Point, "only one alternative may be a dict"),
            (Point | Move, "nothing tells Point, Move apart"),
            (Enum("Empty", []), "has no value that a message can carry"),
            (Annotated[str, Range(0, 1)], "Range is for numbers"),
            (Annotated[int, Length(1)], "Length is for"),
            (Annotated[int | str, Length(1)], "Length is for"),
            ("int", "a message cannot carry"),
        ):
            self.unfit(annotation, why)

    def test_untyped_field_is_refused(self) -> None:
        """A field without a type could be anything; Any says so."""

        @define
        class Untyped:
            x = field()

        self.unfit(Untyped, "Untyped.x: say its type")

    def test_own_init_that_wants_more_is_refused(self) -> None:
        """A class has to be made of its fields."""

        @define(init=False)
        class More:
            x: int

            def __init__(self, x: int, y: int) -> None: ...

        @define(init=False)
        class Less:
            x: int

            def __init__(self) -> None: ...

        self.unfit(More, "More.y: __init__ wants more than the fields")
        self.unfit(Less, "Less.x: __init__ does not take it")

    def test_types_that_cannot_be_seen_are_named(self) -> None:
        """A class within a function cannot name another one there."""

        @define
        class Inner:
            pass

        @define
        class Hidden:
            inner: Inner

        self.unfit(Hidden, "Hidden: name 'Inner' is not defined; define the class at")


_WIRE = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**40), 2**40),
        st.floats(),
        st.text(max_size=5),
        st.binary(max_size=5),
        st.just(UNDEFINED),
        st.just(NOON),
        st.sampled_from(["walk", "circle", "group", "n", 1, 2.0]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                ["x", "y", "hp", "kind", "path", "shape", "parts", "radius"]
            ),
            inner,
            max_size=5,
        ),
        st.dictionaries(st.one_of(st.integers(), st.none()), inner, max_size=2),
    ),
    max_leaves=12,
)
_SHAPES = [
    shape_of(one)
    for one in (
        Move,
        Circle | Group | None,
        Tree,
        set[int | Side],
        dict[str, float32 | str | None],
        tuple[Level, Annotated[str, Length(1, 3)]],
        list[Literal[1, "walk", None]],
    )
]
_MOVES = st.builds(
    Move,
    st.floats(width=32, allow_nan=False, allow_infinity=False),
    st.integers(0, 255),
    st.sampled_from(["walk", "run"]),
    st.lists(
        st.builds(Point, st.floats(-1e9, 1e9), st.integers(-(2**31), 2**31).map(float)),
        max_size=3,
    ),
    st.one_of(st.none(), st.text(max_size=5)),
)


class PropertyTests(SynchronousTestCase):
    @settings(max_examples=examples(test=300, soak=50_000))
    @given(_WIRE)
    def test_any_value_is_read_or_refused(self, value: Any) -> None:
        """Nothing that can arrive raises anything but a PayloadError."""
        for shape in _SHAPES:
            try:
                shape.read(value)
            except PayloadError as error:
                self.assertLess(len(str(error)), 500)

    @settings(max_examples=examples(test=200, soak=20_000))
    @given(_MOVES)
    def test_what_was_sent_is_read(self, move: Move) -> None:
        """An object that went over the wire comes back as the same instance."""
        sent = {
            "x": move.x,
            "hp": move.hp,
            "kind": move.kind,
            "path": [{"x": each.x, "y": each.y} for each in move.path],
            "who": move.who,
        }

        self.assertEqual(shape_of(Move).read(decode(encode(sent))), move)
