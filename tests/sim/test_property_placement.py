"""Whatever is done to rows, a Placement knows where each one stands."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.grid import Grid
from nexus.sim.placement import Placement
from tests import examples

GRID = Grid(cell=1, bounds=(0, 0, 4, 3))
#: So many rows there may be.
ROWS = 300
#: What is done, to which share of the rows, into how many Cells, and by what chance.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["place", "move", "remove", "renumber"]),
        st.floats(0, 1),
        st.integers(1, GRID.count),
        st.integers(0, 2**32 - 1),
    ),
    max_size=30,
)


class _Mirror:
    """A Placement, and beside it the Cell of each row in one plain array."""

    def __init__(self) -> None:
        self.placement = Placement(GRID)
        self.cells = np.full(ROWS, -1)

    def step(self, act: str, share: float, few: int, seed: int) -> int:
        """Do something to some rows, and return to how many."""
        chance = np.random.default_rng(seed)
        if act == "renumber":
            return self._pack(chance.random(ROWS) >= share / 4)
        able = np.flatnonzero((self.cells < 0) == (act == "place"))
        rows = chance.permutation(able)[: round(share * able.size)]
        cells = chance.integers(few, size=rows.size)
        if act == "remove":
            self.placement.remove(rows)
            cells[:] = -1
        else:
            getattr(self.placement, act)(rows, cells)
        self.cells[rows] = cells
        return rows.size

    def _pack(self, alive: Any) -> int:
        """Let some rows be gone, and the others close the gaps."""
        self.placement.renumber(np.where(alive, np.cumsum(alive) - 1, -1))
        kept = self.cells[alive]
        self.cells[:] = -1
        self.cells[: kept.size] = kept
        return ROWS - kept.size


class PlacementTests(SynchronousTestCase):
    def test_rows_are_where_they_were_put(self) -> None:
        """After any sequence each Cell has its rows, and each row its Cell."""
        seen: Counter[str] = Counter()

        @given(STEPS)
        @settings(max_examples=examples(test=200, soak=5_000))
        def law(steps: list[tuple[str, float, int, int]]) -> None:
            mirror = _Mirror()
            for step in steps:
                seen[step[0]] += mirror.step(*step)
                self.check(mirror)

        law()
        self.assertTrue(all(seen[act] > 100 for act in ("place", "move", "remove")))
        self.assertGreater(seen["renumber"], 100)

    def check(self, mirror: _Mirror) -> None:
        """Compare both."""
        placement, cells = mirror.placement, mirror.cells
        known = placement.cell_of
        self.assertEqual(known[:ROWS].tolist(), cells[: known.size].tolist())
        self.assertTrue((cells[known.size :] == -1).all())
        self.assertTrue((known[ROWS:] == -1).all())
        for cell in range(GRID.count):
            rows = np.flatnonzero(cells == cell).tolist()
            self.assertEqual(sorted(placement.rows_in(cell).tolist()), rows)
            self.assertEqual(placement.count(cell), len(rows))
        every = placement.rows_in_all(np.arange(GRID.count)).tolist()
        self.assertEqual(sorted(every), np.flatnonzero(cells >= 0).tolist())
        self.assertEqual(len(placement), len(every))
