"""Tests of `nexus.state.table.table`: rows that come and go, and which rows may be."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError, StateError
from nexus.state import OWNER, SHOWN, List, Role, State, Table, Tree, field, uint8
from tests.state.table.town import Mood, Npc, Town, edit_of, settle


class AddTests(SynchronousTestCase):
    def test_rows_come_with_ids_that_ascend(self) -> None:
        """Ids come from the tree's own counter and are never given twice."""
        tree, town = settle()

        first = town.npcs.add(3, x=1.0)
        town.npcs.remove(first)
        second = town.npcs.add(x=[1.0, 2.0])

        self.assertEqual(town.npcs.ids.tolist(), second.tolist())
        self.assertGreater(second[0], first[-1])
        self.assertEqual(tree._next_id, second[-1] + 1)

    def test_what_is_not_said_is_the_default(self) -> None:
        """Columns that nobody names hold the default of their field."""
        _, town = settle()

        (id_,) = town.npcs.add(x=3)

        row = town.npcs[id_]
        self.assertEqual(
            (row.x, row.food, row.kind, row.mood), (3.0, 1.0, 7, Mood.CALM)
        )

    def test_enums_and_datetimes_are_taken(self) -> None:
        """An Enum's members and aware datetimes are what a row gives back."""
        _, town = settle()
        moment = datetime(2020, 5, 17, tzinfo=UTC)

        ids = town.npcs.add(mood=[Mood.CROSS, Mood.CALM], born=moment)

        rows = [town.npcs[id_] for id_ in ids]
        self.assertEqual([row.mood for row in rows], [Mood.CROSS, Mood.CALM])
        self.assertEqual(rows[1].born, moment)

    def test_wrong_values_are_refused(self) -> None:
        """A value beyond its field is refused with the field's name; nothing comes."""
        tree, town = settle()
        for values, name in (
            ({"x": float("nan")}, "Npc.x"),
            ({"x": 1e300}, "Npc.x"),
            ({"kind": 256}, "Npc.kind"),
            ({"kind": 1.5}, "Npc.kind"),
            ({"food": [0.5, 1.5]}, "Npc.food"),
            ({"mood": 2}, "Npc.mood"),
            ({"born": "today"}, "Npc.born"),
            ({"y": 1.0}, "it has x, food"),
            ({"x": [1.0, 2.0], "kind": [1, 2, 3]}, "arrays of"),
        ):
            error = self.assertRaises(FieldError, town.npcs.add, **values)
            self.assertIn(name, str(error))

        self.assertEqual(len(town.npcs), 0)
        self.assertFalse(tree.flush())

    def test_a_table_without_a_tree_takes_nothing(self) -> None:
        """Rows need ids, which only a tree gives."""
        self.assertRaises(StateError, Town().npcs.add, 3)


class LifeTests(SynchronousTestCase):
    def test_what_came_and_went_is_told_to_nobody(self) -> None:
        """Rows that are removed before a flush were never there."""
        tree, town = settle()
        ids = town.npcs.add(3)

        town.npcs.remove(ids[1])

        edit = edit_of(tree)
        self.assertEqual(town.npcs.ids_of(edit.came).tolist(), [ids[0], ids[2]])
        self.assertEqual(edit.gone.size, 0)

    def test_gaps_are_closed(self) -> None:
        """When many rows are dead a flush closes the gaps; ids stay, indices do not."""
        tree, town = settle()
        ids = town.npcs.add(4000, x=np.arange(4000))
        tree.flush()
        town.npcs.remove(ids[::2])
        town.npcs.put(town.npcs.find(int(ids[-1])), x=-1.0)

        edit = edit_of(tree)

        self.assertEqual(town.npcs.extent, 2000)
        self.assertEqual(town.npcs.compactions, 1)
        self.assertEqual(edit.moved.old.tolist(), list(range(1, 4000, 2)))
        self.assertEqual(edit.moved.new.tolist(), list(range(2000)))
        self.assertEqual(edit.left.tolist(), list(range(0, 4000, 2)))
        self.assertEqual(
            [(m, rows.tolist()) for m, rows in edit.written], [(1, [1999])]
        )
        self.assertEqual(town.npcs.find(ids[1::2]).tolist(), list(range(2000)))
        self.assertEqual(town.npcs[int(ids[3])].x, 3.0)

    def test_an_atomic_stretch_is_put_back(self) -> None:
        """All that a failed command did to a Table is undone."""
        tree, town = settle()
        ids = town.npcs.add(3, x=[1.0, 2.0, 3.0])
        tree.flush()

        def fail() -> None:
            with tree.atomic():
                town.npcs.put([0], x=9.0)
                town.npcs.add(2, x=5.0)
                town.npcs.remove(ids[1:])
                with town.npcs.edit("x") as (x,):
                    x += 1.0
                raise LookupError

        self.assertRaises(LookupError, fail)

        self.assertEqual(town.npcs.ids.tolist(), ids.tolist())
        self.assertEqual(town.npcs.column("x").tolist(), [1.0, 2.0, 3.0])
        self.assertFalse(tree.flush())

    def test_a_stamp_is_the_version_of_the_last_change(self) -> None:
        """Whoever knows a version finds the rows that changed since."""
        tree, town = settle()
        town.npcs.add(3)
        tree.flush()
        town.npcs.put([1], x=4.0)
        tree.flush()

        self.assertEqual(town.npcs.stamps(town.npcs.rows, 1).tolist(), [2, 3, 2])

    def test_a_table_is_emptied(self) -> None:
        """Assigning nothing removes all rows; anything else is refused."""
        tree, town = settle()
        town.npcs.add(3)
        tree.flush()

        self.assertRaises(FieldError, setattr, town, "npcs", [1])
        town.npcs = ()

        self.assertEqual(len(edit_of(tree).gone), 3)
        self.assertEqual(list(town.npcs), [])


class DeclareTests(SynchronousTestCase):
    def test_rows_hold_plain_columns_only(self) -> None:
        """Each thing that cannot be a column is refused, and the message says why."""

        class Texts(State):
            name: str

        class Lists(State):
            some: List[uint8]

        class Maybe(State):
            hp: uint8 | None

        class Mine(State):
            hp: uint8 = field(default=0, visible=OWNER)

        class Seen(State):
            hp: uint8 = field(default=0, visible=SHOWN)

        class Empty(State):
            pass

        for cls, why in (
            (Texts, "no fixed width"),
            (Lists, "single values"),
            (Maybe, "means none"),
            (Mine, "for everybody or for a role"),
            (Seen, "for everybody or for a role"),
            (Empty, "no fields"),
        ):
            body = {"__annotations__": {"rows": Table[cls]}, "__module__": __name__}
            error = self.assertRaises(FieldError, type(State), "World", (State,), body)
            self.assertIn(why, str(error))

    def test_a_table_is_for_all_or_for_a_role(self) -> None:
        """A Table can be limited to a role, but it has no owner."""

        class Secret(State):
            rows: Table[Npc] = field(visible=Role("gm"))

        body = {
            "__annotations__": {"rows": Table[Npc]},
            "rows": field(visible=OWNER),
            "__module__": __name__,
        }
        error = self.assertRaises(FieldError, type(State), "World", (State,), body)
        self.assertIn("no owner", str(error))
        self.assertEqual(len(Tree(Secret()).outline.classes), 2)
