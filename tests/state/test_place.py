"""Tests of `nexus.state.place`."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PlaceError, StateError
from nexus.state import List, Map, State, Tree
from nexus.state.place import IDLE, NEW, walk
from tests.state.stage import Item, Mirror, Player, World


class Chain(State):
    """A State that can stand below its like."""

    next: Chain | None  # known when it is read
    more: List[Chain]  # as above
    named: Map[str, Chain]  # as above


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
