"""Tests of `nexus.state.place`."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PlaceError, StateError
from nexus.state import List, Map, State, Tree, field
from nexus.state.place import IDLE, NEW, walk
from tests.state.stage import Item, Mirror, Player, World, fail


class Chain(State):
    """A State that can stand below its like."""

    next: Chain | None  # known when it is read
    more: List[Chain]  # as above
    named: Map[str, Chain]  # as above


class Shelf(State):
    """A State that cannot do without another one."""

    item: Item = field(factory=lambda: Item(name="dust"))


class AttachTests(SynchronousTestCase):
    def test_one_place(self) -> None:
        """A State that stands somewhere, in a tree or not, stands nowhere else."""
        player = Player()
        free = World(leader=player)
        Tree(world := World())

        for act in (
            lambda: setattr(world, "leader", player),
            lambda: world.line.append(player),
            lambda: world.players.update(ann=player),
            lambda: free.line.append(player),
            lambda: World(leader=player),
            lambda: Tree(player),
        ):
            with self.assertRaisesRegex(PlaceError, "stands in a tree already"):
                act()
        self.assertEqual((world.leader, world.line, world.players), (None, [], {}))
        self.assertIs(free.leader, player)

    def test_root_stands_already(self) -> None:
        """A root stands in its tree: it is put nowhere and is no root twice."""
        chain = Chain()
        tree = Tree(chain)

        for act in (
            lambda: Tree(chain),
            lambda: setattr(Chain(), "next", chain),
            lambda: setattr(chain, "next", chain),
        ):
            with self.assertRaises(PlaceError):
                act()
        self.assertFalse(tree.flush())

    def test_foreign_tree(self) -> None:
        """What stands in one tree cannot be put into another one."""
        player = Player()
        one, two = World(line=[player]), World()
        first, second = Tree(one), Tree(two)

        with self.assertRaises(PlaceError):
            two.line.append(player)
        one.line.clear()
        two.line.append(player)

        self.assertTrue(first.flush())
        self.assertEqual(second.flush().created, [player])

    def test_cycle(self) -> None:
        """A State cannot stand below itself, at whatever distance."""
        top = Chain(next=Chain(more=[bottom := Chain()]))

        for act in (
            lambda: setattr(bottom, "next", top),
            lambda: bottom.more.append(top),
            lambda: bottom.named.update(top=top),
            lambda: setattr(top, "next", top),
        ):
            with self.assertRaisesRegex(PlaceError, "cannot stand below itself"):
                act()
        with self.assertRaises(PlaceError):
            bottom.next = bottom
        self.assertEqual((bottom.next, bottom.more, bottom.named), (None, [], {}))

    def test_ancestor_for_an_entry(self) -> None:
        """An entry cannot become what stands above it, nor what stands below it."""
        child = Chain(named={"x": (grandchild := Chain())})
        top = Chain(named={"a": child}, more=[other := Chain()])
        tree = Tree(top)

        for act in (
            lambda: child.named.update(x=top),
            lambda: child.named.update(x=child),
            lambda: top.named.update(a=grandchild),
            lambda: top.more.__setitem__(0, grandchild),
            lambda: setattr(top, "next", other),
        ):
            with self.assertRaises(PlaceError):
                act()
        self.assertFalse(tree.flush())
        self.assertEqual(top.named, {"a": child})

    def test_two_free_subtrees(self) -> None:
        """Free States can be put together before they come into a tree."""
        bag = Player(bag=[Item(name="a")], held=Item(name="b"))
        tree = Tree(world := World())
        world.leader = bag

        self.assertEqual(tree.flush().created, [bag, bag.bag[0], bag.held])


class DetachTests(SynchronousTestCase):
    def test_what_left_is_free(self) -> None:
        """A State that left, with all below it, has no marks and no tree."""
        player = Player(bag=[Item()])
        tree = Tree(world := World(leader=player))
        player.hp = 5
        player.bag.append(Item())
        world.leader = None

        for state in walk(player):
            self.assertIs(state._bucket, IDLE)
            self.assertEqual(state._dirty, NEW)
        [group] = tree.flush().groups
        self.assertEqual(group.states, [world])

    def test_what_left_can_still_be_written(self) -> None:
        """Nobody is told of it before it comes back."""
        player = Player()
        mirror = Mirror(Tree(world := World(leader=player)))
        world.leader = None
        mirror.follow()
        player.hp = 3
        player.bag.append(Item())
        player.scores["a"] = 1

        self.assertFalse(mirror.tree.flush())
        world.line.append(player)
        mirror.follow()

    def test_away_and_back_within_a_flush(self) -> None:
        """A State that left and came back is a new one to clients."""
        player = Player(bag=[Item()])
        mirror = Mirror(Tree(world := World(leader=player)))
        old = player._id
        player.hp = 5
        player.bag[0].count = 7
        world.leader = None
        world.players["ann"] = player
        world.players.clear()
        world.leader = player
        player.hp = 6
        mirror.follow()
        player.hp = 7
        player.bag[0].count = 8
        mirror.follow()

        self.assertGreater(player._id, old)

    def test_away_to_another_tree(self) -> None:
        """Marks from one tree are not found by another one, nor lost to it."""
        player = Player()
        one, two = World(leader=player), World()
        here, there = Mirror(Tree(one)), Mirror(Tree(two))
        player.scores["a"] = 1
        player.bag.append(Item())
        player.tags.add("x")
        one.leader = None
        two.leader = player
        there.follow()
        player.scores["b"] = 2
        player.bag.append(Item())
        player.tags.add("y")
        here.follow()

        there.follow()

    def test_what_left_can_become_a_root(self) -> None:
        """A State that stood where few could see it is a root like any other."""
        unit = Player()
        Tree(world := World(secret={"x": unit}, spare={"y": (spare := Player())}))
        world.secret.clear()
        world.spare.clear()

        for state in (unit, spare):
            mirror = Mirror(tree := Tree(state))
            state.hp = 9
            mirror.follow()
            self.assertEqual(len(tree.full_stored().created), 1)


class WalkTests(SynchronousTestCase):
    def test_parents_come_first(self) -> None:
        """A State comes before those below it, and entries in their order."""
        chain = Chain(next=(a := Chain(next=(b := Chain()))), more=[c := Chain()])

        self.assertEqual(list(walk(chain)), [chain, a, b, c])

    def test_depth_is_no_matter(self) -> None:
        """Neither making nor walking a long chain needs a deep stack."""
        chain: Any = None
        for _ in range(5000):
            chain = Chain(next=chain)

        self.assertEqual(sum(1 for _ in walk(chain)), 5000)


class DepthTests(SynchronousTestCase):
    def grow(self, chain: Chain, count: int) -> Chain:
        """Hang so many States below one, one below the other; return the last."""
        for _ in range(count):
            chain.next = Chain()
            chain = chain.next
        return chain

    def test_states_stand_at_most_64_deep(self) -> None:
        """A 65th State below each other is refused, however it comes."""
        root = Chain()
        tree = Tree(root)
        last = self.grow(root, 63)
        tree.flush()

        with self.assertRaisesRegex(StateError, "at most 64 deep"):
            last.next = Chain()
        with self.assertRaisesRegex(StateError, "at most 64 deep"):
            last.more.append(Chain())
        self.assertFalse(tree.flush())
        self.assertIsNone(last.next)

    def test_deep_subtree_is_refused(self) -> None:
        """What is too deep in itself is refused as one."""
        root, top = Chain(), Chain()
        self.grow(top, 63)
        Tree(root)

        with self.assertRaisesRegex(StateError, "at most 64 deep"):
            root.next = top
        self.assertIsNone(root.next)

    def test_deep_root_is_refused(self) -> None:
        """A tree cannot be made of what is too deep; the States stay free."""
        root = Chain()
        self.grow(root, 64)

        with self.assertRaisesRegex(StateError, "at most 64 deep"):
            Tree(root)
        Chain(next=root)


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
