"""What things cost: in proportion to what changes, in any tree.

What is counted are instructions of Python, calls and bytes, never seconds.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from operator import setitem
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.state import Flush, Map, State, Tree, uint8
from nexus.wire.colyseus import SchemaEncoder, visit
from tests.state.stage import Mirror, Player, Scene, Unit, World, effort


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

    def test_rules_cost_what_changes(self) -> None:
        """With rules and a view, a write in a large tree costs as in a small one."""

        def cost(size: int) -> list[int]:
            scene = Scene(
                units={f"u{i}": Unit() for i in range(size)},
                hidden={f"u{i}": Unit() for i in range(size)},
                hands={f"u{i}": Unit() for i in range(size)},
            )
            tree = Tree(scene)
            view = tree.view("ann", ["gm"])
            tree.full(view)
            view.add(scene.hidden["u3"])
            scene.hands["u4"].owner = "ann"
            tree.flush()
            found = []
            for unit in (scene.units["u5"], scene.hidden["u3"], scene.hands["u4"]):
                unit.hp = 3
                unit.note = "x"
                found.append(effort(tree.flush))
            return found

        self.assertEqual(cost(20), cost(2_000))

    def test_entries_behind_a_rule_cost_what_changes(self) -> None:
        """One entry more behind a rule costs the same in a large container."""

        def cost(size: int) -> list[int]:
            scene = Scene(hands={f"u{i}": Unit() for i in range(size)})
            tree = Tree(scene)
            tree.full(tree.view("ann"))
            scene.hands["new"] = Unit()
            found = [effort(tree.flush)]
            del scene.hands["u3"]
            return [*found, effort(tree.flush)]

        self.assertEqual(cost(20), cost(2_000))

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

    def test_view_costs_what_changes(self) -> None:
        """What a client was shown costs nothing in a flush that changes none of it."""

        def cost(size: int) -> list[int]:
            scene = Scene(hidden={f"u{i}": Unit() for i in range(size)})
            tree = Tree(scene)
            views = [tree.view(str(i)) for i in range(3)]
            for view in views:
                for unit in scene.hidden.values():
                    view.add(unit)
                tree.full(view)
            keys = [view.key() for view in views]
            found = []
            for act in (
                lambda: setattr(scene.hidden["u3"], "hp", 3),
                lambda: views[0].remove(scene.hidden["u4"]),
                lambda: views[0].add(scene.hidden["u4"]),
                lambda: scene.hidden.pop("u5"),
            ):
                act()
                found.append(effort(tree.flush))
                if len(found) == 1:
                    self.assertTrue(all(view.key() is keys[0] for view in views))
            return found

        self.assertEqual(cost(20), cost(2_000))

    def test_keys_of_views_are_short(self) -> None:
        """What makes views alike is as much for a thousand entities as for one."""

        def size(count: int) -> int:
            scene = Scene(hidden={f"u{i}": Unit() for i in range(count)})
            view = Tree(scene).view("s0", ["gm"])
            for unit in scene.hidden.values():
                view.add(unit)
            return len(pickle.dumps(view.key()))

        self.assertLess(size(1_000), size(1) + 4)

    def test_listeners_to_a_list_cost_what_changes(self) -> None:
        """On both sides, what a list holds that is not touched is not looked at."""

        def cost(size: int) -> list[int]:
            world = World(line=[Player() for _ in range(size)], numbers=range(size))
            mirror = Mirror(tree := Tree(world))
            for whom in (tree, mirror.replica):
                whom.on_add("line", lambda *_: None)
                whom.on_remove("line", lambda *_: None)
                whom.on_change("line.*.hp", lambda *_: None)
                whom.on_change("numbers.*", lambda *_: None)
            # Where States stand in the list is looked up once.
            world.line[-1].hp = 1
            mirror.replica.apply_patch(mirror.encoder.patch(tree.flush()))
            found = []
            for act in (
                lambda: world.numbers.append(7),
                world.numbers.pop,
                lambda: (setitem(world.numbers, 0, -7), setitem(world.numbers, 9, -9)),
                lambda: world.line.append(Player()),
                lambda: setattr(world.line[-1], "hp", 2),
                lambda: setitem(world.line, 3, Player()),
                lambda: world.line.pop(size - 1),
                lambda: setattr(world.line[-1], "hp", 3),
            ):
                act()
                flush: list[Flush] = []
                found.append(effort(lambda: flush.append(tree.flush())))  # noqa: B023  # used up in this turn
                patch = mirror.encoder.patch(flush[0])
                found.append(effort(lambda: mirror.replica.apply_patch(patch)))  # noqa: B023  # used up in this turn
            return found

        self.assertEqual(cost(40), cost(4_000))

    def test_new_owner_is_looked_at_by_two(self) -> None:
        """Only the old owner and the new one look at what changed hands."""

        def cost(clients: int) -> int:
            scene = Scene(hands={f"u{i}": Unit() for i in range(9)})
            tree = Tree(scene)
            for i in range(clients):
                tree.full(tree.view(f"s{i}"))
            scene.owner = "s0"
            tree.flush()
            scene.owner = "s1"
            return effort(tree.flush)

        # What each other client costs is less than to look at a single unit.
        self.assertLess(cost(50) - cost(10), 40 * 150)


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


class Wide(State):
    """An entity with so many fields that few writes have the same mask."""

    a: uint8
    b: uint8
    c: uint8
    d: uint8
    e: uint8
    f: uint8


class Plain(State):
    """A root of such."""

    wide: Map[str, Wide]


class SchemaTests(SynchronousTestCase):
    def test_code_is_made_for_what_comes_up_often(self) -> None:
        """Sets of fields that change together once get no code of their own."""
        self.patch(visit, "parts", None)
        plain = Plain(wide={"w": Wide()})
        tree = Tree(plain)
        encoder = SchemaEncoder(tree, 5)
        made = len(encoder._visits._writers)
        for mask in range(1, 64):
            for at, name in enumerate("abcdef"):
                if mask >> at & 1:
                    setattr(plain.wide["w"], name, mask)
            encoder.patch(tree.flush())
        self.assertEqual(len(encoder._visits._writers), made)
        for number in range(100):
            plain.wide["w"].a = 100 + number
            encoder.patch(tree.flush())

        self.assertEqual(len(encoder._visits._writers), made + 1)
