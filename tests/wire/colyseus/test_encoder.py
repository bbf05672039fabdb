"""Official clients of every major mirror what happens to a State."""

from __future__ import annotations

from typing import Any

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
    float32,
    number,
    uint8,
)
from nexus.wire.colyseus.encoder import SchemaEncoder
from nexus.wire.colyseus.mapping import MAJORS
from tests.wire.colyseus.stage import Stage, StageTestCase


class Item(State):
    n: number
    tags: List[str]


class Chest(Item):
    items: Map[str, Item]


class World(State):
    a: float32
    b: uint8
    best: Item | None
    numbers: List[number]
    items: List[Item]
    scores: Map[str, number]
    things: Map[str, Item]
    ids: Set[uint8]
    names: Set[str]


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


def item(n: int) -> Item:
    """Return an item."""
    return Item(n=n, tags=[str(n)])


class WorldTestCase(StageTestCase):
    def setUp(self) -> None:
        """Let clients of each major join a world."""
        super().setUp()
        self.world = World(
            numbers=[1, 2, 3, 4],
            items=[item(1), item(2), item(3), item(4)],
            scores={"a": 1, "b": 2, "c": 3},
            things={"a": item(1), "b": item(2), "c": item(3)},
            ids={1, 2, 3},
        )
        self.scene: Stage = self.stage(self.world)
        self.scene.join()

    def told(self) -> dict[int, str]:
        """Flush, compare all clients, and return the patches; newcomers join too."""
        patches = self.scene.flush()
        self.scene.join()
        return {major: patch.hex() for major, patch in patches.items()}


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


class ListTests(WorldTestCase):
    def each(self, act: Any) -> dict[int, str]:
        """Do the same to the list of numbers and to that of items."""
        act(self.world.numbers, lambda n: n)
        act(self.world.items, item)
        return self.told()

    def test_append(self) -> None:
        """What is appended is added behind the old end."""
        told = self.each(lambda values, make: values.extend([make(5), make(6)]))

        self.assertTrue(told[5].startswith("ff01800405800506ff02"))

    def test_replace(self) -> None:
        """Only the places that hold another value are written."""

        def act(values: Any, make: Any) -> None:
            values[1] = make(20)
            values[3] = make(40)
            values.append(make(50))

        told = self.each(act)

        self.assertTrue(told[5].startswith("ff0100011400032880043 2".replace(" ", "")))

    def test_queue(self) -> None:
        """What goes is named by its old place, what comes by the next behind them."""

        def act(values: Any, make: Any) -> None:
            values.pop(0)
            values.append(make(5))
            del values[1]

        told = self.each(act)

        self.assertTrue(told[5].startswith("ff01400040028004 05".replace(" ", "")))

    def test_insert(self) -> None:
        """What stands behind an insertion is written again, never inserted."""
        told = self.each(lambda values, make: values.insert(2, make(9)))

        self.assertTrue(told[5].startswith("ff01000209000303800404"))

    def test_move(self) -> None:
        """Only the places between are written."""
        told = self.each(lambda values, _: values.move(1, 2))

        self.assertTrue(told[5].startswith("ff01000103000202"))

    def test_remove_and_replace(self) -> None:
        """A replacement before a removal shortens the list."""

        def act(values: Any, make: Any) -> None:
            values[0] = make(9)
            values.pop()

        self.each(act)

    def test_all_anew(self) -> None:
        """Nothing old remains."""

        def act(values: Any, make: Any) -> None:
            for _ in range(4):
                values.pop()
            values.append(make(9))

        told = self.each(act)

        self.assertTrue(told[5].startswith("ff010a800009"))

    def test_clear_and_fill(self) -> None:
        """A list is emptied, filled, and turned around."""
        self.each(lambda values, _: values.clear())
        self.each(lambda values, make: values.extend([make(1), make(2), make(3)]))
        self.each(lambda values, _: values.reverse())
        self.each(lambda values, _: values.__setitem__(slice(None), values[1:]))

    def test_came_and_went(self) -> None:
        """What came and went within a patch leaves no trace."""

        def act(values: Any, make: Any) -> None:
            values.append(make(9))
            values.pop()

        self.each(act)

    def test_items_of_another_class(self) -> None:
        """A place is taken by an entity of a class below."""
        self.world.items[0] = Chest(items={"x": item(1)})
        self.world.items.append(Chest())
        self.told()


class MapTests(WorldTestCase):
    def each(self, act: Any) -> dict[int, str]:
        """Do the same to the map of numbers and to that of items."""
        act(self.world.scores, lambda n: n)
        act(self.world.things, item)
        return self.told()

    def test_change(self) -> None:
        """Another value under a known key keeps its index, and its place."""

        def act(values: Any, make: Any) -> None:
            values["b"] = make(9)

        self.assertTrue(self.each(act)[5].startswith("ff03000109"))

    def test_remove_and_return(self) -> None:
        """A key that comes back gets another index and stands at the end."""

        def act(values: Any, make: Any) -> None:
            del values["a"]
            values["a"] = make(9)

        self.assertTrue(self.each(act)[5].startswith("ff0340008003a16109"))
        self.each(act)

    def test_return_later(self) -> None:
        """A removed key has no index any more when it comes back."""
        self.each(lambda values, _: values.pop("a"))

        def act(values: Any, make: Any) -> None:
            values["a"] = make(9)

        self.assertTrue(self.each(act)[5].startswith("ff038003a16109"))

    def test_unheard_flushes(self) -> None:
        """Indexes go on while nobody asks for a patch."""
        for client in self.scene.clients:
            client.connected = False
        del self.world.scores["b"]
        flush = self.scene.tree.flush()
        for encoder in self.scene.encoders.values():
            encoder.follow(flush)
        self.scene.join()
        self.world.scores["b"] = 5
        self.world.scores["a"] = 6
        self.told()

    def test_clear(self) -> None:
        """A map is emptied, and filled again in the same patch."""
        self.each(lambda values, _: values.clear())
        self.each(lambda values, make: values.update(a=make(1), z=make(2)))

        def act(values: Any, make: Any) -> None:
            values.clear()
            values.update(z=make(3), b=make(4))

        self.assertIn("0a", self.each(act)[5])
        self.each(lambda values, make: values.update(z=make(5)))

    def test_strange_keys(self) -> None:
        """Keys that mean something to JavaScript are keys."""
        for key in ("", "__proto__", "constructor", "0", "length", "é😀", "k" * 300):
            self.world.scores[key] = 1
            self.world.things[key] = item(1)
            self.told()


class SetTests(WorldTestCase):
    def test_add(self) -> None:
        """What is added is all that is told."""
        self.world.ids.add(9)

        self.assertEqual(set(self.told().values()), {"ff05800309"})

    def test_remove(self) -> None:
        """5 names what goes; 3 and 4 are told the rest anew."""
        self.world.ids.discard(1)
        self.world.ids.add(7)

        told = self.told()

        self.assertEqual(told[5], "ff054000800307")
        self.assertTrue(told[3].startswith("ff050a80"))
        self.assertEqual(told[3], told[4])

    def test_again_and_again(self) -> None:
        """Values come, go and come back, also after the set was emptied."""
        for _ in range(3):
            self.world.ids.discard(2)
            self.world.names.update(["x", "y"])
            self.told()
            self.world.ids.add(2)
            self.world.names.discard("x")
            self.told()
            self.world.ids.clear()
            self.world.names.clear()
            self.told()
            self.world.ids.update([1, 2, 3])
            self.told()


class ViewTests(StageTestCase):
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
        """Entities that are shown come in full, and go when they are shown no longer."""
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
