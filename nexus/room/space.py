"""Space: Tables and Maps of which each client gets what is where it looks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from nexus.errors import StateError
from nexus.room.layer import Layer
from nexus.room.showing import Showing
from nexus.room.trickle import Trickle
from nexus.room.watcher import NO_CELLS, Located, Watcher
from nexus.sim.crowd import Crowd
from nexus.sim.interest import Glance, Outlook, Sight, Watch
from nexus.sim.tiling import Tiling
from nexus.state import Map, Table
from nexus.state.change import TableEdit
from nexus.state.flush import Flush
from nexus.state.tree import Tree
from nexus.wire.native.encoder import name_of

if TYPE_CHECKING:
    from nexus.room.client import Client

__all__ = ["Space"]

#: So many rows come to one client with one patch, unless a Cell has more.
BUDGET: Final = 500
#: So many of the Cells that a client came to see, or sees no longer, are remembered.
_MOST_TURNS: Final = 1024
#: What is seen with so many radii is remembered.
_MOST_OUTLOOKS: Final = 32


class Space:
    """Tables and Maps of which each client gets only what is where it looks.

    Made by `Room.make_space`.

    Args:
        tree: The State that the Tables stand in.
        tiling: The Cells.
        contents: The Tables, and Maps of States that are shown by views.
        sight: How far clients see when nothing else is said.
        x: The field that has the first number of a position.
        y: The field that has the second.
        budget: How many rows come to one client with one patch, about.
    """

    def __init__(
        self,
        tree: Tree[Any],
        tiling: Tiling,
        contents: Iterable[Table[Any] | Map[str, Any]],
        sight: Sight,
        *,
        x: str = "x",
        y: str = "y",
        budget: int = BUDGET,
    ) -> None:
        self.tiling = tiling
        self.x, self.y = x, y
        self._tree = tree
        self._budget = budget
        self._sight = sight
        self._outlooks: dict[Sight, Outlook] = {}
        self._crowd = Crowd(tiling.count)
        self._position = attrgetter(x, y)
        #: Who keeps up, and may be told of this version together.
        self._telling: list[Watcher] = []
        #: Cells that somebody comes to see with the next patch.
        self._coming: set[int] = set()
        self._layers: dict[Table[Any], Layer] = {}
        self._watchers: dict[Client, Watcher] = {}
        #: What those are told who see the same Cells, and behind what else there is.
        self._near: dict[frozenset[tuple[int, int]], tuple[bytes, bytes]] = {}
        self._showings: list[Showing] = []
        for each in contents:
            if isinstance(each, Map):
                self._showings.append(Showing(each, tiling, self._position))
            else:
                self._layers[each] = self._layer(each)

    def _layer(self, table: Table[Any]) -> Layer:
        if not isinstance(table, Table):
            raise StateError(f"a space holds Tables and Maps, not {table!r}")
        if table.is_watched:
            raise StateError(f"{table!r} is in a space already")
        where = name_of(self._tree, table)
        return Layer(table, where, self._crowd, self.tiling, self.x, self.y)

    # What an author calls.

    def watch(
        self, client: Client, x: float, y: float, *, radius: float | None = None
    ) -> None:
        """Let a client see what is around a position.

        Raises:
            StateError: That is no position, or the radius is not within the Space's.
        """
        if not (isfinite(x) and isfinite(y)):
            raise StateError(f"a position is two finite numbers, not ({x}, {y})")
        self._set(client, (float(x), float(y)), radius)

    def follow(
        self, client: Client, entity: Located, *, radius: float | None = None
    ) -> None:
        """Let a client see what is around a State, or a row, wherever that goes.

        Raises:
            StateError: It has no position, or the radius is not within the Space's.
        """
        for name in (self.x, self.y):
            if not isinstance(getattr(entity, name, None), float | int):
                raise StateError(f"{entity!r} has no {name!r}, so nobody can follow it")
        self._set(client, entity, radius)

    def ignore(self, client: Client) -> None:
        """Let a client see nothing here any more."""
        watcher = self._watchers.get(client)
        if watcher is not None:
            watcher.target = watcher.spot
            watcher.watch.close_eyes()
            watcher.is_blind = True

    def sees(self, client: Client, cell: int) -> bool:
        """Tell whether a client is told of a Cell."""
        watcher = self._watchers.get(client)
        return watcher is not None and cell in watcher.watch.cells

    def placement_of(self, table: Table[Any]) -> Any:
        """Return which rows of a Table stand in which Cell, as of the last patch."""
        return self._layers[table].whereabouts.placement

    def _set(
        self,
        client: Client,
        target: Located | tuple[float, float],
        radius: float | None,
    ) -> None:
        watcher = self._watchers.get(client)
        if watcher is None:
            watch = Watch(self._outlook(radius))
            watcher = Watcher(watch, target, since=self._tree.version)
            self._watchers[client] = watcher
        elif radius is not None:
            watcher.watch.use(self._outlook(radius))
        watcher.target = target
        watcher.is_blind = False

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
            outlook = self._outlooks[sight] = Outlook(self.tiling, sight)
        return outlook

    # What the Fanout calls.

    def forget(self, client: Client) -> None:
        """Take note that a client is gone."""
        watcher = self._watchers.pop(client, None)
        if watcher is not None:
            self._crowd.count(watcher.counted, NO_CELLS)
        for showing in self._showings:
            showing.forget(client)

    def look(self) -> bool:
        """Let all look where they stand; return whether there is more to tell them."""
        busy = any(layer.owes for layer in self._layers.values())
        there, spots = [], []
        for client, watcher in self._watchers.items():
            connection = client.connection
            # What one without holds is what it saw when it was lost.
            if connection is not None and connection.ready:
                there.append(watcher)
                spots.append(self._spot(watcher))
        cells = self.tiling.cells(*zip(*spots, strict=True)).tolist() if spots else []
        self._telling = []
        for watcher, cell in zip(there, cells, strict=True):
            watch = watcher.watch
            if watcher.is_calm and cell == watch.here:
                self._telling.append(watcher)
                continue
            if cell != watch.here and not watcher.is_blind:
                watch.enter(cell)
            self._count(watcher)
            if watcher.trickle is not None:
                watcher.is_calm, busy = False, True
                continue
            watcher.is_calm = watch.is_settled
            self._telling.append(watcher)
            if not watcher.is_calm:
                self._coming.update(watch.coming(self._weigh, self._budget))
                busy = True
        for showing in self._showings:
            showing.look(self._watchers)
        return busy

    def _spot(self, watcher: Watcher) -> tuple[float, float]:
        """Return where a watcher stands; it stays where its target is gone."""
        target = watcher.target
        if isinstance(target, tuple):
            return target
        try:
            x, y = self._position(target)
        except KeyError:
            # The row that it follows was removed.
            return watcher.spot
        if isfinite(x) and isfinite(y):
            watcher.spot = x, y
        return watcher.spot

    def advance(self, flush: Flush) -> None:
        """Follow a flush."""
        edits = {
            edit.container: edit for edit in flush.edits if isinstance(edit, TableEdit)
        }
        self._near = {}
        for table, layer in self._layers.items():
            layer.advance(edits.get(table), flush.version)
            layer.expect(self._coming)
        self._coming = set()

    def tell(self, client: Client) -> bytes:
        """Return what a client has to be told beside what everybody is."""
        watcher = self._watchers.get(client)
        if watcher is None:
            return b""
        watcher.listens = True
        if self._telling:
            self._tell_all(self._telling)
        known = self._near.get(watcher.counted)
        if known is None:
            self._tell_all([watcher])
            known = self._near[watcher.counted]
        near, gone = known
        if watcher.is_calm:
            return near + gone if gone else near
        step = self._step(watcher)
        if watcher.is_blind:
            near = gone = b""
        layers = self._layers.values()
        came = [layer.came(step) for layer in layers]
        left = [layer.drop(list(step.left)) for layer in layers if step.left]
        return b"".join([near, *came, gone, *left])

    def _tell_all(self, watchers: Iterable[Watcher]) -> None:
        """Find at once what many are told of the Cells that they saw so far."""
        views = {each.counted: each.watch for each in watchers if each.listens}
        self._telling = []
        if not views:
            return
        parts = [layer.tell(views.values()) for layer in self._layers.values()]
        if not parts:
            # There are Maps only, which views show.
            self._near.update(dict.fromkeys(views, (b"", b"")))
            return
        near, gone = parts[0][::2], parts[0][1::2]
        if len(parts) > 1:
            near = [b"".join(n) for n in zip(*[p[::2] for p in parts], strict=True)]
            gone = [b"".join(g) for g in zip(*[p[1::2] for p in parts], strict=True)]
        self._near.update(zip(views, zip(near, gone, strict=True), strict=True))

    def _step(self, watcher: Watcher) -> Glance:
        step = watcher.watch.step(self._weigh, self._budget)
        if step:
            self._note(watcher, (*step.entered, *step.left))
            self._count(watcher)
        return step

    def lag(self, client: Client, version: int) -> None:
        """Tell a client from now on as much as it can take.

        Args:
            client: Who holds what it saw at a version.
            version: That version.
        """
        watcher = self._watchers.get(client)
        if watcher is not None:
            cells = watcher.watch.cells
            # Of what is far it may have been about to hear.
            known = {cell: version - every for cell, every in cells.items()}
            watcher.is_calm = False
            watcher.trickle = Trickle(list(self._layers.values()), known)

    def trickle(self, client: Client, budget: int) -> bytes:
        """Return what a client that lags behind may be told now.

        Args:
            client: The client.
            budget: About how many bytes may go.
        """
        watcher = self._watchers.get(client)
        if watcher is None:
            return b""
        if watcher.trickle is None:
            # It began to watch when it was behind already.
            watcher.is_calm = False
            watcher.trickle = Trickle(list(self._layers.values()), {})
        watch = watcher.watch
        step = watch.step(self._weigh, self._budget)
        self._count(watcher)
        out = watcher.trickle.step(step)
        out += watcher.trickle.take(watch.nearest(), self._tree.version, budget)
        return b"".join(out)

    def is_told(self, client: Client) -> bool:
        """Tell whether a client that lags behind was told all there is to tell."""
        watcher = self._watchers.get(client)
        if watcher is None or watcher.trickle is None:
            return True
        is_done = watcher.trickle.is_done(self._tree.version)
        return watcher.watch.is_settled and is_done

    def keep_up(self, client: Client) -> None:
        """Tell a client again what all are told: it was told all else."""
        watcher = self._watchers.get(client)
        if watcher is None:
            return
        watcher.trickle = None
        # What it held on the way here nobody remembers.
        watcher.turns.clear()
        watcher.since = self._tree.version

    def whole(self, client: Client) -> bytes:
        """Return all that a client sees, for one that is told anew."""
        return b"".join(
            layer.whole(cell)
            for cell in self.begin(client)
            for layer in self._layers.values()
        )

    def watch_of(self, client: Client) -> Watch | None:
        """Return what a client sees here; None: it does not watch."""
        watcher = self._watchers.get(client)
        return None if watcher is None else watcher.watch

    def step(self, client: Client) -> Glance:
        """Let a client that watches see more of what it is to see; return what."""
        return self._step(self._watchers[client])

    @property
    def layers(self) -> Iterable[Layer]:
        """What it has of each Table."""
        return self._layers.values()

    def begin(self, client: Client) -> Iterable[int]:
        """Let a client see anew what it is to see; return the Cells."""
        watcher = self._watchers.get(client)
        if watcher is None:
            return ()
        if not watcher.is_blind:
            watcher.watch.look(*self._spot(watcher))
        watcher.watch.step(self._weigh, self._budget)
        watcher.turns.clear()
        watcher.since = self._tree.version
        watcher.trickle = None
        watcher.is_calm = False
        self._count(watcher)
        for showing in self._showings:
            showing.show(client, watcher)
        return watcher.watch.cells

    def missed(self, client: Client, version: int) -> bytes | None:
        """Return what a client lacks that saw what it saw at a version.

        None: it is not known any more what that was.
        """
        watcher = self._watchers.get(client)
        if watcher is None:
            return b""
        if version < watcher.since or watcher.trickle is not None:
            return None
        turned = {cell for when, cell in watcher.turns if when > version}
        cells = watcher.watch.cells
        out: list[bytes] = []
        gone = [cell for cell in turned if cell not in cells]
        for layer in self._layers.values():
            for cell, every in cells.items():
                # Of what is far it may have been about to hear.
                since = -1 if cell in turned else version - every
                out.append(layer.changed(cell, since))
            if gone:
                out.append(layer.drop(gone))
        return b"".join(out)

    def _weigh(self, cells: Sequence[int]) -> list[int]:
        """Return how many rows there are in each of some Cells."""
        counts = [layer.count(cells) for layer in self._layers.values()]
        return (
            counts[0]
            if len(counts) == 1
            else [sum(n) for n in zip(*counts, strict=True)]
        )

    def _note(self, watcher: Watcher, cells: Iterable[int]) -> None:
        version = self._tree.version
        watcher.turns.extend((version, cell) for cell in cells)
        while len(watcher.turns) > _MOST_TURNS:
            watcher.since = watcher.turns.popleft()[0]

    def _count(self, watcher: Watcher) -> None:
        """Let the crowd know what a watcher sees."""
        key = watcher.watch.key()
        if watcher.counted is not key:
            self._crowd.count(watcher.counted, key)
            watcher.counted = key
