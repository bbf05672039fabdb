"""Set: values without order, each once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self, SupportsIndex, TypeVar

from typing_extensions import override

from nexus.errors import FieldError
from nexus.state.change import SetEdit
from nexus.state.container import Container
from nexus.state.field import Field, Shape
from nexus.state.kind import shorten

if TYPE_CHECKING:
    from nexus.state.state import State

__all__ = ["Set"]

T = TypeVar("T")


class _Twin:
    """Equals what a value equals, and tells which value of a set that was.

    A set does not say which of its values it took for another one, and looking through
    all of them takes long.
    """

    __slots__ = ("_value", "found")

    def __init__(self, value: Any) -> None:
        self._value = value
        self.found: Any = value

    @override
    def __hash__(self) -> int:
        return hash(self._value)

    @override
    def __eq__(self, other: object) -> bool:
        if self._value == other:
            self.found = other
            return True
        return False


class Set(set[T], Container):
    """A set of values whose changes reach the clients."""

    __slots__ = ("_field", "_holder", "_notes", "_offset")
    __shape__: ClassVar[Shape] = "set"

    if TYPE_CHECKING:
        # For type checkers: any values can be assigned where a Set is declared.
        def __get__(self, instance: object, owner: object) -> Self: ...
        def __set__(self, instance: object, value: Iterable[T]) -> None: ...

    #: By value that was touched: whether clients hold it.
    _notes: dict[Any, bool] | None

    def __init__(self, holder: State, field: Field, offset: int) -> None:
        super().__init__()
        self._holder = holder
        self._field = field
        self._offset = offset
        self._notes = None

    @override
    def add(self, value: Any) -> None:
        """Add a value."""
        value = self._check(value)
        if value in self:
            return
        self._note(value, held=False)
        undo = self._undo()
        if undo is not None:
            undo.append((set.discard, self, value))
        set.add(self, value)

    @override
    def discard(self, value: Any) -> None:
        """Remove a value, if it is there."""
        if value not in self:
            return
        if type(value) is not str:
            # 1.0 and True find a 1, but what is noted is what clients hold.
            twin = _Twin(value)
            if twin in self:
                value = twin.found
        set.discard(self, value)
        self._went(value)

    @override
    def remove(self, value: Any) -> None:
        """Remove a value that is there."""
        if value not in self:
            raise KeyError(value)
        self.discard(value)

    @override
    def pop(self) -> Any:
        """Remove some value and return it."""
        if not self:
            raise KeyError(f"{self._name()} is empty")
        # To look for the first value would take longer with each one that went before.
        value = set.pop(self)
        self._went(value)
        return value

    @override
    def clear(self) -> None:
        """Remove every value."""
        for value in list(self):
            self.discard(value)

    @override
    def update(self, *others: Iterable[Any]) -> None:
        """Add the values of each; all of them, or none."""
        checked = [self._check(value) for other in others for value in other]
        for value in checked:
            self.add(value)

    @override
    def difference_update(self, *others: Iterable[Any]) -> None:
        """Remove the values of each."""
        for value in [value for other in others for value in other]:
            self.discard(value)

    @override
    def intersection_update(self, *others: Iterable[Any]) -> None:
        """Keep what is in every one of them."""
        wanted = [set(other) for other in others]
        for value in list(self):
            if not all(value in each for each in wanted):
                self.discard(value)

    @override
    def symmetric_difference_update(self, other: Iterable[Any]) -> None:
        """Keep what is in one of the two only."""
        self._assign(set(self).symmetric_difference(other))

    @override
    def __ior__(self, other: Any) -> Any:
        self.update(other)
        return self

    @override
    def __isub__(self, other: Any) -> Any:
        self.difference_update(other)
        return self

    @override
    def __iand__(self, other: Any) -> Any:
        self.intersection_update(other)
        return self

    @override
    def __ixor__(self, other: Any) -> Any:
        self.symmetric_difference_update(other)
        return self

    @override
    def copy(self) -> set[Any]:
        """Return a plain set with the same values."""
        return set(self)

    @override
    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        raise TypeError("a Set belongs to its State and cannot be pickled")

    def _went(self, value: Any) -> None:
        """Note that a value was removed."""
        self._note(value, held=True)
        undo = self._undo()
        if undo is not None:
            undo.append((set.add, self, value))

    def _note(self, value: Any, *, held: bool) -> None:
        """Note that `value`, held so far or not, changes sides."""
        tree = self._tree()
        if tree is None:
            return
        if self._notes is None:
            self._notes = {}
            tree.edited.append(self)
        self._notes.setdefault(value, held)

    @override
    def _capture(self) -> tuple[Any, ...]:
        notes = self._notes
        return set(self), None if notes is None else dict(notes)

    @override
    def _restore(self, *captured: Any) -> None:
        content, self._notes = captured
        set.clear(self)
        set.update(self, content)

    @override
    def _states(self) -> list[State]:
        return []

    @override
    def _assign(self, values: Any) -> None:
        if isinstance(values, str | bytes) or not isinstance(values, Iterable):
            raise FieldError(
                f"{self._name()}: a Set is set from a set or a list, not from "
                f"{shorten(values)}"
            )
        wanted = {self._check(value): None for value in values}
        for value in [value for value in self if value not in wanted]:
            self.discard(value)
        for value in wanted:
            self.add(value)

    @override
    def _edit(self) -> SetEdit | None:
        notes, self._notes = self._notes, None
        if not notes:
            return None
        removed = [value for value, held in notes.items() if held and value not in self]
        added = [value for value, held in notes.items() if not held and value in self]
        if not removed and not added:
            return None
        cleared = len(removed) > 1 and len(self) == len(added)
        return SetEdit(self, removed, added, cleared=cleared)

    @override
    def _whole(self) -> SetEdit:
        return SetEdit(self, [], list(self), cleared=False)
