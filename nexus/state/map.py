"""Map: str keys to values or States."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, SupportsIndex, TypeVar

from attrs import frozen
from typing_extensions import override

from nexus.errors import FieldError, PlaceError
from nexus.state import place
from nexus.state.change import MapEdit
from nexus.state.container import Container
from nexus.state.field import Field, Shape
from nexus.state.kind import Text, shorten

if TYPE_CHECKING:
    from nexus.state.state import State

__all__ = ["Map"]

K = TypeVar("K")
V = TypeVar("V")

_TEXT = Text()


class _Absent:
    """Stands for no value."""


ABSENT: Final = _Absent()


@frozen(eq=False)
class _Returned:
    """A key that was removed and came back: it now stands at the end."""

    old: Any


@frozen(eq=False)
class _Known:
    """A State that clients know; placed again, the same object has another id."""

    state: State
    id: int


class Map(dict[K, V], Container):
    """A dict with str keys whose changes reach the clients.

    It keeps the order in which keys were added, here and there.
    """

    __slots__ = ("_field", "_holder", "_notes", "_offset")
    __shape__: ClassVar[Shape] = "map"

    if TYPE_CHECKING:
        # For type checkers: any mapping can be assigned where a Map is declared.
        def __get__(self, instance: object, owner: object) -> Self: ...
        def __set__(self, instance: object, value: Mapping[K, V]) -> None: ...

    #: By key, what clients hold under it: in the order of the latest adding.
    _notes: dict[str, Any] | None

    def __init__(self, holder: State, field: Field, offset: int) -> None:
        super().__init__()
        self._holder = holder
        self._field = field
        self._offset = offset
        self._notes = None

    @override
    def __setitem__(self, key: Any, value: Any) -> None:
        key = self._check_key(key)
        old: Any = self.get(key, ABSENT)
        if old is value and self._field.kind is None:
            return
        value = self._check(value, key)
        if self._field.kind is not None and old is not ABSENT and old == value:
            return
        undo = self._undo()
        if self._field.kind is None:
            place.attach(value, self._holder, self._field, key)
        self._note(key, old)
        if undo is not None:
            undo.append((self._put_back, key, old))
        dict.__setitem__(self, key, value)
        if self._field.kind is None and old is not ABSENT:
            place.detach(old)

    @override
    def __delitem__(self, key: Any) -> None:
        old: Any = self[key]
        # Where it stood among the others comes back with the others only.
        self._undo_all()
        self._note_removal(key, old)
        dict.__delitem__(self, key)
        if self._field.kind is None:
            place.detach(old)

    @override
    def clear(self) -> None:
        """Remove every entry."""
        self._undo_all()
        plain: dict[Any, Any] = self
        for key, old in plain.items():
            self._note_removal(key, old)
        states = self._states()
        dict.clear(self)
        for state in states:
            place.detach(state)

    @override
    def pop(self, key: Any, *default: Any) -> Any:
        """Remove an entry and return its value, or the default when there is none."""
        if len(default) > 1:
            raise TypeError(f"pop takes one default, not {len(default)}")
        if key not in self and default:
            return default[0]
        value = self[key]
        del self[key]
        return value

    @override
    def popitem(self) -> tuple[Any, Any]:
        """Remove the newest entry and return it."""
        if not self:
            raise KeyError(f"{self._name()} is empty")
        undo = self._undo()
        # To look for the last key would take longer with each one that went before.
        plain: dict[Any, Any] = self
        key, old = dict.popitem(plain)
        if undo is not None:
            undo.append((self._put_back, key, old))
            known = None if self._notes is None else self._notes.get(key)
            if known is ABSENT or isinstance(known, _Returned):
                undo.append((self._note_last, key, known))
        self._note_removal(key, old)
        if self._field.kind is None:
            place.detach(old)
        return key, old

    @override
    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the value under a key; when there is none, set it first."""
        if key not in self:
            self[key] = default
        return self[key]

    @override
    def update(self, *others: Any, **more: Any) -> None:
        """Set each entry of a mapping or of pairs; all of them, or none."""
        given: dict[str, Any] = dict(*others, **more)
        checked = self._check_all(given)
        for key, value in checked.items():
            self[key] = value

    @override
    def __ior__(self, other: Any) -> Any:
        self.update(other)
        return self

    @override
    def __or__(self, other: Any) -> Any:
        return dict(self) | other

    @override
    def __ror__(self, other: Any) -> Any:
        return other | dict(self)

    @classmethod
    @override
    def fromkeys(cls, keys: Any, value: Any = None, /) -> Any:
        """Return a plain dict."""
        return dict.fromkeys(keys, value)

    @override
    def copy(self) -> dict[Any, Any]:
        """Return a plain dict with the same entries."""
        return dict(self)

    @override
    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        raise TypeError("a Map belongs to its State and cannot be pickled")

    def _check_key(self, key: Any) -> str:
        try:
            return _TEXT.check(key)
        except (TypeError, ValueError) as error:
            raise FieldError(f"{self._name()}: key {error}") from None

    def _check_all(self, given: Mapping[Any, Any]) -> dict[str, Any]:
        """Check all entries before the first is set."""
        plain: dict[Any, Any] = self
        checked: dict[str, Any] = {}
        seen: set[int] = set()
        for key, value in given.items():
            key = self._check_key(key)
            if self._field.kind is None:
                self._check_class(value, key)
                if plain.get(key) is not value:
                    self._check(value, key)
                    place.expect(value, self._holder)
                if id(value) in seen:
                    raise PlaceError(f"{self._name()}[{key!r}]: it is given twice")
                seen.add(id(value))
            else:
                value = self._check(value, key)
            checked[key] = value
        return checked

    def _noted(self) -> dict[str, Any] | None:
        """Return the notes, when there is somebody to take them for."""
        tree = self._tree()
        if tree is None:
            return None
        if self._notes is None:
            self._notes = {}
            tree.edited.append(self)
        return self._notes

    def _note(self, key: str, old: Any) -> None:
        """Note that `key`, which held `old`, is about to be set."""
        notes = self._noted()
        if notes is None:
            return
        if old is not ABSENT:
            notes.setdefault(key, self._known(old))
            return
        known = notes.pop(key, ABSENT)
        returned = known is not ABSENT and not isinstance(known, _Returned)
        notes[key] = _Returned(known) if returned else known

    def _note_removal(self, key: str, old: Any) -> None:
        """Note that `key`, which holds `old`, is about to be removed."""
        notes = self._noted()
        if notes is None:
            return
        if notes.get(key, old) is ABSENT:
            del notes[key]
        else:
            notes.setdefault(key, self._known(old))

    def _note_last(self, key: str, known: Any) -> None:
        """Note again that `key` came, as the last one that did."""
        assert self._notes is not None
        self._notes.pop(key, None)
        self._notes[key] = known

    def _known(self, old: Any) -> Any:
        """Return what is noted of a value that clients know."""
        return _Known(old, old._id) if self._field.kind is None else old

    def _put_back(self, key: str, old: Any) -> None:
        """Undo one setting, or the removal of what was set last.

        Notes about it may stay: they say what clients hold, and that stays.
        """
        plain: dict[Any, Any] = self
        if old is ABSENT:
            dict.__delitem__(plain, key)
        else:
            dict.__setitem__(plain, key, old)

    @override
    def _capture(self) -> tuple[Any, ...]:
        notes = self._notes
        return dict(self), None if notes is None else dict(notes)

    @override
    def _restore(self, *captured: Any) -> None:
        content, self._notes = captured
        dict.clear(self)
        dict.update(self, content)

    @override
    def _states(self) -> list[State]:
        return list(self.values()) if self._field.kind is None else []  # type: ignore[arg-type]  # a Map without a kind holds States

    @override
    def _assign(self, values: Any) -> None:
        if not isinstance(values, Mapping):
            raise FieldError(
                f"{self._name()}: a Map is set from a dict, not from {shorten(values)}"
            )
        checked = self._check_all(values)
        stale: list[Any] = [key for key in self if key not in checked]
        for key in stale:
            del self[key]
        for key, value in checked.items():
            self[key] = value

    @override
    def _edit(self) -> MapEdit | None:
        notes, self._notes = self._notes, None
        if not notes:
            return None
        held: dict[Any, Any] = self
        removed: list[str] = []
        added: list[tuple[str, Any]] = []
        old: dict[str, Any] = {}
        for key, known in notes.items():
            now: Any = held.get(key, ABSENT)
            before = known.old if isinstance(known, _Returned) else known
            if isinstance(before, _Known):
                same = before.state is now and before.id == now._id
                before = before.state
            else:
                same = before is not ABSENT and before == now
            if isinstance(known, _Returned):
                removed.append(key)
            elif same:
                continue
            elif now is ABSENT and before is not ABSENT:
                removed.append(key)
            if before is not ABSENT:
                old[key] = before
            if now is not ABSENT:
                added.append((key, now))
        if not removed and not added:
            return None
        gone = set(removed)
        stayed = any(key in old and key not in gone for key, _ in added)
        cleared = len(removed) > 1 and len(self) == len(added) and not stayed
        return MapEdit(self, removed, added, old, cleared=cleared)

    @override
    def _whole(self) -> MapEdit:
        entries: list[Any] = list(self.items())
        return MapEdit(self, [], entries, {}, cleared=False)
