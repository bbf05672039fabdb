"""Official clients of every major mirror what happens to a State."""

from __future__ import annotations

from typing import Any, cast

from typing_extensions import override

from nexus.errors import StateError
from nexus.state import (
    OWNER,
    SHOWN,
    List,
    Map,
    Role,
    Set,
    Shown,
    State,
    Tree,
    field,
    uint8,
)
from nexus.wire.colyseus.encoder import SchemaEncoder
from nexus.wire.colyseus.mapping import MAJORS
from tests.wire.colyseus.stage import StageTestCase
from tests.wire.colyseus.world import Chest, World, WorldTestCase, item


class Card(State):
    face: uint8
    notes: List[str]


class Seat(State):
    name: str
    cards: List[Card] = field(visible=OWNER)
    purse: uint8 = field(visible=OWNER)
    warnings: List[str] = field(visible=Role("judge"))
    flags: Set[uint8] = field(visible=Role("judge"))
    marks: Map[str, uint8] = field(visible=Shown(2))
    trap: Card | None = field(visible=SHOWN, default=None)


class Table(State):
    round: uint8
    #: To say who is who.
    secret: uint8 = field(visible=Role("judge"), default=0)
    seats: Map[str, Seat]
    pool: List[Card] = field(visible=SHOWN)
    hints: Map[str, Card] = field(visible=Role("judge"))


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


class ViewTests(StageTestCase):
    @override
    def setUp(self) -> None:
        """Let a crowd join a table: everybody's view, two owners, a judge."""
        super().setUp()
        seats = {name: Seat(name=name, purse=1) for name in ("ann", "bob")}
        for name, seat in seats.items():
            seat.owner = name
            seat.cards = [Card(face=1), Card(face=2)]
            seat.trap = Card(face=9)
            seat.marks = {"m": 1}
        self.table = Table(seats=seats)
        self.scene = self.stage(self.table)
        self.ann = self.scene.view("ann")
        self.bob = self.scene.view("bob", ["judge"])
        self.scene.join(None)
        self.scene.join(self.ann)
        self.scene.join(self.bob)
        self.scene.join(self.scene.view("eve"))
        self.seat = seats["ann"]

    def test_fields(self) -> None:
        """Fields behind rules reach those who may see them, whatever else is told."""
        self.table.round = 3
        self.table.secret = 4
        self.seat.purse = 5
        self.seat.warnings.append("late")
        self.scene.flush()
        # A part that begins with the root after another was visited elsewhere.
        self.seat.name = "anna"
        self.table.secret = 6
        self.scene.flush()

    def test_shared_bytes(self) -> None:
        """What all are told is the same bytes for all, and comes first."""
        self.table.round = 3
        self.table.secret = 4
        flush = self.scene.tree.flush()
        encoder = self.scene.encoders[5]

        self.assertEqual(encoder.patch(flush).hex(), "8003")
        self.assertEqual(encoder.patch(flush, self.ann).hex(), "8003")
        self.assertEqual(encoder.patch(flush, self.bob).hex(), "8003ff008104")
        self.assertEqual(flush.shared.encoded["schema5"].hex(), "8003")

    def test_cards(self) -> None:
        """A list that one client sees grows, shrinks and changes its order."""
        cards = self.seat.cards
        for act in (
            lambda: cards.append(Card(face=3, notes=["x"])),
            lambda: cards.pop(0),
            lambda: cards.insert(0, Card(face=4)),
            lambda: cards.reverse(),
            lambda: cards[0].notes.append("y"),
            lambda: cards.clear(),
        ):
            act()
            self.scene.flush()

    def test_owner_changes(self) -> None:
        """What belongs to another now goes from the one and comes to the other."""
        for owner in ("bob", None, "ann", "eve"):
            self.seat.owner = owner
            self.scene.flush()

    def test_roles(self) -> None:
        """Containers of values come with a role, filled or empty, and go with it."""
        self.seat.flags.update([1, 2])
        self.scene.flush()
        self.ann.roles = ["judge"]
        self.scene.flush()
        self.seat.flags.add(3)
        self.seat.warnings.append("one")
        self.scene.flush()
        self.ann.roles = []
        self.scene.flush()
        self.ann.roles = ["judge"]
        self.seat.flags.discard(1)
        self.scene.flush()

    def test_shown(self) -> None:
        """Entities that are shown come in full, and go when they no longer are."""
        first, second = Card(face=1), Card(face=2, notes=["n"])
        self.table.pool = [first, second]
        self.scene.flush()
        for act in (
            lambda: self.ann.add(second),
            lambda: self.bob.add(second),
            lambda: self.ann.add(first),
            lambda: self.ann.add(self.seat, 2),
            lambda: self.ann.remove(second),
            lambda: self.table.pool.move(0, 1),
            lambda: self.seat.trap and self.bob.add(self.seat.trap),
            lambda: self.ann.remove(self.seat, 2),
            lambda: self.table.pool.pop(0),
        ):
            act()
            self.scene.flush()

    def test_map_in_part(self) -> None:
        """A map whose entries come and go for some keeps its keys apart."""
        hints = self.table.hints
        hints.update(a=Card(face=1), b=Card(face=2))
        self.scene.flush()
        self.ann.roles = ["judge"]
        hints["a"] = Card(face=3)
        del hints["b"]
        self.scene.flush()
        hints["b"] = Card(face=4)
        self.bob.roles = []
        self.scene.flush()
        hints.clear()
        self.scene.flush()

    def test_out_of_view_after_a_return(self) -> None:
        """An entry that goes out of view is named by the index that it has by then."""
        self.table.hints["a"] = Card(face=1)
        self.scene.flush()
        del self.table.hints["a"]
        self.scene.flush()
        self.table.hints["a"] = Card(face=2)
        self.scene.flush()
        self.bob.roles = []
        self.scene.flush()

    def test_newcomers(self) -> None:
        """Those who join later see what they may at that time."""
        self.seat.warnings.append("late")
        self.table.pool.append(Card(face=5))
        self.scene.flush()
        self.scene.join(self.scene.view("ann", ["judge"]))
        self.seat.cards.pop()
        self.seat.purse = 9
        self.scene.flush()


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
