"""Map: str keys to values or States."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, SupportsIndex, TypeVar

from typing_extensions import override

from nexus.errors import FieldError, PlaceError
from nexus.state import place
from nexus.state.change import MapEdit
from nexus.state.container import Container
from nexus.state.entry import ABSENT, UNNOTED, Known, Returned, edit_of
from nexus.state.field import Field, Shape
from nexus.state.kind import Text, shorten
from nexus.state.order import Order

if TYPE_CHECKING:
    from nexus.state.place import Undo
    from nexus.state.state import State

__all__ = ["Map"]

K = TypeVar("K")
V = TypeVar("V")

_TEXT = Text()


class Map(dict[K, V], Container):
    """A dict with str keys whose changes reach the clients.

    It keeps the order in which keys were added, here and there.
    """

    __slots__ = ("_field", "_holder", "_notes", "_offset", "_order")
    __shape__: ClassVar[Shape] = "map"

    if TYPE_CHECKING:
        # For type checkers: any mapping can be assigned where a Map is declared.
        def __get__(self, instance: object, owner: object) -> Self: ...
        def __set__(self, instance: object, value: Mapping[K, V]) -> None: ...

    #: By key, what clients hold under it: in the order of the latest adding.
    _notes: dict[str, Any] | None
    #: The order of adding, once a removal may have had to be undone.
    _order: Order | None

    def __init__(self, holder: State, field: Field, offset: int) -> None:
        super().__init__()
        self._holder = holder
        self._field = field
        self._offset = offset
        self._notes = None
        self._order = None

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
        if old is ABSENT and self._order is not None:
            self._order.add(key)
            if self._order.is_long(len(self)):
                self._order = None
        dict.__setitem__(self, key, value)
        if self._field.kind is None and old is not ABSENT:
            place.detach(old)

    @override
    def __delitem__(self, key: Any) -> None:
        old: Any = self[key]
        undo = self._undo()
        if undo is not None:
            self._undo_order(undo)
            self._undo_removal(undo, key, old)
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
            self._undo_removal(undo, key, old)
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
        returned = known is not ABSENT and not isinstance(known, Returned)
        notes[key] = Returned(known) if returned else known

    def _note_removal(self, key: str, old: Any) -> None:
        """Note that `key`, which holds `old`, is about to be removed."""
        notes = self._noted()
        if notes is None:
            return
        if notes.get(key, old) is ABSENT:
            del notes[key]
        else:
            notes.setdefault(key, self._known(old))

    def _known(self, old: Any) -> Any:
        """Return what is noted of a value that clients know."""
        return Known(old, old._id) if self._field.kind is None else old

    def _put_back(self, key: str, old: Any) -> None:
        """Undo one setting.

        Notes about it may stay: they say what clients hold, and that stays.
        """
        plain: dict[Any, Any] = self
        if old is ABSENT:
            dict.__delitem__(plain, key)
        else:
            dict.__setitem__(plain, key, old)

    def _undo_removal(self, undo: Undo, key: str, old: Any) -> None:
        """Say how to undo the removal of `key`, which holds `old`."""
        noted = UNNOTED if self._notes is None else self._notes.get(key, UNNOTED)
        undo.append((self._bring_back, key, old, noted))

    def _bring_back(self, key: str, old: Any, noted: Any) -> None:
        """Undo one removal: `key` comes back at the end, and what was noted of it."""
        self._order = None
        self._put_back(key, old)
        if self._notes is not None:
            self._notes.pop(key, None)
            if noted is not UNNOTED:
                self._notes[key] = noted

    def _undo_order(self, undo: Undo) -> None:
        """Say, once in a stretch, how to put back the order of the keys."""
        if self._id in undo.ordered:
            return
        undo.ordered.add(self._id)
        held: dict[Any, Any] = self
        order = self._order
        if order is None:
            order = self._order = Order(held)
        undo.append((self._put_in_order, order, order.mark()))

    def _put_in_order(self, order: Order, mark: int) -> None:
        """Put the keys, and what is noted of them, back into an order."""
        self._order = None
        held: dict[Any, Any] = self
        order.back(held, mark)
        notes = self._notes
        if notes:
            came = [key for key in held if key in notes]
            notes.update({key: notes.pop(key) for key in came})

    @override
    def _capture(self) -> tuple[Any, ...]:
        notes = self._notes
        return dict(self), None if notes is None else dict(notes)

    @override
    def _restore(self, *captured: Any) -> None:
        content, self._notes = captured
        self._order = None
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
        return edit_of(self, notes) if notes else None

    @override
    def _whole(self) -> MapEdit:
        entries: list[Any] = list(self.items())
        return MapEdit(self, [], entries, {}, cleared=False)
