"""Tests of `nexus.state.table.table`: values that are written into rows."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError
from nexus.state import Role, State, Table, Tree, field, float32, quantized, uint8
from tests.state.table.town import edit_of, settle


class Wolf(State):
    x: float32
    prey: uint8 = field(default=0, visible=Role("gm"))


class Wild(State):
    wolves: Table[Wolf]


class WriteTests(SynchronousTestCase):
    def test_only_what_differs_is_told(self) -> None:
        """A value that goes out as the one before is no change."""
        tree, town = settle()
        town.npcs.add(3, food=0.5)
        tree.flush()

        town.npcs.put([0, 2], food=[0.5001, 0.9], kind=[7, 8])

        edit = edit_of(tree)
        self.assertEqual([(m, rows.tolist()) for m, rows in edit.written], [(6, [2])])
        self.assertAlmostEqual(town.npcs.column("food")[0], 0.5001)
        self.assertFalse(tree.flush())

    def test_fields_are_told_apart(self) -> None:
        """Rows with the same fields written are told together."""
        tree, town = settle()
        town.npcs.add(4)
        tree.flush()

        town.npcs.put([0, 1], x=5.0)
        town.npcs.put([1, 3], kind=1)

        told = {mask: rows.tolist() for mask, rows in edit_of(tree).written}
        self.assertEqual(told, {1: [0], 5: [1], 4: [3]})

    def test_columns_are_edited_in_place(self) -> None:
        """After array operations on whole columns only what differs is told."""
        tree, town = settle()
        ids = town.npcs.add(4, x=[1.0, 2.0, 3.0, 4.0])
        tree.flush()
        town.npcs.remove(ids[3])

        with town.npcs.edit("x") as (x,):
            np.maximum(x, 2.0, out=x)
            x[3] = 9.0

        edit = edit_of(tree)
        self.assertEqual([(m, rows.tolist()) for m, rows in edit.written], [(1, [0])])
        self.assertEqual(edit.gone.tolist(), [ids[3]])

    def test_a_wrong_edit_is_taken_back(self) -> None:
        """An edit that leaves a NaN raises, and the columns are what was told."""
        tree, town = settle()
        town.npcs.add(2, x=[1.0, 2.0], food=0.5)
        tree.flush()

        def spoil() -> None:
            with town.npcs.edit("x", "food") as (x, food):
                food[:] = 0.1
                x[1] = np.nan

        self.assertIn("Npc.x", str(self.assertRaises(FieldError, spoil)))
        self.assertEqual(town.npcs.column("x").tolist(), [1.0, 2.0])
        self.assertLess(abs(town.npcs.column("food")[0] - 0.5), 0.01)
        self.assertFalse(tree.flush())

    def test_an_edit_that_fails_is_taken_back(self) -> None:
        """What was written before something raised is not there, nor told."""
        tree, town = settle()
        town.npcs.add(2, x=[1.0, 2.0])
        tree.flush()

        def fail() -> None:
            with town.npcs.edit("x") as (x,):
                x[0] = 7.0
                raise LookupError

        self.assertRaises(LookupError, fail)
        self.assertEqual(town.npcs.column("x").tolist(), [1.0, 2.0])
        self.assertFalse(tree.flush())

    def test_an_edit_that_fails_takes_nothing_else_back(self) -> None:
        """What was written in the same tick before stays, and is told."""
        tree, town = settle()
        town.npcs.add(2, x=[1.0, 2.0], secret=3)
        tree.flush()
        town.npcs.put([0], x=5.0, secret=4)

        def fail() -> None:
            with town.npcs.edit("x", "secret") as (x, secret):
                x[:], secret[:] = 7.0, 9
                raise LookupError

        self.assertRaises(LookupError, fail)
        self.assertEqual(town.npcs.column("x").tolist(), [5.0, 2.0])
        self.assertEqual(town.npcs.column("secret").tolist(), [4, 3])
        [(mask, rows)] = edit_of(tree).written
        self.assertEqual((mask, rows.tolist()), (1, [0]))

    def test_what_no_client_gets_is_no_change(self) -> None:
        """A column of the server's own is written, and nobody is told of that."""
        tree, town = settle()
        town.npcs.add(2)
        tree.flush()

        town.npcs.put([1], secret=4)
        with town.npcs.edit("secret") as (secret,):
            secret[0] = 5

        self.assertFalse(tree.flush())
        self.assertEqual(town.npcs.column("secret").tolist(), [5, 4])

    def test_one_value_is_for_all(self) -> None:
        """A value alone is written into all rows, also one that is rounded."""
        tree, town = settle()
        town.npcs.add(3)
        tree.flush()

        town.npcs.put([0, 2], food=0.5, kind=9)

        self.assertEqual(town.npcs.column("food").tolist(), [0.5, 1.0, 0.5])
        [(mask, rows)] = edit_of(tree).written
        self.assertEqual((mask, rows.tolist()), (6, [0, 2]))

    def test_of_a_watched_table_fields_are_told_together(self) -> None:
        """Few rows of which a field less was written are told with many others."""
        tree, town = settle()
        town.npcs.is_watched = True
        town.npcs.add(100)
        tree.flush()
        town.npcs.put(town.npcs.rows, x=2.0)
        town.npcs.put(town.npcs.rows[5:], kind=3)

        [(mask, rows)] = edit_of(tree).written

        self.assertEqual((mask, rows.tolist()), (5, list(range(100))))

    def test_what_is_written_for_a_role_is_not_told_with_others(self) -> None:
        """Of rows in which nothing else was written, all others are told nothing."""
        wild: Any = Wild()  # type: ignore[call-arg]  # a Table is made by itself
        tree = Tree(wild)
        wild.wolves.is_watched = True
        wild.wolves.add(100)
        tree.flush()
        wild.wolves.put(wild.wolves.rows[:90], x=2.0)
        wild.wolves.put(wild.wolves.rows[80:], prey=3)

        edit = edit_of(tree)

        told = [rows for mask, rows in edit.written if mask & edit.mask]
        self.assertEqual(np.concatenate(told).tolist(), list(range(90)))

    def test_rows_that_are_not_there_cannot_be_written(self) -> None:
        """A removed row and an index beyond the end are refused."""
        _, town = settle()
        ids = town.npcs.add(2)
        town.npcs.remove(ids[0])

        for rows in (0, 2, -1, [1, 0]):
            self.assertRaises(IndexError, town.npcs.put, rows, x=1.0)
        self.assertRaises(KeyError, town.npcs.find, ids)
        self.assertRaises(KeyError, town.npcs.remove, [ids[1], 999])
        self.assertEqual(len(town.npcs), 1)

    def test_columns_are_read_only(self) -> None:
        """What is given to read cannot be written by mistake."""
        _, town = settle()
        town.npcs.add(2)

        for array in (town.npcs.column("x"), town.npcs.columns["x"], town.npcs.alive):
            self.assertRaises(ValueError, array.__setitem__, 0, 1)

    def test_a_row_writes_through(self) -> None:
        """An attribute of a row is written like any value."""
        tree, town = settle()
        (id_,) = town.npcs.add(1)
        tree.flush()

        row = town.npcs[id_]
        row.kind = 9

        self.assertEqual(row.kind, 9)
        self.assertEqual([m for m, _ in edit_of(tree).written], [4])
        self.assertRaises(FieldError, setattr, row, "kind", 300)
        town.npcs.remove(id_)
        self.assertRaises(KeyError, getattr, row, "kind")

    def test_arrays_may_lie_anywhere(self) -> None:
        """Records and other views hold numbers at any address, and in any order."""
        tree, town = settle()
        town.npcs.add(2)
        tree.flush()
        packed = np.zeros(2, [("pad", "u1"), ("x", "<f4"), ("row", "<i8")])
        packed["x"], packed["row"] = [1.5, 2.5], [1, 0]
        town.npcs.put(packed["row"], x=packed["x"], food=packed["x"].astype(">f8") / 5)

        self.assertEqual(town.npcs.column("x").tolist(), [2.5, 1.5])
        self.assertEqual(town.npcs.outgoing("food", town.npcs.rows).tolist(), [128, 77])
        self.assertRaises(IndexError, town.npcs.put, [[0, 1]], x=1.0)

    def test_fewer_bits_are_no_other_end(self) -> None:
        """The lower end, in fewer bits a hair below it, goes out as the lower end."""
        far = type(State)(
            "Far",
            (State,),
            {
                "__module__": __name__,
                "__annotations__": {
                    "x": Annotated[float, quantized(1000.1, 1001.1, 16)],
                    "y": Annotated[float, quantized(0.7, 1.7, 32)],
                },
            },
        )
        land = type(State)(
            "Land",
            (State,),
            {"__module__": __name__, "__annotations__": {"rows": Table[far]}},
        )()
        _ = Tree(land)
        land.rows.add(1)
        land.rows.put(
            0, x=np.array([1000.1], np.float32), y=np.array([0.7], np.float32)
        )

        for name in ("x", "y"):
            self.assertEqual(land.rows.outgoing(name, land.rows.rows).tolist(), [0])

    def test_columns_may_be_written_from_themselves(self) -> None:
        """Rows and values that are part of what is written are those of before."""
        tree, town = settle()
        npcs = town.npcs
        npcs.add(3, x=[1.0, 2.0, 3.0], kind=[2, 1, 0], secret=[7, 8, 9])
        tree.flush()
        npcs.put(slice(1, 3), x=npcs.column("x")[:2])
        npcs.put(slice(0, 3), kind=npcs.column("secret"), secret=npcs.column("kind"))
        npcs.put(npcs.column("secret"), secret=[4, 5, 6])

        self.assertEqual(npcs.column("x").tolist(), [1.0, 1.0, 2.0])
        self.assertEqual(npcs.column("kind").tolist(), [7, 8, 9])
        self.assertEqual(npcs.column("secret").tolist(), [6, 5, 4])
        told = npcs.told("x", npcs.rows).view(np.float32)
        self.assertEqual(told.tolist(), [1.0, 1.0, 2.0])
