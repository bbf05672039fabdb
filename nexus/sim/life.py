"""Life: a Simulation that is made of parts, each of which knows a few columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from typing_extensions import override

from nexus.sim.column import Columns, Indices, Seconds, Values
from nexus.sim.need import Needs
from nexus.sim.simulation import Absence, Simulation, Summary
from nexus.sim.tendency import Tendency
from nexus.state.table.pick import picked

__all__ = ["Life", "Part"]


class Part(Protocol):
    """Something that goes on in all entities: needs, wandering, trips.

    Attributes:
        writes: The names of the columns that it changes.
        reads: The names of those that it reads beside them.
    """

    writes: tuple[str, ...]
    reads: tuple[str, ...]

    def step(
        self, values: Mapping[str, Values], dt: Seconds, random: np.random.Generator, /
    ) -> None:
        """Let a short time pass, writing into the arrays of `writes`."""

    def leap(
        self,
        values: Mapping[str, Values],
        elapsed: Values,
        random: np.random.Generator,
        /,
    ) -> None:
        """Let any time pass in one go, which may differ from entity to entity."""


class Life(Simulation):
    """Entities that live by some parts, one after the other.

        life = Life(
            Needs(Need(name="food", fall=1 / 600, rise=1 / 30)),
            Wander(turn=8, bounds=(0, 0, 1000, 1000)),
        )

    A Summary of it has the sums of needs and gauges, and how many are at each activity.

    Args:
        *parts: What goes on. No two write to the same column.
        totals: Names of more columns whose sums a Summary has, after those of needs.
    """

    def __init__(self, *parts: Part, totals: Sequence[str] = ()) -> None:
        self.writes = tuple(name for part in parts for name in part.writes)
        if not parts or len({*self.writes}) < len(self.writes):
            raise ValueError("a life has parts, and no two write to the same column")
        names = {name for part in parts for name in part.reads}
        self.reads = tuple(sorted(names - {*self.writes}))
        self.parts = parts
        needs = [part for part in parts if isinstance(part, Needs)]
        if len(needs) > 1:
            raise ValueError("the needs of a life are one part")
        self._needs = needs[0] if needs else None
        self._tendency: Tendency | None = None
        self.totals = (*(needs[0].names if needs else ()), *totals)

    @override
    def advance_full(
        self, columns: Columns, rows: Indices, dt: float, random: np.random.Generator
    ) -> None:
        self._advance(columns, rows, dt, random)

    @override
    def advance_coarse(
        self, columns: Columns, rows: Indices, dt: Seconds, random: np.random.Generator
    ) -> None:
        self._advance(columns, rows, dt, random)

    @override
    def summarise(self, columns: Columns, rows: Indices) -> Summary:
        held = columns.columns
        sums = [float(held[name][rows].sum(dtype=np.float64)) for name in self.totals]
        count = len(next(iter(held.values()))[rows])
        kinds = np.array([count])
        if self._needs is not None:
            kinds = np.bincount(
                held[self._needs.activity][rows], minlength=len(self._needs.needs) + 1
            )
        return Summary(count, kinds, np.array(sums))

    @override
    def forecast(self, summary: Summary, elapsed: float) -> Summary:
        if self._needs is None:
            return summary
        if self._tendency is None:
            self._tendency = Tendency.of(self._needs)
        return self._tendency.forecast(summary, elapsed)

    @override
    def materialise(
        self, columns: Columns, absences: Sequence[Absence], random: np.random.Generator
    ) -> None:
        rows = np.concatenate([absence.rows for absence in absences])
        elapsed = np.concatenate([absence.elapsed for absence in absences])
        values = self._take(columns, rows)
        for part in self.parts:
            part.leap(values, elapsed, random)
        columns.put(rows, **{name: values[name] for name in self.writes})

    def _advance(
        self, columns: Columns, rows: Indices, dt: Seconds, random: np.random.Generator
    ) -> None:
        if isinstance(rows, slice):
            with columns.edit(*self.writes) as whole:
                held = columns.columns
                values = {name: held[name][rows] for name in self.reads}
                for name, array in zip(self.writes, whole, strict=True):
                    values[name] = array[rows]
                self._step(values, dt, random)
            return
        # With indices of another width numpy would convert them for each column.
        rows = rows.astype(np.intp, copy=False)
        values = self._take(columns, rows)
        self._step(values, dt, random)
        columns.put(rows, **{name: values[name] for name in self.writes})

    def _take(self, columns: Columns, rows: Values) -> dict[str, Values]:
        held = columns.columns
        names = (*self.reads, *self.writes)
        return {name: picked(held[name], rows) for name in names}

    def _step(
        self, values: Mapping[str, Values], dt: Seconds, random: np.random.Generator
    ) -> None:
        for part in self.parts:
            part.step(values, dt, random)
