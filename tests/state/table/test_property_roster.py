"""Whatever comes and goes, a Table finds its rows and tells which got other indices."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.state.change import TableEdit
from nexus.state.tree import Tree
from tests import examples
from tests.state.table.town import Npc, Town

_DEED = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 60)),
    st.tuples(st.just("remove"), st.floats(0, 1)),
    st.tuples(st.just("put"), st.floats(0, 1)),
    st.tuples(st.just("flush"), st.none()),
)


class _Town:
    """A Table, and beside it what should be in it and who follows it by indices."""

    def __init__(self, seed: int) -> None:
        self.tree = Tree(town := Town())
        self.npcs = town.npcs
        self.random = np.random.default_rng(seed)
        self.lives: dict[int, float] = {}
        #: By index the id of each row, as the edits tell.
        self.followed: dict[int, int] = {}

    def some(self, share: float) -> Any:
        """Return the ids of some who are there."""
        ids = np.array([*self.lives], np.int64)
        return ids[self.random.random(len(ids)) < share]

    def add(self, count: int) -> None:
        """Let some come."""
        x = self.random.random(count, np.float32)
        ids = self.npcs.add(count, x=x, secret=ids_of_secret(x))
        self.lives |= zip(ids.tolist(), x.tolist(), strict=True)

    def remove(self, share: float) -> None:
        """Let some go."""
        gone = self.some(share)
        self.npcs.remove(gone)
        for id_ in gone.tolist():
            del self.lives[id_]

    def put(self, share: float) -> None:
        """Write something into some."""
        ids = self.some(share)
        x = self.random.random(len(ids), np.float32)
        self.npcs.put(self.npcs.find(ids), x=x, secret=ids_of_secret(x))
        self.lives |= zip(ids.tolist(), x.tolist(), strict=True)

    def flush(self, _: None) -> None:
        """Follow what a flush tells."""
        for edit in self.tree.flush().edits:
            assert isinstance(edit, TableEdit)
            for index, id_ in zip(edit.left.tolist(), edit.gone.tolist(), strict=True):
                assert self.followed.pop(index) == id_
            if edit.moved is not None:
                event("gaps were closed")
                old, new = edit.moved.old.tolist(), edit.moved.new.tolist()
                moved = {
                    to: self.followed.pop(at)
                    for at, to in zip(old, new, strict=True)
                    if at in self.followed
                }
                assert not {*moved} & {*self.followed}
                self.followed |= moved
            came = edit.came
            self.followed |= zip(
                came.tolist(), self.npcs.ids_of(came).tolist(), strict=True
            )
            for _, rows in edit.written:
                assert {*rows.tolist()} <= {*self.followed}


def ids_of_secret(x: Any) -> Any:
    """Return what clients are never told, but is to stay with its row."""
    return (x * 255).astype(np.uint8)


class RosterLawTests(SynchronousTestCase):
    @patch("nexus.state.table.roster._DEAD", 8)
    @settings(max_examples=examples(test=150, soak=3_000))
    @given(
        st.lists(_DEED, max_size=30), st.integers(0, 9), st.sampled_from([3, 20, 1000])
    )
    def test_rows_are_found(self, deeds: list[Any], seed: int, stretch: int) -> None:
        """Ids lead to their rows while gaps are closed; edits name the same rows."""
        town = _Town(seed)
        with patch("nexus.state.table.roster._STRETCH", stretch):
            for deed, argument in deeds:
                getattr(town, deed)(argument)
                self.check(town)
            town.flush(None)
        self.check(town)
        rows = town.npcs.rows.tolist()
        self.assertEqual(
            town.followed, dict(zip(rows, town.npcs.ids.tolist(), strict=True))
        )

    def check(self, town: _Town) -> None:
        """Compare the Table with what should be in it."""
        npcs, ids = town.npcs, np.array([*town.lives], np.int64)
        self.assertEqual(npcs.ids.tolist(), sorted(town.lives))
        self.assertEqual(len(npcs), len(town.lives))
        rows = npcs.find(ids)
        self.assertEqual(npcs.ids_of(rows).tolist(), ids.tolist())
        first, count = npcs.first_id, npcs.extent
        if first is not None:
            self.assertEqual(
                npcs.ids_of(np.arange(count)).tolist(), [*range(first, first + count)]
            )
            event("ids go on one by one")
        x = npcs.column("x")[rows]
        self.assertEqual(x.tolist(), [*town.lives.values()])
        np.testing.assert_array_equal(npcs.column("secret")[rows], ids_of_secret(x))
        self.assertEqual(npcs.row_class, Npc)
        for id_ in (0, town.tree.next_id):
            self.assertNotIn(id_, npcs)
