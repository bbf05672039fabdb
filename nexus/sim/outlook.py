"""Outlook: what is seen from each Cell, and what becomes of it from Cell to Cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import define, frozen

from nexus.sim.grid import Grid
from nexus.sim.sight import Sight
from nexus.sim.tiling import Tiling
from nexus.sim.vista import Shape, Vista, Vistas

__all__ = ["Outlook", "Prospect", "Turn"]

#: So many Cells are remembered with what is seen from them.
_MOST_OUTLOOKS: Final = 8192
#: Ways to go from one Cell to another are remembered with so many Cells in all, each a
#: hundred bytes or more.
_MOST_TOLD: Final = 1 << 20


@frozen(eq=False)
class _Seen:
    """What is seen from one Cell."""

    #: How far each Cell is, nearest first, those within slack included.
    distances: dict[int, float]
    #: The Cell itself and those within the radius, in that order.
    wanted: tuple[int, ...]


@define(eq=False)
class Prospect:
    """What somebody sees, and what of that is about to change."""

    #: Each Cell that it sees, and how often it hears of it.
    cells: dict[int, int]
    #: Cells that it sees no longer, as it is yet to be told, and how often it heard.
    leaving: dict[int, int]
    #: Cells of which it is to hear more often, or less, and how often it heard.
    shifted: list[tuple[int, int]]


@define(eq=False)
class Turn:
    """What becomes of a Vista in another Cell.

    Attributes:
        kept: What is still seen.
        waiting: Cells that are to be seen, nearest first.
        leaving: Cells that are seen no longer, and how often was heard of them.
        shifted: Cells of which is heard more often, or less, and how often was heard of
            them.
        after: What is seen when all that is told.
    """

    kept: Vista
    waiting: list[int]
    leaving: dict[int, int]
    shifted: list[tuple[int, int]]
    after: Vista


@define(eq=False)
class _Pattern:
    """A Turn, with all Cells counted from the one that it leads to."""

    kept: tuple[Shape, int]
    waiting: list[int]
    leaving: list[tuple[int, int]]
    shifted: list[tuple[int, int]]
    after: tuple[Shape, int]


class Outlook:
    """Knows which Cells are seen from each Cell with one Sight.

    Args:
        tiling: The Cells.
        sight: How far is seen.
        vistas: Where Vistas are kept; None: in a place of their own.
    """

    def __init__(
        self, tiling: Tiling, sight: Sight, vistas: Vistas | None = None
    ) -> None:
        self.tiling = tiling
        self.sight = sight
        self.vistas = Vistas() if vistas is None else vistas
        self._seen: dict[int, _Seen] = {}
        #: By where Cells lie: one of them, and what is seen from there.
        self._models: dict[int, tuple[int, _Seen]] = {}
        #: By the Shape, how far its lowest Cell is from where it leads, and where that
        #: lies.
        self._patterns: dict[tuple[Shape, int, int], _Pattern] = {}
        #: The Shapes in these, and how many Cells there are in both.
        self._shapes: set[Shape] = set()
        self._told = 0
        #: So many Cells from the border that is out of sight.
        self._reach = (sight.radius + sight.slack) / tiling.side + 2

    def seen(self, cell: int) -> _Seen:
        """Return what is seen from a Cell."""
        found = self._seen.get(cell)
        if found is None:
            if len(self._seen) >= _MOST_OUTLOOKS:
                self._seen.clear()
            found = self._seen[cell] = self._look(cell)
        return found

    def every(self, cells: list[int], here: int) -> dict[int, int]:
        """Return how often is heard of Cells that come into sight from one."""
        far, every = self.seen(here).distances, self.sight.every
        return {cell: every(far[cell]) for cell in cells}

    def turn(self, vista: Vista, cell: int) -> Turn:
        """Return what becomes of what is seen by one who comes to a Cell."""
        before = vista.shape
        away = vista.origin - cell if before.cells else 0
        key = before, away, self._where(cell)
        pattern = self._patterns.get(key)
        if pattern is None:
            pattern = self._pattern(vista, cell)
            self._remember(key, pattern)
        vistas = self.vistas
        (kept, kept_by), (after, after_by) = pattern.kept, pattern.after
        return Turn(
            vistas.at(kept, cell + kept_by),
            [each + cell for each in pattern.waiting],
            {each + cell: often for each, often in pattern.leaving},
            [(each + cell, often) for each, often in pattern.shifted],
            vistas.at(after, cell + after_by),
        )

    def _pattern(self, vista: Vista, cell: int) -> _Pattern:
        prospect = Prospect(dict(vista.cells), {}, [])
        waiting = self.advance(prospect, cell)
        kept = self.vistas.of(prospect.cells)
        after = self.vistas.of(prospect.cells | self.every(waiting, cell))
        return _Pattern(
            (kept.shape, kept.origin - cell),
            [each - cell for each in waiting],
            [(each - cell, often) for each, often in prospect.leaving.items()],
            [(each - cell, often) for each, often in prospect.shifted],
            (after.shape, after.origin - cell),
        )

    def _remember(self, key: tuple[Shape, int, int], pattern: _Pattern) -> None:
        """Keep a pattern, and if there are too many no other one."""
        if self._told >= _MOST_TOLD:
            self._patterns.clear()
            self._shapes.clear()
            self._told = 0
        self._patterns[key] = pattern
        new = {key[0], pattern.kept[0], pattern.after[0]} - self._shapes
        self._shapes |= new
        self._told += sum(len(shape.cells) for shape in new)
        self._told += len(pattern.waiting) + len(pattern.leaving) + len(pattern.shifted)

    def advance(self, prospect: Prospect, cell: int) -> list[int]:
        """Let somebody come to a Cell; return what it is to see, nearest first."""
        seen, cells, leaving = self.seen(cell), prospect.cells, prospect.leaving
        back = leaving.keys() & seen.distances.keys()
        cells.update([(each, leaving.pop(each)) for each in back])
        gone = cells.keys() - seen.distances.keys()
        leaving.update([(each, cells.pop(each)) for each in gone])
        if self.sight.bands:
            self._rate(prospect, seen.distances)
        return [each for each in seen.wanted if each not in cells]

    def _rate(self, prospect: Prospect, distances: Mapping[int, float]) -> None:
        """Find out how often is heard of each Cell from now on."""
        sight = self.sight
        for each, often in prospect.cells.items():
            far = distances.get(each)
            if far is None:
                continue
            new = sight.every(far)
            if new > often:
                # It is heard of less often only when it is well beyond.
                new = max(often, sight.every(max(far - sight.slack, 0)))
            if new != often:
                prospect.shifted.append((each, often))
                prospect.cells[each] = new

    def _look(self, cell: int) -> _Seen:
        """Find what is seen from a Cell."""
        where = self._where(cell)
        known = self._models.get(where)
        if known is None:
            if len(self._models) >= _MOST_OUTLOOKS:
                self._models.clear()
            known = self._models[where] = cell, self._measure(cell)
        model, seen = known
        by = cell - model
        if not by:
            return seen
        distances = {each + by: far for each, far in seen.distances.items()}
        return _Seen(distances, tuple([each + by for each in seen.wanted]))

    def _where(self, cell: int) -> int:
        """Return what is the same for Cells from which all looks the same, only moved.

        Of a Grid these are those that are as far from the borders in sight.
        """
        grid = self.tiling
        if not isinstance(grid, Grid):
            return cell
        row, column = divmod(cell, grid.columns)
        if self._reach <= row < grid.rows - self._reach:
            row = -1
        if self._reach <= column < grid.columns - self._reach:
            column = -1
        return (row + 1) * (grid.columns + 1) + column + 1

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
