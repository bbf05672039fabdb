"""List: values or States in an order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import index as to_index
from typing import TYPE_CHECKING, Any, ClassVar, Self, SupportsIndex, TypeVar

from typing_extensions import override

from nexus.errors import FieldError, PlaceError
from nexus.state import place
from nexus.state.change import Insert, ListEdit, Move, Remove, Replace, Step
from nexus.state.container import Container
from nexus.state.field import Field, Shape
from nexus.state.kind import shorten

if TYPE_CHECKING:
    from random import Random

    from nexus.state.state import State

__all__ = ["List"]

T = TypeVar("T")


class List(list[T], Container):
    """A list whose changes reach the clients."""

    __slots__ = ("_before", "_field", "_holder", "_notes", "_offset")
    __shape__: ClassVar[Shape] = "list"

    if TYPE_CHECKING:
        # For type checkers: any values can be assigned where a List is declared.
        def __get__(self, instance: object, owner: object) -> Self: ...
        def __set__(self, instance: object, value: Iterable[T]) -> None: ...

    #: What happened since the last flush, in order; None in place of the list: so much
    #: that its whole content is the shortest way to say it.
    _notes: list[Step] | None
    #: How long it was at the last flush; -1: unchanged since.
    _before: int

    def __init__(self, holder: State, field: Field, offset: int) -> None:
        super().__init__()
        self._before = -1
        self._holder = holder
        self._field = field
        self._offset = offset
        self._notes = None

    @override
    def append(self, value: Any) -> None:
        """Add a value at the end."""
        self.insert(len(self), value)

    @override
    def insert(self, index: SupportsIndex, value: Any) -> None:
        """Add a value before the one at `index`."""
        at = _clamp(to_index(index), len(self))
        value = self._check(value, at)
        if self._field.kind is None:
            place.attach(value, self._holder, self._field)
        undo = self._undo()
        if undo is not None:
            undo.append((list.__delitem__, self, at))
            undo.append((self._forget, *self._remember()))
        self._note(Insert(at, value))
        list.insert(self, at, value)

    @override
    def extend(self, values: Iterable[Any]) -> None:
        """Add values at the end; all of them, or none."""
        for value in self._check_all(list(values), first=len(self)):
            self.insert(len(self), value)

    @override
    def __iadd__(self, values: Iterable[Any]) -> Any:
        self.extend(values)
        return self

    @override
    def __imul__(self, times: SupportsIndex) -> Any:
        self._assign(list(self) * to_index(times))
        return self

    @override
    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            content = list(self)
            content[index] = value
            self._assign(content)
            return
        old = self[index]
        at = to_index(index) % len(self)
        if self._field.kind is None and old is value:
            return
        value = self._check(value, at)
        if self._field.kind is None:
            place.attach(value, self._holder, self._field)
        elif old == value:
            return
        undo = self._undo()
        if undo is not None:
            undo.append((list.__setitem__, self, at, old))
            undo.append((self._forget, *self._remember()))
        self._note(Replace(at, value))
        list.__setitem__(self, at, value)
        if self._field.kind is None:
            place.detach(old)

    @override
    def __delitem__(self, index: Any) -> None:
        if isinstance(index, slice):
            content = list(self)
            del content[index]
            if len(self) - len(content) == 1:
                index = range(*index.indices(len(self)))[0]
            elif len(content) != len(self):
                self._assign(content)
                return
            else:
                return
        self.pop(index)

    @override
    def pop(self, index: SupportsIndex = -1) -> Any:
        """Remove a value and return it."""
        at = to_index(index)
        old: Any = self[at]
        at %= len(self)
        undo = self._undo()
        if undo is not None:
            undo.append((list.insert, self, at, old))
            undo.append((self._forget, *self._remember()))
        self._note(Remove(at))
        list.__delitem__(self, at)
        if self._field.kind is None:
            place.detach(old)
        return old

    @override
    def remove(self, value: Any) -> None:
        """Remove the first value that equals `value`."""
        self.pop(self.index(value))

    @override
    def clear(self) -> None:
        """Remove every value."""
        self._assign([])

    @override
    def reverse(self) -> None:
        """Turn the order around."""
        self._assign(list(self)[::-1])

    @override
    def sort(
        self, *, key: Callable[[Any], Any] | None = None, reverse: bool = False
    ) -> None:
        """Put the values in order."""
        self._assign(sorted(self, key=key, reverse=reverse))

    def shuffle(self, random: Random) -> None:
        """Put the values in an order that `random` chooses."""
        content = list(self)
        random.shuffle(content)
        self._assign(content)

    def swap(self, one: int, other: int) -> None:
        """Let two values change places; a State stays the entity that it is.

        Raises:
            IndexError: There is nothing at one of them.
        """
        first, last = self[one], self[other]
        low, high = sorted((one % len(self), other % len(self)))
        if low == high:
            return
        if self._field.kind is not None:
            self[one], self[other] = last, first
            return
        self.move(high, low)
        self.move(low + 1, high)

    def move(self, old: int, new: int) -> None:
        """Take the value at `old` and put it before the one that is then at `new`.

        Raises:
            IndexError: There is nothing at `old`.
        """
        value = self[old]
        at = old % len(self)
        to = _clamp(new, len(self) - 1)
        undo = self._undo()
        if undo is not None:
            undo.append((self._move_back, to, at))
            undo.append((self._forget, *self._remember()))
        self._note(Move(at, to))
        list.__delitem__(self, at)
        list.insert(self, to, value)

    def _move_back(self, at: int, to: int) -> None:
        """Undo one move."""
        list.insert(self, to, list.pop(self, at))

    @override
    def copy(self) -> list[Any]:
        """Return a plain list with the same values."""
        return list(self)

    @override
    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        raise TypeError("a List belongs to its State and cannot be pickled")

    def _check_all(
        self, values: list[Any], *, keep: bool = False, first: int = 0
    ) -> list[Any]:
        """Check values before the first is placed.

        Args:
            values: What is to be held.
            keep: A State that the list holds already may be among them.
            first: The position of the first of them.
        """
        if self._field.kind is not None:
            return [self._check(value, at) for at, value in enumerate(values, first)]
        here = {id(state) for state in self} if keep else set()
        seen: set[int] = set()
        for at, value in enumerate(values, first):
            self._check_class(value, at)
            if id(value) in seen:
                raise PlaceError(f"{self._name()}[{at}]: it is given twice")
            seen.add(id(value))
            if id(value) not in here:
                self._check(value, at)
                place.expect(value, self._holder)
        return values

    def _note(self, happened: Step) -> None:
        """Note what is about to happen."""
        tree = self._tree()
        if tree is None:
            return
        if self._before < 0:
            self._before = len(self)
            self._notes = []
            tree.edited.append(self)
        notes = self._notes
        if notes is None:
            return
        if notes and isinstance(happened, Replace):
            last = notes[-1]
            if isinstance(last, Replace | Insert) and last.at == happened.at:
                notes[-1] = type(last)(last.at, happened.value)
                return
        notes.append(happened)
        if len(notes) > len(self) + 8:
            self._notes = None

    def _remember(self) -> tuple[Any, ...]:
        """Return what `_forget` needs to take back the next note."""
        notes = self._notes
        if not notes:
            return notes, 0, None, self._before
        return notes, len(notes), notes[-1], self._before

    def _forget(self, notes: Any, length: int, last: Any, before: int) -> None:
        """Take back every note since `_remember` returned this."""
        if notes is not None:
            del notes[length:]
            if length:
                notes[-1] = last
        self._notes, self._before = notes, before

    @override
    def _capture(self) -> tuple[Any, ...]:
        notes = self._notes
        return list(self), None if notes is None else list(notes), self._before

    @override
    def _restore(self, *captured: Any) -> None:
        content, self._notes, self._before = captured
        list.__setitem__(self, slice(None), content)

    @override
    def _states(self) -> list[State]:
        return list(self) if self._field.kind is None else []  # type: ignore[arg-type]  # a List without a kind holds States

    @override
    def _assign(self, values: Any) -> None:
        if isinstance(values, str | bytes) or not isinstance(values, Iterable):
            raise FieldError(
                f"{self._name()}: a List is set from a list, not from {shorten(values)}"
            )
        content = self._check_all(list(values), keep=True)
        if len(content) == len(self) and all(map(self._is, self, content)):
            return
        self._undo_all()
        tree = self._tree()
        if tree is not None:
            if self._before < 0:
                self._before = len(self)
                tree.edited.append(self)
            self._notes = None
        old = self._states()
        list.__setitem__(self, slice(None), content)
        if self._field.kind is None:
            kept = {id(state) for state in content}
            known = {id(state) for state in old}
            for state in old:
                if id(state) not in kept:
                    place.detach(state)
            for state in content:
                if id(state) not in known:
                    place.attach(state, self._holder, self._field)

    def _is(self, old: Any, new: Any) -> bool:
        """Tell whether a value is the same for whoever mirrors the list."""
        return old is new or (self._field.kind is not None and old == new)

    @override
    def _edit(self) -> ListEdit | None:
        before, notes = self._before, self._notes
        self._before, self._notes = -1, None
        if before < 0 or notes == []:
            return None
        if notes is not None and self._field.kind is None:
            holder, field = self._holder, self._field
            gone = any(
                isinstance(note, Insert | Replace)
                and not (note.value._parent is holder and note.value._field is field)
                for note in notes
            )
            if gone:
                # Something came and went within one patch: clients never hear of it.
                notes = None
        return ListEdit(self, self, notes, before)

    @override
    def _whole(self) -> ListEdit:
        return ListEdit(self, self, None, 0)


def _clamp(index: int, length: int) -> int:
    """Return where list.insert would insert."""
    return max(0, index + length) if index < 0 else min(index, length)
