"""Calls: which callbacks a difference leads to, on the server and at a Replica alike.

Both know what was there when listeners were last told, and what is there now. What
follows from that is said here once, so that all are told the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

from attrs import define, field
from typing_extensions import override

from nexus.state.listen import Listeners, Path

__all__ = ["GONE", "Below", "Calls", "Entry", "list_entries", "place_entries", "same"]


class _Gone:
    """Stands for an entry that is not there."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        return "gone"


GONE: Final = _Gone()

#: A key, position or value of a set, with what was there and what is; the key is GONE
#: for a field of one value.
Entry: TypeAlias = tuple[Any, Any, Any]
#: What stands below an entity: the name of the field, the key or GONE, the value, and
#: whether that is an entity.
Below: TypeAlias = tuple[str, Any, Any, bool]


@define(eq=False)
class Calls:
    """Collects the calls that one flush or payload leads to."""

    _listeners: Listeners
    #: What stood below an entity when listeners were last told, and what stands there.
    _before: Callable[[Any], Iterable[Below]]
    _now: Callable[[Any], Iterable[Below]]
    #: What listeners see of a value.
    _shown: Callable[[Any], Any]
    _depth: int = field(init=False)
    _removed: list[Callable[[], None]] = field(factory=list, init=False)
    _added: list[Callable[[], None]] = field(factory=list, init=False)
    _changed: list[Callable[[], None]] = field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self._depth = self._listeners.depth

    def leave(self, where: Path, entries: Iterable[Entry], *, entity: bool) -> None:
        """Tell what left a field.

        Args:
            where: The path of the field as it was.
            entries: What differs there.
            entity: Entities stand there.
        """
        for key, was, now in entries:
            if key is GONE:
                if entity and was:
                    self._went(where, where, was, entity)
            elif was is not GONE and (entity or now is GONE):
                self._went(where, (*where, key), was, entity)

    def arrive(self, where: Path, entries: Iterable[Entry], *, entity: bool) -> None:
        """Tell what came to a field, or changed there.

        Args:
            where: The path of the field as it is now.
            entries: What differs there.
            entity: Entities stand there.
        """
        for key, was, now in entries:
            if key is GONE:
                if entity and now:
                    self._came(where, where, now, entity)
                self._other(where, now, was)
            elif now is not GONE:
                if entity or was is GONE:
                    self._came(where, (*where, key), now, entity)
                else:
                    self._other((*where, key), now, was)

    def all_left(self, path: Path, entity: Any) -> None:
        """Tell that all went that stood below an entity."""
        if len(path) < self._depth:
            for name, key, held, deep in self._before(entity):
                where = (*path, name)
                self._went(where, where if key is GONE else (*where, key), held, deep)

    def all_came(self, path: Path, entity: Any) -> None:
        """Tell that all came that stands below an entity."""
        if len(path) < self._depth:
            for name, key, held, deep in self._now(entity):
                where = (*path, name)
                self._came(where, where if key is GONE else (*where, key), held, deep)

    def found(self) -> list[Callable[[], None]]:
        """Return the calls: what went, then what came, then what changed."""
        return [*self._removed, *self._added, *self._changed]

    def _went(self, where: Path, path: Path, value: Any, entity: bool) -> None:  # noqa: FBT001  # handed on, never chosen
        self._removed += self._listeners.removed(where, path, self._shown(value))
        if entity:
            self.all_left(path, value)

    def _came(self, where: Path, path: Path, value: Any, entity: bool) -> None:  # noqa: FBT001  # handed on, never chosen
        self._added += self._listeners.added(where, path, self._shown(value))
        if entity:
            self.all_came(path, value)

    def _other(self, path: Path, value: Any, old: Any) -> None:
        self._changed += self._listeners.changed(
            path, self._shown(value), self._shown(old)
        )


def list_entries(
    was: list[Any], now: list[Any], *, entity: bool, start: int = 0
) -> list[Entry]:
    """Return what differs in a list.

    An entity is the same wherever it stands; values are compared by position.

    Args:
        was: What was in it, from some position on.
        now: What is in it, from there on.
        entity: Entities stand there.
        start: The position.
    """
    entries: list[Entry] = []
    if entity:
        before, after = set(was), set(now)
        entries += [(at, x, GONE) for at, x in enumerate(was, start) if x not in after]
        entries += [(at, GONE, x) for at, x in enumerate(now, start) if x not in before]
        return entries
    for at, (old, new) in enumerate(zip(was, now, strict=False), start):
        if not same(old, new):
            entries.append((at, old, new))
    shared = start + min(len(was), len(now))
    was, now = was[shared - start :], now[shared - start :]
    entries += [(at, old, GONE) for at, old in enumerate(was, shared)]
    entries += [(at, GONE, new) for at, new in enumerate(now, shared)]
    return entries


def place_entries(pairs: list[tuple[int, Any, Any]], *, entity: bool) -> list[Entry]:
    """Return what differs in a list in which nothing moved.

    Args:
        pairs: Positions, with what was there and what is.
        entity: Entities stand there.
    """
    if not entity:
        return [pair for pair in pairs if not same(pair[1], pair[2])]
    before = {old for _, old, _ in pairs}
    after = {new for _, _, new in pairs}
    gone: list[Entry] = [(at, old, GONE) for at, old, _ in pairs if old not in after]
    return gone + [(at, GONE, new) for at, _, new in pairs if new not in before]


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same, as NaN and NaN, and 0 and -0, are."""
    return one is other or one == other or (one != one and other != other)  # NaN
