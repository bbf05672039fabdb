"""Notices: what the server's own listeners are told of a flush.

They are told what clients are told, with the States themselves for values, and no
sooner: a value that was written five times changed once, and a State that left and came
back is another entity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from nexus.state.call import (
    GONE,
    Below,
    Calls,
    Entry,
    list_entries,
    place_entries,
    same,
)
from nexus.state.change import Edit, Group, ListEdit, MapEdit, SetEdit, TableEdit
from nexus.state.listen import Listeners, Path
from nexus.state.pattern import check_pattern
from nexus.state.place import walk
from nexus.state.window import Window, window_of

if TYPE_CHECKING:
    from nexus.state.field import Field
    from nexus.state.outline import Outline
    from nexus.state.state import State

__all__ = ["Notices"]


@frozen
class _Held:
    """A State under the id that it had; it gets another one when it comes back."""

    id: int
    state: State = field(eq=False)


@define(eq=False)
class _Difference:
    """What differs in one field of a State that stayed."""

    state: State
    field: Field
    entries: list[Entry]
    #: Of a list: where what differs is, and what stands there now.
    window: Window | None = None
    content: Sequence[Any] = ()


class Notices:
    """Remembers, as long as somebody listens, what was there at the last flush."""

    def __init__(self, outline: Outline) -> None:
        self.listeners = Listeners(self._forget, partial(check_pattern, outline))
        #: By id of the State, then by the number of the field.
        self._known: dict[int, list[Any]] = {}
        #: Where the States of a list stand: by the holder's id, then by the number of
        #: the field, then by their own ids.
        self._positions: dict[int, dict[int, dict[int, int]]] = {}
        self._paths: dict[int, Path] = {}

    def begin(self, root: State) -> None:
        """Remember what is there, when the first listener has come."""
        if not self._known:
            for state in walk(root):
                self._remember(state)

    def _forget(self) -> None:
        """Remember nothing: nobody listens any more."""
        self._known.clear()
        self._positions.clear()
        self._paths.clear()

    def _remember(self, state: State) -> None:
        self._known[state._id] = [
            _copy(each, getattr(state, each.name)) for each in state.__layout__.fields
        ]

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
        calls = Calls(self.listeners, self._below, self._below, _shown)
        told = [each for each in edits if not isinstance(each, TableEdit)]
        found = [*self._written(groups), *map(self._edited, told)]
        for each in found:
            where = (*self._path(each.state), each.field.name)
            calls.leave(where, each.entries, entity=each.field.kind is None)
        self._paths.clear()
        for each in found:
            self._take(each)
        for id_ in gone:
            self._known.pop(id_, None)
            self._positions.pop(id_, None)
        for state in created:
            self._remember(state)
        for each in found:
            where = (*self._path(each.state), each.field.name)
            calls.arrive(where, each.entries, entity=each.field.kind is None)
        self._paths.clear()
        return calls.found()

    def _written(self, groups: list[Group]) -> Iterator[_Difference]:
        """Yield the fields of one value that hold another one."""
        for group in groups:
            fields = [
                each for each in group.cls.__layout__.ones if each.bit & group.mask
            ]
            for state in group.states:
                known = self._known[state._id]
                for each in fields:
                    was, now = known[each.index], _copy(each, getattr(state, each.name))
                    if not same(was, now):
                        yield _Difference(state, each, [(GONE, was, now)])

    def _edited(self, edit: Edit) -> _Difference:
        """Return what differs in a container."""
        container = edit.container
        holder, each = container._holder, container._field
        was: Any = self._known[holder._id][each.index]
        if isinstance(edit, ListEdit):
            return _listed(edit, was)
        if isinstance(edit, SetEdit):
            entries = [(value, value, GONE) for value in edit.removed]
            entries += [(value, GONE, value) for value in edit.added]
            return _Difference(holder, each, entries)
        assert isinstance(edit, MapEdit)
        now = dict.fromkeys(edit.removed, GONE)
        now.update((key, _wrap(each, value)) for key, value in edit.added)
        compared = [(key, was.get(key, GONE), value) for key, value in now.items()]
        entries = [entry for entry in compared if not same(entry[1], entry[2])]
        return _Difference(holder, each, entries)

    def _take(self, found: _Difference) -> None:
        """Remember what a field holds now."""
        id_, each = found.state._id, found.field
        known = self._known[id_]
        if each.shape == "one":
            known[each.index] = found.entries[0][2]
        elif each.shape == "list":
            self._take_list(found, known[each.index])
        elif each.shape == "map":
            for key, _, now in found.entries:
                if now is GONE:
                    del known[each.index][key]
                else:
                    known[each.index][key] = now
        else:
            for key, _, now in found.entries:
                (known[each.index].discard if now is GONE else known[each.index].add)(
                    key
                )

    def _take_list(self, found: _Difference, known: list[Any]) -> None:
        """Remember what a list holds now, and where States stand in it."""
        window = found.window
        assert window is not None
        if window.places is None:
            known[window.was] = found.content
        else:
            for at, held in zip(sorted(window.places), found.content, strict=True):
                known[at] = held
        positions = self._positions.get(found.state._id, {}).get(found.field.index)
        if positions is None:
            return
        for _, was, now in found.entries:
            if now is GONE:
                positions.pop(was.id, None)
        end = window.length if window.moved else window.now.stop
        for at in window.places or range(window.head, end):
            positions[known[at].id] = at

    def _below(self, held: _Held) -> Iterator[Below]:
        """Yield what is remembered to stand below a State."""
        known = self._known[held.id]
        for each in held.state.__layout__.fields:
            value, entity = known[each.index], each.kind is None
            if each.shape == "one":
                if entity and value is not None:
                    yield each.name, GONE, value, entity
            elif each.shape == "map":
                for key, entry in value.items():
                    yield each.name, key, entry, entity
            elif each.shape == "list":
                for at, entry in enumerate(value):
                    yield each.name, at, entry, entity
            elif each.shape == "set":
                for entry in value:
                    yield each.name, entry, entry, entity

    def _path(self, state: State) -> Path:
        """Return where a State stands, by the positions that are remembered."""
        found = self._paths.get(state._id)
        if found is None:
            above, each = state._parent, state._field
            if above is None or each is None:
                found = ()
            elif each.shape == "one":
                found = (*self._path(above), each.name)
            else:
                at = state._key if each.shape == "map" else self._position(state)
                found = (*self._path(above), each.name, at)
            self._paths[state._id] = found
        return found

    def _position(self, state: State) -> int:
        """Return the position of a State in its list."""
        above, each = state._parent, state._field
        assert above is not None
        assert each is not None
        lists = self._positions.setdefault(above._id, {})
        if each.index not in lists:
            known = self._known[above._id][each.index]
            lists[each.index] = {held.id: at for at, held in enumerate(known)}
        return lists[each.index][state._id]


def _listed(edit: ListEdit, was: list[Any]) -> _Difference:
    """Return what differs in a list.

    Args:
        edit: What happened in it.
        was: What it held.
    """
    each, holder = edit.container._field, edit.container._holder
    entity, now = each.kind is None, edit.content
    window = window_of(edit.steps, len(was), len(now))
    if window.places is not None:
        some = sorted(window.places)
        content = [_wrap(each, now[at]) for at in some]
        pairs = [(at, was[at], new) for at, new in zip(some, content, strict=True)]
        entries = place_entries(pairs, entity=entity)
        return _Difference(holder, each, entries, window, content)
    content = [_wrap(each, value) for value in now[window.now]]
    old, new = was[window.was], content
    if window.moved and not entity:
        # What stands behind has another position, so it is compared as well.
        old, new = was[window.head :], now[window.head :]
    entries = list_entries(old, new, entity=entity, start=window.head)
    return _Difference(holder, each, entries, window, content)


def _wrap(each: Field, value: Any) -> Any:
    return _Held(value._id, value) if each.kind is None else value


def _copy(each: Field, value: Any) -> Any:
    """Return what a field holds, as it is remembered."""
    if each.shape == "one":
        return None if value is None else _wrap(each, value)
    if each.shape == "map":
        return {key: _wrap(each, entry) for key, entry in value.items()}
    if each.shape == "list":
        return [_wrap(each, entry) for entry in value]
    # Rows have no listeners: what became of them an array operation says.
    return None if each.shape == "table" else set(value)


def _shown(value: Any) -> Any:
    """Return what listeners see of what is remembered."""
    return value.state if isinstance(value, _Held) else value
