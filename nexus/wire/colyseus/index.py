"""Indexes: the numbers under which clients know the keys of Maps and values of Sets.

A number is given when a key comes and never again in that container: a key that goes
and comes back has another one, so that no decoder takes the new entry for the old.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

from nexus.state.change import MapEdit, SetEdit
from nexus.state.container import Container
from nexus.state.flush import Flush
from nexus.state.map import Map
from nexus.state.set import Set
from nexus.state.state import State

__all__ = ["Index", "Indexes"]


class Index:
    """The numbers of one container's entries, as of the last flush."""

    __slots__ = ("_freed", "_next", "_numbers")

    def __init__(self, entries: Iterable[Any]) -> None:
        self._numbers = {entry: number for number, entry in enumerate(entries)}
        self._next = len(self._numbers)
        #: What the last flush removed, with the numbers that clients still know.
        self._freed: dict[Any, int] = {}

    def __getitem__(self, entry: Any) -> int:
        """Return the number of an entry that is there."""
        return self._numbers[entry]

    def before(self, entry: Any) -> int:
        """Return the number that clients know for an entry that is to be removed.

        One that is merely out of their sight keeps its number for when it returns.
        """
        freed = self._freed
        if entry in freed:
            return freed[entry]
        # A patch that nobody reads may name what nobody was told of; a decoder would
        # pass over a number that it does not know.
        return self._numbers.get(entry, self._next)

    def follow(self, removed: Iterable[Any], added: Iterable[Any]) -> None:
        """Take the numbers from what went, then give new ones to what came."""
        for entry in removed:
            self._freed[entry] = self._numbers.pop(entry)
        for entry in added:
            if entry not in self._numbers:
                self._numbers[entry] = self._next
                self._next += 1

    def settle(self) -> None:
        """Forget what the flush before the last one removed."""
        self._freed.clear()


class Indexes:
    """The Indexes of a tree's Maps and Sets, made when somebody hears of them."""

    def __init__(self) -> None:
        # By State, so that they go when it does; then by the container's place in it.
        self._indexes: WeakKeyDictionary[State, dict[int, Index]] = WeakKeyDictionary()
        self._unsettled: list[Index] = []

    def follow(self, flush: Flush) -> None:
        """Bring the numbers to where a flush leads; needed after each one."""
        if self._unsettled:
            for index in self._unsettled:
                index.settle()
            self._unsettled.clear()
        # Most flushes change values alone.
        if not (flush.created or flush.edits) or not self._indexes:
            return
        for state in flush.created:
            # It may have stood elsewhere, and changed since without a word.
            self._indexes.pop(state, None)
        for edit in flush.edits:
            container = edit.container
            known = self._indexes.get(container._holder)
            if known is None or container._offset not in known:
                continue
            index = known[container._offset]
            if isinstance(edit, MapEdit):
                index.follow(edit.removed, [key for key, _ in edit.added])
            else:
                assert isinstance(edit, SetEdit)
                index.follow(edit.removed, edit.added)
            self._unsettled.append(index)

    def of(self, container: Container) -> Index:
        """Return the Index of a Map or a Set."""
        here = self._indexes.setdefault(container._holder, {})
        index = here.get(container._offset)
        if index is None:
            assert isinstance(container, Map | Set)
            index = here[container._offset] = Index(container)
        return index
