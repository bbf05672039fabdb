"""Listeners: callbacks by path, the same for a Tree and for a Replica of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from attrs import define, field

__all__ = ["Callback", "Listeners", "Path"]

Path: TypeAlias = tuple[Any, ...]
Callback: TypeAlias = Callable[..., None]


@define(eq=False)
class _Entry:
    """One callback, and the paths that it wants to hear of."""

    pattern: Path
    callback: Callback


@define(eq=False)
class Listeners:
    """Who wants to be told of what, by path.

    A pattern is a text of field names and keys with dots between; `*` stands for any
    key or position: `players.*.hp`. docs/protocol.md, section 7, says what is told.
    """

    _added: list[_Entry] = field(factory=list)
    _changed: list[_Entry] = field(factory=list)
    _removed: list[_Entry] = field(factory=list)

    def on_add(self, pattern: str, callback: Callback) -> Callable[[], None]:
        """Call back with (value, path) for each entry that comes to a container.

        Returns:
            What ends it.
        """
        # An entry's path is one longer than its container's.
        return _enter(self._added, (*_split(pattern), "*"), callback)

    def on_change(self, pattern: str, callback: Callback) -> Callable[[], None]:
        """Call back with (value, previous, path) when a value becomes another one.

        Returns:
            What ends it.
        """
        return _enter(self._changed, _split(pattern), callback)

    def on_remove(self, pattern: str, callback: Callback) -> Callable[[], None]:
        """Call back with (value, path) for each entry that leaves a container.

        Returns:
            What ends it.
        """
        return _enter(self._removed, (*_split(pattern), "*"), callback)

    def __bool__(self) -> bool:
        return bool(self._added or self._changed or self._removed)

    def added(self, path: Path, value: Any) -> list[Callable[[], None]]:
        """Return the calls that tell of an entry, or of an entity in a field."""
        return _calls(self._added, path, (value, path))

    def changed(self, path: Path, value: Any, old: Any) -> list[Callable[[], None]]:
        """Return the calls that tell of another value."""
        return _calls(self._changed, path, (value, old, path))

    def removed(self, path: Path, value: Any) -> list[Callable[[], None]]:
        """Return the calls that tell that an entry, or an entity in a field, went."""
        return _calls(self._removed, path, (value, path))

    @staticmethod
    def tell(calls: list[Callable[[], None]]) -> None:
        """Make the calls; one that raises does not keep the others from being made.

        Raises:
            BaseException: What the first of them raised.
        """
        first: Exception | None = None
        for call in calls:
            try:
                call()
            except Exception as error:  # noqa: BLE001  # raised again below
                first = first or error
        if first is not None:
            raise first


def _split(pattern: str) -> Path:
    return tuple(pattern.split("."))


def _enter(
    entries: list[_Entry], pattern: Path, callback: Callback
) -> Callable[[], None]:
    entry = _Entry(pattern, callback)
    entries.append(entry)

    def end() -> None:
        if entry in entries:
            entries.remove(entry)

    return end


def _calls(
    entries: list[_Entry], path: Path, arguments: tuple[Any, ...]
) -> list[Callable[[], None]]:
    """Return the calls to those whose pattern fits the path."""
    found: list[Callable[[], None]] = []
    for entry in entries:
        pattern = entry.pattern
        # An entity field is listened to by its own path, an entry by its container's.
        for wanted in (pattern, pattern[:-1]) if pattern[-1] == "*" else (pattern,):
            if len(wanted) == len(path) and all(
                part in ("*", str(here))
                for part, here in zip(wanted, path, strict=True)
            ):
                found.append(_bind(entry.callback, arguments))
                break
    return found


def _bind(callback: Callback, arguments: tuple[Any, ...]) -> Callable[[], None]:
    return lambda: callback(*arguments)
