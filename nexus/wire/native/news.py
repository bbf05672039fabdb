"""News: what one payload changed, told to listeners once it was applied whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nexus.state.listen import Listeners, Path
from nexus.wire.native.outline import RemoteField
from nexus.wire.native.table import ABSENT, Mirror, Table

__all__ = ["News"]

_Place = tuple[Mirror, RemoteField]


class News:
    """Keeps the first old value of everything that a payload touches.

    Without listeners it keeps nothing.
    """

    def __init__(self, listeners: Listeners) -> None:
        self.listening = bool(listeners)
        self._listeners = listeners
        self._fields: dict[_Place, Any] = {}
        self._entries: dict[_Place, dict[Any, Any]] = {}
        self._items: dict[_Place, list[Any]] = {}
        self._born: set[Mirror] = set()

    def born(self, mirror: Mirror) -> None:
        """Note an entity that is new."""
        if self.listening:
            self._born.add(mirror)

    def field(self, mirror: Mirror, each: RemoteField, old: Any) -> None:
        """Note what a field held before."""
        if self.listening:
            self._fields.setdefault((mirror, each), old)

    def entry(self, mirror: Mirror, each: RemoteField, key: Any, old: Any) -> None:
        """Note what a map's key held before, or ABSENT."""
        if self.listening:
            self._entries.setdefault((mirror, each), {}).setdefault(key, old)

    def member(
        self, mirror: Mirror, each: RemoteField, value: Any, *, held: bool
    ) -> None:
        """Note whether a set held a value before."""
        self.entry(mirror, each, value, value if held else ABSENT)

    def items(self, mirror: Mirror, each: RemoteField, old: list[Any]) -> None:
        """Note what a list held before."""
        if self.listening and (mirror, each) not in self._items:
            self._items[mirror, each] = list(old)

    def tell(self, table: Table) -> None:
        """Tell what went, then what came, then what changed."""
        if not self.listening:
            return
        removed: list[Callable[[], None]] = []
        added: list[Callable[[], None]] = []
        changed: list[Callable[[], None]] = []
        listeners = self._listeners

        def went(path: Path, value: Any) -> None:
            removed.extend(listeners.removed(path, value))
            if isinstance(value, Mirror):
                for entry, below in self._before(path, value):
                    went(entry, below)

        def came(path: Path, value: Any) -> None:
            added.extend(listeners.added(path, value))
            if isinstance(value, Mirror):
                for entry, below in entries_below(path, value):
                    came(entry, below)

        def other(path: Path, value: Any, old: Any) -> None:
            changed.extend(listeners.changed(path, value, old))

        if table.root in self._born:
            assert table.root is not None
            for entry, below in entries_below((), table.root):
                came(entry, below)
        for (mirror, each), old in self._fields.items():
            path = self._path(table, mirror)
            now = mirror._values[each.index]
            if path is None or _same(now, old):
                continue
            here = (*path, each.name)
            if isinstance(old, Mirror):
                went(here, old)
            if isinstance(now, Mirror):
                came(here, now)
            other(here, _shown(now), _shown(old))
        for (mirror, each), entries in self._entries.items():
            path = self._path(table, mirror)
            if path is None:
                continue
            held = mirror._values[each.index] or {}
            for key, old in entries.items():
                now = _held(held, key)
                here = (*path, each.name, key)
                if _same(now, old):
                    continue
                if ABSENT not in (now, old) and each.kind is not None:
                    other(here, now, old)
                    continue
                if old is not ABSENT:
                    went(here, old)
                if now is not ABSENT:
                    came(here, now)
        for (mirror, each), before in self._items.items():
            path = self._path(table, mirror)
            if path is None:
                continue
            here = (*path, each.name)
            after = mirror._values[each.index] or []
            if each.kind is None:
                left, right = set(before), set(after)
                for at, old in enumerate(before):
                    if old not in right:
                        went((*here, at), old)
                for at, now in enumerate(after):
                    if now not in left:
                        came((*here, at), now)
                continue
            for at, (now, old) in enumerate(zip(after, before, strict=False)):
                if not _same(now, old):
                    other((*here, at), now, old)
            for at in range(len(after), len(before)):
                went((*here, at), before[at])
            for at in range(len(before), len(after)):
                came((*here, at), after[at])
        Listeners.tell([*removed, *added, *changed])

    def _path(self, table: Table, mirror: Mirror) -> Path | None:
        """Return where an entity stands that was there before the payload."""
        parts: list[Any] = []
        here = mirror
        while True:
            if here in self._born:
                return None
            above, each = here._parent, here._field
            if above is None or each is None:
                break
            if each.shape == "map":
                parts.append(here._key)
            elif each.shape == "list":
                parts.append(above._values[each.index].index(here))
            parts.append(each.name)
            here = above
        return tuple(reversed(parts)) if here is table.root else None

    def _before(self, path: Path, mirror: Mirror) -> list[tuple[Path, Any]]:
        """Return the entries below an entity as they were before the payload."""
        found: list[tuple[Path, Any]] = []
        for each in mirror._cls.fields:
            if each is None:
                continue
            place = (mirror, each)
            here = (*path, each.name)
            value = self._fields.get(place, mirror._values[each.index])
            if each.shape == "list":
                items = self._items.get(place, value or [])
                found.extend(((*here, at), item) for at, item in enumerate(items))
            elif each.shape != "one":
                held = value or {}
                keep = self._entries.get(place, {})
                entries = dict(held) if isinstance(held, dict) else {x: x for x in held}
                for key, old in keep.items():
                    entries.pop(key, None)
                    if old is not ABSENT:
                        entries[key] = old
                found.extend(((*here, key), old) for key, old in entries.items())
            elif isinstance(value, Mirror):
                found.append((here, value))
        return found


def entries_below(path: Path, mirror: Mirror) -> list[tuple[Path, Any]]:
    """Return the entries of an entity's containers, and the entities in its fields."""
    found: list[tuple[Path, Any]] = []
    for each in mirror._cls.fields:
        if each is None:
            continue
        value = mirror._values[each.index]
        here = (*path, each.name)
        if isinstance(value, Mirror):
            found.append((here, value))
        elif isinstance(value, dict):
            found.extend(((*here, key), entry) for key, entry in value.items())
        elif isinstance(value, list):
            found.extend(((*here, at), entry) for at, entry in enumerate(value))
        elif isinstance(value, set):
            found.extend(((*here, entry), entry) for entry in value)
    return found


def _held(held: Any, key: Any) -> Any:
    """Return what a map holds under a key, or a set's value, or ABSENT."""
    if isinstance(held, dict):
        return held.get(key, ABSENT)
    return key if key in held else ABSENT


def _shown(value: Any) -> Any:
    return None if value is ABSENT else value


def _same(now: Any, old: Any) -> bool:
    """Tell whether two values are the same, NaN included."""
    return (
        now is old
        or (now == old and now is not ABSENT and old is not ABSENT)
        or (now != now and old != old)
    )
