"""Tests of rows as a reader holds them."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime

from twisted.trial.unittest import SynchronousTestCase

from nexus.wire.native import Replica, plain
from nexus.wire.native.held import HeldRow, HeldRows
from tests.wire.native.rowkit import HP, X, part, payload, replica, rows, veil, write
from tests.wire.native.vectors import read


def held() -> HeldRows:
    """Return the rows 10 and 11 in cell 1, and 12 in cell 2."""
    found = replica().state.npcs
    assert isinstance(found, HeldRows)
    return found


class HeldRowTests(SynchronousTestCase):
    def test_fields_are_attributes(self) -> None:
        """A row shows its fields as values."""
        row = held()[11]

        self.assertEqual((row.x, row.hp, row.mood), (2.5, 6, "SAD"))
        self.assertEqual(repr(row), "<Npc 11>")

    def test_what_is_absent_is_no_attribute(self) -> None:
        """A field that is absent, or that no row has, is no attribute."""
        rows_ = held()
        row = rows_[10]
        for name in ("y", "_x", "__len__"):
            self.assertRaises(AttributeError, getattr, row, name)

        rows_.hide([rows_.cls.by_name["x"]])

        self.assertRaises(AttributeError, getattr, row, "x")
        self.assertEqual(row.hp, 5)

    def test_a_row_follows(self) -> None:
        """A row shows what is held now, and nothing when it is gone."""
        made = replica()
        row = made.state.npcs[10]

        made.apply_patch(payload(write([10], {X: [9.5]}), version=5))
        self.assertEqual(row.x, 9.5)
        made.apply_patch(payload(part(1, [10]), version=6))

        self.assertRaises(AttributeError, getattr, row, "x")

    def test_one_row_is_one(self) -> None:
        """Two objects of one row are equal; those of others are not."""
        rows_ = held()

        self.assertEqual(rows_[10], rows_[10])
        self.assertEqual(len({rows_[10], rows_[10], rows_[11]}), 2)
        self.assertNotEqual(rows_[10], held()[10])

    def test_what_went_has_its_last_values(self) -> None:
        """Who is told that a row went gets it as it was."""
        made = replica()
        gone: list[HeldRow] = []
        made.on_remove("npcs", lambda row, path: gone.append(row))

        made.apply_patch(payload(part(1, [10]), version=5))

        self.assertEqual(plain(gone[0]), {"x": 1.5, "hp": 5, "mood": "GLAD"})


class HeldRowsTests(SynchronousTestCase):
    def test_it_is_like_a_mapping(self) -> None:
        """Rows are found by their ids, and gone through by them."""
        rows_ = held()

        self.assertEqual((len(rows_), list(rows_)), (3, [10, 11, 12]))
        self.assertEqual((11 in rows_, 13 in rows_, "x" in rows_), (True, False, False))
        self.assertEqual([(i, row.hp) for i, row in rows_.items()][2], (12, 7))
        self.assertEqual(list(rows_.keys()), [10, 11, 12])
        self.assertEqual([row.hp for row in rows_.values()][2], 7)
        self.assertEqual(
            (rows_.get(12).hp, rows_.get(13), rows_.get(13, 0)), (7, None, 0)
        )
        self.assertRaises(KeyError, rows_.__getitem__, 13)
        self.assertRaises(KeyError, rows_.cell, 13)

    def test_columns_are_in_the_order_of_ids(self) -> None:
        """A column has a value for each id, and None where a field is absent."""
        made = replica()
        body = rows(4, [20], {HP: [9]})
        made.apply_patch(payload(part(1, [10]), body, version=5))
        rows_ = made.state.npcs

        self.assertEqual(rows_.ids(), array("q", [12, 11, 20]))
        self.assertEqual(rows_.column("hp"), [7, 6, 9])
        self.assertEqual(rows_.column("x"), [3.5, 2.5, None])
        self.assertEqual([rows_.cell(id_) for id_ in rows_], [2, 1, 4])
        self.assertRaises(KeyError, rows_.column, "y")

    def test_a_veil_lasts_until_a_write(self) -> None:
        """After a veil a field is absent from all rows but those that are written."""
        made = replica()

        made.apply_patch(payload(veil(X), write([12], {X: [4.0]}), version=5))

        self.assertEqual(made.state.npcs.column("x"), [None, None, 4.0])

    def test_plain_rows_are_dicts(self) -> None:
        """A Table becomes a dict of dicts by id."""
        made = replica()
        made.apply_patch(payload(part(1, [10, 11]), veil(HP), version=5))

        have = plain(made.state)

        self.assertEqual(
            have, {"name": "n", "npcs": {12: {"x": 3.5, "mood": "GLAD"}}, "others": {}}
        )


class KindTests(SynchronousTestCase):
    def test_values_are_of_their_kind(self) -> None:
        """Each field gives the value that an entity's would give."""
        replica_ = Replica(bytes.fromhex(read()["table"]["outline"]))
        for step in read()["table"]["steps"][:2]:
            if "snapshot" in step:
                replica_.apply_snapshot(bytes.fromhex(step["snapshot"]))
            else:
                replica_.apply_patch(bytes.fromhex(step["patch"]))
        row = next(row for _, row in replica_.state.npcs.items())

        self.assertIs(row.awake, True)
        self.assertEqual(row.born, datetime(2026, 11, 21, tzinfo=UTC))
        self.assertEqual((row.side, row.gold, row.food), ("NORTH", 1 << 60, 0.0))
