"""Tests of `nexus.state.tree`: stretches of writes that happen as a whole or not."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError, StateError
from nexus.state import Tree
from tests.state.stage import Item, Mirror, Player, Refused, World, fail, ids


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
