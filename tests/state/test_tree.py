"""Tests of `nexus.state.tree`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError, StateError
from nexus.state import State, Tree
from tests.state.stage import (
    Item,
    Mirror,
    Player,
    Refused,
    Scene,
    Unit,
    World,
    fail,
    ids,
)


def effort(act: Callable[[], Any]) -> int:
    """Count the instructions of Python that a call takes."""
    count = 0

    def trace(frame: Any, event: str, argument: object) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


class IdTests(SynchronousTestCase):
    def test_parents_before_children(self) -> None:
        """A State has a smaller id than those below it, wherever they came from."""
        tree = Tree(world := World(line=[Player(bag=[Item()])]))
        world.leader = Player(held=Item())
        world.line[0].bag.append(Item())
        for state in tree.states():
            if state._parent is not None:
                self.assertLess(state._parent._id, state._id)

    def test_a_container_has_an_id(self) -> None:
        """A State takes an id for itself and one for each container."""
        Tree(world := World())
        world.leader = one = Player()
        world.line.append(two := Player())

        self.assertEqual(two._id - one._id, 4)
        self.assertEqual([one.bag._id, one.scores._id, one.tags._id],
                         [one._id + 1, one._id + 2, one._id + 3])  # fmt: skip

    def test_ids_are_never_used_again(self) -> None:
        """Neither leaving nor undoing gives an id back."""
        tree = Tree(world := World())
        seen: set[int] = set()
        for turn in range(20):
            player = Player()
            if turn % 3:
                world.leader = player
            else:
                fail(tree, lambda player=player: world.line.append(player))
                world.line.append(player)
            self.assertNotIn(player._id, seen)
            seen.add(player._id)
            if turn % 2:
                tree.flush()
            world.line.clear()
        self.assertEqual(world._id, 0)


class VersionTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a tree with one player."""
        self.player = Player()
        self.world = World(leader=self.player)
        self.tree = Tree(self.world)

    def test_version_grows_with_changes_only(self) -> None:
        """A flush that finds nothing leaves the version, and is false."""
        version = self.tree.version
        self.assertFalse(self.tree.flush())
        self.assertEqual(self.tree.version, version)
        self.player.hp = 3

        self.assertTrue(flush := self.tree.flush())
        self.assertEqual((flush.version, self.tree.version), (version + 1, version + 1))

    def test_each_sort_of_change_counts(self) -> None:
        """Values, entries, States, references and owners: each makes a version."""
        for act in (
            lambda: setattr(self.player, "hp", 3),
            lambda: self.player.tags.add("x"),
            lambda: self.player.scores.update(a=1),
            lambda: self.player.bag.append(Item()),
            lambda: setattr(self.player, "held", Item()),
            lambda: setattr(self.player, "held", None),
            lambda: setattr(self.player, "owner", "ann"),
            lambda: self.world.spare.update(x=Player()),
            lambda: self.world.secret.update(x=Player()),
        ):
            act()
            self.assertTrue(self.tree.flush())
            self.assertFalse(self.tree.flush())

    def test_snapshot_needs_a_flush(self) -> None:
        """A snapshot is taken at a version, not between two."""
        for act in (
            lambda: setattr(self.player, "hp", 3),
            lambda: self.player.tags.add("x"),
            lambda: setattr(self.world, "leader", None),
        ):
            act()
            for take in (self.tree.full, self.tree.full_stored):
                with self.assertRaisesRegex(StateError, "flush first"):
                    take()
            self.tree.flush()

    def test_took_off_and_put_on_again(self) -> None:
        """What came and left within a flush was never there."""
        new = Player()
        self.world.line.append(new)
        self.world.line.pop()
        flush = self.tree.flush()

        self.assertEqual(flush.created, [])

    def test_class_without_fields(self) -> None:
        """A tree of a class without fields has nothing to tell."""
        bare = type(State)("Bare", (State,), {"__module__": __name__})
        mirror = Mirror(Tree(bare()))

        mirror.follow()
        self.assertFalse(mirror.tree.flush())


class CostTests(SynchronousTestCase):
    """What is counted are instructions of Python, never seconds."""

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

        self.assertEqual(cost(20), cost(10_000))


class AtomicTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a tree with all sorts of content."""
        self.player = Player(hp=5, bag=[Item(name="a"), Item(name="b")])
        self.world = World(
            leader=self.player,
            players={"x": Player(), "y": Player()},
            numbers=[1, 2, 3],
            counts={"a": 1, "b": 2, "c": 3},
            marks={1, 2},
        )
        self.mirror = Mirror(Tree(self.world))
        self.tree = self.mirror.tree

    def test_success_is_as_without(self) -> None:
        """Writes of a stretch that ends well are flushed."""
        with self.tree.atomic():
            self.player.hp = 9
            self.world.players.pop("x")
            self.world.numbers.append(4)

        self.mirror.follow()
        self.assertEqual((self.player.hp, self.world.numbers), (9, [1, 2, 3, 4]))

    def test_exception_goes_on(self) -> None:
        """The stretch puts things back and lets the exception pass."""
        with self.assertRaises(Refused), self.tree.atomic():
            raise Refused

    def test_each_sort_of_write_is_undone(self) -> None:
        """Whatever is written in a failed stretch, a flush finds nothing after."""
        world, player = self.world, self.player
        before = ids(self.tree), self.tree.version, list(world.counts)
        for act in (
            lambda: setattr(player, "hp", 9),
            lambda: setattr(world, "leader", None),
            lambda: setattr(world, "leader", Player()),
            lambda: setattr(player, "owner", "ann"),
            lambda: player.bag.reverse(),
            lambda: player.bag.pop(0),
            lambda: player.bag.move(0, 1),
            lambda: world.counts.pop("a"),
            lambda: [world.counts.pop("a"), world.counts.update(a=1)],
            lambda: world.counts.popitem(),
            lambda: world.counts.clear(),
            lambda: world.counts.update(d=4, a=5),
            lambda: setattr(world, "counts", {"c": 1}),
            lambda: world.players.update(x=Player(), z=Player()),
            lambda: world.players.clear(),
            lambda: setattr(world, "players", {}),
            lambda: world.numbers.insert(0, 7),
            lambda: world.numbers.sort(reverse=True),
            lambda: world.numbers.clear(),
            lambda: [world.numbers.append(n) for n in range(50)],
            lambda: setattr(world, "numbers", [7]),
            lambda: world.marks.add(3),
            lambda: world.marks.clear(),
            lambda: setattr(world, "marks", [7]),
        ):
            fail(self.tree, act)
            self.assertEqual(before[0], ids(self.tree))
            self.assertFalse(self.tree.flush())
            self.mirror.follow()
        self.assertEqual(before[1:], (self.tree.version, list(world.counts)))
        self.assertEqual(world.marks, {1, 2})

    def test_writes_before_the_stretch_stay(self) -> None:
        """What was written and not flushed before is found as if nothing had been."""
        world, player = self.world, self.player
        player.hp = 6
        player.owner = "ann"
        world.numbers.append(4)
        world.numbers[0] = 9
        del world.counts["a"]
        world.counts["d"] = 4
        world.marks.add(3)
        world.players["z"] = Player()

        def act() -> None:
            player.hp, player.x = 7, 1
            player.owner = "bob"
            world.numbers[0] = 10
            world.numbers.pop()
            world.numbers.clear()
            world.counts["a"] = 2
            world.counts["e"] = 5
            del world.counts["d"]
            world.marks.discard(3)
            world.marks.add(4)
            world.players["z"].hp = 3
            del world.players["z"]

        fail(self.tree, act)

        self.assertEqual((player.hp, player.x, player.owner), (6, 0, "ann"))
        self.assertEqual(list(world.counts.items()), [("b", 2), ("c", 3), ("d", 4)])
        self.assertEqual((world.numbers, world.marks), ([9, 2, 3, 4], {1, 2, 3}))
        self.mirror.follow()

    def test_no_flush_inside(self) -> None:
        """A flush inside is refused, and so the stretch fails as a whole."""
        refused = self.assertRaisesRegex(StateError, "after the atomic stretch")
        with refused, self.tree.atomic():
            self.player.hp = 9
            self.tree.flush()

        self.assertEqual(self.player.hp, 5)

    def test_no_stretch_inside_another(self) -> None:
        """A second stretch inside is refused; the first goes on."""
        with self.tree.atomic():
            self.player.hp = 9
            refused = self.assertRaisesRegex(StateError, "cannot stand inside another")
            with refused, self.tree.atomic():
                self.fail("it began")
            self.player.x = 1

        self.mirror.follow()
        self.assertEqual((self.player.hp, self.player.x), (9, 1))

    def test_stretch_after_a_failed_one(self) -> None:
        """A failed stretch leaves the tree ready for the next."""
        fail(self.tree, lambda: setattr(self.player, "hp", 9))
        with self.tree.atomic():
            self.player.hp = 8
        self.player.hp = 7

        self.mirror.follow()
        self.assertEqual(self.player.hp, 7)

    def test_refused_write_inside(self) -> None:
        """A write that is refused and caught inside undoes nothing else."""
        with self.tree.atomic():
            self.player.hp = 9
            with self.assertRaises(FieldError):
                self.player.hp = 999
            with self.assertRaises(FieldError):
                self.world.numbers.extend([1, "x"])

        self.assertEqual((self.player.hp, self.world.numbers), (9, [1, 2, 3]))

    def test_other_exceptions_undo_too(self) -> None:
        """What ends a stretch need not be an Exception."""
        with self.assertRaises(KeyboardInterrupt), self.tree.atomic():
            self.player.hp = 9
            raise KeyboardInterrupt

        self.assertEqual(self.player.hp, 5)


class TakeIdsTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a tree as from a snapshot: World has 9 containers, Player 3."""
        self.world = World(line=[Player()])
        self.tree = Tree(self.world)
        self.player = self.world.line[0]
        self.next = self.player._id

    def take(self, player: int, next_id: int) -> None:
        """Let the player have an id."""
        self.tree.take_ids({id(self.world): 0, id(self.player): player}, next_id)

    def test_ids_go_on(self) -> None:
        """States have the ids they once had, and new ones come after."""
        self.take(100, 110)
        self.world.line.append(new := Player())

        self.assertEqual((self.player._id, new._id), (100, 110))
        self.assertEqual(self.tree.next_id, 114)

    def test_impossible_ids_are_refused(self) -> None:
        """Ids that overlap, are missing or are still to come are refused."""
        for player, next_id in ((3, 100), (100, 101), (0, 100), (-1, 100)):
            with self.assertRaises(StateError):
                self.take(player, next_id)
        with self.assertRaises(StateError):
            self.tree.take_ids({id(self.world): 0}, 100)

        self.assertEqual(self.player._id, self.next)


class ListenerTests(SynchronousTestCase):
    def test_listeners_are_told_after_a_flush(self) -> None:
        """Callbacks come when the flush is told, and no more once they are ended."""
        tree = Tree(world := World())
        told: list[Any] = []
        ends = [
            tree.on_change("turn", lambda *what: told.append(what)),
            tree.on_add("counts", lambda *what: told.append(what)),
            tree.on_remove("counts", lambda *what: told.append(what)),
        ]
        world.turn = 3
        world.counts["a"] = 1
        flush = tree.flush()
        self.assertEqual(told, [])
        flush.tell()
        self.assertEqual(told, [(1, ("counts", "a")), (3, 0, ("turn",))])
        told.clear()
        del world.counts["a"]
        tree.flush().tell()
        self.assertEqual(told, [(1, ("counts", "a"))])
        for end in ends:
            end()
        world.turn = 4
        tree.flush().tell()

        self.assertEqual(len(told), 1)

    def test_listening_needs_a_flush(self) -> None:
        """A listener begins at a version."""
        tree = Tree(world := World())
        world.turn = 3

        with self.assertRaisesRegex(StateError, "flush first"):
            tree.on_change("turn", print)
