"""Simulation: what a game does to the rows of its world, at each Level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from nexus.sim.column import Columns, Indices, Seconds

__all__ = ["Absence", "Simulation", "Summary"]


@frozen(eq=False)
class Summary:
    """What is known of the rows of a Region without a look at them.

    Attributes:
        count: How many there are.
        kinds: How many there are of each kind, or at each activity.
        sums: The sum of each column that has a total.
    """

    count: int
    kinds: NDArray[np.int64]
    sums: NDArray[np.float64]

    def plus(self, other: Summary) -> Summary:
        """Return the Summary of these rows and others."""
        return Summary(
            self.count + other.count, self.kinds + other.kinds, self.sums + other.sums
        )

    def minus(self, other: Summary) -> Summary:
        """Return the Summary of these rows without some of them."""
        return Summary(
            self.count - other.count, self.kinds - other.kinds, self.sums - other.sums
        )


@frozen(eq=False)
class Absence:
    """Rows of one Region that stood still while nobody looked.

    Attributes:
        region: The Region.
        rows: The rows that shall catch up, all of the Region's or a slice of them.
        summary: What was known of the whole Region.
        elapsed: Seconds that each of the rows has missed.
    """

    region: int
    rows: NDArray[np.intp]
    summary: Summary
    elapsed: NDArray[np.float64]


class Simulation(Protocol):
    """What a game does to its rows; `Life` is one that is made of parts."""

    def advance_full(
        self, columns: Columns, rows: Indices, dt: float, random: np.random.Generator
    ) -> None:
        """Advance rows by one Tick."""

    def advance_coarse(
        self, columns: Columns, rows: Indices, dt: Seconds, random: np.random.Generator
    ) -> None:
        """Advance rows by the Ticks since their last turn, which differ by row."""

    def summarise(self, columns: Columns, rows: Indices) -> Summary:
        """Sum up rows as they stand."""

    def forecast(self, summary: Summary, elapsed: float) -> Summary:
        """Say what has probably become of rows meanwhile, without a look at them.

        Their count stays what it is.
        """

    def materialise(
        self, columns: Columns, absences: Sequence[Absence], random: np.random.Generator
    ) -> None:
        """Bring rows to where they would stand by now, at once and not step by step."""
