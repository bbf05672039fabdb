"""Interest: which Cells a watcher sees, and how often it hears of each.

What a watcher sees is worked out from the Cell that it stands in, not from its exact
position: all who stand in one Cell see the same Cells, so they share bytes, and one
that walks about within its Cell costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

import numpy as np
from attrs import Factory, define, field, frozen

from nexus.sim.grid import Grid
from nexus.sim.run import Runs, add_runs
from nexus.sim.tiling import Tiling

__all__ = [
    "Band",
    "Glance",
    "Outlook",
    "Sight",
    "Watch",
    "Weigh",
]

#: So many Cells are remembered with what is seen from them.
_MOST_OUTLOOKS: Final = 8192


@frozen
class Band:
    """How often a watcher hears of what is near, or of what is farther away.

    Attributes:
        within: Up to which distance.
        every: It hears of every so manieth change of version.
    """

    within: float
    every: int


@frozen
class Sight:
    """How far a watcher sees.

    Attributes:
        radius: All Cells within it are seen.
        slack: A Cell that is seen stays so for this much farther, and keeps its Band.
        bands: From near to far; beyond the last one its rate holds.
    """

    radius: float
    slack: float = field(default=Factory(lambda self: self.radius / 8, takes_self=True))
    bands: tuple[Band, ...] = ()

    def __attrs_post_init__(self) -> None:
        if not self.radius > 0 or not self.slack >= 0:
            raise ValueError("a radius is above 0, and its slack 0 or more")
        far, often = 0.0, 0
        for band in self.bands:
            if not (band.within > far and band.every >= max(often, 1)):
                raise ValueError(
                    "bands go from near to far, and each is heard of less often: "
                    f"{self.bands}"
                )
            far, often = band.within, band.every

    def every(self, distance: float) -> int:
        """Return how often is heard of what is so far away."""
        often = 1
        for band in self.bands:
            often = band.every
            if distance <= band.within:
                break
        return often


@frozen(eq=False)
class _Seen:
    """What is seen from one Cell."""

    #: How far each Cell is, nearest first, those within slack included.
    distances: dict[int, float]
    #: The Cell itself and those within the radius, in that order.
    wanted: tuple[int, ...]


class Outlook:
    """Knows which Cells are seen from each Cell with one Sight."""

    def __init__(self, tiling: Tiling, sight: Sight) -> None:
        self.tiling = tiling
        self.sight = sight
        self._seen: dict[int, _Seen] = {}
        #: What is seen from the Cells of a Grid whose border is out of sight, and from
        #: which of them that was found.
        self._inner: tuple[int, _Seen] | None = None

    def seen(self, cell: int) -> _Seen:
        """Return what is seen from a Cell."""
        found = self._seen.get(cell)
        if found is None:
            if len(self._seen) >= _MOST_OUTLOOKS:
                self._seen.clear()
            found = self._seen[cell] = self._look(cell)
        return found

    def _look(self, cell: int) -> _Seen:
        """Find what is seen from a Cell."""
        if not self._is_inner(cell):
            return self._measure(cell)
        if self._inner is None:
            self._inner = cell, self._measure(cell)
        model, seen = self._inner
        by = cell - model
        distances = {each + by: far for each, far in seen.distances.items()}
        return _Seen(distances, tuple([each + by for each in seen.wanted]))

    def _is_inner(self, cell: int) -> bool:
        """Tell whether all looks the same from a Cell as from others."""
        grid = self.tiling
        if not isinstance(grid, Grid):
            return False
        row, column = divmod(cell, grid.columns)
        reach = (self.sight.radius + self.sight.slack) / grid.side + 2
        wide, high = grid.columns - reach, grid.rows - reach
        return reach <= column < wide and reach <= row < high

    def _measure(self, cell: int) -> _Seen:
        tiling, sight = self.tiling, self.sight
        # Whoever stands in the Cell is at most so far from where this one stands.
        x0, y0, x1, y1 = tiling.square(cell)
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        corners = tiling.apart([x0, x0, x1, x1], [y0, y1, y0, y1], x, y)
        reach = float(corners.max())
        cells = tiling.around(x, y, sight.radius + sight.slack + reach)
        far = tiling.distance(cells, x, y) - reach
        distances = dict(zip(cells.tolist(), far.clip(0).tolist(), strict=True))
        wanted = tuple(c for c, d in distances.items() if d <= sight.radius)
        return _Seen(distances, wanted)


@frozen
class Glance:
    """What changes in what a watcher sees."""

    #: Cells that it sees from now on, nearest first.
    entered: tuple[int, ...] = ()
    #: Cells that it sees no longer.
    left: tuple[int, ...] = ()
    #: Cells of which it hears more often: how often it heard of them before.
    sooner: tuple[tuple[int, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entered or self.left or self.sooner)


#: Nothing changes.
_STAYS: Final = Glance()
_NO_CELLS: Final[frozenset[int]] = frozenset()
#: Tells how many rows there are in each of some Cells.
Weigh: TypeAlias = Callable[[Sequence[int]], Iterable[int]]


@define(eq=False)
class Watch:
    """The Cells that one watcher sees, and those that it is about to see."""

    _outlook: Outlook
    #: Each Cell that it sees, and how often it hears of it.
    cells: dict[int, int] = field(factory=dict, init=False)
    #: Equal for those who see the same Cells equally often; None until asked for.
    _key: frozenset[tuple[int, int]] | None = field(default=None, init=False)
    #: The Cells by how often it hears of them, and in runs.
    _rated: dict[int, frozenset[int]] = field(factory=dict, init=False)
    _runs: dict[tuple[int, ...], Runs] = field(factory=dict, init=False)
    #: The Cell that it stands in; -1: it sees nothing.
    here: int = field(default=-1, init=False)
    #: Cells that it is to see, nearest first.
    waiting: list[int] = field(factory=list, init=False)
    _leaving: list[int] = field(factory=list, init=False)
    _sooner: list[tuple[int, int]] = field(factory=list, init=False)

    def look(self, x: float, y: float) -> None:
        """Stand somewhere; `step` says what that changes."""
        cell = self._outlook.tiling.cell(x, y)
        if cell != self.here:
            self.enter(cell)

    def enter(self, cell: int) -> None:
        """Stand in another Cell than before."""
        self.here = cell
        seen, cells = self._outlook.seen(cell), self.cells
        self.waiting = [each for each in seen.wanted if each not in cells]
        self._leaving = list(cells.keys() - seen.distances.keys())
        if self._outlook.sight.bands:
            self._rate(seen)

    def _rate(self, seen: _Seen) -> None:
        """Find out how often it hears of each Cell from now on."""
        sight = self._outlook.sight
        for each, often in self.cells.items():
            far = seen.distances.get(each)
            if far is None:
                continue
            new = sight.every(far)
            if new < often:
                self._sooner.append((each, often))
            elif new > often:
                # It is heard of less often only when it is well beyond.
                new = max(often, sight.every(max(far - sight.slack, 0)))
            if new != often:
                self.cells[each] = new
                self._forget()

    def use(self, outlook: Outlook) -> None:
        """See as far as another Outlook does, from the next look on."""
        self._outlook, self.here = outlook, -1

    def close_eyes(self) -> None:
        """See nothing any more."""
        self.here, self.waiting, self._sooner = -1, [], []
        self._leaving = list(self.cells)

    @property
    def is_settled(self) -> bool:
        """Whether it sees just what it is to see."""
        return not (self.waiting or self._leaving or self._sooner)

    def step(self, weigh: Weigh, budget: int) -> Glance:
        """See more of what it is to see, and no more what it is not to.

        Args:
            weigh: How many rows there are in each of some Cells.
            budget: As many rows may come; a Cell that has more comes alone.
        """
        if self.is_settled:
            return _STAYS
        entered = self.coming(weigh, budget)
        if entered:
            self.waiting = self.waiting[len(entered) :]
            seen = self._outlook.seen(self.here).distances
            every = self._outlook.sight.every
            self.cells.update([(cell, every(seen[cell])) for cell in entered])
        left, self._leaving = self._leaving, []
        for cell in left:
            del self.cells[cell]
        sooner = [pair for pair in self._sooner if pair[0] in self.cells]
        self._sooner = []
        if entered or left:
            self._forget()
        return Glance(tuple(entered), tuple(left), tuple(sooner))

    def nearest(self) -> list[int]:
        """Return the Cells that it sees, nearest first."""
        if self.here < 0:
            return list(self.cells)
        seen = self._outlook.seen(self.here).distances
        near = [cell for cell in seen if cell in self.cells]
        return near + [cell for cell in self.cells if cell not in seen]

    def coming(self, weigh: Weigh, budget: int) -> list[int]:
        """Return the Cells that `step` would let it see."""
        if not self.waiting:
            return []
        for at, rows in enumerate(weigh(self.waiting)):
            budget -= rows
            if budget < 0 and at:
                return self.waiting[:at]
        return self.waiting

    def at(self, every: int) -> frozenset[int]:
        """Return the Cells of which it hears just so often."""
        if not self._rated:
            rated: dict[int, list[int]] = {}
            for cell, often in self.cells.items():
                rated.setdefault(often, []).append(cell)
            self._rated = {often: frozenset(cells) for often, cells in rated.items()}
        return self._rated.get(every, _NO_CELLS)

    def runs(self, rates: tuple[int, ...]) -> Runs:
        """Return the runs of Cells of which it hears at some rates, and of all Cells.

        Args:
            rates: The rates; Cells of the second are numbered on from those of the
                first, and so on; all Cells come last.
        """
        found = self._runs.get(rates)
        if found is None:
            stride, bounds = self._outlook.tiling.count, list[int]()
            for at, every in enumerate(rates):
                add_runs(bounds, self.at(every), at * stride)
            rated = len(bounds) // 2
            add_runs(bounds, self.cells, len(rates) * stride)
            count = len(bounds) // 2
            found = self._runs[rates] = Runs(np.array(bounds, np.int64), rated, count)
        return found

    def key(self) -> frozenset[tuple[int, int]]:
        """Return what is equal for all who hear of the same Cells equally often."""
        if self._key is None:
            self._key = frozenset(self.cells.items())
        return self._key

    def _forget(self) -> None:
        """Take note that it sees other Cells, or hears of them more or less often."""
        self._key = None
        self._rated, self._runs = {}, {}
