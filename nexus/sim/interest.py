"""Interest: which Cells a watcher sees, and how often it hears of each.

What a watcher sees is worked out from the Cell that it stands in, not from its exact
position: all who stand in one Cell see the same Cells, so they share bytes, and one
that walks about within its Cell costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from attrs import define, field, frozen

from nexus.sim.outlook import Outlook, Prospect
from nexus.sim.sight import Band, Sight
from nexus.sim.vista import Vista

__all__ = [
    "Band",
    "Glance",
    "Outlook",
    "Sight",
    "Watch",
    "Weigh",
]


@frozen
class Glance:
    """What changes in what a watcher sees."""

    #: Cells that it sees from now on, nearest first.
    entered: tuple[int, ...] = ()
    #: Cells that it sees no longer.
    left: tuple[int, ...] = ()
    #: Cells of which it hears more often, or less: how often it heard of them before.
    shifted: tuple[tuple[int, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entered or self.left or self.shifted)


#: Nothing changes.
_STAYS: Final = Glance()
#: Tells how many rows there are in each of some Cells.
Weigh: TypeAlias = Callable[[Sequence[int]], Iterable[int]]


@define(eq=False)
class Watch:
    """The Cells that one watcher sees, and those that it is about to see."""

    _outlook: Outlook
    #: What it sees: the same object for all who see the same Cells equally often.
    vista: Vista = field(init=False)
    #: The Cell that it stands in; -1: it sees nothing.
    here: int = field(default=-1, init=False)
    #: Cells that it is to see, nearest first.
    waiting: list[int] = field(factory=list, init=False)
    #: What it sees when it sees all of them; None: that is not worked out.
    _after: Vista | None = field(default=None, init=False)
    #: Cells that it sees no longer, as it is yet to be told, and how often it heard.
    _leaving: dict[int, int] = field(factory=dict, init=False)
    _shifted: list[tuple[int, int]] = field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self.vista = self._outlook.vistas.of({})

    @property
    def cells(self) -> Mapping[int, int]:
        """Each Cell that it sees, and how often it hears of it."""
        return self.vista.cells

    def look(self, x: float, y: float) -> None:
        """Stand somewhere; `step` says what that changes."""
        cell = self._outlook.tiling.cell(x, y)
        if cell != self.here:
            self.enter(cell)

    def enter(self, cell: int) -> None:
        """Stand in another Cell than before."""
        self.here = cell
        if self.is_settled:
            turn = self._outlook.turn(self.vista, cell)
            self.vista, self._after = turn.kept, turn.after
            self.waiting, self._leaving = turn.waiting, turn.leaving
            self._shifted = turn.shifted
            return
        prospect = Prospect(dict(self.cells), self._leaving, self._shifted)
        self.waiting = self._outlook.advance(prospect, cell)
        self.vista, self._after = self._outlook.vistas.of(prospect.cells), None

    def use(self, outlook: Outlook) -> None:
        """See as far as another Outlook does, from the next look on."""
        self._outlook, self.here = outlook, -1

    def close_eyes(self) -> None:
        """See nothing any more."""
        self.here, self.waiting, self._shifted = -1, [], []
        self._leaving |= self.cells
        self.vista, self._after = self._outlook.vistas.of({}), None

    @property
    def is_settled(self) -> bool:
        """Whether it sees just what it is to see."""
        return not (self.waiting or self._leaving or self._shifted)

    @property
    def leaves(self) -> bool:
        """Whether it is yet to be told that it sees some Cells no longer."""
        return bool(self._leaving)

    def step(self, weigh: Weigh, budget: int) -> Glance:
        """See more of what it is to see, and no more what it is not to.

        Args:
            weigh: How many rows there are in each of some Cells.
            budget: As many rows may come; a Cell that has more comes alone.
        """
        if self.is_settled:
            return _STAYS
        entered = self.coming(weigh, budget)
        self.waiting = self.waiting[len(entered) :]
        if self._after is not None and not self.waiting:
            self.vista = self._after
        elif entered:
            new = self._outlook.every(entered, self.here)
            self.vista = self._outlook.vistas.of({**self.cells, **new})
        self._after = None
        left, self._leaving = tuple(self._leaving), {}
        shifted = self._shifted
        if shifted:
            shifted = [pair for pair in shifted if pair[0] in self.cells]
            self._shifted = []
        return Glance(tuple(entered), left, tuple(shifted))

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
        return self.vista.at(every)

    def key(self) -> frozenset[tuple[int, int]]:
        """Return what is equal for all who hear of the same Cells equally often."""
        return self.vista.key

    def held(self) -> frozenset[tuple[int, int]]:
        """Return the Cells of which it holds something: it may see them no longer."""
        return self.key() | self._leaving.items() if self._leaving else self.key()
