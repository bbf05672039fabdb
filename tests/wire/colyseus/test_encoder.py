"""Official clients of every major mirror what happens to a State."""

from __future__ import annotations

from typing import Any, cast

from nexus.errors import StateError
from nexus.state import Tree
from nexus.wire.colyseus.encoder import SchemaEncoder
from nexus.wire.colyseus.mapping import MAJORS
from tests.wire.colyseus.cards import Card, Seat, Table
from tests.wire.colyseus.stage import StageTestCase
from tests.wire.colyseus.world import Chest, World, WorldTestCase, item


class FieldTests(WorldTestCase):
    def test_root_comes_without_a_switch(self) -> None:
        """A payload begins in the root."""
        self.world.a, self.world.b = 1.5, 2

        self.assertEqual(set(self.told().values()), {"800000c03f8102"})

    def test_nothing_happened(self) -> None:
        """A flush that found nothing is an empty patch."""
        self.assertEqual(set(self.told().values()), {""})

    def test_reference(self) -> None:
        """A reference is set, replaced, changed inside and unset."""
        self.world.best = item(7)
        self.told()
        self.world.best = Chest(n=8, items={"x": item(9)})
        self.told()
        self.world.best.n = 10
        self.world.best.items["x"].tags.append("more")
        self.told()
        self.world.best = None
        self.told()

    def test_moved_below(self) -> None:
        """What leaves one place and stands at another is there, once."""
        child = item(7)
        self.world.best = Chest(items={"x": child})
        self.told()
        del self.world.best.items["x"]
        self.world.best = child
        self.told()
        self.assertIs(self.world.best, child)

    def test_placed_again(self) -> None:
        """An entity that returns later is told in full and can be changed."""
        child = self.world.things.pop("a")
        self.told()
        child.n, child.tags = 50, ["new"]
        self.world.things["z"] = child
        self.told()
        child.n = 51
        self.told()

    def test_ids_of_all_sizes(self) -> None:
        """Entities whose ids take one, two or more bytes change in one patch."""
        for at in range(150):
            self.world.things[f"k{at}"] = item(at)
        self.told()
        for each in self.world.things.values():
            each.n += 1
        self.told()

    def test_many_of_fixed_width(self) -> None:
        """Entities whose fields have fixed widths change in one patch."""
        stage = self.stage(Table(seats={f"{at}": Seat() for at in range(90)}))
        stage.join(stage.view(None, ["judge"]))
        table: Any = stage.root
        table.round = 2
        for seat in table.seats.values():
            seat.purse, seat.name = 3, "x"
        stage.flush()


class ResyncTests(WorldTestCase):
    def test_everything_changed(self) -> None:
        """A client that was away sees what is there, and nothing that was."""
        away = self.scene.join()
        for client in away:
            client.connected = False
        world = self.world
        world.best = Chest(items={"x": item(1)})
        world.numbers = [4]
        world.items.pop(0)
        world.items.insert(1, item(9))
        del world.scores["a"]
        world.things["b"] = item(7)
        world.things.pop("c")
        world.ids.discard(1)
        world.names.add("new")
        self.told()
        self.scene.rejoin(away)
        world.ids.discard(2)
        world.best = None
        world.scores["a"] = 5
        self.told()

    def test_another_life(self) -> None:
        """Clients of an earlier life, which gave other numbers, see what there is now.

        A decoder of major 5 passes over a value of a Set that comes under a number at
        which it holds another one.
        """
        world = self.world
        world.ids.discard(1)
        world.ids.add(9)
        world.names.update(["a", "b", "c"])
        self.told()
        world.names.discard("a")
        world.scores.pop("a")
        world.things.pop("b")
        self.told()
        strangers = self.scene.wake()
        world = self.world = cast(World, self.scene.root)
        world.ids.discard(2)
        world.ids.add(50)
        world.names.add("d")
        self.told()
        self.scene.rejoin(strangers, is_ours=False)
        world.ids.discard(3)
        world.ids.add(1)
        world.names.discard("c")
        world.scores["d"] = 4
        world.things["e"] = item(5)
        self.told()
        world.ids.clear()
        world.names.add("a")
        self.told()

    def test_everything_is_gone(self) -> None:
        """Containers that were emptied and fields that were unset are so there too."""
        self.world.best = Chest(items={"x": item(1)})
        self.told()
        away = self.scene.join()
        for client in away:
            client.connected = False
        world = self.world
        world.best = None
        for container in (world.numbers, world.items, world.scores, world.things):
            container.clear()
        world.ids.clear()
        self.told()
        self.scene.rejoin(away)
        world.items.append(item(1))
        world.ids.add(1)
        self.told()

    def test_out_of_sight(self) -> None:
        """What a client may no longer see is gone when it returns."""
        seat = Seat(name="ann", warnings=["late"], trap=Card(face=1), marks={"m": 1})
        scene = self.stage(Table(secret=5, seats={"ann": seat}))
        view = scene.view("ann", ["judge"])
        view.add(seat, 2)
        assert seat.trap is not None
        view.add(seat.trap)
        away = scene.join(view)
        for client in away:
            client.connected = False
        view.roles = []
        view.remove(seat, 2)
        view.remove(seat.trap)
        scene.flush()
        scene.rejoin(away)
        view.roles = ["judge"]
        scene.flush()

    def test_nothing_changed(self) -> None:
        """A client that missed nothing holds what it held."""
        away = self.scene.join()
        self.scene.rejoin(away)
        self.world.items[0].n = 9
        self.told()


class EncoderTests(StageTestCase):
    def test_unknown_major(self) -> None:
        """There are three majors to write for."""
        major: Any = 2

        self.assertRaises(ValueError, SchemaEncoder, Tree(World()), major)

    def test_snapshot_at_a_version(self) -> None:
        """A full state is not taken between two versions."""
        tree = Tree(World())
        tree.root.a = 2.0
        encoder = SchemaEncoder(tree, 5)

        self.assertRaises(StateError, encoder.full)
        self.assertRaises(StateError, encoder.resync)

    def test_handshake_is_written_once(self) -> None:
        """The handshake of an encoder is always the same bytes."""
        encoder = SchemaEncoder(Tree(World()), 5)

        self.assertIs(encoder.handshake(), encoder.handshake())

    def test_same_ids_in_every_major(self) -> None:
        """A full state differs in no id between the majors."""
        tree = Tree(World(items=[item(1)], things={"a": Chest()}))
        written = {SchemaEncoder(tree, major).full() for major in MAJORS}

        self.assertEqual(len(written), 1)

    def test_follow_twice(self) -> None:
        """A flush counts once, whoever mentions it."""
        stage = self.stage(World(scores={"a": 1, "b": 2}))
        stage.join()
        world: Any = stage.root
        del world.scores["a"]
        flush = stage.tree.flush()
        encoder = stage.encoders[5]

        encoder.follow(flush)
        encoder.follow(flush)

        self.assertEqual(encoder.patch(flush).hex(), "ff034000")

    def test_patch_that_nobody_reads(self) -> None:
        """A patch can be asked for though nobody was told a full state."""
        tree = Tree(World(scores={"a": 1, "b": 2}, ids={1}))
        encoder = SchemaEncoder(tree, 5)
        del tree.root.scores["a"]
        tree.root.ids.discard(1)

        self.assertTrue(encoder.patch(tree.flush()))

    def test_patch_after_one_that_nobody_wanted(self) -> None:
        """Entities are named though their coming was followed only."""
        tree = Tree(World())
        encoder = SchemaEncoder(tree, 5)
        tree.root.best = item(1)
        encoder.follow(tree.flush())
        tree.root.best.n = 2

        self.assertEqual(encoder.patch(tree.flush()).hex(), "ff078002")
