"""Tests of `nexus.state.tree`: ids, versions and listeners."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import StateError
from nexus.state import State, Tree
from tests.state.stage import Item, Mirror, Player, World, fail


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
