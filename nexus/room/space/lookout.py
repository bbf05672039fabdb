"""Lookout: where all who watch a Space stand, and what each of them sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isfinite
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from nexus.errors import StateError
from nexus.room.space.watcher import NO_CELLS, Located, Watcher
from nexus.sim.crowd import Crowd
from nexus.sim.interest import Glance, Outlook, Sight, Watch, Weigh
from nexus.sim.tiling import Tiling
from nexus.sim.vista import Vistas

if TYPE_CHECKING:
    from nexus.room.client import Client

__all__ = ["Lookout"]

#: So many of the Cells that a client came to see, or sees no longer, are remembered.
_MOST_TURNS: Final = 1024
#: What is seen with so many radii is remembered.
_MOST_OUTLOOKS: Final = 32


class Lookout:
    """Where all who watch a Space stand, and what each of them sees.

    Args:
        tiling: The Cells.
        sight: How far clients see when nothing else is said.
        x: The field that has the first number of a position.
        y: The field that has the second.
        budget: How many rows come to one client with one patch, about.
        weigh: Tells how many rows there are in each of some Cells.
        version: Tells the version of the State.

    Attributes:
        watchers: Who watches.
        crowd: How many watch each Cell.
        telling: Who may be told together: those who keep up, since the last look.
        coming: Cells that somebody comes to see with the next patch.
    """

    def __init__(
        self,
        tiling: Tiling,
        sight: Sight,
        x: str,
        y: str,
        *,
        budget: int,
        weigh: Weigh,
        version: Callable[[], int],
    ) -> None:
        self._tiling = tiling
        self._sight = sight
        self._budget = budget
        self._weigh = weigh
        self._version = version
        self._vistas = Vistas()
        self._outlooks: dict[Sight, Outlook] = {}
        self.position: Callable[[Any], tuple[float, float]] = attrgetter(x, y)
        self.crowd = Crowd(tiling.count)
        self.watchers: dict[Client, Watcher] = {}
        self.telling: list[Watcher] = []
        self.coming: set[int] = set()

    def set(
        self,
        client: Client,
        target: Located | tuple[float, float],
        radius: float | None,
    ) -> None:
        """Let a client look somewhere, or at something.

        Raises:
            StateError: The radius is not within the Space's.
        """
        watcher = self.watchers.get(client)
        if watcher is None:
            watch = Watch(self._outlook(radius))
            watcher = Watcher(client, watch, target, since=self._version())
            self.watchers[client] = watcher
        elif radius is not None:
            watcher.watch.use(self._outlook(radius))
        watcher.target = target
        watcher.is_blind = False

    def ignore(self, client: Client) -> None:
        """Let a client see nothing any more."""
        watcher = self.watchers.get(client)
        if watcher is not None:
            watcher.target = watcher.spot
            watcher.watch.close_eyes()
            watcher.is_blind, watcher.is_calm = True, False

    def forget(self, client: Client) -> None:
        """Take note that a client is gone."""
        watcher = self.watchers.pop(client, None)
        if watcher is None:
            return
        if self._sight.bands:
            self.crowd.count(watcher.counted, NO_CELLS)
        else:
            self.crowd.turn((), [cell for cell, _ in watcher.watch.held()])

    def _outlook(self, radius: float | None) -> Outlook:
        sight = self._sight
        if radius is not None:
            if not 0 < radius <= sight.radius:
                raise StateError(
                    f"in this space a client sees up to {sight.radius}, not {radius}; "
                    "clamp what a client asks for, or make the space with more"
                )
            sight = Sight(radius, bands=sight.bands)
        outlook = self._outlooks.get(sight)
        if outlook is None:
            # Clients may be let choose any radius; who watches keeps its own.
            if len(self._outlooks) >= _MOST_OUTLOOKS:
                del self._outlooks[next(iter(self._outlooks))]
            outlook = Outlook(self._tiling, sight, self._vistas)
            self._outlooks[sight] = outlook
        return outlook

    def look(self) -> bool:
        """Let all look where they stand; return whether some are to be told of that."""
        there, cells = self._locate()
        # Most stay in their Cell, and this is done for each of them with each patch.
        self.telling, telling = [], list[Watcher]()
        coming, busy = list[Watch](), False
        for watcher, cell in zip(there, cells, strict=True):
            watch = watcher.watch
            if watcher.is_calm and cell == watch.here:
                telling.append(watcher)
                continue
            if cell != watch.here and not watcher.is_blind:
                watch.enter(cell)
            self._count(watcher)
            if watcher.trickle is not None:
                watcher.is_calm, busy = False, True
                continue
            watcher.is_calm = watch.is_settled
            telling.append(watcher)
            if not watcher.is_calm:
                coming.append(watch)
                busy = True
        self.telling = telling
        if coming:
            self._expect(coming)
        return busy

    def _expect(self, watches: list[Watch]) -> None:
        """Find which Cells some come to see; they are weighed together."""
        waiting = list({cell for watch in watches for cell in watch.waiting})
        if not waiting:
            return
        rows = dict(zip(waiting, self._weigh(waiting), strict=True))
        for watch in watches:
            self.coming.update(
                watch.coming(lambda some: [rows[each] for each in some], self._budget)
            )

    def _locate(self) -> tuple[list[Watcher], list[int]]:
        """Return all who have a Connection, and the Cell in which each stands."""
        there, spots = list[Watcher](), list[tuple[float, float]]()
        position = self.position
        for watcher in self.watchers.values():
            connection = watcher.client.connection
            # What one without holds is what it saw when it was lost.
            if connection is None or not connection.ready:
                continue
            target = watcher.target
            if not isinstance(target, tuple):
                try:
                    target = position(target)
                except KeyError:
                    # The row that it follows was removed.
                    target = watcher.spot
            there.append(watcher)
            spots.append(target)
        if not spots:
            return [], []
        x, y = zip(*spots, strict=True)
        if not (isfinite(sum(x)) and isfinite(sum(y))):
            spots = [self._spot(watcher) for watcher in there]
            x, y = zip(*spots, strict=True)
        for watcher, spot in zip(there, spots, strict=True):
            watcher.spot = spot
        return there, self._tiling.cells(x, y).tolist()

    def _spot(self, watcher: Watcher) -> tuple[float, float]:
        """Return where a watcher stands; it stays where its target is gone."""
        target = watcher.target
        if isinstance(target, tuple):
            return target
        try:
            x, y = self.position(target)
        except KeyError:
            return watcher.spot
        if isfinite(x) and isfinite(y):
            watcher.spot = x, y
        return watcher.spot

    def step(self, watcher: Watcher) -> Glance:
        """Let somebody see more of what it is to see; return what that changes."""
        step = watcher.watch.step(self._weigh, self._budget)
        if self._sight.bands:
            self._count(watcher)
        elif step:
            self.crowd.turn(step.entered, step.left)
        return step

    def begin(self, watcher: Watcher) -> None:
        """Let somebody see anew what it is to see."""
        if not watcher.is_blind:
            watcher.watch.look(*self._spot(watcher))
        self.step(watcher)
        watcher.turns.clear()
        watcher.since = self._version()
        watcher.trickle = None
        watcher.is_calm = False

    def note(self, watcher: Watcher, cells: Iterable[int]) -> None:
        """Take note that somebody saw Cells for the first or last time."""
        version = self._version()
        watcher.turns.extend([(version, cell) for cell in cells])
        while len(watcher.turns) > _MOST_TURNS:
            watcher.since = watcher.turns.popleft()[0]

    def _count(self, watcher: Watcher) -> None:
        """Let the crowd know what a watcher sees, or held when it was told last."""
        if not self._sight.bands:
            # Whatever it is about to see: what it holds changes by its steps alone.
            return
        key = watcher.watch.held()
        if watcher.counted is not key:
            self.crowd.count(watcher.counted, key)
            watcher.counted = key
