"""Tests of `nexus.state.set`."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError
from nexus.state import Set, Tree
from tests import examples
from tests.state.stage import Mirror, World, fail, outcome

_VALUE = st.integers(0, 5)
_VALUES = st.sets(_VALUE, max_size=4)
_MANY = st.lists(_VALUES | st.lists(_VALUE, max_size=4), max_size=3).map(tuple)
_STEP = st.one_of(
    st.tuples(st.sampled_from(["add", "discard", "remove", "in"]), _VALUE),
    st.tuples(
        st.sampled_from(
            ["update", "difference_update", "intersection_update", "union",
             "difference", "intersection"]
        ),
        _MANY,
    ),
    st.tuples(
        st.sampled_from(
            ["symmetric_difference_update", "symmetric_difference", "issubset",
             "issuperset", "isdisjoint"]
        ),
        st.tuples(_VALUES | st.lists(_VALUE, max_size=4)),
    ),
    st.tuples(st.sampled_from(["ior", "iand", "isub", "ixor", "operators"]), _VALUES),
    st.tuples(st.sampled_from(["clear", "copy", "itself", "less_itself"])),
    st.tuples(st.just("assign"), _VALUES),
)  # fmt: skip


def _apply(world: Any, step: tuple[Any, ...]) -> Any:
    """Do to `world.marks` what a step says; `world` may hold a plain set."""
    held = world.marks
    name, *rest = step
    match name:
        case "ior":
            world.marks |= rest[0]
        case "iand":
            world.marks &= rest[0]
        case "isub":
            world.marks -= rest[0]
        case "ixor":
            world.marks ^= rest[0]
        case "itself":
            world.marks |= held
            world.marks &= held
            world.marks = held
        case "less_itself":
            world.marks -= held
        case "assign" if isinstance(held, Set):
            world.marks = rest[0]
        case "assign":
            held.clear()
            held.update(rest[0])
        case "in":
            return rest[0] in held, len(held), bool(held)
        case "operators":
            one = rest[0]
            return [held | one, held & one, held - one, held ^ one, one - held,
                    held <= one, held < one, held >= one, held == one]  # fmt: skip
        case "add" | "discard" | "remove" | "clear" | "copy":
            return getattr(held, name)(*rest)
        case _:
            return getattr(held, name)(*rest[0])
    return None


class _Plain:
    """What holds the plain set that a Set is compared with."""

    def __init__(self, marks: set[int]) -> None:
        self.marks = marks


class ModelTests(SynchronousTestCase):
    @given(_VALUES, st.lists(st.tuples(_STEP, st.integers(0, 5)), max_size=12))
    @settings(max_examples=examples(400, 20_000))
    def test_behaves_like_set(
        self, start: set[int], steps: list[tuple[tuple[Any, ...], int]]
    ) -> None:
        """Each method does what set's does, clients follow, and undo puts it back."""
        plain, world = _Plain(set(start)), World(marks=start)
        mirror = Mirror(Tree(world))
        for step, luck in steps:
            if luck == 0:
                fail(
                    mirror.tree, lambda step=step: outcome(lambda: _apply(world, step))
                )
                self.assertEqual(world.marks, plain.marks)
            want = outcome(lambda step=step: _apply(plain, step))
            have = outcome(lambda step=step: _apply(world, step))
            self.assertEqual(have, want, step)
            self.assertEqual(world.marks, plain.marks, step)
            if luck > 2:
                mirror.follow()
        mirror.follow()


class SetTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a tree with some marks."""
        self.world = World(marks=[1, 2])
        self.tree = Tree(self.world)
        self.marks = self.world.marks

    def test_failures_leave_all_as_it_was(self) -> None:
        """A value that does not fit, wherever it stands, keeps all others out."""

        def values() -> Any:
            yield 3
            raise KeyError("half way")

        for act in (
            lambda: self.marks.add("x"),
            lambda: self.marks.add(1 << 40),
            lambda: self.marks.update([3, None]),
            lambda: self.marks.update([3], [1 << 40]),
            lambda: self.marks.update(values()),
            lambda: self.marks.update(5),
            lambda: self.marks.difference_update(values()),
            lambda: self.marks.difference_update([1], 5),
            lambda: self.marks.intersection_update([1], 5),
            lambda: self.marks.symmetric_difference_update([1, 1 << 40]),
            lambda: self.marks.__ior__({3, "x"}),
            lambda: self.marks.__ixor__({1, "x"}),
            lambda: setattr(self.world, "marks", [3, "x"]),
            lambda: setattr(self.world, "marks", values()),
            lambda: setattr(self.world, "marks", "12"),
            lambda: setattr(self.world, "marks", 5),
            lambda: self.marks.remove(7),
            lambda: self.marks.discard([]),
        ):
            self.assertEqual(outcome(act)[0], "raised")
            self.assertEqual(self.marks, {1, 2})
        self.assertFalse(self.tree.flush())

    def test_error_names_the_field(self) -> None:
        """The error names the class and the field."""
        with self.assertRaisesRegex(FieldError, r"World\.marks.*: 'x' is no int32"):
            self.marks.add("x")

    def test_pop_removes_some_value(self) -> None:
        """What `pop` returns was there and is gone; an empty Set has nothing."""
        taken = self.marks.pop()

        self.assertEqual(self.marks, {1, 2} - {taken})
        self.marks.clear()
        with self.assertRaises(KeyError):
            self.marks.pop()

    def test_what_equals_a_value_finds_it(self) -> None:
        """A value is found by what equals it, and goes or stays as what it is."""
        mirror = Mirror(self.tree)
        self.marks.discard(True)
        mirror.follow()
        self.marks.intersection_update([2.0])
        mirror.follow()
        self.marks.difference_update([2.0])
        mirror.follow()

        self.assertEqual(self.marks, set())

    def test_undo_puts_back_what_was_there(self) -> None:
        """The value itself comes back, not what it was removed by."""
        fail(self.tree, lambda: self.marks.discard(True))

        self.assertEqual({type(value) for value in self.marks}, {int})

    def test_changes_are_noted_once(self) -> None:
        """A flush finds what came and what went, in the end."""
        self.marks.add(3)
        self.marks.add(4)
        self.marks.discard(4)
        self.marks.discard(1)
        self.marks.add(1)
        self.marks.remove(2)

        [edit] = self.tree.flush().edits
        self.assertEqual((edit.added, edit.removed), ([3], [2]))

    def test_nothing_changed_is_no_change(self) -> None:
        """What leaves the Set as it is, in the end, marks nothing."""
        for act in (
            lambda: self.marks.add(1),
            lambda: self.marks.discard(9),
            lambda: [self.marks.add(9), self.marks.discard(9)],
            lambda: [self.marks.clear(), self.marks.update([1, 2])],
            lambda: setattr(self.world, "marks", {2, 1}),
            lambda: setattr(self.world, "marks", self.marks),
        ):
            act()
            self.assertFalse(self.tree.flush())

    def test_clearing_is_one_word(self) -> None:
        """When all that was there is gone, no value is named."""
        self.world.marks = [3]

        [edit] = self.tree.flush().edits
        self.assertEqual((edit.added, edit.cleared), ([3], True))

    def test_what_is_no_set_is_named(self) -> None:
        """Who assigns something else is told what that was."""
        with self.assertRaisesRegex(
            FieldError, r"a Set is set from a set or a list, not from 3"
        ):
            self.world.marks = 3  # type: ignore[assignment]  # refused

    def test_changed_while_iterating(self) -> None:
        """It is refused as a set does it."""
        with self.assertRaises(RuntimeError):
            for value in self.marks:
                self.marks.add(value + 10)

    def test_plain_copies(self) -> None:
        """Copies and unions are plain sets, which nobody watches."""
        for copied in (self.marks.copy(), self.marks | {3}, self.marks.union([3])):
            self.assertIs(type(copied), set)
