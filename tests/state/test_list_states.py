"""Tests of `nexus.state.list`: Lists that hold States."""

from __future__ import annotations

import random
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError, PlaceError
from nexus.state import List, State, Tree
from tests import examples
from tests.state.stage import Mirror, Player, World, fail


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
