"""Tests of snapshots for a store, also of older classes' ones."""

from __future__ import annotations

from enum import Enum
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError, PeerError, StateError
from nexus.state import List, Map, Set, State, Tree, field, int8, int16
from nexus.wire.codec import pack
from nexus.wire.native import Encoder, Replica, encode_outline
from nexus.wire.native.op import Op
from nexus.wire.native.store import Restored, load, restore, save
from tests.model import expected


class Side(Enum):
    """An enum."""

    NORTH = 1
    EAST = 2


class Item(State):
    """A thing."""

    hp: int8
    tags: Set[str]


class Box(Item):
    """A thing with things in it."""

    content: List[Item]


class World(State):
    """All shapes of fields."""

    items: Map[str, Item]
    row: List[Item]
    ref: Item | None
    side: Side = Side.NORTH
    scores: Map[str, int16]
    server: int8 = field(default=3, server_only=True)
    passing: int8 = field(default=4, transient=True)


def made(name: str, /, **fields: Any) -> Any:
    """Make a State class: each field is an annotation, or one with a declaration."""
    annotations, namespace = {}, {"__module__": __name__}
    for key, said in fields.items():
        if key == "formerly":
            namespace[key] = said
        elif isinstance(said, tuple):
            annotations[key], namespace[key] = said
        else:
            annotations[key] = said
    namespace["__annotations__"] = annotations
    return type(State)(name, (State,), namespace)


def evolve(old: State, new: Any) -> Restored:
    """Save a State and load it as another class."""
    return load(save(Tree(old)), new)


class RoundTripTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a tree with a past: ids with gaps, owners, several versions."""
        root = World(items={"a": Item(hp=1), "gone": Item()}, side=Side.EAST)
        self.tree = Tree(root)
        del root.items["gone"]
        self.tree.flush()
        root.row.append(Box(hp=2, content=[Item(hp=3, tags=["t"])]))
        root.ref = Item(hp=4)
        root.ref.owner = "ada"
        root.scores["x"] = 300
        root.server, root.passing = 33, 44
        self.tree.flush()
        self.root = root

    def test_a_tree_comes_back(self) -> None:
        """All but transient fields come back, subclasses and server-only fields too."""
        again: Any = load(save(self.tree), World).tree.root

        self.assertEqual(
            expected(again, None, target="nexus"),
            {**expected(self.root, None, target="nexus"), "passing": 4},
        )
        self.assertEqual((again.server, again.passing), (33, 4))
        self.assertIsInstance(again.row[0], Box)

    def test_ids_owners_and_version_come_back(self) -> None:
        """Every State has its id and owner again, the tree its version and next id."""
        restored = load(save(self.tree), World)
        tree = restored.tree

        self.assertEqual(
            [(each._id, each._owner) for each in tree.states()],
            [(each._id, each._owner) for each in self.tree.states()],
        )
        self.assertEqual(tree.version, self.tree.version)
        self.assertEqual(tree.next_id, self.tree.next_id)
        self.assertFalse(restored.renumbered)
        self.assertEqual(sum(restored.dropped.values()), 0)

    def test_clients_go_on(self) -> None:
        """A client that held the State before takes the patches after."""
        client = Replica(encode_outline(self.tree.outline))
        client.apply_snapshot(Encoder(self.tree).snapshot())
        tree = load(save(self.tree), World).tree
        root: Any = tree.root
        root.items["new"] = Item(hp=9)
        root.ref.hp = 5

        client.apply_patch(Encoder(tree).patch(tree.flush()))

        self.assertEqual((client.state.items["new"].hp, client.state.ref.hp), (9, 5))

    def test_saving_again_gives_the_same(self) -> None:
        """What was loaded is saved as the same bytes."""
        data = save(self.tree)

        self.assertEqual(save(load(data, World).tree), data)

    def test_patches_of_a_store_are_restored(self) -> None:
        """A Replica that followed the store's patches becomes the same tree."""
        stored = Encoder(self.tree, stored=True)
        replica = Replica(encode_outline(self.tree.outline, stored=True))
        replica.apply_snapshot(stored.snapshot())
        self.root.server = 34
        self.root.items["b"] = Item(hp=7)
        self.root.ref.owner = None
        replica.apply_patch(stored.patch(self.tree.flush()))

        restored = restore(replica, World, next_id=self.tree.next_id)

        self.assertEqual(save(restored.tree), save(self.tree))

    def test_unsettled_trees_are_not_saved(self) -> None:
        """A tree is saved at a version, not between two."""
        self.root.server = 35

        self.assertRaises(StateError, save, self.tree)


class EvolutionTests(SynchronousTestCase):
    def test_new_fields_take_their_default(self) -> None:
        """A field that the snapshot has not takes its default, and is counted."""
        old, new = made("A", x=int8), made("A", x=int8, y=(int8, 5), z=int8 | None)

        restored = evolve(old(x=1), new)

        root: Any = restored.tree.root
        self.assertEqual((root.x, root.y, root.z), (1, 5, None))
        self.assertEqual(restored.defaulted, {"A.y": 1, "A.z": 1})

    def test_removed_fields_are_dropped(self) -> None:
        """A field that is no more is dropped, and counted for each entity."""
        restored = evolve(made("A", x=int8, y=int8)(x=1), made("A", x=int8))

        self.assertEqual(restored.dropped, {"A.y": 1})

    def test_fields_may_change_places(self) -> None:
        """Fields are known by their names, wherever they stand."""
        old, new = made("A", x=int8, y=str), made("A", y=str, x=int8)
        root: Any = evolve(old(x=1, y="a"), new).tree.root

        self.assertEqual((root.x, root.y), (1, "a"))

    def test_another_type_needs_a_converter(self) -> None:
        """Another type is refused with the field's name and what to declare."""
        for before, after, value, said in [
            (int8, int16, 1, "int8"),
            (int8, str, 1, "int8"),
            (int8, List[int8], 1, "int8"),
            (List[str], List[int8], ["a"], "list[str]"),
            (Map[str, str], Set[str], {"a": "b"}, "map[str]"),
            (Map[str, Item], Map[str, int8], {"a": Item()}, "map[Item]"),
            (int8, Item | None, 1, "int8"),
        ]:
            old, new = made("A", x=before), made("A", x=after)

            error = self.assertRaises(FieldError, evolve, old(x=value), new)

            self.assertIn("A.x", str(error))
            self.assertIn(f'field(convert={{"{said}": ...}})', str(error))

    def test_converters_make_the_new_value(self) -> None:
        """A declared converter is given the old value and returns the new one."""
        new = made(
            "A",
            x=(str, field(convert={"int8": str})),
            y=(int8, field(convert={"list[int8]": sum})),
            z=(Map[str, int8], field(convert={"map[Item]": _hps})),
        )
        old = made("A", x=int8, y=List[int8], z=Map[str, Item])

        root: Any = evolve(old(x=7, y=[1, 2], z={"a": Item(hp=3)}), new).tree.root

        self.assertEqual((root.x, root.y, root.z), ("7", 3, {"a": 3}))

    def test_converted_values_are_checked(self) -> None:
        """What a converter returns must fit the field; it is named if it does not."""
        new = made("A", x=(int8, field(convert={"str": int})))

        error = self.assertRaises(FieldError, evolve, made("A", x=str)(x="999"), new)

        self.assertIn("A.x", str(error))

    def test_fields_may_become_optional(self) -> None:
        """A field that may be nil now takes the old value; back only if it is none."""
        one, maybe = made("A", x=int8), made("A", x=int8 | None)
        root: Any = evolve(one(x=1), maybe).tree.root
        self.assertEqual(root.x, 1)

        root = evolve(maybe(x=2), one).tree.root
        self.assertEqual(root.x, 2)
        error = self.assertRaises(FieldError, evolve, maybe(), one)
        self.assertIn("A.x", str(error))

    def test_enums_are_known_by_their_names(self) -> None:
        """Members may come and change places; one that is gone is refused if held."""
        wider = Enum("Side", ["UP", "EAST", "NORTH"])
        narrow = Enum("Side", ["NORTH"])
        old = made("A", x=Side)

        root: Any = evolve(old(x=Side.EAST), made("A", x=wider)).tree.root
        self.assertEqual(root.x, wider.EAST)
        root = evolve(old(x=Side.NORTH), made("A", x=narrow)).tree.root
        self.assertEqual(root.x, narrow.NORTH)
        for value in (Side.EAST,):
            error = self.assertRaises(
                FieldError, evolve, old(x=value), made("A", x=narrow)
            )
            self.assertIn("A.x", str(error))
            self.assertIn("EAST", str(error))

    def test_classes_may_be_renamed(self) -> None:
        """A class tells the names that it had; without them it is not known."""
        old = made("A", x=Map[str, made("Hero", hp=int8)])
        hero: Any = next(iter(old.__layout__.fields)).state
        fighter = made("Fighter", hp=int8, formerly=("Hero",))
        root: Any = evolve(
            old(x={"a": hero(hp=3)}), made("A", x=Map[str, fighter])
        ).tree.root
        self.assertEqual(root.x["a"].hp, 3)

        nobody = made("A", x=Map[str, made("Stranger", hp=int8)])
        error = self.assertRaises(FieldError, evolve, old(x={"a": hero(hp=3)}), nobody)
        self.assertIn("Hero", str(error))
        self.assertIn("formerly", str(error))

    def test_another_container_renumbers(self) -> None:
        """A class with another container gets new ids, and says so."""
        old = made("A", x=Map[str, Item], y=int8)
        new = made("A", x=Map[str, Item], y=int8, z=List[int8])

        restored = evolve(old(x={"a": Item(hp=2)}, y=1), new)

        root: Any = restored.tree.root
        self.assertTrue(restored.renumbered)
        self.assertEqual((root.x["a"].hp, root.z), (2, []))

    def test_a_transient_container_renumbers(self) -> None:
        """A new container that is not stored needs room for its id as well."""
        old = made("A", x=Map[str, Item])
        new = made("A", x=Map[str, Item], z=(List[int8], field(transient=True)))

        root: Any = evolve(old(x={"a": Item(hp=2)}), new).tree.root

        self.assertEqual((root.x["a"].hp, root.z), (2, []))


class CorruptionTests(SynchronousTestCase):
    def test_other_bytes_are_refused(self) -> None:
        """Bytes that end early, go on, or are none are refused with a PeerError."""
        data = save(Tree(World()))

        for end in range(len(data)):
            self.assertRaises(PeerError, load, data[:end], World)
        for bad in (data + b"\xc0", data[:-1] + pack(0), data[:-1] + pack("1")):
            self.assertRaises(PeerError, load, bad, World)
        self.assertRaises(PeerError, load, data, World, limit=len(data) - 1)

    def test_ids_that_cannot_be_are_refused(self) -> None:
        """Ids that overlap, or are still to come, are refused with a PeerError."""
        tree = Tree(World())
        outline = encode_outline(tree.outline, stored=True)
        item = tree.outline.number(Item)
        row = tree.outline.number(World)
        index = World.__layout__.by_name["row"].index
        whole = Encoder(tree, stored=True).snapshot()
        for id_ in (1, 99):
            new = (int(Op.CREATE), item, 3, id_, 7)
            put = (int(Op.INSERT), row, index, 0, 0, id_)
            bent = whole + b"".join(map(pack, (*new, *put))) + b"\xc0" * 9
            data = pack(outline) + pack(bent) + pack(tree.next_id)

            self.assertRaises(PeerError, load, data, World)


def _hps(items: dict[str, Any]) -> dict[str, int]:
    return {key: item["hp"] for key, item in items.items()}
