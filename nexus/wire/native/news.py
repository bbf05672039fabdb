"""News: what differs from what listeners were last told, and the calls that tell it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from nexus.state.call import GONE, Below, Calls, Entry, same
from nexus.state.listen import Listeners, Path
from nexus.wire.native.absent import ABSENT
from nexus.wire.native.held import HeldRow, HeldRows
from nexus.wire.native.noted import Noted
from nexus.wire.native.outline import RemoteClass, RemoteField
from nexus.wire.native.table import Mirror

__all__ = ["News"]


class News:
    """Keeps the first old value, and the first old place, of all that is touched.

    The first word on each thing stays: what a refused payload left behind is told with
    the next one. Without listeners it keeps nothing.

    Args:
        listeners: Who is told.
        root: The root that they know.
    """

    def __init__(self, listeners: Listeners, root: Mirror | None = None) -> None:
        self.listening = bool(listeners)
        self._listeners = listeners
        self._root = root
        self._places: dict[Mirror, tuple[Any, Any, Any]] = {}
        #: Of a field of one value that, of a list a Noted, else what was under each key
        #: or id.
        self._fields: dict[Mirror, dict[RemoteField, Any]] = {}

    def place(self, mirror: Mirror) -> None:
        """Note where an entity stands; a new one stands nowhere."""
        if self.listening and mirror not in self._places:
            self._places[mirror] = (mirror._parent, mirror._field, mirror._key)

    def field(self, mirror: Mirror, each: RemoteField, old: Any) -> None:
        """Note what a field held before."""
        if self.listening:
            self._fields.setdefault(mirror, {}).setdefault(each, old)

    def entry(self, mirror: Mirror, each: RemoteField, key: Any, old: Any) -> None:
        """Note what a map's key held before, or GONE."""
        if self.listening:
            fields = self._fields.setdefault(mirror, {})
            fields.setdefault(each, {}).setdefault(key, old)

    def member(
        self, mirror: Mirror, each: RemoteField, value: Any, *, held: bool
    ) -> None:
        """Note whether a set held a value before."""
        self.entry(mirror, each, value, value if held else GONE)

    def rows(
        self, mirror: Mirror, each: RemoteField, held: HeldRows, ids: Iterable[int]
    ) -> None:
        """Note what a Table held of rows that come, move or go, if anybody cares."""
        if self.listening and any(_heard_of(self._listeners, each.name)):
            noted = self._fields.setdefault(mirror, {}).setdefault(each, {})
            for id_ in ids:
                if id_ not in noted:
                    noted[id_] = held.taken_down(id_) if id_ in held else GONE

    def written(
        self, mirror: Mirror, each: RemoteField, held: HeldRows, ids: Iterable[int]
    ) -> None:
        """Note what rows held that are about to change, if anybody cares."""
        if self.listening and _heard_of(self._listeners, each.name)[1]:
            self.rows(mirror, each, held, ids)

    def replace(
        self, mirror: Mirror, each: RemoteField, held: list[Any], places: Sequence[int]
    ) -> None:
        """Note what a list holds at ascending places, before that is replaced."""
        if self.listening:
            self._noted(mirror, each, held).replace(held, places)
        else:
            _forget_positions(mirror, each)

    def splice(
        self,
        mirror: Mirror,
        each: RemoteField,
        held: list[Any],
        at: int,
        gone: int,
        come: int,
    ) -> None:
        """Note what a list holds, before values come in place of others."""
        if self.listening:
            self._noted(mirror, each, held).splice(held, at, gone, come)
        else:
            _forget_positions(mirror, each)

    def move(
        self, mirror: Mirror, each: RemoteField, held: list[Any], at: int, to: int
    ) -> None:
        """Note what a list holds, before a value moves in it."""
        if self.listening:
            self._noted(mirror, each, held).move(held, at, to)
        else:
            _forget_positions(mirror, each)

    def _noted(self, mirror: Mirror, each: RemoteField, held: list[Any]) -> Noted:
        fields = self._fields.setdefault(mirror, {})
        noted = fields.get(each)
        if noted is None:
            noted = fields[each] = Noted(held)
        found: Noted = noted
        return found

    def drop(self) -> None:
        """Tell nobody: the last listener has ended."""
        for mirror, fields in self._fields.items():
            for each in fields:
                _forget_positions(mirror, each)

    def tell(self, root: Mirror) -> None:
        """Call the listeners: what went, then what came, then what changed."""
        if self.listening:
            told = _Telling(self._root, root, self._places, self._fields)
            Listeners.tell(told.calls(self._listeners))


class _Telling:
    """Finds the calls that the difference between before and now leads to."""

    def __init__(
        self,
        before: Mirror | None,
        now: Mirror,
        places: dict[Mirror, tuple[Any, Any, Any]],
        fields: dict[Mirror, dict[RemoteField, Any]],
    ) -> None:
        self._before = before
        self._now = now
        self._places = places
        self._fields = fields
        #: None: it does not stand where it stood.
        self._paths: dict[Mirror, Path | None] = {}
        #: What tells the position of an entity in its list.
        self._position = self._position_before
        #: Positions of what stood where lists were touched, as they were.
        self._older: dict[tuple[Mirror, int], dict[Mirror, int]] = {}

    def calls(self, listeners: Listeners) -> list[Callable[[], None]]:
        """Return the calls."""
        calls = Calls(listeners, self._below_before, _below, _shown)
        if self._before is not self._now:
            if self._before is not None:
                calls.all_left((), self._before)
            calls.all_came((), self._now)
            return calls.found()
        found: list[tuple[Mirror, RemoteField, list[Entry]]] = []
        self._settle_positions()
        for mirror, fields in self._fields.items():
            path = self._path(mirror)
            if path is None:
                continue
            for each, was in fields.items():
                entries = _entries(each, was, mirror._values[each.index])
                if entries:
                    found.append((mirror, each, entries))
                    where = (*path, each.name)
                    calls.leave(where, entries, entity=each.nests)
        self._paths.clear()
        self._position = _position
        for mirror, each, entries in found:
            path = self._path(mirror)
            assert path is not None
            where = (*path, each.name)
            if each.rows is None:
                calls.arrive(where, entries, entity=each.nests)
                continue
            for id_, was, row in entries:
                if was is GONE:
                    calls.arrive(where, [(id_, was, row)], entity=False)
                elif row is not GONE:
                    values = _row_entries(each.rows, was, row)
                    calls.arrive((*where, id_), values, entity=False)
        return calls.found()

    def _path(self, mirror: Mirror) -> Path | None:
        """Return where an entity stands that stood there before as well."""
        if mirror in self._paths:
            return self._paths[mirror]
        above, each, key = mirror._parent, mirror._field, mirror._key
        found: Path | None = None
        if above is None or each is None:
            found = () if mirror is self._now else None
        elif self._places.get(mirror, (above, each, key)) == (above, each, key):
            found = self._path(above)
            if found is not None:
                found = (*found, each.name)
                if each.shape != "one":
                    at = key if each.shape == "map" else self._position(mirror)
                    found = (*found, at)
        self._paths[mirror] = found
        return found

    def _position_before(self, mirror: Mirror) -> int:
        above, each = mirror._parent, mirror._field
        assert above is not None
        assert each is not None
        noted: Noted | None = self._fields.get(above, {}).get(each)
        if noted is None:
            return _position(mirror)
        known = self._older.get((above, each.index))
        if known is None:
            known = self._older[above, each.index] = noted.positions()
        at = known.get(mirror)
        return noted.position(_position(mirror)) if at is None else at

    def _settle_positions(self) -> None:
        """Let what is known of positions in lists follow what happened to these."""
        for mirror, fields in self._fields.items():
            if mirror._positions is not None:
                for each, noted in fields.items():
                    positions = mirror._positions.get(each.index)
                    if positions is not None:
                        noted.follow(positions, mirror._values[each.index] or [])

    def _below_before(self, mirror: Mirror) -> Iterator[Below]:
        """Yield what stood below an entity when listeners were last told."""
        noted = self._fields.get(mirror, {})
        for each in mirror._cls.by_name.values():
            now = mirror._values[each.index]
            if each not in noted:
                yield from _content(each, now)
            elif each.shape == "one":
                yield from _content(each, noted[each])
            elif each.shape == "list":
                yield from _content(each, noted[each].was(now or []))
            else:
                touched = noted[each]
                held = _mapping(now)
                rest = {key: held[key] for key in held if key not in touched}
                rest.update((k, old) for k, old in touched.items() if old is not GONE)
                yield from _content(each, rest)


def _forget_positions(mirror: Mirror, each: RemoteField) -> None:
    """Forget where entities stand in a list that is about to change."""
    if mirror._positions is not None:
        mirror._positions.pop(each.index, None)


def _position(mirror: Mirror) -> int:
    """Return the position of an entity in its list."""
    above, each = mirror._parent, mirror._field
    assert above is not None
    assert each is not None
    if above._positions is None:
        above._positions = {}
    known = above._positions.get(each.index)
    if known is None:
        known = {child: at for at, child in enumerate(above._values[each.index])}
        above._positions[each.index] = known
    return known[mirror]


def _below(mirror: Mirror) -> Iterator[Below]:
    """Yield what stands below an entity."""
    for each in mirror._cls.by_name.values():
        yield from _content(each, mirror._values[each.index])


def _content(each: RemoteField, value: Any) -> Iterator[Below]:
    """Yield the entries of a field, given what it holds."""
    entity = each.nests
    if each.shape == "one":
        if entity and value:
            yield each.name, GONE, value, entity
    elif each.shape == "list":
        for at, entry in enumerate(value or ()):
            yield each.name, at, entry, entity
    else:
        for key, entry in _mapping(value).items():
            yield each.name, key, entry, entity


def _entries(each: RemoteField, was: Any, now: Any) -> list[Entry]:
    """Return what differs in a field."""
    if each.shape == "one":
        return [] if same(was, now) else [(GONE, was, now)]
    if each.shape == "list":
        noted: Noted = was
        return noted.entries(now or [], entity=each.nests)
    if each.shape == "set":
        there = [
            (key, old, key if now and key in now else GONE) for key, old in was.items()
        ]
    else:
        there = [
            (key, old, now.get(key, GONE) if now else GONE) for key, old in was.items()
        ]
    if each.shape == "table":
        return there
    return [entry for entry in there if not same(entry[1], entry[2])]


def _row_entries(cls: RemoteClass, was: HeldRow, now: HeldRow) -> list[Entry]:
    """Return what differs in a row."""
    both = [(name, was._value(name), now._value(name)) for name in cls.by_name]
    return [entry for entry in both if not same(entry[1], entry[2])]


def _heard_of(listeners: Listeners, name: str) -> tuple[bool, bool]:
    """Tell whether somebody may hear of rows in a field, and of their values.

    Where the field stands is not looked at: one that is called alike is taken for it.
    """
    there = [*listeners._added, *listeners._removed]
    return (
        any(each.segments[-1] in (name, "*") for each in there),
        any(
            len(each.segments) > 2 and each.segments[-3] in (name, "*")
            for each in listeners._changed
        ),
    )


def _mapping(held: Any) -> Any:
    """Return what a map holds, or the values of a set under themselves."""
    if isinstance(held, set):
        return {value: value for value in held}
    return held or {}


def _shown(value: Any) -> Any:
    """Return what listeners see: nothing in place of what is absent."""
    return None if value is ABSENT else value
