"""Tests of `nexus.state.list`."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError
from nexus.state import List, Tree
from nexus.state.change import Insert, Move, Remove, Replace
from tests import examples
from tests.state.stage import Mirror, World, fail, outcome

_INDEX = st.integers(-6, 6)
_VALUES = st.lists(st.integers(-3, 3), max_size=4)
_BOUND = st.none() | _INDEX
_SLICE = st.builds(slice, _BOUND, _BOUND, st.sampled_from([None, 1, 2, -1, -2]))
_STEP = st.one_of(
    st.tuples(st.just("append"), st.integers(-3, 3)),
    st.tuples(st.sampled_from(["extend", "iadd", "add"]), _VALUES),
    st.tuples(st.sampled_from(["insert", "set"]), _INDEX, st.integers(-3, 3)),
    st.tuples(st.sampled_from(["delete", "pop_at", "get"]), _INDEX | _SLICE),
    st.tuples(st.just("set"), _SLICE, _VALUES),
    st.tuples(st.sampled_from(["pop", "clear", "reverse", "copy", "itself"])),
    st.tuples(st.sampled_from(["remove", "index", "count", "in"]), st.integers(-3, 3)),
    st.tuples(st.sampled_from(["imul", "mul"]), st.integers(-1, 2)),
    st.tuples(st.just("sort"), st.booleans(), st.booleans()),
    st.tuples(st.sampled_from(["move", "swap"]), _INDEX, _INDEX),
    st.tuples(st.just("shuffle"), st.integers(0, 3)),
)


def _apply(world: Any, step: tuple[Any, ...]) -> Any:
    """Do to `world.numbers` what a step says; `world` may hold a plain list."""
    values = world.numbers
    name, *rest = step
    match name:
        case "iadd":
            world.numbers += rest[0]
        case "imul":
            world.numbers *= rest[0]
        case "itself":
            values[:] = values
            values.extend(values)
            del values[6:]
            world.numbers = values
        case "add":
            return values + rest[0]
        case "mul":
            return [values * rest[0], rest[0] * values]
        case "set":
            values[rest[0]] = rest[1]
        case "delete":
            del values[rest[0]]
        case "pop_at":
            return values.pop(rest[0])
        case "get":
            return values[rest[0]]
        case "in":
            return [rest[0] in values, list(reversed(values)), bool(values)]
        case "sort":
            return values.sort(key=abs if rest[0] else None, reverse=rest[1])
        case "move" if isinstance(values, List):
            return values.move(*rest)
        case "swap" if not isinstance(values, List):
            one, other = rest
            values[one], values[other] = values[other], values[one]
        case "shuffle" if isinstance(values, List):
            return values.shuffle(Random(rest[0]))
        case "shuffle":
            return Random(rest[0]).shuffle(values)
        case "move":
            value = values.pop(rest[0])
            return values.insert(rest[1], value)
        case _:
            return getattr(values, name)(*rest)
    return None


class _Plain:
    """What holds the plain list that a List is compared with."""

    def __init__(self, numbers: list[int]) -> None:
        self.numbers = numbers


class ModelTests(SynchronousTestCase):
    @given(_VALUES, st.lists(st.tuples(_STEP, st.integers(0, 5)), max_size=12))
    @settings(max_examples=examples(400, 20_000))
    def test_behaves_like_list(
        self, start: list[int], steps: list[tuple[tuple[Any, ...], int]]
    ) -> None:
        """Each method does what list's does, clients follow, and undo puts it back."""
        plain, world = _Plain(list(start)), World(numbers=start)
        mirror = Mirror(Tree(world))
        for step, luck in steps:
            if luck == 0:
                fail(
                    mirror.tree, lambda step=step: outcome(lambda: _apply(world, step))
                )
                self.assertEqual(world.numbers, plain.numbers)
            want = outcome(lambda step=step: _apply(plain, step))
            have = outcome(lambda step=step: _apply(world, step))
            if want[0] == "raised":
                self.assertEqual(have[0], "raised", step)
                self.assertTrue(issubclass(have[1], want[1]), (step, have))
            else:
                self.assertEqual(have, want, step)
            self.assertEqual(list(world.numbers), plain.numbers, step)
            if luck > 2:
                mirror.follow()
        mirror.follow()


class ListTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a tree with some numbers."""
        self.world = World(numbers=[3, 1, 2])
        self.tree = Tree(self.world)
        self.numbers = self.world.numbers

    def test_failures_leave_all_as_it_was(self) -> None:
        """A value that does not fit, wherever it stands, keeps all others out."""

        def values() -> Any:
            yield 4
            raise KeyError("half way")

        for act in (
            lambda: self.numbers.append(1 << 40),
            lambda: self.numbers.insert(0, "1"),
            lambda: self.numbers.extend([4, None]),
            lambda: self.numbers.extend(values()),
            lambda: self.numbers.__iadd__([4, True]),
            lambda: self.numbers.__setitem__(0, 1.5),
            lambda: self.numbers.__setitem__(slice(1, 2), [4, 1 << 40]),
            lambda: self.numbers.__setitem__(slice(None, None, 2), [4]),
            lambda: self.numbers.sort(key=lambda x: 1 // (x - 2)),
            lambda: setattr(self.world, "numbers", [4, "x"]),
            lambda: setattr(self.world, "numbers", values()),
            lambda: setattr(self.world, "numbers", 4),
            lambda: setattr(self.world, "numbers", "4"),
            lambda: self.numbers.pop(9),
            lambda: self.numbers.remove(9),
            lambda: self.numbers.move(9, 0),
        ):
            self.assertEqual(outcome(act)[0], "raised")
            self.assertEqual(self.numbers, [3, 1, 2])
        self.assertFalse(self.tree.flush())

    def test_error_names_the_place(self) -> None:
        """The error names the class, the field and the position."""
        with self.assertRaisesRegex(
            FieldError, r"World\.numbers\[1\]: 'x' is no int32"
        ):
            self.numbers.insert(1, "x")

    def test_wrong_index_is_a_type_error(self) -> None:
        """What is no index is refused as list does it."""
        for act in (
            lambda: self.numbers.insert("a", 1),
            lambda: self.numbers.pop("a"),
            lambda: self.numbers.__setitem__("a", 1),
            lambda: self.numbers.__delitem__("a"),
            lambda: self.numbers.__imul__("a"),
        ):
            self.assertEqual(outcome(act), ("raised", TypeError))

    def test_nothing_changed_is_no_change(self) -> None:
        """What leaves the List as it is marks nothing."""
        self.world.numbers = [1, 2, 3]
        self.tree.flush()

        for act in (
            lambda: self.numbers.sort(),
            lambda: self.numbers.extend([]),
            lambda: self.numbers.__setitem__(0, 1),
            lambda: self.numbers.__setitem__(slice(None), [1, 2, 3]),
            lambda: self.numbers.__imul__(1),
            lambda: self.world.line.clear(),
            lambda: self.world.line.reverse(),
            lambda: setattr(self.world, "numbers", [1, 2, 3]),
            lambda: setattr(self.world, "numbers", self.numbers),
        ):
            act()
            self.assertFalse(self.tree.flush())

    def test_steps_are_noted(self) -> None:
        """A flush finds what happened, step by step."""
        self.numbers.append(4)
        self.numbers[0] = 9
        self.numbers.pop(1)
        self.numbers.move(0, 2)

        [edit] = self.tree.flush().edits
        self.assertEqual(
            edit.steps, [Insert(3, 4), Replace(0, 9), Remove(1), Move(0, 2)]
        )
        self.assertEqual((edit.before, self.numbers), (3, [2, 4, 9]))

    def test_writes_at_one_place_are_one_step(self) -> None:
        """Only the last of several values at a position is told."""
        self.numbers.append(4)
        self.numbers[3] = 5
        self.numbers[3] = 6

        [edit] = self.tree.flush().edits
        self.assertEqual(edit.steps, [Insert(3, 6)])

    def test_augmented_assignment_is_a_step(self) -> None:
        """`+=` on a field tells what came, not the whole List."""
        self.world.numbers += [4]

        [edit] = self.tree.flush().edits
        self.assertEqual(edit.steps, [Insert(3, 4)])

    def test_many_steps_become_the_content(self) -> None:
        """When the steps are longer than the content, the content is told."""
        for number in range(100):
            self.numbers[number % 3] = number

        [edit] = self.tree.flush().edits
        self.assertIsNone(edit.steps)
        self.assertEqual(edit.content, [99, 97, 98])

    def test_plain_copies(self) -> None:
        """Slices, sums and copies are plain lists, which nobody watches."""
        for copied in (
            self.numbers.copy(),
            self.numbers[:],
            self.numbers + self.numbers,
            self.numbers * 1,
        ):
            self.assertIs(type(copied), list)

    def test_move_takes_out_and_puts_before(self) -> None:
        """A move is one step; it knows negative positions."""
        self.numbers.move(-1, 0)

        self.assertEqual(self.numbers, [2, 3, 1])
        self.assertEqual(self.tree.flush().edits[0].steps, [Move(2, 0)])

    def test_what_is_no_list_is_named(self) -> None:
        """Who assigns something else is told what that was."""
        with self.assertRaisesRegex(FieldError, "is set from a list, not from 'ab'"):
            self.world.numbers = "ab"  # type: ignore[assignment]  # refused

    def test_deletion_while_iterating(self) -> None:
        """It goes on like a list's: by position."""
        seen = []
        for number in self.numbers:
            seen.append(number)
            self.numbers.pop()

        self.assertEqual((seen, self.numbers), ([3, 1], [3]))
