"""Tests of `nexus.state.setter`."""

from __future__ import annotations

import math
import struct
from datetime import UTC, timedelta, timezone
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError
from nexus.state import State, Tree, field, float32, float64
from tests import examples
from tests.state.stage import Refused, World
from tests.strategies import KINDS, Side


class May(Flag):
    READ = 1
    WRITE = 2


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Word(StrEnum):
    ANN = "ann"


class Whole:
    """An int of another library."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __index__(self) -> int:
        return self.number

    def __repr__(self) -> str:
        return f"Whole({self.number})"


class Ratio(float):
    """A float of a subclass."""


class Score(int):
    """An int of a subclass."""


class Title(str):
    """A str of a subclass."""


class Blob(bytes):
    """Bytes of a subclass."""


_HINTS: dict[str, tuple[Any, Any]] = {
    name: (hint, field()) for name, (hint, _) in KINDS.items()
}
_HINTS["special32"] = (float32, field(special=True))
_HINTS["special64"] = (float64, field(special=True))
_HINTS["flag"] = (May, field())
_HINTS["whole_enum"] = (Level, field())
_HINTS["text_enum"] = (Word, field())
#: A State class with one field for each kind, and one where each may be None.
Every, Maybe = (
    type(State)(
        name,
        (State,),
        {
            "__module__": __name__,
            "__annotations__": {
                key: hint | None if optional else hint
                for key, (hint, _) in _HINTS.items()
            },
            **{key: said for key, (_, said) in _HINTS.items()},
        },
    )
    for name, optional in (("Every", False), ("Maybe", True))
)

_ZONES = st.sampled_from([None, UTC, timezone(timedelta(hours=-11, minutes=7))])
_EDGES = [
    *(sign * 2**bits + off for bits in (7, 8, 15, 16, 31, 32, 53, 63, 64, 200)
      for sign in (1, -1) for off in (-1, 0, 1)),
    # Ties between two float32, and ends of where they are rounded by arithmetic.
    16777217.0, 16777219.0, 1.0000000596046448, 1.0000000596046449, 1.1999999e-38,
    1.2e-38, 2.9999999e38, 3e38, 3.0000001e38, 1.1754943508222875e-38, 1e-45, 7e-46,
    3.4028234663852886e38, 3.4028235e38, 3.40282356e38, 3.5e38, 1e39, 1.7e308, 5e-324,
    math.nan, math.inf, -math.inf, 0.0, -0.0, 100.0, math.tau, -1.0, 1.0, 0.1,
]  # fmt: skip
weird = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(_EDGES),
    st.sampled_from(_EDGES).map(lambda x: -x),
    st.floats(),
    st.floats(-10, 10),
    st.floats(allow_nan=False).map(Ratio),
    st.integers().map(Score),
    st.integers(-300, 300).map(Whole),
    st.text(),
    st.text().map(Title),
    st.sampled_from(["\ud800", "a\udfff", "é", "NORTH", "1", "1.5", "n" * 100]),
    st.binary(),
    st.binary().map(Blob),
    st.binary().map(bytearray),
    st.sampled_from([b"1.5", bytearray(b"1.5")]).map(memoryview),
    st.datetimes(timezones=_ZONES),
    st.sampled_from([*Side, *Level, *Word, *May, May.READ | May.WRITE, May(0)]),
    st.sampled_from([Decimal(1), Decimal("NaN"), Fraction(1, 3), 1j, [], {}, object]),
    st.sampled_from([10**5000, -(10**400)]),
    st.sampled_from([Side, May, Enum]),
)


def same(one: Any, other: Any) -> bool:
    """Compare two values with their types; NaN is NaN, and -0.0 is not 0.0."""
    return type(one) is type(other) and repr(one) == repr(other)


class SetterTests(SynchronousTestCase):
    @given(st.sampled_from(sorted(_HINTS)), st.booleans(), weird)
    @settings(max_examples=examples(1500, 50_000))
    @example("flag", False, May.READ | May.WRITE)
    @example("special32", False, 1e39)
    @example("uint8", False, True)
    @example("clamp", False, 1.0)
    def test_generated_check_equals_the_plain_one(
        self, name: str, optional: bool, value: Any
    ) -> None:
        """A setter, `Kind.check` and `__init__` take the same values, as the same."""
        cls = Maybe if optional else Every
        state = cls()
        before = getattr(state, name)
        kind = cls.__layout__.by_name[name].kind

        try:
            want = None if optional and value is None else kind.check(value)
        except (TypeError, ValueError) as error:
            message = f"{cls.__name__}.{name}: {error}"
            for write in (
                lambda: setattr(state, name, value),
                lambda: cls(**{name: value}),
            ):
                with self.assertRaises(FieldError) as caught:
                    write()
                self.assertEqual(str(caught.exception), message)
            self.assertTrue(same(getattr(state, name), before))
        else:
            setattr(state, name, value)
            # What equals what is there already is not written.
            held = before if want == before else want
            self.assertTrue(same(getattr(state, name), held))
            self.assertTrue(same(getattr(cls(**{name: value}), name), want))

    @given(st.sampled_from(sorted(_HINTS)), weird)
    @settings(max_examples=examples(500, 20_000))
    def test_what_was_read_can_be_written(self, name: str, value: Any) -> None:
        """Writing what a field holds is taken, and changes nothing."""
        state = Every()
        try:
            setattr(state, name, value)
        except FieldError:
            return
        held = getattr(state, name)

        setattr(state, name, held)

        self.assertTrue(same(getattr(state, name), held))

    @given(st.floats(width=32), st.sampled_from([0.5, 0.25, 0.75]), st.integers(-2, 2))
    @settings(max_examples=examples(1000, 50_000))
    def test_float32_is_rounded_half_to_even(
        self, single: float, share: float, steps: int
    ) -> None:
        """Between two float32, and halfway, a write holds what four bytes hold."""
        assume(abs(single) < 3.3e38)
        above = float(np.nextafter(np.float32(single), np.float32(np.inf)))
        written = single + (above - single) * share
        for _ in range(abs(steps)):
            written = math.nextafter(written, math.copysign(math.inf, steps))
        state = Every(float32=1.5)
        state.float32 = written

        want = struct.unpack("<f", struct.pack("<f", written))[0]
        self.assertTrue(same(state.float32, want))

    def test_write_names_class_and_field(self) -> None:
        """The error says which field of which class refused what."""
        with self.assertRaisesRegex(FieldError, r"World\.turn: -1 is not within 0"):
            World().turn = -1
        with self.assertRaisesRegex(FieldError, r"World\.turn: '1' is no uint16"):
            World().turn = "1"

    def test_failed_write_changes_nothing(self) -> None:
        """After a refused write the value is the old one, and a flush finds nothing."""
        world = World(turn=3)
        tree = Tree(world)

        with self.assertRaises(FieldError):
            world.turn = 70_000

        self.assertEqual(world.turn, 3)
        self.assertFalse(tree.flush())

    def test_equal_value_is_not_written(self) -> None:
        """Writing what is there already marks nothing."""
        world = World(turn=3)
        tree = Tree(world)
        world.turn = 3

        self.assertFalse(tree.flush())

    def test_second_write_marks_once(self) -> None:
        """A State that was written twice stands once in the flush."""
        world = World()
        tree = Tree(world)
        world.turn = 3
        world.turn = 4

        [group] = tree.flush().groups
        self.assertEqual(group.states, [world])
        self.assertEqual(group.mask, World.__layout__.by_name["turn"].bit)

    def test_write_can_be_undone(self) -> None:
        """Values and marks of a failed stretch are put back, those before it stay."""
        world = World()
        tree = Tree(world)
        world.turn = 3
        with self.assertRaises(Refused), tree.atomic():
            world.turn = 4
            world.turn = 5
            raise Refused

        self.assertEqual(world.turn, 3)
        [group] = tree.flush().groups
        self.assertEqual(group.states, [world])
