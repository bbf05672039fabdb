"""Tests of `nexus.state.table.saving`."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import FieldError
from nexus.state import State, Table, Tree, field, float32, quantized, uint8
from nexus.state.table.saving import SAVED_EVERY, Saving


class Npc(State):
    x: float32
    food: Annotated[float, quantized(0, 1, 8)] = 0.5
    glow: uint8 = field(default=1, transient=True)
    secret: uint8 = field(default=0, server_only=True)


class Town(State):
    npcs: Table[Npc] = field(saved_every=3)
    others: Table[Npc]


class SavingTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Keep a Table of ten entities that a store knows."""
        self.town = Town()
        self.tree = Tree(self.town)
        self.npcs = self.town.npcs
        self.wakes: list[Saving] = []
        self.saving = self.npcs.keep(4, self.wakes.append)
        self.ids = self.npcs.add(10)
        self.tree.flush()
        self.assertTrue(self.saving.take(1 << 20)[1])
        self.wakes.clear()

    def told(self) -> list[int]:
        """Return of which entities the store is told, in one round."""
        found, is_over = [], False
        while not is_over:
            part, is_over = self.saving.take(1 << 20)
            found += [id_ for block in part.blocks for id_ in block.ids.tolist()]
        return found

    def test_pace(self) -> None:
        """A Table says how often it is saved; each second if it says nothing."""
        other = self.town.others.keep(5, self.wakes.append)

        self.assertEqual((self.saving.every, other.every), (3, SAVED_EVERY))

    def test_columns_of_the_server(self) -> None:
        """What clients never get is told to a store, however it was written."""
        with self.npcs.edit("secret") as (secret,):
            secret[3] = 7
        self.assertEqual(self.told(), [self.ids[3]])

        self.npcs.put([5], secret=8)
        self.assertEqual(self.told(), [self.ids[5]])

    def test_pace_that_cannot_be(self) -> None:
        """Another field than a Table has no pace of its own, nor a transient one."""
        for hint, said in (
            (uint8, field(default=0, saved_every=1.0)),
            (Table[Npc], field(saved_every=1.0, transient=True)),
            (Table[Npc], field(saved_every=0)),
            (Table[Npc], field(saved_every=True)),
            (Table[Npc], field(saved_every=float("nan"))),
        ):
            with self.assertRaises(FieldError):
                type("Bad", (State,), {"__annotations__": {"a": hint}, "a": said})

    def test_what_was_written(self) -> None:
        """Just what was written is told, and the first write wakes."""
        self.npcs.put([2, 5], x=np.float32(1))
        self.npcs.put([5, 6], x=np.float32(1))

        self.assertEqual(self.wakes, [self.saving])
        self.tree.flush()
        self.assertEqual(self.told(), self.ids[[2, 5, 6]].tolist())
        self.assertFalse(self.saving.is_dirty)

    def test_less_than_a_step(self) -> None:
        """What is too little for clients is told to a store, as it is."""
        self.npcs.put([3], food=np.float32(0.50001))
        with self.npcs.edit("food") as (food,):
            food[4] += np.float32(0.00001)
        self.assertFalse(self.tree.flush().changed)
        part, _ = self.saving.take(1 << 20)
        [block] = part.blocks

        self.assertEqual(block.ids.tolist(), self.ids[[3, 4]].tolist())
        at = block.shelf.names.index("food")
        self.assertEqual(block.columns[at][0], np.float32(0.50001))

    def test_edit_that_was_refused(self) -> None:
        """Numbers that went back to what was told are told to a store as well."""
        self.npcs.put([3], food=np.float32(0.50001))
        self.assertEqual(self.told(), [self.ids[3]])
        with self.assertRaises(FieldError), self.npcs.edit("food") as (food,):
            food[0] = 7

        self.assertNotEqual(self.npcs.column("food")[3], np.float32(0.50001))
        self.assertIn(self.ids[3], self.told())

    def test_what_clients_do_not_know_yet(self) -> None:
        """A row that is still to be told to clients is told to the store once more."""
        self.npcs.put([1], x=np.float32(1))
        self.assertEqual(self.told(), [self.ids[1]])
        with self.npcs.edit("x") as (x,):
            x[1] = 0
        self.tree.flush()

        self.assertEqual(self.told(), [self.ids[1]])
        self.assertEqual(self.told(), [])

    def test_columns_that_are_not_stored(self) -> None:
        """A store is told of no transient column."""
        self.npcs.put([1], glow=5)
        part, _ = self.saving.take(1 << 20)

        self.assertEqual(part.blocks[0].shelf.names, ("x", "food", "secret"))

    def test_slices(self) -> None:
        """A slice has no more bytes than it may, whatever there is to be told."""
        ids = self.npcs.add(10_000)
        self.npcs.remove(ids[:3000])
        found: list[int] = []
        gone: list[int] = []
        count, is_over = 0, False
        while not is_over:
            part, is_over = self.saving.take(4096)
            size = sum(len(block.written()) for block in part.blocks)
            self.assertLess(size + 8 * len(part.gone), 4096 + 256)
            found += [id_ for block in part.blocks for id_ in block.ids.tolist()]
            gone += part.gone.tolist()
            count += 1

        self.assertEqual((found, gone), (ids[3000:].tolist(), ids[:3000].tolist()))
        self.assertGreater(count, 30)

    def test_what_is_written_behind_waits(self) -> None:
        """A round goes by each row once, so that the last has its turn as well."""
        self.npcs.put(slice(None), x=np.float32(1))
        self.tree.flush()
        first, _ = self.saving.take(5 * 16)
        self.npcs.put([0], x=np.float32(2))
        self.tree.flush()
        second = self.told()

        self.assertEqual(first.blocks[0].ids.tolist() + second, self.ids.tolist())
        self.assertEqual(self.told(), [self.ids[0]])

    def test_place_that_changed(self) -> None:
        """Rows whose State got another place have other ids, and are told anew."""
        self.town.npcs._settle()

        self.assertIsNone(self.npcs.saving)

    def test_closed_gaps(self) -> None:
        """Marks stay with their rows when these get other indices."""
        ids = self.npcs.add(5000)
        self.tree.flush()
        self.told()
        self.npcs.put(self.npcs.find(ids[-3:]), x=np.float32(4))
        self.npcs.remove(ids[:4000])
        compactions = self.npcs.compactions
        self.tree.flush()

        self.assertEqual(self.npcs.compactions, compactions + 1)
        self.assertEqual(self.told(), ids[-3:].tolist())

    def test_table_that_nobody_keeps(self) -> None:
        """It notes nothing for a store."""
        ids: Any = self.town.others.add(3)
        self.town.others.remove(ids)

        self.assertEqual(self.town.others._roster.lost, [])
