"""The stride: how rows that are behind come to the Tick at which others are."""

from __future__ import annotations

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from nexus.sim.column import Columns, Values
from nexus.sim.region import Regions
from nexus.sim.simulation import Absence, Simulation

__all__ = ["Stride"]


@frozen
class Stride:
    """Brings rows up to date, and to the Regions in which they are then.

    Attributes:
        regions: How far each row has come.
        columns: The rows.
        simulation: What is done to them.
        dt: Seconds a Tick.
        random: Where chance comes from.
        position: The names of the columns of positions.
    """

    regions: Regions
    columns: Columns
    simulation: Simulation
    dt: float
    random: np.random.Generator
    position: tuple[str, str]

    def hurry(self, rows: NDArray[np.intp], tick: int) -> None:
        """Let rows catch up that have missed a few Ticks; none is in a full Region."""
        missed = self.regions.missed(rows, tick)
        late = missed > 0
        if not late.all():
            rows, missed = rows[late], missed[late]
        if len(rows):
            dt = missed * self.dt
            self.simulation.advance_coarse(self.columns, rows, dt, self.random)
            self.regions.advance(rows, tick)

    def catch_up(self, asleep: list[tuple[int, Values]], tick: int) -> None:
        """Let rows of Regions catch up that have missed a lot."""
        before = [self.simulation.summarise(self.columns, rows) for _, rows in asleep]
        absences = [
            Absence(
                region,
                rows.astype(np.intp),
                self.regions.summary(region),
                np.float64(self.dt) * (tick - self.regions.at(rows, tick)),
            )
            for region, rows in asleep
        ]
        if absences:
            self.simulation.materialise(self.columns, absences, self.random)
        for (region, rows), summary in zip(asleep, before, strict=True):
            self.regions.advance(rows, tick)
            self.regions.refresh(region, summary, rows)

    def follow(self, rows: Values, tick: int) -> None:
        """Find the Regions in which rows are by now that are up to date."""
        x, y = (self.columns.columns[name] for name in self.position)
        self.regions.follow(rows, x, y, tick)

    def locate(self, rows: Values) -> tuple[Values, Values]:
        """Return where rows are."""
        x, y = (self.columns.columns[name] for name in self.position)
        return x[rows], y[rows]
