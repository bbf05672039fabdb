"""Tests of `nexus.state.list`."""

from __future__ import annotations

import random
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError, PlaceError
from nexus.state import List, State, Tree
from nexus.state.change import Insert, Move, Remove, Replace
from tests import examples
from tests.state.stage import Mirror, Player, World, fail, outcome

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


class StateListTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a tree with three players in a line."""
        self.players = [Player(hp=i) for i in range(3)]
        self.world = World(line=self.players)
        self.mirror = Mirror(Tree(self.world))
        self.line = self.world.line

    def order(self) -> list[int]:
        """Follow, and return who stands where."""
        self.mirror.follow()
        return [player.hp for player in self.line]

    def test_known_states_keep_their_identity(self) -> None:
        """Putting the same States in another order takes none of them away."""
        before = [player._id for player in self.players]
        self.line.reverse()
        self.line.sort(key=lambda player: player.hp, reverse=True)
        random.Random(1).shuffle(order := list(self.line))
        self.world.line = order
        self.mirror.follow()

        self.assertEqual(before, [player._id for player in self.players])

    def test_state_twice_is_refused(self) -> None:
        """A State stands at one place of a List; else nothing changed."""
        one, two, _ = self.players
        for act in (
            lambda: self.line.append(one),
            lambda: self.line.extend([Player(), one]),
            lambda: self.line.__imul__(2),
            lambda: self.line.__setitem__(0, two),
            lambda: self.line.__setitem__(slice(0, 1), [two]),
            lambda: setattr(self.world, "line", [*self.line, one]),
            lambda: self.line.extend([new := Player(), new]),
        ):
            with self.assertRaises(PlaceError):
                act()
            self.assertEqual(self.order(), [0, 1, 2])
        self.assertEqual(self.mirror.tree.version, 1)

    def test_swapping_is_refused_and_moving_is_not(self) -> None:
        """Two States cannot change places by two assignments; `move` does it."""
        with self.assertRaisesRegex(PlaceError, r"World\.line\[0\]"):
            self.line[0], self.line[1] = self.line[1], self.line[0]
        self.line.move(1, 0)

        self.assertEqual(self.order(), [1, 0, 2])

    def test_states_change_places(self) -> None:
        """Swapped States stay the entities that they are, also after an undo."""
        known = [player._id for player in self.players]
        self.line.swap(2, 0)
        self.assertEqual(self.order(), [2, 1, 0])
        self.line.swap(1, -1)
        self.line.swap(1, 1)
        self.assertEqual(self.order(), [2, 0, 1])
        for one, other in ((0, 2), (2, 0), (0, 1)):
            fail(self.mirror.tree, lambda at=one, to=other: self.line.move(at, to))
            fail(self.mirror.tree, lambda at=one, to=other: self.line.swap(at, to))
        fail(self.mirror.tree, lambda: self.line.shuffle(Random(3)))
        self.assertEqual(self.order(), [2, 0, 1])
        self.line.shuffle(Random(3))

        self.assertEqual(sorted(self.order()), [0, 1, 2])
        self.assertEqual([player._id for player in self.players], known)

    def test_wrong_class_is_refused(self) -> None:
        """A State of another class is refused by its position."""
        with self.assertRaisesRegex(FieldError, r"World\.line\[3\]: 5 is no Player"):
            self.line.append(5)

    def test_removed_states_are_free(self) -> None:
        """What left, by whatever method, can stand elsewhere."""
        one, two, three = self.players
        self.line.pop(0)
        self.line.remove(two)
        self.line[:] = []
        self.world.other = [one, two, three]

        self.mirror.follow()
        one.hp = 77
        self.mirror.follow()

    def test_state_that_comes_back_is_new(self) -> None:
        """A State that left and came back within a flush is mirrored still."""
        one = self.line.pop(0)
        self.line.append(one)
        two = self.line.pop(0)
        self.line[0] = two
        self.mirror.follow()
        one.hp, two.hp = 50, 51

        self.mirror.follow()

    def test_state_goes_from_list_to_list(self) -> None:
        """A State that came to one List, and went on to another, stands in the last."""
        new = Player()
        self.world.other.append(Player())
        self.line.append(new)
        self.line.remove(new)
        self.world.other.append(new)
        self.mirror.follow()
        new.hp = 50

        self.mirror.follow()

    def test_state_goes_from_list_to_map_and_reference(self) -> None:
        """The same from a List to a Map and to a field of the same State."""
        for where in range(2):
            new = Player()
            self.line.append(new)
            self.line.remove(new)
            if where:
                self.world.leader = new
            else:
                self.world.players["new"] = new
            self.mirror.follow()
            new.hp = 50
            self.mirror.follow()

    @given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 4), st.integers(0, 4))))
    @settings(max_examples=examples(150, 10_000))
    def test_states_that_come_and_go(self, steps: list[tuple[int, int, int]]) -> None:
        """States that go about between containers are mirrored, and undone."""
        world = World(line=[Player(hp=i) for i in range(3)])
        mirror = Mirror(Tree(world))
        pool = [Player(hp=9), Player(hp=10)]
        for act, first, second in steps:
            if act == 0:
                mirror.follow()
            elif act == 1:
                before = [*pool]
                fail(mirror.tree, lambda f=first, s=second: _go(world, pool, 3, f, s))
                pool[:] = before
            else:
                _go(world, pool, act, first, second)
        for state in mirror.tree.states():
            if isinstance(state, Player):
                state.x += 1
        mirror.follow()


def _go(world: World, pool: list[Player], act: int, first: int, second: int) -> None:
    """Take a player from one place and put it at another one."""
    lists: list[List[Player]] = [world.line, world.other]
    source, target = lists[first % 2], lists[second % 2]
    taken: Any = None
    if act < 4 and source:
        taken = source.pop(first % len(source))
    elif act == 4 and world.leader:
        taken, world.leader = world.leader, None
    elif act == 5 and world.players:
        taken = world.players.pop(next(iter(world.players)))
    if taken is not None:
        pool.append(taken)
    if not pool or second == 4:
        return
    free = pool.pop(first % len(pool))
    if act == 6 and target:
        pool.append(target[0])
        target[0] = free
    elif act == 7:
        key = "ab"[second % 2]
        if key in world.players:
            pool.append(world.players[key])
        world.players[key] = free
    elif second == 3:
        if world.leader is not None:
            pool.append(world.leader)
        world.leader = free
    else:
        target.insert(second % (len(target) + 1), free)


class ForeignTests(SynchronousTestCase):
    def test_class_that_the_tree_does_not_know_is_refused(self) -> None:
        """A class defined after the tree cannot come in; nothing changed."""
        world = World()
        tree = Tree(world)
        late = type(State)("Late", (Player,), {"__module__": __name__})

        for act in (
            lambda: world.line.append(late()),
            lambda: world.line.extend([Player(), late()]),
            lambda: setattr(world, "line", [late()]),
        ):
            with self.assertRaisesRegex(FieldError, "Late cannot stand below World"):
                act()
        self.assertFalse(tree.flush())
