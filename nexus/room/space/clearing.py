"""Clearing: what watchers of a Space are told of columns that are for their roles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import define, field

from nexus.room.space.layer import Layer
from nexus.room.space.watcher import NO_ROLES, Watcher
from nexus.sim.interest import Glance
from nexus.sim.vista import Vista

__all__ = ["Clearing"]


@define(eq=False)
class Clearing:
    """What watchers of a Space are told of columns that are for their roles.

    What all are told of Cells is shared Cell by Cell. This is shared by those who see
    the same and have the same roles: of a crowd those are few.

    Args:
        layers: The Tables.
    """

    _layers: Sequence[Layer]
    #: The roles for which there are columns.
    roles: frozenset[str] = field(init=False)
    #: What those are told of this version who see the same, and with equal roles.
    _alike: dict[tuple[Vista, frozenset[str]], bytes] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        found = [layer.whereabouts.table.roles for layer in self._layers]
        self.roles = NO_ROLES.union(*found)

    def advance(self) -> None:
        """Follow a flush."""
        self._alike = {}

    def now(self, watcher: Watcher) -> frozenset[str]:
        """Return the roles that count here and that a watcher has by now."""
        return watcher.client.view.roles & self.roles if self.roles else NO_ROLES

    def look(self, watchers: Iterable[Watcher]) -> bool:
        """Tell whether anybody has other roles than at the last look."""
        changed = False
        for watcher in watchers if self.roles else ():
            now = self.now(watcher)
            changed = changed or now != watcher.last_roles
            watcher.last_roles = now
        return changed

    def concerns(self, watcher: Watcher) -> bool:
        """Tell whether a watcher is, or was, told more than all are."""
        return bool(self.roles and (watcher.roles or self.now(watcher)))

    def is_due(self, watcher: Watcher) -> bool:
        """Tell whether a watcher has other roles than it was told by."""
        return self.now(watcher) != watcher.roles

    def masks(self, watcher: Watcher) -> list[int]:
        """Return for each Layer the fields that one is told of who lags behind.

        Who has got a role meanwhile is told all anew with the next patch.
        """
        roles = watcher.roles & self.now(watcher)
        return [layer.mask(roles) for layer in self._layers]

    def renew(self, watcher: Watcher) -> frozenset[str]:
        """Let a watcher be told by the roles that it has; return those before."""
        before, watcher.roles = watcher.roles, self.now(watcher)
        return before

    def begin(self, watcher: Watcher) -> bytes:
        """Return what a watcher is told that was told of its Cells what all are."""
        watcher.roles = NO_ROLES
        return self.tell(watcher, Glance())

    def tell(self, watcher: Watcher, step: Glance) -> bytes:
        """Return what a watcher is told behind what all are, with a step of its."""
        before, roles = self.renew(watcher), watcher.roles
        if not (before or roles):
            return b""
        if step or before != roles:
            return self._told(watcher, step, before)
        key = watcher.watch.vista, roles
        if key not in self._alike:
            self._alike[key] = self._told(watcher, step, before)
        return self._alike[key]

    def _told(self, watcher: Watcher, step: Glance, before: frozenset[str]) -> bytes:
        """Write what a watcher is told whose roles were others before, or the same."""
        roles = watcher.roles
        cells, out = list(watcher.watch.cells), list[bytes]()
        for layer in self._layers:
            table = layer.whereabouts.table
            held, mask = table.limited(before), table.limited(roles)
            rows = layer.whereabouts.rows_in_all(cells) if mask & ~held else ()
            written = [(mask & ~held, rows)] if len(rows) else []
            if mask & held:
                written += layer.stirred(cells, step.entered, mask & held)
            out.append(layer.beside(held & ~mask, written))
        return b"".join(out)
