"""The law that a compiled Property writes what the setter in Python writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError
from nexus.state import State, Tree
from nexus.state.number import Float, Number, Quantized
from nexus.state.place import Bucket
from tests import examples
from tests.state.stage import Refused
from tests.state.test_setter import Every, Maybe, same, weird
from tests.support.compiled import MISSING

_NAMES = sorted(Every.__layout__.by_name)


#: Fields of floats, and what is mostly between their ends.
_FLOATS = [
    name
    for name in _NAMES
    if isinstance(Every.__layout__.by_name[name].kind, Float | Number | Quantized)
]
_NEAR = st.floats(0, 1) | st.floats(-120, 120) | st.floats()


#: An act: whether the field may be None, which field, what is written.
acts = st.lists(
    st.tuples(st.booleans(), st.sampled_from(_NAMES), weird)
    | st.sampled_from(["flush", "atomic", "refuse"]),
    max_size=25,
)


def _compiled(state: State, name: str, value: Any) -> None:
    setattr(state, name, value)


def _plain(state: State, name: str, value: Any) -> None:
    vars(type(state))[name].write(state, value)


class _World:
    """Two States in a tree, and what is noted of them."""

    def __init__(self, write: Callable[[State, str, Any], None]) -> None:
        self.write = write
        self.states: list[Any] = [Every(), Maybe()]
        self.trees = [Tree(state) for state in self.states]

    def act(self, acts: list[Any]) -> list[Any]:
        """Do what was drawn; return all that was to be seen."""
        seen: list[Any] = []
        for at, act in enumerate(acts):
            if act == "flush":
                seen += [self._flushed(tree) for tree in self.trees]
            elif act == "atomic":
                with self.trees[0].atomic(), self.trees[1].atomic():
                    seen += self.act(_writes(acts[at + 1 :]))
            elif act == "refuse":
                try:
                    with self.trees[0].atomic(), self.trees[1].atomic():
                        seen += self.act(_writes(acts[at + 1 :]))
                        raise Refused
                except Refused:
                    pass
            else:
                seen.append(self._wrote(*act))
            seen.append(self._look())
        return seen

    def _wrote(self, optional: bool, name: str, value: Any) -> str:
        try:
            self.write(self.states[optional], name, value)
        except FieldError as error:
            return str(error)
        return ""

    def _look(self) -> list[Any]:
        return [
            (
                [
                    (type(value), repr(value))
                    for value in (getattr(state, name) for name in _NAMES)
                ],
                state._dirty,
                [each is state for each in state._bucket],
                [repr(note[2:]) for note in state._bucket.undo or ()],
            )
            for state in self.states
        ]

    @staticmethod
    def _flushed(tree: Tree) -> list[Any]:
        return [(each.mask, len(each.states)) for each in tree.flush().groups]


def _writes(acts: list[Any]) -> list[Any]:
    """Return the first writes, up to what is none."""
    found = []
    for act in acts:
        if isinstance(act, str):
            break
        found.append(act)
    return found


class PropertyLawTests(SynchronousTestCase):
    skip = MISSING or None

    @given(acts)
    @settings(max_examples=examples(test=600, soak=6_000))
    @example([(False, "float32", 0.1), "flush", (False, "float32", 0.1)])
    @example(["refuse", (False, "share", 1.5), (True, "share", None)])
    def test_c_writes_what_python_writes(self, acts: list[Any]) -> None:
        """Values, marks, notes of old values, and errors are the same, bit by bit."""
        self.assertEqual(_World(_compiled).act(acts), _World(_plain).act(acts))

    @given(st.sampled_from(_FLOATS), _NEAR, _NEAR)
    @settings(max_examples=examples(test=1500, soak=50_000))
    @example("share", -0.0, 1.0)
    @example("float32", 1.0, -0.0)
    def test_floats_are_rounded_alike(
        self, name: str, first: float, second: float
    ) -> None:
        """Each float ends at the same bits, and counts as written or as equal alike."""
        found = []
        for write in (_compiled, _plain):
            state, seen = Every(), list[Any]()
            state._dirty = 0
            state._bucket = Bucket(None)
            for value in (first, second):
                try:
                    write(state, name, value)
                except FieldError as error:
                    seen.append(str(error))
                held = getattr(state, name)
                seen.append((type(held), repr(held), state._dirty))
            found.append(seen)

        self.assertEqual(*found)

    def test_the_plain_way_is_another_one(self) -> None:
        """What this law compares are not twice the same."""
        state = Every()
        each = vars(Every)["float32"]

        self.assertEqual(type(each).__name__, "Property")
        self.assertEqual(each.write.__code__.co_filename, "<Every.float32>")
        each.write(state, 0.5)
        self.assertTrue(same(state.float32, 0.5))
