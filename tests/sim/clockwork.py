"""A Simulation that does nothing but count the Ticks each row has lived."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from typing_extensions import override

from nexus.sim.column import ArrayColumns, Columns, Indices, Seconds
from nexus.sim.grid import Grid
from nexus.sim.level import Detail
from nexus.sim.population import Population
from nexus.sim.simulation import Absence, Simulation, Summary

__all__ = ["DETAIL", "Clockwork", "clockwork"]

#: The world is this wide and high, in Regions of a quarter of that.
SIDE = 400.0

DETAIL = Detail(
    full=50, full_until=80, coarse=150, coarse_until=200, stay=3, every=4, most_woken=40
)


class Clockwork(Simulation):
    """Counts, and moves rows about at random, over borders too."""

    def __init__(self) -> None:
        #: What was called, and for how many rows.
        self.calls: list[tuple[str, int]] = []

    @override
    def advance_full(
        self, columns: Columns, rows: Indices, dt: float, random: np.random.Generator
    ) -> None:
        self._live("full", columns, rows, dt, random)

    @override
    def advance_coarse(
        self, columns: Columns, rows: Indices, dt: Seconds, random: np.random.Generator
    ) -> None:
        self._live("coarse", columns, rows, dt, random)

    @override
    def summarise(self, columns: Columns, rows: Indices) -> Summary:
        held = columns.columns
        return Summary(
            len(held["lived"][rows]),
            np.bincount(held["kind"][rows], minlength=3),
            np.array([held["lived"][rows].sum(), held["gold"][rows].sum()]),
        )

    @override
    def forecast(self, summary: Summary, elapsed: float) -> Summary:
        more = np.array([elapsed * summary.count, 0])
        return Summary(summary.count, summary.kinds, summary.sums + more)

    @override
    def materialise(
        self, columns: Columns, absences: Sequence[Absence], random: np.random.Generator
    ) -> None:
        for one in absences:
            self._live("materialise", columns, one.rows, one.elapsed, random)

    def _live(
        self,
        name: str,
        columns: Columns,
        rows: Indices,
        dt: Seconds,
        random: np.random.Generator,
    ) -> None:
        held = columns.columns
        count = len(held["lived"][rows])
        self.calls.append((name, count))
        x, y = (
            np.clip(held[axis][rows] + random.normal(0, 10, count), 0, SIDE)
            for axis in ("x", "y")
        )
        columns.put(rows, lived=held["lived"][rows] + dt, x=x, y=y)


def clockwork(
    count: int, detail: Detail = DETAIL
) -> tuple[Population, ArrayColumns, Clockwork]:
    """Make a population that counts, with a Tick of a second."""
    chance = np.random.default_rng(count)
    held: dict[str, Any] = {
        "x": chance.random(count) * SIDE,
        "y": chance.random(count) * SIDE,
        "lived": np.zeros(count),
        "gold": chance.random(count),
        "kind": chance.integers(0, 3, count).astype(np.uint8),
    }
    columns, simulation = ArrayColumns(**held), Clockwork()
    population = Population(
        columns,
        simulation,
        regions=Grid(cell=SIDE / 4, bounds=(0, 0, SIDE, SIDE)),
        detail=detail,
        dt=1.0,
        random=chance,
    )
    population.place(np.arange(count))
    return population, columns, simulation
