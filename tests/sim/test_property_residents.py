"""A Population knows the rows of its Table, whatever comes and goes."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.grid import Grid
from nexus.sim.residents import Residents
from nexus.state.tree import Tree
from tests import examples
from tests.sim.test_property_table import Town, populate

_GRID = Grid(cell=25, bounds=(0, 0, 100, 100))
_PLACE = st.tuples(st.floats(0, 100, width=32), st.floats(0, 100, width=32))
_DEED = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 60)),
    st.tuples(st.just("remove"), st.floats(0, 1)),
    st.tuples(st.just("advance"), _PLACE),
    st.tuples(st.just("flush"), st.none()),
)


class ResidentsLawTests(SynchronousTestCase):
    @patch("nexus.state.table.roster._DEAD", 8)
    @settings(max_examples=examples(test=100, soak=2_000))
    @given(
        st.lists(_DEED, max_size=24), st.integers(0, 9), st.sampled_from([3, 20, 1000])
    )
    def test_regions_hold_the_rows(
        self, deeds: list[Any], seed: int, stretch: int
    ) -> None:
        """Each row stands in the Region of its position, and no other row does."""
        with patch("nexus.state.table.roster._STRETCH", stretch):
            self.live(deeds, seed)

    @patch("nexus.state.table.roster._DEAD", 8)
    def test_rows_of_others_do_not_matter(self) -> None:
        """A Table may have rows, there or gone, that the Population does not run."""
        for stretch in (3, 20, 1000):
            tree = Tree(town := Town())
            table = town.npcs
            places = {"x": np.linspace(0, 99, 100), "y": 5.0, "food": 1.0}
            ids = table.add(100, **places, vx=1.0)
            table.remove(ids[40:])
            with (
                self.subTest(stretch=stretch),
                patch("nexus.state.table.roster._STRETCH", stretch),
            ):
                residents = Residents(table, populate(table, 0, near=30.0))
                others = table.add(100, **places, vx=1.0)
                own = residents.add(1, x=5.0, y=5.0, vx=1.0, food=1.0)
                more = table.add(100, **places, vx=1.0)
                for gone in (others, more):
                    table.remove(gone)
                    for _ in range(60):
                        tree.flush()
                        residents.advance([5.0], [5.0])
                residents.remove(own)

                self.assertEqual(len(residents), 40)
                self.assertEqual(len(table), 40)

    def live(self, deeds: list[Any], seed: int) -> None:
        """Let rows come, live and go, and look where they are in the end."""
        random = np.random.default_rng(seed)
        tree = Tree(town := Town())
        table = town.npcs
        residents = Residents(table, populate(table, 0, near=30.0))
        lives: dict[int, float] = {}
        for deed, argument in deeds:
            if deed == "add":
                x, y = random.uniform(0, 100, (2, argument))
                vx = random.uniform(0.5, 2, argument)
                ids = residents.add(argument, x=x, y=y, vx=vx, food=1.0)
                lives |= zip(ids.tolist(), np.float32(vx).tolist(), strict=True)
            elif deed == "remove":
                ids = table.ids
                gone = ids[random.random(len(ids)) < argument]
                residents.remove(gone)
                lives = {id_: pace for id_, pace in lives.items() if id_ not in gone}
            elif deed == "advance":
                x, y = argument
                residents.advance([x], [y])
            else:
                tree.flush()
        residents.advance([], [])

        rows, columns = table.rows, table.columns
        self.assertEqual({*table.ids.tolist()}, {*lives})
        self.assertEqual(len(residents), len(rows))
        np.testing.assert_array_equal(
            residents.population.regions.placement.cell_of[rows],
            _GRID.cells(columns["x"][rows], columns["y"][rows]),
        )
        paces = np.hypot(columns["vx"][rows], columns["vy"][rows])
        np.testing.assert_allclose(
            paces, [lives[id_] for id_ in table.ids.tolist()], 1e-3
        )
