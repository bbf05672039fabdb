"""Showing: the States of a Map that each client sees where it looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from attrs import define

from nexus.errors import StateError
from nexus.sim.tiling import Tiling
from nexus.state import Map, State
from nexus.state.rule import Shown

if TYPE_CHECKING:
    from nexus.room.client import Client
    from nexus.room.watcher import Watcher

__all__ = ["Showing"]

_NOWHERE: Final = -1


@define(eq=False)
class _Shown:
    """What one client was shown, and the key of the Cells that it saw then."""

    key: frozenset[tuple[int, int]]
    states: dict[int, State]


class Showing:
    """The States of a Map that each client sees where it looks.

    It shows them by the client's view, so what rules their fields have holds as well.

    Args:
        entries: The Map; its field is declared with `visible=SHOWN`, or `Shown(tag)`.
        tiling: The Cells.
        position: Returns where a State is.

    Raises:
        StateError: The Map is for everybody.
    """

    def __init__(
        self,
        entries: Map[str, Any],
        tiling: Tiling,
        position: Callable[[Any], tuple[float, float]],
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
        #: By id, the Cell that a State is in; and by Cell, the States in it.
        self._cells: dict[int, int] = {}
        self._there: dict[int, dict[int, State]] = {}
        self._shown: dict[Client, _Shown] = {}

    def follow(self) -> set[int]:
        """Look where all States are; return the Cells that one came to or left."""
        stirred: set[int] = set()
        cells, there = self._cells, self._there
        seen = set()
        for state in self.entries.values():
            id_ = state._id
            seen.add(id_)
            x, y = self._position(state)
            before = cells.get(id_, _NOWHERE)
            after = self._tiling.cell(x, y) if isfinite(x) and isfinite(y) else before
            if after != before:
                self._leave(id_, before, stirred)
                cells[id_] = after
                there.setdefault(after, {})[id_] = state
                stirred.add(after)
        if len(seen) != len(cells):
            for id_ in cells.keys() - seen:
                self._leave(id_, cells.pop(id_), stirred)
        return stirred

    def _leave(self, id_: int, cell: int, stirred: set[int]) -> None:
        if cell != _NOWHERE:
            here = self._there[cell]
            del here[id_]
            if not here:
                del self._there[cell]
            stirred.add(cell)

    def look(self, watchers: Mapping[Client, Watcher]) -> None:
        """Show all who have a Connection what there is in their Cells."""
        stirred = self.follow()
        for client, watcher in watchers.items():
            connection = client.connection
            if connection is None or not connection.ready:
                continue
            shown, watch = self._shown.get(client), watcher.watch
            is_same = shown is not None and shown.key is watch.key()
            if not is_same or not stirred.isdisjoint(watch.cells):
                self.show(client, watcher)

    def show(self, client: Client, watcher: Watcher) -> None:
        """Show one client what there is in its Cells, as of the last look at all.

        What it follows it always sees.
        """
        shown, watch, own = self._shown.get(client), watcher.watch, watcher.target
        before = {} if shown is None else shown.states
        there = self._there
        now: dict[int, State] = {}
        for cell in watch.cells.keys() & there.keys():
            now |= there[cell]
        if isinstance(own, State) and own._parent is self.entries._holder:
            now[own._id] = own
        view = client.view
        for id_ in before.keys() - now.keys():
            view.remove(before[id_], self._tag)
        for id_ in now.keys() - before.keys():
            view.add(now[id_], self._tag)
        self._shown[client] = _Shown(watch.key(), now)

    def forget(self, client: Client) -> None:
        """Take note that a client is gone."""
        self._shown.pop(client, None)
