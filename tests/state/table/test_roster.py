"""Tests of `nexus.state.table.roster`."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.state import Map, State, Tree
from tests.state.stage import fail
from tests.state.table.town import Town


class Land(State):
    towns: Map[str, Town]


class RenumberTests(SynchronousTestCase):
    def test_rows_are_found_where_their_state_was_put_again(self) -> None:
        """Though some were removed before: what is left of these is in nobody's way."""
        tree = Tree(land := Land(towns={"a": (town := Town())}))
        npcs = town.npcs
        ids = npcs.add(10, kind=np.arange(10))
        tree.flush()
        npcs.remove(ids[[0, 2, 3, 8]])
        tree.flush()

        del land.towns["a"]
        tree.flush()
        land.towns["b"] = town

        ids = npcs.ids
        self.assertGreater(ids[0], town._id)
        self.assertEqual(
            npcs.column("kind")[npcs.find(ids)].tolist(), [1, 4, 5, 6, 7, 9]
        )
        npcs.remove(int(ids[1]))
        self.assertEqual(npcs.ids.tolist(), [ids[0], *ids[2:]])

    @patch("nexus.state.table.roster._DEAD", 4)
    @patch("nexus.state.table.roster._STRETCH", 6)
    def test_gaps_may_be_half_closed_then(self) -> None:
        """They are closed to their end, and each row is found all the while."""
        tree = Tree(land := Land(towns={"a": (town := Town())}))
        npcs = town.npcs
        ids = npcs.add(30, kind=np.arange(30))
        tree.flush()
        npcs.remove(ids[1::2])
        tree.flush()
        del land.towns["a"]
        tree.flush()
        land.towns["b"] = town
        for _ in range(8):
            kinds = npcs.column("kind")[npcs.find(npcs.ids)]
            self.assertEqual(kinds.tolist(), list(range(0, 30, 2)))
            npcs.put(npcs.rows[:1], food=float(npcs.column("food")[0] < 0.5))
            tree.flush()
        self.assertEqual(len(npcs.column("kind")), 15)


class IndicesTests(SynchronousTestCase):
    def test_indices_that_nobody_asks_for_are_let_go(self) -> None:
        """They are the same array as long as each flush is asked for them."""
        world = Town()
        tree = Tree(world)
        npcs = world.npcs
        npcs.add(9)
        tree.flush()
        rows = npcs.rows
        for kind in (1, 2):
            npcs.put(slice(3), kind=kind)
            self.assertIs(npcs.rows, rows)
            tree.flush()
        npcs.put(slice(3), kind=3)
        tree.flush()
        self.assertIsNone(npcs._roster._live)
        self.assertEqual(npcs.rows.tolist(), rows.tolist())


class UndoTests(SynchronousTestCase):
    def test_what_is_undone_closes_no_gaps(self) -> None:
        """Whoever knows rows by their indices would not hear that they moved."""
        world = Town()
        tree = Tree(world)
        npcs = world.npcs
        ids = npcs.add(100_000)
        tree.flush()
        npcs.remove(ids[:60_000:2])
        [edit] = tree.flush().edits
        self.assertIsNotNone(edit.moved)
        before = npcs.compactions, npcs.ids_of(slice(None)).tolist()
        with self.assertRaises(KeyError), tree.atomic():
            npcs.put(npcs.rows[:2], kind=1)
            npcs.remove(npcs.ids[5:9])
            npcs.add(3)
            raise KeyError

        self.assertEqual((npcs.compactions, npcs.ids_of(slice(None)).tolist()), before)
        self.assertFalse(tree.flush())
        npcs.put(npcs.rows[:1], kind=1)
        [edit] = tree.flush().edits
        self.assertIsNotNone(edit.moved)

    def test_rows_come_back_with_their_state(self) -> None:
        """What was done with them before it went is undone as well."""
        tree = Tree(land := Land(towns={"a": (town := Town())}))
        npcs = town.npcs
        ids = npcs.add(10, kind=np.arange(10))
        tree.flush()

        def act() -> None:
            npcs.remove(ids[3:5])
            npcs.put(npcs.rows, kind=77)
            npcs.add(4)
            del land.towns["a"]
            land.towns["b"] = town
            npcs.remove(npcs.ids[:2])

        fail(tree, act)

        self.assertEqual(list(land.towns), ["a"])
        self.assertEqual(npcs.ids.tolist(), ids.tolist())
        self.assertEqual(npcs.column("kind").tolist(), list(range(10)))
        npcs.remove(ids[0])
        [edit] = tree.flush().edits
        self.assertEqual(edit.gone.tolist(), [ids[0]])  # type: ignore[attr-defined]  # a TableEdit
