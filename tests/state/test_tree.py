"""Tests of `nexus.state.tree`."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError, StateError
from nexus.state import State, Tree
from tests.state.stage import (
    Item,
    Mirror,
    Player,
    Refused,
    World,
    fail,
    ids,
)


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

    def test_taking_from_the_end_is_undone(self) -> None:
        """Entries that came before the stretch and went in it are told as new."""
        world = self.world
        world.counts["d"] = 4
        del world.counts["a"]
        world.counts["a"] = 5

        def act() -> None:
            world.counts.popitem()
            world.counts["e"] = 6
            world.counts.popitem()
            world.counts.popitem()
            world.counts["d"] = 7

        fail(self.tree, act)

        self.assertEqual(list(world.counts), ["b", "c", "d", "a"])
        self.mirror.follow()

    def test_back_and_changed_in_one_stretch(self) -> None:
        """What left and came back within the stretch is undone as it went on."""
        world, item = self.world, Item()
        player = world.players["x"]
        player.scores = {"a": 1, "b": 2}
        self.tree.flush()

        def act() -> None:
            del player.scores["a"]
            player.bag = [Item()]
            del world.players["x"]
            player.bag.append(item)
            world.players["x"] = player
            del player.scores["b"]
            player.scores["c"] = 3
            player.bag.remove(item)
            player.scores.clear()

        fail(self.tree, act)

        self.assertEqual(list(player.scores.items()), [("a", 1), ("b", 2)])
        self.assertEqual(player.bag, [])
        self.assertFalse(self.tree.flush())
        self.player.bag.append(item)

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
