"""Tests of `nexus.state.place`: what a failed stretch of writes puts back."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.state import State, Tree, field
from tests.state.stage import Item, Mirror, Player, World, fail


class Shelf(State):
    """A State that cannot do without another one."""

    item: Item = field(factory=lambda: Item(name="dust"))


class UndoTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a tree with a player who carries something."""
        self.item = Item(name="sword")
        self.ann = Player(bag=[self.item], scores={"a": 1, "b": 2}, tags={"x"})
        self.bob = Player()
        self.world = World(players={"ann": self.ann, "bob": self.bob})
        self.mirror = Mirror(Tree(self.world))
        self.tree = self.mirror.tree

    def test_departure_is_undone(self) -> None:
        """A State that left comes back with ids, content and order."""
        before = [(state, state._id) for state in self.tree.states()]

        def act() -> None:
            ann = self.world.players.pop("ann")
            ann.hp = 1
            ann.bag.clear()
            ann.scores["c"] = 3
            del ann.scores["a"]
            ann.tags.add("y")
            self.world.line.append(ann)
            ann.x = 4

        fail(self.tree, act)

        self.assertEqual(before, [(state, state._id) for state in self.tree.states()])
        self.assertEqual(list(self.world.players), ["ann", "bob"])
        self.assertEqual((self.ann.hp, self.ann.x, self.ann.bag), (100, 0, [self.item]))
        self.assertEqual(list(self.ann.scores), ["a", "b"])
        self.assertFalse(self.tree.flush())
        self.mirror.follow()

    def test_arrival_is_undone(self) -> None:
        """A State that came is free again, and can come once more."""
        new = Player(bag=[Item()])
        fail(self.tree, lambda: self.world.line.append(new))
        self.assertFalse(self.tree.flush())

        self.world.line.append(new)
        self.mirror.follow()
        new.bag[0].count = 5
        self.mirror.follow()

    def test_owner_is_undone(self) -> None:
        """Owners are put back, of States that stayed, left and moved."""
        self.ann.owner = "ann"
        self.tree.flush()

        def act() -> None:
            self.bob.owner = "eve"
            self.ann.owner = "eve"
            moved = self.world.players.pop("ann")
            moved.owner = "bob"
            self.item.owner = "bob"
            self.world.line.append(moved)
            moved.owner = None

        fail(self.tree, act)

        self.assertEqual((self.ann.owner, self.bob.owner), ("ann", None))
        self.assertEqual(self.item.owner, "ann")
        self.assertFalse(self.tree.flush())

    def test_storing_and_reach_are_undone(self) -> None:
        """A State that visited a transient or secret place is stored as ever."""

        def act() -> None:
            self.world.spare["a"] = self.world.players.pop("ann")
            self.world.secret["b"] = self.world.players.pop("bob")

        fail(self.tree, act)
        self.ann.hp = self.bob.hp = self.item.count = 9

        stored = self.tree.flush().stored()
        self.assertEqual(
            {state for group in stored.updated for state in group.states},
            {self.ann, self.bob, self.item},
        )

    def test_visit_of_what_stood_below_is_undone(self) -> None:
        """So does one that stood below what left."""
        shelf, other = Player(), Player()

        def act() -> None:
            ann = self.world.players.pop("ann")
            shelf.bag.append(ann.bag.pop())
            shelf.held = Item()
            other.held = shelf.bag.pop()

        fail(self.tree, act)

        self.assertEqual(self.ann.bag, [self.item])
        self.assertEqual((shelf.bag, other.held), ([], None))
        self.item.count = 3
        self.mirror.follow()

    def test_snapshot_after_a_failed_stretch(self) -> None:
        """When all was put back there is nothing to flush before a snapshot."""

        def act() -> None:
            self.world.line.append(self.world.players.pop("ann"))
            self.ann.scores["c"] = 3
            self.bob.hp = 1

        fail(self.tree, act)

        self.assertEqual(len(self.tree.full().created), 4)

    def test_visit_elsewhere_is_undone(self) -> None:
        """A State that was put below a free State stands at one place in the end."""
        shelf = World()

        def act() -> None:
            shelf.line.append(self.world.players.pop("ann"))

        fail(self.tree, act)

        self.assertIs(self.world.players["ann"], self.ann)
        self.assertEqual(shelf.line, [])
        self.ann.hp = 3
        self.mirror.follow()

    def test_visit_of_another_tree_is_undone(self) -> None:
        """Clients of another tree, flushed meanwhile, hear that the visitor left."""
        there = World()
        other = Mirror(Tree(there))
        for put in (
            lambda ann: there.line.append(ann),
            lambda ann: there.players.update(ann=ann),
            lambda ann: setattr(there, "leader", ann),
        ):

            def act(put: Any = put) -> None:
                put(self.world.players.pop("ann"))
                self.ann.bag.append(Item())
                other.follow()

            fail(self.tree, act)

            self.assertIs(self.world.players["ann"], self.ann)
            self.assertEqual(self.ann.bag, [self.item])
            self.assertFalse(self.tree.flush())
            other.follow()
            self.assertEqual((there.line, there.players, there.leader), ([], {}, None))

    def test_visit_that_fills_a_required_field_is_undone(self) -> None:
        """A field that must hold a State gets another one when the visitor leaves."""
        for shelf in (Shelf(), Tree(Shelf()).root):

            def act(shelf: Any = shelf) -> None:
                shelf.item = self.ann.bag.pop()

            fail(self.tree, act)

            self.assertEqual(self.ann.bag, [self.item])
            self.assertEqual(shelf.item.name, "dust")
            self.assertIs(shelf.item._parent, shelf)

    def test_what_was_put_below_a_visitor_is_free(self) -> None:
        """What came to a State while it was free, and goes as it is undone, is free."""
        new = Item()

        def act() -> None:
            self.world.players.pop("ann").bag.append(new)

        fail(self.tree, act)

        self.bob.bag.append(new)
        self.mirror.follow()
