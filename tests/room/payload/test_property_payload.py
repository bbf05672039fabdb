"""Laws of `nexus.room.payload`: the quick way to read a number equals the plain one."""

from __future__ import annotations

from typing import Any

from attrs import define
from hypothesis import event, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.room.payload.payload import PayloadError, shape_of
from nexus.state import float32, float64, int32, number, uint8
from tests import examples

_HINTS: dict[str, Any] = {
    "plain": float,
    "single": float32,
    "double": float64,
    "js": number,
    "whole": int,
    "small": uint8,
    "middle": int32,
}


@define
class Numbers:
    """A field of each kind, read by code that was generated for the class."""

    plain: float = 0.0
    single: float32 = 0.0
    double: float64 = 0.0
    js: number = 0
    whole: int = 0
    small: uint8 = 0
    middle: int32 = 0


def _around(value: int) -> st.SearchStrategy[int]:
    return st.integers(value - 2, value + 2)


_POWERS = [1 << bits for bits in (8, 24, 31, 53, 128)]
_EDGES = [0, *_POWERS, *(-each for each in _POWERS), 1 << 1024]
_VALUES = st.one_of(
    st.sampled_from(_EDGES).flatmap(_around),
    st.integers(),
    st.floats(),
    st.sampled_from(_POWERS).map(float),
    st.booleans(),
    st.just("1"),
)


class NumberLaws(SynchronousTestCase):
    @settings(max_examples=examples(test=500, soak=20_000))
    @given(st.sampled_from(sorted(_HINTS)), _VALUES)
    def test_field_is_read_as_by_itself(self, name: str, value: object) -> None:
        """In a class a number becomes the same, of the same type, or is refused."""

        def read(what: Any, given: object) -> tuple[type, str] | None:
            try:
                made = shape_of(what).read(given)
            except PayloadError:
                return None
            found = getattr(made, name) if what is Numbers else made
            return type(found), repr(found)

        alone = read(_HINTS[name], value)
        event("refused" if alone is None else f"{name}: {type(value).__name__}")

        self.assertEqual(read(Numbers, {name: value}), alone)
