"""What writes cost: in proportion to what changes, in any tree.

What is counted are instructions of Python, calls and bytes, never seconds.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.state import Map, Tree
from tests.state.stage import Player, World, effort


class CostTests(SynchronousTestCase):
    def world(self, size: int) -> tuple[Any, Tree]:
        """Make a tree with so many players."""
        world = World(players={f"p{i}": Player() for i in range(size)}, line=[Player()])
        return world, Tree(world)

    def test_write_and_flush_cost_the_same_in_any_tree(self) -> None:
        """What one write and its flush cost does not depend on the size of the tree."""

        def writes(world: Any, tree: Tree) -> list[Callable[[], Any]]:
            player = world.players["p7"]
            return [
                lambda: setattr(player, "hp", 3),
                tree.flush,
                lambda: player.scores.update(a=1),
                tree.flush,
                lambda: world.players.update(new=Player()),
                tree.flush,
                lambda: world.players.pop("p3"),
                tree.flush,
                lambda: setattr(world, "turn", 5),
                tree.flush,
            ]

        small, large = (
            [effort(act) for act in writes(*self.world(size))] for size in (20, 10_000)
        )

        self.assertEqual(small, large)

    def test_flush_finds_the_state_that_was_written(self) -> None:
        """A flush after one write in a tree of 10,000 States is about one State."""
        world, tree = self.world(10_000)
        world.players["p5000"].hp = 3
        flush = tree.flush()

        [group] = flush.groups
        self.assertEqual(group.states, [world.players["p5000"]])
        self.assertEqual((flush.created, flush.edits), ([], []))

    def test_many_writes_to_one_state_are_one_mark(self) -> None:
        """A second write to a State marks nothing more."""
        world, tree = self.world(10)
        player = world.players["p1"]
        first = effort(lambda: setattr(player, "hp", 1))
        for number in range(50):
            player.hp = number
            player.x = number

        self.assertLessEqual(effort(lambda: setattr(player, "hp", 99)), first)
        self.assertEqual([len(group.states) for group in tree.flush().groups], [1])

    def test_atomic_costs_what_is_written(self) -> None:
        """So does an atomic stretch."""

        def cost(size: int) -> int:
            world, tree = self.world(size)

            def act() -> None:
                with tree.atomic():
                    world.players["p1"].hp = 3
                    world.players["new"] = Player()
                    world.line[0].scores["a"] = 1

            return effort(act)

        # What is done but once in a process does not count.
        cost(20)
        self.assertEqual(cost(20), cost(10_000))

    def test_atomic_removals_copy_nothing(self) -> None:
        """What a stretch notes of a removal is the entry; the order of keys is kept."""
        tree = Tree(world := World(counts={str(i): 1 for i in range(1_000)}))
        orders = []
        for start in range(0, 50, 10):
            with tree.atomic():
                for i in range(start, start + 10):
                    del world.counts[str(i)]
                world.counts[f"new{start}"] = 1
                undo = tree._buckets[World].undo
                assert undo is not None
                # The order, and an entry for what went and for what came.
                self.assertEqual(len(undo), 1 + 10 + 1)
                orders.append(world.counts._order)
        # It is made once for many stretches.
        self.assertTrue(all(order is orders[0] for order in orders))
        for i in range(3_000):
            world.counts["x"] = i
            del world.counts["x"]

        self.assertIs(world.counts._order, None)

    def test_atomic_copies_a_container_once(self) -> None:
        """However many entries a stretch removes, their Map is copied at most once."""
        world, tree = self.world(40)
        copied: list[Map[Any, Any]] = []
        capture = Map._capture

        def count(each: Map[Any, Any]) -> tuple[Any, ...]:
            copied.append(each)
            return capture(each)

        self.patch(Map, "_capture", count)
        with tree.atomic():
            for i in range(20):
                del world.players[f"p{i}"]
                world.players[f"new{i}"] = Player()
            world.players.clear()
        with tree.atomic():
            world.counts["a"] = 1
            world.counts.popitem()

        # A State that leaves is copied too, with its own containers.
        self.assertFalse(any(each is world.counts for each in copied))
        self.assertEqual(sum(each is world.players for each in copied), 1)

    def test_atomic_moves_cost_the_same_in_any_list(self) -> None:
        """What a stretch notes of a move does not depend on how long the List is."""

        def cost(size: int) -> int:
            tree = Tree(world := World(numbers=range(size)))
            with tree.atomic():
                for at in range(10):
                    world.numbers.move(at, size // 2)
                undo = tree._buckets[World].undo
                assert undo is not None
                # What takes back a note has the list of notes, which is no copy.
                forget = world.numbers._forget
                moves = [arguments for act, *arguments in undo if act != forget]
                return len(pickle.dumps(moves))

        self.assertLess(cost(20_000), cost(200) + 100)


def called(act: Callable[[], Any]) -> set[str]:
    """Name the functions written in C that a call calls."""
    names: set[str] = set()

    def profile(frame: Any, event: str, argument: Any) -> None:
        if event == "c_call":
            names.add(argument.__name__)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        act()
    finally:
        sys.setprofile(before)
    return names


class ContainerTests(SynchronousTestCase):
    def test_taking_some_value_looks_at_one(self) -> None:
        """Python's own methods take an entry; none looks for one past the holes."""
        world = World(marks=range(9), counts={"a": 1, "b": 2})
        Tree(world)

        self.assertIn("pop", called(world.marks.pop))
        found = called(world.counts.popitem)
        self.assertIn("popitem", found)
        self.assertFalse(found & {"iter", "next", "reversed", "__reversed__"})

    def test_discarding_by_an_equal_value_looks_at_one(self) -> None:
        """A value of another type is found without a look at the others."""

        def cost(size: int) -> int:
            world = World(marks=range(size))
            Tree(world)
            return effort(lambda: world.marks.discard(float(size - 1)))

        self.assertEqual(cost(20), cost(2_000))
