"""Showing: the States of a Map that each client sees where it looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from attrs import define

from nexus.errors import StateError
from nexus.sim.tiling import Tiling
from nexus.sim.vista import Vista
from nexus.state import Map, State
from nexus.state.rule import Shown
from nexus.state.tree import Tree

if TYPE_CHECKING:
    from nexus.room.client import Client
    from nexus.room.space.watcher import Watcher

__all__ = ["Showing"]

_NOWHERE: Final = -1


@define(eq=False)
class _Shown:
    """What one client was shown, and what Cells it saw then."""

    vista: Vista
    states: dict[int, State]


class Showing:
    """The States of a Map that each client sees where it looks.

    It shows them by the client's view, so what rules their fields have holds as well.

    Args:
        entries: The Map; its field is declared with `visible=SHOWN`, or `Shown(tag)`.
        tiling: The Cells.
        position: Returns where a State is.
        tree: The State that the Map stands in.

    Raises:
        StateError: The Map is for everybody.
    """

    def __init__(
        self,
        entries: Map[str, Any],
        tiling: Tiling,
        position: Callable[[Any], tuple[float, float]],
        tree: Tree,
    ) -> None:
        rule = entries._field.rule
        if not isinstance(rule, Shown) or entries._field.state is None:
            raise StateError(
                f"{entries._name()} cannot be shown to some clients only: declare it "
                "as a Map of States with field(visible=SHOWN)"
            )
        self.entries = entries
        self._tag = rule.tag
        self._tiling = tiling
        self._position = position
        self._tree = tree
        #: By id, the Cell that a State is in; and by Cell, the States in it.
        self._cells: dict[int, int] = {}
        self._there: dict[int, dict[int, State]] = {}
        self._shown: dict[Client, _Shown] = {}
        #: Cells that a State came to, or left, since all were shown what is there.
        self._stirred: set[int] = set()

    def _follow(self) -> None:
        """Look where all States are; in a Map that left the State there are none."""
        cells, there = self._cells, self._there
        seen = set()
        for state in self._entries():
            id_ = state._id
            seen.add(id_)
            x, y = self._position(state)
            before = cells.get(id_, _NOWHERE)
            after = self._tiling.cell(x, y) if isfinite(x) and isfinite(y) else before
            if after != before:
                self._leave(id_, before)
                cells[id_] = after
                there.setdefault(after, {})[id_] = state
                self._stirred.add(after)
        for id_ in cells.keys() - seen:
            self._leave(id_, cells.pop(id_))

    def _entries(self) -> Iterable[State]:
        return self.entries.values() if self._is_there() else ()

    def _is_there(self) -> bool:
        return self.entries.stands_in(self._tree)

    def _leave(self, id_: int, cell: int) -> None:
        if cell != _NOWHERE:
            here = self._there[cell]
            del here[id_]
            if not here:
                del self._there[cell]
            self._stirred.add(cell)

    def look(self, watchers: Mapping[Client, Watcher]) -> None:
        """Show all what there is in their Cells.

        Who is away, too: it is not to be told later of what left them meanwhile.
        """
        self._follow()
        stirred, self._stirred = self._stirred, set()
        for client, watcher in watchers.items():
            shown, watch = self._shown.get(client), watcher.watch
            is_same = shown is not None and shown.vista is watch.vista
            if not is_same or not stirred.isdisjoint(watch.cells):
                self._show(client, watcher)

    def begin(self, client: Client, watcher: Watcher) -> None:
        """Show one client, who is told anew, what there is in its Cells."""
        # Since the last look listeners of the State may have changed it.
        self._follow()
        self._show(client, watcher)

    def _show(self, client: Client, watcher: Watcher) -> None:
        """Show one client what is in its Cells, and what it follows in any case."""
        shown, watch, own = self._shown.get(client), watcher.watch, watcher.target
        before = {} if shown is None else shown.states
        there = self._there
        now: dict[int, State] = {}
        for cell in watch.cells.keys() & there.keys():
            now |= there[cell]
        if isinstance(own, State) and self._is_own(own):
            now[own._id] = own
        view = client.view
        for id_ in before.keys() - now.keys():
            view.remove(before[id_], self._tag)
        for id_ in now.keys() - before.keys():
            view.add(now[id_], self._tag)
        self._shown[client] = _Shown(watch.vista, now)

    def _is_own(self, state: State) -> bool:
        """Tell whether a State is one of the Map's, as long as that is there."""
        return self._is_there() and self.entries.get(state._key or "") is state

    def forget(self, client: Client) -> None:
        """Take note that a client is gone."""
        self._shown.pop(client, None)
