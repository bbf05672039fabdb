"""Listeners: callbacks by path, the same for a Tree and for a Replica of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

from attrs import define, field

__all__ = ["Callback", "Event", "Listeners", "Path", "Pattern"]

Path: TypeAlias = tuple[Any, ...]
#: Segments with dots between, or one after the other where a key may have a dot in it.
Pattern: TypeAlias = str | Sequence[str | int]
Callback: TypeAlias = Callable[..., None]
Event: TypeAlias = Literal["added", "changed", "removed"]


@define(eq=False)
class _Entry:
    """One callback, and the paths that it wants to hear of."""

    segments: tuple[str, ...]
    callback: Callback
    active: bool = True


def _nothing(*_: object) -> None:
    """Do nothing when the last listener ends, and find no fault with a pattern."""


@define(eq=False)
class Listeners:
    """Who wants to be told of what, by path.

    A pattern is a text of field names and keys with dots between; `*` stands for any
    field, key or position: `players.*.hp`. docs/protocol.md, section 7, says what is
    told.
    """

    #: Is called when the last listener has ended.
    _emptied: Callable[[], None] = _nothing
    #: Is called with an event and a pattern, and raises if nothing can be told of it.
    _expect: Callable[[Event, tuple[str, ...]], None] = _nothing
    _added: list[_Entry] = field(factory=list, init=False)
    _changed: list[_Entry] = field(factory=list, init=False)
    _removed: list[_Entry] = field(factory=list, init=False)

    def on_add(self, pattern: Pattern, callback: Callback) -> Callable[[], None]:
        """Call back with (value, path) for each entry that comes to a container.

        Returns:
            What ends it.
        """
        return self._enter("added", self._added, pattern, callback)

    def on_change(self, pattern: Pattern, callback: Callback) -> Callable[[], None]:
        """Call back with (value, previous, path) when a value becomes another one.

        Returns:
            What ends it.
        """
        return self._enter("changed", self._changed, pattern, callback)

    def on_remove(self, pattern: Pattern, callback: Callback) -> Callable[[], None]:
        """Call back with (value, path) for each entry that leaves a container.

        Returns:
            What ends it.
        """
        return self._enter("removed", self._removed, pattern, callback)

    def __bool__(self) -> bool:
        return bool(self._added or self._changed or self._removed)

    @property
    def depth(self) -> int:
        """How many segments the longest pattern has."""
        every = (*self._added, *self._changed, *self._removed)
        return max((len(entry.segments) for entry in every), default=0)

    def added(self, where: Path, path: Path, value: Any) -> list[Callable[[], None]]:
        """Return the calls that tell of an entry, or of an entity in a field.

        Args:
            where: The path of the container, or of the field.
            path: That of what came: longer than the container's by its key.
            value: What came.
        """
        return _calls(self._added, where, (value, path))

    def changed(self, path: Path, value: Any, old: Any) -> list[Callable[[], None]]:
        """Return the calls that tell of another value."""
        return _calls(self._changed, path, (value, old, path))

    def removed(self, where: Path, path: Path, value: Any) -> list[Callable[[], None]]:
        """Return the calls that tell that an entry, or an entity in a field, went."""
        return _calls(self._removed, where, (value, path))

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

    def _enter(
        self,
        event: Event,
        entries: list[_Entry],
        pattern: Pattern,
        callback: Callback,
    ) -> Callable[[], None]:
        parts = pattern.split(".") if isinstance(pattern, str) else pattern
        segments = tuple(str(part) for part in parts)
        if not segments or not segments[0]:
            raise ValueError("a pattern names a field first")
        self._expect(event, segments)
        entry = _Entry(segments, callback)
        entries.append(entry)

        def end() -> None:
            if entry.active:
                entry.active = False
                entries.remove(entry)
                if not self:
                    self._emptied()

        return end


def _calls(
    entries: list[_Entry], where: Path, arguments: tuple[Any, ...]
) -> list[Callable[[], None]]:
    """Return the calls to those whose pattern fits the path."""
    return [
        _bind(entry, arguments)
        for entry in entries
        if len(entry.segments) == len(where)
        and all(
            part == "*" or part == str(here)
            for part, here in zip(entry.segments, where, strict=True)
        )
    ]


def _bind(entry: _Entry, arguments: tuple[Any, ...]) -> Callable[[], None]:
    """Return the call to one listener; it may have ended when its turn comes."""

    def call() -> None:
        if entry.active:
            entry.callback(*arguments)

    return call
