"""Tests of what each operation does; the bytes are written by hand."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.wire.native import Mirror, Replica, plain
from nexus.wire.native.op import Op
from tests.wire.native.kit import (
    BELOW,
    GEM,
    HP,
    ITEM,
    ITEMS,
    MOOD,
    NAME,
    PATH,
    REF,
    ROOT,
    ROW,
    SCORES,
    TAGS,
    create,
    patch,
    replica,
    wire,
)


def after(*operations: bytes) -> Mirror:
    """Return the root after a patch of these operations."""
    held = replica()
    held.apply_patch(patch(*operations))
    return held.state


def edit(op: Op, field: int, *items: Any) -> bytes:
    """Return an operation on a container of the root."""
    return wire(op, ROOT, field, 0, *items)


class UpdateTests(SynchronousTestCase):
    def test_fields_take_new_values(self) -> None:
        """An update has a column for each field, the lowest first."""
        root = after(wire(ROOT, 1 << NAME | 1 << MOOD, 0, "new", 7))

        self.assertEqual((root.name, root.mood), ("new", 7))

    def test_several_entities_take_a_column(self) -> None:
        """One column updates several entities."""
        root = after(wire(ITEM, 1 << HP, b"\1\x0a\x09", b"\x05\xfb"))

        self.assertEqual((root.items["a"].hp, root.row[0].hp), (5, -5))

    def test_containers_are_empty(self) -> None:
        """The bit of a container empties it, also when it was there already."""
        root = after(wire(ROOT, 1 << ITEMS | 1 << SCORES | 1 << TAGS, 0))

        self.assertEqual((root.items, root.scores, root.tags), ({}, {}, set()))

    def test_references_follow(self) -> None:
        """A reference takes an entity, another one, and nil."""
        root = after(
            create(ITEM, 1, 30, 9),
            wire(ROOT, 1 << REF, 0, 30),
            wire(ITEM, 1 << BELOW, b"\1\x0a\x09", [None, 11]),
        )

        self.assertEqual(root.ref.hp, 9)
        self.assertIsNone(root.items["a"].below)
        self.assertEqual(root.row[0].below.size, 300)

    def test_containers_come_back_empty(self) -> None:
        """A container's bit takes no column: what was absent is there, and empty."""
        root = after(
            wire(Op.HIDE, ROOT, 1 << SCORES | 1 << NAME, 0),
            wire(ROOT, 1 << SCORES | 1 << NAME, 0, "seen"),
        )

        self.assertEqual((root.scores, root.name), ({}, "seen"))

    def test_padding_means_nothing(self) -> None:
        """A nil where an operation begins is passed over."""
        root = after(b"\xc0\xc0", wire(ROOT, 1 << MOOD, 0, 3), b"\xc0")

        self.assertEqual(root.mood, 3)


class CreateTests(SynchronousTestCase):
    def test_fields_beyond_the_mask_are_absent(self) -> None:
        """Of a new entity the fields of the mask are there, the others absent."""
        root = after(create(GEM, 0b1001, 40, 1, 9), edit(Op.SET, ITEMS, "g", 40))

        self.assertEqual(plain(root.items["g"]), {"hp": 1, "size": 9})

    def test_several_are_created_at_once(self) -> None:
        """One create makes several; containers and references take no column."""
        root = after(
            create(ITEM, 0b111, b"\0\x1e\3", b"\1\2\3", count=3),
            edit(Op.INSERT, ROW, 2, b"\0\x1e\3"),
        )

        self.assertEqual([each.hp for each in root.row], [3, 4, 1, 2, 3])
        self.assertEqual(plain(root.row[4]), {"hp": 3, "below": None, "bag": []})

    def test_an_id_that_is_there_is_replaced(self) -> None:
        """A create with an id of the table makes a new entity in its stead."""
        held = replica()
        old = held.state.items["a"]

        held.apply_patch(patch(create(ITEM, 1, 10, 99), edit(Op.SET, ITEMS, "a", 10)))

        self.assertEqual(held.state.items["a"].hp, 99)
        self.assertIsNot(held.state.items["a"], old)
        self.assertEqual(held.count, 4)


class HideTests(SynchronousTestCase):
    def test_hidden_fields_are_absent(self) -> None:
        """Values, references and containers alike are absent once they are hidden."""
        root = after(wire(Op.HIDE, ROOT, 0b11111111, 0))

        self.assertEqual(plain(root), {})

    def test_hidden_entities_are_forgotten(self) -> None:
        """What stood in a hidden field is forgotten with all below it."""
        held = replica()

        held.apply_patch(patch(wire(Op.HIDE, ROOT, 1 << ITEMS | 1 << ROW, 0)))

        self.assertEqual(held.count, 1)

    def test_hiding_twice_is_no_error(self) -> None:
        """A field that is absent may be hidden again."""
        hide = wire(Op.HIDE, ROOT, 1 << NAME, 0)

        self.assertNotIn("name", plain(after(hide, hide)))


class MapTests(SynchronousTestCase):
    def test_new_keys_go_to_the_end(self) -> None:
        """A new key stands at the end, one that is there stays in its place."""
        root = after(edit(Op.SET, SCORES, ["z", "x", "", "é"], b"\3\4\5\6"))

        self.assertEqual(
            list(root.scores.items()), [("x", 4), ("y", 2), ("z", 3), ("", 5), ("é", 6)]
        )

    def test_keys_are_removed(self) -> None:
        """Keys are removed; one that is not there is passed over."""
        root = after(edit(Op.REMOVE, SCORES, ["x", "nothing"]))
        self.assertEqual(root.scores, {"y": 2})

        self.assertEqual(after(edit(Op.REMOVE, SCORES, "y")).scores, {"x": 1})

    def test_a_key_comes_back_at_the_end(self) -> None:
        """A key that was removed and set again stands at the end."""
        root = after(edit(Op.REMOVE, SCORES, "x"), edit(Op.SET, SCORES, "x", 1))

        self.assertEqual(list(root.scores), ["y", "x"])

    def test_entities_stand_under_keys(self) -> None:
        """An entity replaces another one under its key, and itself without effect."""
        held = replica()
        held.apply_patch(
            patch(
                edit(Op.SET, ITEMS, "a", 10),
                create(ITEM, 1, 31, 8),
                edit(Op.SET, ITEMS, ["a", "b"], [31, 10]),
            )
        )

        self.assertEqual([each._id for each in held.state.items.values()], [31, 10])

    def test_clear_empties(self) -> None:
        """A clear empties a Map, a List and a Set."""
        root = after(*(edit(Op.CLEAR, each) for each in (ITEMS, ROW, PATH, TAGS)))

        self.assertEqual(
            (root.items, root.row, root.path, root.tags), ({}, [], [], set())
        )


class SetTests(SynchronousTestCase):
    def test_values_are_added_and_discarded(self) -> None:
        """Values there already, or not there, are passed over."""
        add = edit(Op.ADD, TAGS, ["t", "u"])
        self.assertEqual(after(add).tags, {"t", "u"})

        self.assertEqual(after(add, edit(Op.DISCARD, TAGS, ["t", "v"])).tags, {"u"})

    def test_a_set_holds_no_negative_zero(self) -> None:
        """Of 0 and -0 a set holds one, and that is 0."""
        fields = [["numbers", 3, 0, ["number"]]]
        held = Replica(wire([1, b"12345678", 0, [["Root", -1, fields]]]))
        held.apply_snapshot(wire(1, b"12345678", Op.CREATE, 0, 1, 0) + b"\xc0" * 9)

        held.apply_patch(wire(1, Op.ADD, 0, 0, 0, -0.0))

        self.assertEqual([repr(value) for value in held.state.numbers], ["0.0"])


class ListTests(SynchronousTestCase):
    def path(self, *operations: bytes) -> Any:
        """Return the path [1, 2, 3] after some operations."""
        return after(*operations).path

    def test_values_are_replaced(self) -> None:
        """Positions are written like ids, and take new values."""
        self.assertEqual(self.path(edit(Op.REPLACE, PATH, 1, 9)), [1, 9, 3])
        self.assertEqual(
            self.path(edit(Op.REPLACE, PATH, b"\0\0\3", b"\7\x08\x09")), [7, 8, 9]
        )

    def test_values_are_inserted(self) -> None:
        """Values are put before a position, or at the end."""
        self.assertEqual(self.path(edit(Op.INSERT, PATH, 0, 9)), [9, 1, 2, 3])
        self.assertEqual(
            self.path(edit(Op.INSERT, PATH, 3, b"\x08\x09")), [1, 2, 3, 8, 9]
        )

    def test_values_are_erased(self) -> None:
        """So many values from a position on are removed."""
        self.assertEqual(self.path(edit(Op.ERASE, PATH, 0, 2)), [3])
        self.assertEqual(self.path(edit(Op.ERASE, PATH, 2, 1)), [1, 2])

    def test_the_content_is_assigned(self) -> None:
        """An assign says the whole content."""
        self.assertEqual(self.path(edit(Op.ASSIGN, PATH, 5)), [5])
        self.assertEqual(self.path(edit(Op.ASSIGN, PATH, b"\4\5")), [4, 5])

    def test_values_are_moved(self) -> None:
        """A value is taken out, then put before the one at another position."""
        self.assertEqual(self.path(edit(Op.MOVE, PATH, 0, 2)), [2, 3, 1])
        self.assertEqual(self.path(edit(Op.MOVE, PATH, 2, 0)), [3, 1, 2])
        self.assertEqual(self.path(edit(Op.MOVE, PATH, 1, 1)), [1, 2, 3])

    def test_entities_keep_their_objects(self) -> None:
        """Entities that an assign repeats stay, the others are forgotten."""
        held = replica()
        left, right = held.state.row

        held.apply_patch(patch(edit(Op.ASSIGN, ROW, [21, 20])))
        self.assertEqual(held.state.row, [right, left])

        held.apply_patch(patch(edit(Op.ASSIGN, ROW, 20), version=6))
        self.assertEqual((held.state.row, held.count), ([left], 4))

    def test_entities_are_replaced_erased_and_moved(self) -> None:
        """Entities in a List follow each operation."""
        root = after(
            create(ITEM, 1, 50, 50),
            edit(Op.REPLACE, ROW, 0, 50),
            edit(Op.MOVE, ROW, 1, 0),
        )
        self.assertEqual([each._id for each in root.row], [21, 50])

        self.assertEqual(after(edit(Op.ERASE, ROW, 0, 2)).row, [])


class ForgetTests(SynchronousTestCase):
    def test_what_is_taken_away_is_forgotten(self) -> None:
        """At the end of a payload an entity that stands nowhere is forgotten."""
        held = replica()

        held.apply_patch(patch(edit(Op.REMOVE, ITEMS, "a")))

        self.assertEqual(held.count, 3)

    def test_what_is_put_back_stays(self) -> None:
        """An entity that is taken away and put elsewhere stays what it was."""
        held = replica()
        gem = held.state.items["a"].below

        held.apply_patch(
            patch(
                wire(ITEM, 1 << BELOW, 10, None),
                edit(Op.CLEAR, ITEMS),
                wire(GEM, 1 << HP, 11, 77),
                edit(Op.INSERT, ROW, 0, 11),
            )
        )

        self.assertIs(held.state.row[0], gem)
        self.assertEqual((gem.hp, held.count), (77, 4))

    def test_what_stands_nowhere_is_forgotten(self) -> None:
        """An entity that is created and put nowhere is forgotten with all below it."""
        held = replica()

        held.apply_patch(
            patch(
                create(ITEM, 0b111, 60, 1),
                create(ITEM, 0b111, 61, 1),
                wire(ITEM, 1 << BELOW, 60, 61),
            )
        )

        self.assertEqual(held.count, 5)

    def test_what_moved_out_of_the_forgotten_stays(self) -> None:
        """An entity that left another one before that was forgotten stays."""
        held = replica()

        held.apply_patch(
            patch(
                edit(Op.REMOVE, ITEMS, "a"),
                wire(ITEM, 1 << BELOW, 10, None),
                wire(ROOT, 1 << REF, 0, 11),
            )
        )

        self.assertEqual(held.state.ref.size, 300)
        self.assertEqual(held.count, 4)


class OwnTests(SynchronousTestCase):
    def test_owners_are_noted(self) -> None:
        """An own says who owns entities, or that nobody does."""
        held = replica()

        held.apply_patch(
            patch(wire(Op.OWN, 10, "ada"), wire(Op.OWN, b"\0\x14\2", ["bob", None]))
        )

        self.assertEqual(held.owners, {10: "ada", 20: "bob", 21: None})
