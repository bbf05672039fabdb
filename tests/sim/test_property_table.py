"""A Table of Entities lives as columns of arrays do."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus import State, float32, uint8
from nexus.sim.column import ArrayColumns, Columns
from nexus.sim.grid import Grid
from nexus.sim.level import Detail
from nexus.sim.life import Life
from nexus.sim.need import Need, Needs
from nexus.sim.population import Population
from nexus.sim.wander import Wander
from nexus.state import Table
from nexus.state.tree import Tree
from tests import examples


class Npc(State):
    """Somebody with two needs who wanders."""

    x: float32
    y: float32
    vx: float32
    vy: float32
    food: float32
    rest: float32
    activity: uint8


class Town(State):
    """Where they live."""

    npcs: Table[Npc]


def populate(columns: Columns, count: int, *, near: float) -> Population:
    """Make a population of a small world."""
    population = Population(
        columns,
        Life(
            Needs(
                Need(name="food", fall=0.02, rise=0.1),
                Need(name="rest", fall=0.01, rise=0.05),
            ),
            Wander(turn=4, bounds=(0, 0, 100, 100)),
        ),
        regions=Grid(cell=25, bounds=(0, 0, 100, 100)),
        detail=Detail(
            full=near, full_until=near + 10, coarse=near + 20, coarse_until=near + 30
        ),
        dt=0.5,
        random=np.random.default_rng(8),
    )
    population.place(np.arange(count))
    return population


class TableTests(SynchronousTestCase):
    @settings(max_examples=examples(test=25, soak=500))
    @given(
        st.integers(1, 60),
        st.sampled_from([0.0, 30.0, 500.0]),
        st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), max_size=12),
    )
    def test_table_lives_as_arrays_do(
        self, count: int, near: float, walk: list[tuple[float, float]]
    ) -> None:
        """The same Ticks with the same chance write the same into both."""
        chance = np.random.default_rng(count)
        values = {
            name: (chance.random(count) * scale).astype(np.float32)
            for name, scale in (
                ("x", 100),
                ("y", 100),
                ("vx", 2),
                ("vy", 2),
                ("food", 1),
                ("rest", 1),
            )
        }
        Tree(town := Town())
        town.npcs.add(count, **values)
        arrays = ArrayColumns(**values, activity=np.zeros(count, np.uint8))
        two = [
            populate(town.npcs, count, near=near),
            populate(arrays, count, near=near),
        ]
        for x, y in walk:
            for population in two:
                for _ in range(4):
                    population.advance([x], [y])

        for name, column in arrays.columns.items():
            np.testing.assert_array_equal(town.npcs.column(name), column, name)
