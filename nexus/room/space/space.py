"""Space: Tables and Maps of which each client gets what is where it looks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from nexus.errors import StateError
from nexus.room.space.clearing import Clearing
from nexus.room.space.lacking import Lacking
from nexus.room.space.layer import Layer
from nexus.room.space.lookout import Lookout
from nexus.room.space.showing import Showing
from nexus.room.space.watcher import Located, Watcher
from nexus.sim.interest import Glance, Sight, Watch
from nexus.sim.tiling import Tiling
from nexus.sim.vista import Vista
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
        self._lookout = Lookout(
            tiling,
            sight,
            x,
            y,
            budget=budget,
            weigh=self._weigh,
            version=lambda: tree.version,
        )
        #: What it has of each Table that clients know of; one whose State leaves goes.
        self.layers: list[Layer] = []
        #: What those are told who see the same Cells; and, behind what else there is,
        #: who left these, if anybody did.
        self._near: dict[Vista, bytes] = {}
        self._gone: dict[Vista, bytes] = {}
        self._showings: list[Showing] = []
        for each in contents:
            if isinstance(each, Map):
                self._showings.append(self._showing(each))
            else:
                self.layers.append(self._layer(each))
        self.clearing = Clearing(self.layers)
        #: What those lack who are not told all with each patch.
        self.lacking = Lacking(self._lookout, self.layers, self.clearing, tree, sight)

    def _showing(self, entries: Map[str, Any]) -> Showing:
        return Showing(entries, self.tiling, self._lookout.position, self._tree)

    def _layer(self, table: Table[Any]) -> Layer:
        if not isinstance(table, Table):
            raise StateError(f"a space holds Tables and Maps, not {table!r}")
        name = table._name()
        if table.is_watched:
            raise StateError(
                f"{name} is in a space already, or was before it left the state"
            )
        if not table.stands_in(self._tree):
            raise StateError(
                f"{name} is no part of the room's state: put it there, and make the "
                "space then"
            )
        if not table.is_for_all:
            raise StateError(
                f"{name} is not for all clients, and who sees a cell is told all that "
                "is in it: only columns of a table in a space may have a rule"
            )
        where = name_of(self._tree, table)
        return Layer(table, where, self._lookout.crowd, self.tiling, self.x, self.y)

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
        self._lookout.set(client, (float(x), float(y)), radius)

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
        self._lookout.set(client, entity, radius)

    def ignore(self, client: Client) -> None:
        """Let a client see nothing here any more."""
        self._lookout.ignore(client)

    def sees(self, client: Client, cell: int) -> bool:
        """Tell whether a client is told of a Cell."""
        watcher = self._lookout.watchers.get(client)
        return watcher is not None and cell in watcher.watch.cells

    def placement_of(self, table: Table[Any]) -> Any:
        """Return which rows of a Table stand in which Cell, as of the last patch.

        Raises:
            StateError: The Table is in the Space no longer.
        """
        for layer in self.layers:
            if layer.whereabouts.table is table:
                return layer.whereabouts.placement
        raise StateError(f"{table._name()} is not in this space")

    # What the Fanout calls.

    def forget(self, client: Client) -> None:
        """Take note that a client is gone."""
        self._lookout.forget(client)
        for showing in self._showings:
            showing.forget(client)

    def look(self) -> bool:
        """Let all look where they stand; return whether there is more to tell them."""
        owes = any(layer.owes for layer in self.layers)
        busy = self._lookout.look()
        for showing in self._showings:
            showing.look(self._lookout.watchers)
        # Who has other roles than before is to be told, even if nothing changed.
        anew = self.clearing.look(self._lookout.watchers.values())
        return busy or owes or anew

    def advance(self, flush: Flush) -> None:
        """Follow a flush."""
        edits = {
            edit.container: edit for edit in flush.edits if isinstance(edit, TableEdit)
        }
        self._near, self._gone = {}, {}
        self.clearing.advance()
        coming, self._lookout.coming = self._lookout.coming, set()
        self._part()
        for layer in self.layers:
            layer.advance(edits.get(layer.whereabouts.table), flush.version)
            layer.expect(coming)

    def _part(self) -> None:
        """Let Tables go whose State left; one that was put back is another one."""
        for layer in self.layers.copy():
            table = layer.whereabouts.table
            here = table.stands_in(self._tree)
            if not (here and name_of(self._tree, table) == layer.where):
                self.layers.remove(layer)

    def calm(self) -> tuple[list[Watcher], dict[Vista, bytes]]:
        """Return who is told just of the Cells that they see, and what is told of them.

        Who was never told by `tell` before is not among them.
        """
        calm = [each for each in self._lookout.telling if each.listens and each.is_calm]
        self._tell_all()
        near = self._near.copy()
        for vista, gone in self._gone.items():
            near[vista] += gone
        return calm, near

    def tell(self, client: Client) -> bytes:
        """Return what a client has to be told beside what everybody is."""
        watcher = self._lookout.watchers.get(client)
        if watcher is None:
            return b""
        watcher.listens = True
        self._tell_all()
        vista = watcher.watch.vista
        if vista not in self._near:
            self._write([vista])
        near, gone = self._near[vista], self._gone.get(vista, b"")
        if watcher.is_calm and not self.clearing.concerns(watcher):
            return near + gone if gone else near
        step = self._step(watcher)
        came = [layer.came(step) for layer in self.layers]
        left = [layer.drop(list(step.left)) for layer in self.layers if step.left]
        beside = self.clearing.tell(watcher, step)
        return b"".join([near, *came, gone, *left, beside])

    def _tell_all(self) -> None:
        """Find at once what many are told of the Cells that they saw so far."""
        telling, self._lookout.telling = self._lookout.telling, []
        vistas = [watcher.watch.vista for watcher in telling if watcher.listens]
        if vistas:
            self._write(list(dict.fromkeys(vistas)))

    def _write(self, vistas: list[Vista]) -> None:
        """Find what is told of what is seen by those who have some Vistas."""
        parts = [layer.tell(vistas) for layer in self.layers]
        if not parts:
            # There are Maps only, which views show.
            self._near.update(dict.fromkeys(vistas, b""))
            return
        near, gone = parts[0][::2], parts[0][1::2]
        if len(parts) > 1:
            near = [b"".join(n) for n in zip(*[p[::2] for p in parts], strict=True)]
            gone = [b"".join(g) for g in zip(*[p[1::2] for p in parts], strict=True)]
        self._near.update(zip(vistas, near, strict=True))
        self._gone.update(
            [(vista, g) for vista, g in zip(vistas, gone, strict=True) if g]
        )

    def _step(self, watcher: Watcher) -> Glance:
        step = self._lookout.step(watcher)
        if step:
            self._lookout.note(watcher, (*step.entered, *step.left))
        return step

    def whole(self, client: Client) -> bytes:
        """Return all that a client sees, for one that is told anew."""
        cells = self.begin(client)
        out = [layer.whole(cell) for cell in cells for layer in self.layers]
        watcher = self.watcher_of(client)
        if watcher is not None:
            out.append(self.clearing.begin(watcher))
        return b"".join(out)

    def watch_of(self, client: Client) -> Watch | None:
        """Return what a client sees here; None: it does not watch."""
        watcher = self.watcher_of(client)
        return None if watcher is None else watcher.watch

    def watcher_of(self, client: Client) -> Watcher | None:
        """Return what watches for a client; None: nothing."""
        return self._lookout.watchers.get(client)

    def step(self, client: Client) -> Glance:
        """Let a client that watches see more of what it is to see; return what."""
        return self._step(self._lookout.watchers[client])

    def begin(self, client: Client) -> Iterable[int]:
        """Let a client see anew what it is to see; return the Cells."""
        watcher = self._lookout.watchers.get(client)
        if watcher is None:
            return ()
        self._lookout.begin(watcher)
        for showing in self._showings:
            showing.begin(client, watcher)
        return watcher.watch.cells

    def _weigh(self, cells: Sequence[int]) -> list[int]:
        """Return how many rows there are in each of some Cells."""
        counts = [layer.count(cells) for layer in self.layers]
        if len(counts) == 1:
            return counts[0]
        # There may be Maps only, which weigh nothing.
        return [sum(n) for n in zip([0] * len(cells), *counts, strict=True)]
