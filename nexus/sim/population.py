"""Population: all rows of a world, each run as finely as somebody is looking."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from nexus.sim.column import Columns, Indices, Values
from nexus.sim.level import Detail, Level
from nexus.sim.lod import Plan, decide, nearness
from nexus.sim.named import NOWHERE
from nexus.sim.region import Regions
from nexus.sim.simulation import Simulation, Summary
from nexus.sim.stride import Stride
from nexus.sim.tiling import Tiling

__all__ = ["Population"]

#: Of such a part of full rows it is looked up in a Tick in which Region they are now,
#: but of so many at least: none goes far meanwhile.
_PART: Final = 16
_FOLLOWED: Final = 1 << 12
_NOBODY: Final = np.empty(0, np.int32)
#: Watchers walk: of every so manieth of them it is measured in a Tick how far it is.
_MEASURED: Final = 4


class Population:
    """The rows of a world, in Regions whose Level follows those who watch.

        population = Population(
            table, life, regions=Grid(64, bounds), dt=0.05,
            detail=Detail(full=96, full_until=128, coarse=256, coarse_until=320),
            random=np.random.default_rng(),
        )
        population.place(table.find(table.add(x=..., y=...)))
        population.advance(watchers_x, watchers_y)  # each tick

    Args:
        columns: The rows.
        simulation: What is done to them.
        regions: The division of the world into Regions.
        detail: Which Level a Region deserves.
        dt: Seconds a Tick.
        random: Where chance comes from.
        position: The names of the columns of positions.

    Attributes:
        regions: Which Level and which rows each Region has.
        tick: How many Ticks were run.
    """

    def __init__(
        self,
        columns: Columns,
        simulation: Simulation,
        *,
        regions: Tiling,
        detail: Detail,
        dt: float,
        random: np.random.Generator,
        position: tuple[str, str] = ("x", "y"),
    ) -> None:
        if not dt > 0:
            raise ValueError(f"a tick lasts more than 0 s, not {dt}")
        self.regions = Regions(regions, columns, simulation)
        self.tick = 0
        self._columns = columns
        self._simulation = simulation
        self._detail = detail
        self._dt = dt
        self._random = random
        self._position = position
        self._stride = Stride(
            self.regions, columns, simulation, dt=dt, random=random, position=position
        )
        #: How far each Region is from the nearest watcher, by parts of these.
        self._near = np.full((_MEASURED, regions.count), np.inf)
        #: Regions that are waking, and the Tick at which the first of their rows did.
        self._woken: dict[int, int] = {}
        self._turn = 0
        #: Of so many watchers it was measured.
        self._watchers = 0

    def __len__(self) -> int:
        return len(self.regions.placement)

    # Which rows there are.

    def place(self, rows: ArrayLike) -> None:
        """Take new rows in, by their indices."""
        who = np.asarray(rows, np.intp)
        self.regions.place(who, *self._stride.locate(who), self.tick)

    def remove(self, rows: ArrayLike) -> None:
        """Let rows go, before the columns are packed without them."""
        self.regions.remove(np.asarray(rows, np.intp))

    def renumber(self, new_index_of_old: ArrayLike) -> None:
        """Give rows other indices, after the columns were packed.

        Args:
            new_index_of_old: For each row its new index, or -1.

        Raises:
            ValueError: A row is gone that was not removed.
        """
        new = np.asarray(new_index_of_old)
        rows = np.flatnonzero(self.regions.placement.cell_of != NOWHERE)
        to = np.full(len(rows), -1, np.int64)
        named = rows < len(new)
        to[named] = new[rows[named]]
        if (to < 0).any():
            gone = rows[to < 0][0]
            raise ValueError(f"row {gone} is gone from the columns; remove it first")
        self.reindex(rows[to != rows], to[to != rows])

    def reindex(self, old: ArrayLike, new: ArrayLike) -> None:
        """Give just some rows other indices, below their own and in the same order.

        Args:
            old: Their indices, ascending.
            new: Their new indices, at which no other row stands.
        """
        self.regions.reindex(np.asarray(old, np.intp), np.asarray(new, np.intp))

    def refresh(self, rows: ArrayLike) -> None:
        """Let rows catch up now: somebody wants to deal with them."""
        who = np.asarray(rows, np.intp)
        who = who[self.regions.at(who, self.tick) < self.tick]
        regions = self.regions.placement.cell_of[who]
        asleep = [(int(one), who[regions == one]) for one in np.unique(regions)]
        self._stride.catch_up(asleep, self.tick)
        self._stride.follow(who, self.tick)

    def moved(self, rows: ArrayLike) -> None:
        """Note that rows, which were refreshed, were put elsewhere by somebody else."""
        who = np.asarray(rows, np.intp)
        if (self.regions.at(who, self.tick) < self.tick).any():
            raise ValueError("refresh rows before they are put elsewhere")
        self._stride.follow(who, self.tick)

    # What happens to them.

    def advance(self, x: ArrayLike, y: ArrayLike) -> None:
        """Run a Tick.

        Args:
            x: Where those are who watch.
            y: The other number of their positions.
        """
        self._measure(np.atleast_1d(x), np.atleast_1d(y))
        self.carry_out(self.decide())
        self.tick += 1
        self._advance_full()
        self._advance_coarse()

    def decide(self) -> Plan:
        """Decide which Regions shall have another Level."""
        regions = self.regions
        return decide(
            regions.levels,
            regions.changed,
            regions.placement.counts,
            self._near.min(axis=0),
            detail=self._detail,
            tick=self.tick,
        )

    def carry_out(self, plan: Plan) -> None:
        """Change Levels: of all that sink, and of as many that rise as may wake now."""
        regions, tick = self.regions, self.tick
        for region in plan.sinks.tolist():
            regions.change(region, Level(plan.wanted[region]), tick)
        rises = plan.rises.tolist()
        self._woken = {one: self._woken[one] for one in rises if one in self._woken}
        left = self._detail.most_woken
        ready, late, asleep = [], [], []
        for region in rises:
            rows = regions.placement.rows_in(region)
            if regions.levels[region] == Level.AGGREGATE:
                if left <= 0:
                    continue
                # Those that woke in Ticks before this one are only a little late.
                begun = self._woken.setdefault(region, tick)
                sleeps = regions.at(rows, tick) < begun
                some, rows = rows[sleeps][:left], rows[~sleeps]
                asleep.append((region, some))
                left -= len(some)
                if len(some) < np.count_nonzero(sleeps):
                    continue
            late.append(rows)
            ready.append(region)
        self._stride.catch_up(asleep, tick)
        behind = np.concatenate([*late, _NOBODY]).astype(np.intp)
        self._stride.hurry(behind, tick)
        for region in ready:
            regions.change(region, Level(plan.wanted[region]), tick)
        woken = [rows for _, rows in asleep]
        self._stride.follow(np.concatenate([behind, *woken]), tick)

    def overview(self, region: int) -> Summary:
        """Say what a Region holds; of an aggregate one what is probable."""
        summary = self.regions.summary(region)
        if self.regions.levels[region] != Level.AGGREGATE:
            return summary
        elapsed = (self.tick - float(self.regions.since[region])) * self._dt
        return self._simulation.forecast(summary, elapsed)

    def _measure(self, x: Values, y: Values) -> None:
        """Measure how far watchers are: some of them, or all if others watch now."""
        parts: Iterable[int] = (self.tick % _MEASURED,)
        if len(x) != self._watchers:
            self._watchers, parts = len(x), range(_MEASURED)
        reach, tiling = self._detail.coarse_until, self.regions.tiling
        for part in parts:
            some = slice(part, None, _MEASURED)
            self._near[part] = nearness(tiling, x[some], y[some], reach)

    def _advance_full(self) -> None:
        """Advance the rows of full Regions."""
        regions = self.regions
        rows = regions.rows_at(Level.FULL)
        if not len(rows):
            return
        which: Indices = rows
        if len(rows) == len(self) and len(rows) * 2 > self._extent():
            # All of them: nothing has to be taken out of the columns and put back.
            which = slice(None)
        self._simulation.advance_full(self._columns, which, self._dt, self._random)
        part = max(_FOLLOWED, len(rows) // _PART)
        begin = self._turn if self._turn < len(rows) else 0
        self._turn = begin + part
        self._stride.follow(rows[begin : begin + part], self.tick)

    def _advance_coarse(self) -> None:
        """Advance the rows of those coarse Regions whose turn it is."""
        every, regions = self._detail.every, self.regions
        turn = np.arange((-self.tick) % every, len(regions.levels), every)
        turn = turn[regions.levels[turn] == Level.COARSE]
        # With indices of another width numpy would convert them each time.
        rows = regions.placement.rows_in_all(turn).astype(np.intp)
        self._stride.hurry(rows, self.tick)
        self._stride.follow(rows, self.tick)

    def _extent(self) -> int:
        return len(self._columns.columns[self._position[0]])
