"""Notices: what the server's own listeners are told of a flush.

They are told what clients are told, with the States themselves for values, and no
sooner: a value that was written five times changed once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from nexus.state.change import Edit, Group, ListEdit, MapEdit, SetEdit
from nexus.state.listen import Listeners, Path
from nexus.state.place import walk

if TYPE_CHECKING:
    from nexus.state.container import Container
    from nexus.state.field import Field
    from nexus.state.state import State

__all__ = ["Notices"]


class Notices:
    """Remembers, of what is listened to, the values at the last flush.

    As long as nobody listens it remembers nothing and costs nothing.
    """

    def __init__(self) -> None:
        self.listeners = Listeners()
        self._fields: dict[int, list[Any]] = {}
        #: By id of the State, then of the container.
        self._lists: dict[int, dict[int, list[Any]]] = {}

    def begin(self, root: State) -> None:
        """Remember what is there, when the first listener comes."""
        if not self.listeners:
            self._fields.clear()
            self._lists.clear()
            for state in walk(root):
                self._remember(state)

    def _remember(self, state: State) -> None:
        layout = state.__layout__
        self._fields[state._id] = [
            getattr(state, each.name) if each.shape == "one" else None
            for each in layout.fields
        ]
        for container in layout.held(state):
            if container._field.shape == "list":
                lists = self._lists.setdefault(state._id, {})
                lists[container._offset] = list(container)

    def collect(
        self,
        created: list[State],
        groups: list[Group],
        edits: list[Edit],
        gone: list[int],
    ) -> list[Callable[[], None]]:
        """Return the calls that tell of a flush: what went, what came, what changed."""
        if not self.listeners:
            return []
        calls = _Calls(self.listeners)
        new = {state._id for state in created}
        for group in groups:
            for state in group.states:
                self._changed(calls, state, group.mask)
        for edit in edits:
            where = path_of(edit.container._holder)
            self._edited(calls, (*where, edit.container._field.name), edit)
        if 0 in new:
            for path, below in entries_of((), created[0]):
                calls.came(path, below)
        for state in created:
            self._remember(state)
        for id_ in gone:
            self._fields.pop(id_, None)
            self._lists.pop(id_, None)
        return [*calls.removed, *calls.added, *calls.changed]

    def _changed(self, calls: _Calls, state: State, mask: int) -> None:
        path = path_of(state)
        known = self._fields[state._id]
        for each in state.__layout__.fields:
            if not each.bit & mask or each.shape != "one":
                continue
            old, now = known[each.index], getattr(state, each.name)
            known[each.index] = now
            if old is now or (old == now and each.state is None):
                continue
            here = (*path, each.name)
            if each.state is not None and old is not None:
                calls.went(here, old)
            if each.state is not None and now is not None:
                calls.came(here, now)
            calls.other(here, now, old)

    def _edited(self, calls: _Calls, path: Path, edit: Edit) -> None:
        field = edit.container._field
        if isinstance(edit, MapEdit):
            self._edited_map(calls, path, edit, field)
        elif isinstance(edit, SetEdit):
            for value in edit.removed:
                calls.went((*path, value), value)
            for value in edit.added:
                calls.came((*path, value), value)
        else:
            assert isinstance(edit, ListEdit)
            self._edited_list(calls, path, edit, field)

    @staticmethod
    def _edited_map(calls: _Calls, path: Path, edit: MapEdit, field: Field) -> None:
        added = dict(edit.added)
        for key in edit.removed:
            if key not in added:
                calls.went((*path, key), edit.old[key])
        for key, now in edit.added:
            here = (*path, key)
            if key not in edit.old:
                calls.came(here, now)
            elif field.kind is None:
                calls.went(here, edit.old[key])
                calls.came(here, now)
            elif edit.old[key] != now:
                calls.other(here, now, edit.old[key])

    def _edited_list(
        self, calls: _Calls, path: Path, edit: ListEdit, field: Field
    ) -> None:
        container: Container = edit.container
        lists = self._lists.setdefault(container._holder._id, {})
        before, after = lists.get(container._offset, []), edit.content
        lists[container._offset] = list(after)
        if field.kind is None:
            left, right = {id(x) for x in before}, {id(x) for x in after}
            for at, old in enumerate(before):
                if id(old) not in right:
                    calls.went((*path, at), old)
            for at, now in enumerate(after):
                if id(now) not in left:
                    calls.came((*path, at), now)
            return
        for at, (now, old) in enumerate(zip(after, before, strict=False)):
            if now != old:
                calls.other((*path, at), now, old)
        for at in range(len(after), len(before)):
            calls.went((*path, at), before[at])
        for at in range(len(before), len(after)):
            calls.came((*path, at), after[at])


class _Calls:
    """Calls to listeners, by what they tell."""

    def __init__(self, listeners: Listeners) -> None:
        self._listeners = listeners
        self.removed: list[Callable[[], None]] = []
        self.added: list[Callable[[], None]] = []
        self.changed: list[Callable[[], None]] = []

    def went(self, path: Path, value: Any) -> None:
        """Tell that an entry went, and all below it."""
        self.removed += self._listeners.removed(path, value)
        for below, entry in entries_of(path, value):
            self.went(below, entry)

    def came(self, path: Path, value: Any) -> None:
        """Tell that an entry came, and all below it."""
        self.added += self._listeners.added(path, value)
        for below, entry in entries_of(path, value):
            self.came(below, entry)

    def other(self, path: Path, value: Any, old: Any) -> None:
        """Tell of another value."""
        self.changed += self._listeners.changed(path, value, old)


def entries_of(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    """Yield the entries of a State's containers, and the States in its fields."""
    layout = getattr(value, "__layout__", None)
    if layout is None:
        return
    for each in layout.fields:
        here = (*path, each.name)
        held = getattr(value, each.name)
        if each.shape == "map":
            for key, entry in held.items():
                yield (*here, key), entry
        elif each.shape == "list":
            for at, entry in enumerate(held):
                yield (*here, at), entry
        elif each.shape == "set":
            for entry in held:
                yield (*here, entry), entry
        elif each.state is not None and held is not None:
            yield here, held


def path_of(state: State) -> Path:
    """Return where a State stands."""
    parts: list[Any] = []
    here = state
    while here._parent is not None and here._field is not None:
        above, field = here._parent, here._field
        if field.shape == "map":
            parts.append(here._key)
        elif field.shape == "list":
            places = getattr(above, field.name)
            parts.append(next(at for at, each in enumerate(places) if each is here))
        parts.append(field.name)
        here = above
    return tuple(reversed(parts))
