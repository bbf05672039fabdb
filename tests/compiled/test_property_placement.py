"""The law that rows find and change their Cells alike with and without C."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.compiled import parts
from nexus.sim import placement as placement_module
from nexus.sim import roster as roster_module
from nexus.sim.grid import Grid
from nexus.sim.placement import Placement
from tests import examples
from tests.support.compiled import MISSING

GRID = Grid(cell=10, bounds=(-20, 5, 40, 60))
#: So many rows there may be.
ROWS = 400
#: What is done, to which share of the rows, how far, and by what chance.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["place", "walk", "walk", "gather", "remove"]),
        st.floats(0, 1),
        st.sampled_from([3.0, 30.0]),
        st.integers(0, 2**32 - 1),
    ),
    max_size=20,
)


class _World:
    """Rows that walk about, and a Placement that follows them."""

    def __init__(self, letter: str) -> None:
        self.placement = Placement(GRID)
        self.x, self.y = np.zeros((2, ROWS), letter)
        self.placed = np.zeros(ROWS, np.bool_)

    def step(self, act: str, share: float, far: float, seed: int) -> Any:
        """Do something to some rows; return what was found."""
        chance = np.random.default_rng(seed)
        able = np.flatnonzero(self.placed != (act == "place"))
        rows = chance.permutation(able)[: round(share * able.size)]
        if act == "remove":
            self.placement.remove(rows)
            self.placed[rows] = False
            return None
        if act == "gather":
            # All into one Cell, and some of them stand there already.
            self.x[rows], self.y[rows] = chance.uniform(-20, 60, 2)
        else:
            self.x[rows] += chance.normal(0, far, rows.size)
            self.y[rows] += chance.normal(30 * (act == "place"), far, rows.size)
        if act == "place":
            self.placement.place(rows, GRID.cells(self.x[rows], self.y[rows]))
            self.placed[rows] = True
            return None
        found = self.placement.strays(rows, self.x, self.y)
        cells = GRID.cells(self.x[rows], self.y[rows])
        if seed % 2:
            self.placement.move(found.moved, found.to)
        else:
            self.placement.move(rows, cells)
        return [each.tolist() for each in found]

    def told(self) -> Any:
        """Return who stands where, and in which order."""
        cells = self.placement.cell_of.tolist()
        every = range(GRID.count)
        return cells, [self.placement.rows_in(cell).tolist() for cell in every]


class PlacementLawTests(SynchronousTestCase):
    skip = MISSING or None

    def test_rows_stand_in_the_same_order(self) -> None:
        """Whatever rows do, both find the same strays, and keep rows in one order."""
        seen: Counter[str] = Counter()

        @given(STEPS, st.sampled_from("fd"))
        @settings(max_examples=examples(test=300, soak=8_000))
        def law(steps: list[tuple[str, float, float, int]], letter: str) -> None:
            self.plainly()
            plain = _World(letter)
            self.assertIsNone(plain.placement._grid)
            self.compiled()
            quick = _World(letter)
            for step in steps:
                self.plainly()
                wanted, told = plain.step(*step), plain.told()
                self.compiled()
                found = quick.step(*step)
                self.assertEqual((found, quick.told()), (wanted, told))
                seen[step[0]] += 1
                seen["moved"] += found is not None and len(found[2]) > 20

        law()
        for what in ("walk", "gather", "remove", "moved"):
            self.assertGreater(seen[what], 100, what)

    def plainly(self) -> None:
        """Let Python do it."""
        for module in (placement_module, roster_module):
            self.patch(module, "parts", None)

    def compiled(self) -> None:
        """Let C do it."""
        for module in (placement_module, roster_module):
            self.patch(module, "parts", parts)

    def test_blocks_that_are_left_are_used_again(self) -> None:
        """However often rows gather and spread, they take no more memory."""
        for way in (self.plainly, self.compiled):
            way()
            world = _World("f")
            world.step("place", 1.0, 30.0, 3)
            sizes = []
            for turn in range(300):
                world.step("gather" if turn % 2 else "walk", 0.9, 30.0, turn)
                sizes.append(world.placement.nbytes)
            self.assertLess(max(sizes), 1.1 * max(sizes[:100]))
            # Cells that nearly all have left keep no large block.
            roster = world.placement._roster
            rooms = roster_module.room_of(roster._order)
            loose = rooms > 4 * np.maximum(roster.counts, 1)
            self.assertLess(int(loose.sum()), 3)

    def test_who_stands_nowhere_or_comes_twice_is_refused(self) -> None:
        """Then nothing was done, and the error is the same as without C."""
        world = _World("f")
        world.step("place", 0.5, 30.0, 3)
        here, away = np.flatnonzero(world.placed), np.flatnonzero(~world.placed)
        before = world.told()
        for rows, to in (
            ([here[0], here[1], here[0]], [1, 2, 3]),
            ([here[0], away[0]], [1, 2]),
            ([here[0], 10**9], [1, 2]),
            ([here[0], -1], [1, 2]),
            ([here[0], here[1]], [1, GRID.count]),
            ([here[0], here[1]], [1, -1]),
        ):
            with self.assertRaises((ValueError, IndexError)):
                world.placement.move(np.array(rows), np.array(to))
            self.assertEqual(world.told(), before)

    def test_a_position_that_is_no_number_is_refused(self) -> None:
        """NaN raises, as without C; what is infinitely far stands at the border."""
        world = _World("d")
        world.step("place", 1.0, 30.0, 3)
        world.x[7], world.y[7] = np.inf, -np.inf
        rows = np.arange(ROWS)
        found = world.placement.strays(rows, world.x, world.y)
        who = [*found.stays.tolist(), *found.moved.tolist()]
        cells = [*found.here.tolist(), *found.to.tolist()]
        self.assertEqual(cells[who.index(7)], GRID.cell(np.inf, -np.inf))

        world.y[9] = np.nan
        with self.assertRaises(ValueError):
            world.placement.strays(rows, world.x, world.y)
