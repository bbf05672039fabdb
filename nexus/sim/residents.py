"""Residents: the rows of a Table that a Population runs, whatever becomes of both."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nexus.sim.named import NOWHERE
from nexus.sim.population import Population
from nexus.sim.sparse import which
from nexus.state import Table

__all__ = ["Residents"]


class Residents:
    """Joins a Table to the Population that runs its rows.

    A Table packs its columns now and then, with a flush after which many rows are gone.
    Then rows have other indices, of which a Population has to be told before anything
    else happens to them. So add, remove and run them here.

        residents = Residents(state.npcs, Population(state.npcs, ...))
        ids = residents.add(x=..., y=...)
        residents.advance(watchers_x, watchers_y)  # each tick
        residents.remove(ids[:3])

    Args:
        table: The rows; those that it has already are taken in.
        population: What runs them; it has none yet.
    """

    def __init__(self, table: Table[Any], population: Population) -> None:
        if len(population):
            raise ValueError("the population has rows already")
        self.table = table
        self.population = population
        self._compactions = table.compactions
        #: The ids of the rows by their indices, as the Population knows them.
        self._ids: NDArray[np.int64] = np.empty(0, np.int64)
        self._note()
        population.place(table.rows)

    def __len__(self) -> int:
        return len(self.population)

    def add(self, count: int | None = None, /, **values: Any) -> NDArray[np.int64]:
        """Add entities as `Table.add` does, and return their ids."""
        self._follow()
        ids: NDArray[np.int64] = self.table.add(count, **values)
        self._note()
        self.population.place(self.table.find(ids))
        return ids

    def remove(self, ids: ArrayLike) -> None:
        """Remove entities by their ids.

        Raises:
            KeyError: One of them is not there; nothing was removed.
        """
        self._follow()
        named = np.unique(np.atleast_1d(ids))
        self.population.remove(self.table.find(named))
        self.table.remove(named)

    def advance(self, x: ArrayLike, y: ArrayLike) -> None:
        """Run a Tick; there they are who watch."""
        self._follow()
        self.population.advance(x, y)

    def _follow(self) -> None:
        """Tell the Population which indices rows have by now."""
        if self.table.compactions == self._compactions:
            return
        self._compactions = self.table.compactions
        ids: NDArray[np.int64] = self.table.ids_of(slice(None))
        cell_of = self.population.regions.placement.cell_of
        # The Table may have rows, there or gone, that the Population never knew.
        known = self._ids[: len(cell_of)]
        both = min(len(ids), len(known))
        other = ids[:both] != known[:both]
        other |= ~self.table.alive[:both]
        other &= cell_of[:both] != NOWHERE
        behind = which(cell_of[both : len(known)] != NOWHERE) + both
        old = np.append(which(other), behind)
        moved = known[old]
        new = np.searchsorted(ids, moved)
        lost = new == len(ids)
        lost[~lost] = ids[new[~lost]] != moved[~lost]
        if lost.any():
            gone = old[lost][0]
            raise ValueError(f"row {gone} is gone from the columns; remove it first")
        self.population.reindex(old, new)
        self._note()

    def _note(self) -> None:
        ids = self.table.ids_of(slice(None))
        if len(ids) <= len(self._ids):
            # New memory costs more than to write what is known already.
            self._ids = self._ids[: len(ids)]
            self._ids[:] = ids
        else:
            self._ids = ids.copy()
