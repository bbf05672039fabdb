"""What a list held before a payload, as far as the payload touched it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nexus.state.call import Entry, list_entries, place_entries
from nexus.state.window import Window

__all__ = ["Noted"]


class Noted:
    """What a list held before it was touched, as far as it was.

    It is told of everything right before that happens.
    """

    def __init__(self, items: list[Any]) -> None:
        self.window = Window(len(items))
        #: What stood at the places of the window.
        self._places: dict[int, Any] = {}
        #: What stood in the window: backwards what was taken in at its beginning.
        self._front: list[Any] = []
        self._back: list[Any] = []

    def replace(self, items: list[Any], places: Sequence[int]) -> None:
        """Note that values are about to be replaced, at ascending places."""
        window = self.window
        if window.places is None:
            self._widen(items, places[0], window.length - 1 - places[-1])
            return
        window.replace(places[0], places[-1])
        for at in places:
            window.places.add(at)
            self._places.setdefault(at, items[at])

    def splice(self, items: list[Any], at: int, gone: int, come: int) -> None:
        """Note that values are about to come in place of others."""
        self._widen(items, at, self.window.length - at - gone)
        self.window.splice(at, gone, come)

    def move(self, items: list[Any], at: int, to: int) -> None:
        """Note that a value is about to move."""
        first, last = sorted((at, to))
        self._widen(items, first, self.window.length - 1 - last)
        self.window.move(at, to)

    def was(self, items: list[Any]) -> list[Any]:
        """Return what the list held, given what it holds."""
        window = self.window
        if window.places is not None:
            held = list(items)
            for at, old in self._places.items():
                held[at] = old
            return held
        behind = items[window.length - window.tail :]
        return [*items[: window.head], *self.middle(), *behind]

    def middle(self) -> list[Any]:
        """Return what stood in the window, once something moved."""
        return [*reversed(self._front), *self._back]

    def positions(self) -> dict[Any, int]:
        """Return where what stood in the window stood."""
        if self.window.places is not None:
            return {old: at for at, old in self._places.items()}
        return {old: at for at, old in enumerate(self.middle(), self.window.head)}

    def follow(self, positions: dict[Any, int], items: list[Any]) -> None:
        """Make positions of what the list held those of what it holds."""
        window = self.window
        if window.places is not None:
            for at, old in self._places.items():
                if positions.get(old) == at:
                    del positions[old]
            positions.update((items[at], at) for at in window.places)
            return
        for old in self.middle():
            positions.pop(old, None)
        end = window.length if window.moved else window.now.stop
        positions.update((items[at], at) for at in range(window.head, end))

    def position(self, at: int) -> int:
        """Return where a value outside of the window was that is now at `at`."""
        window = self.window
        return at if at < window.head else at + window.before - window.length

    def entries(self, items: list[Any], *, entity: bool) -> list[Entry]:
        """Return what differs, given what the list holds."""
        window = self.window
        if window.places is not None:
            some = sorted(self._places.items())
            pairs = [(at, old, items[at]) for at, old in some]
            return place_entries(pairs, entity=entity)
        was, now = self.middle(), items[window.now]
        if window.moved and not entity:
            behind = items[window.length - window.tail :]
            was += behind
            now += behind
        return list_entries(was, now, entity=entity, start=window.head)

    def _widen(self, items: list[Any], head: int, tail: int) -> None:
        """Take in what stands from here to there, before it is touched."""
        window = self.window
        if window.places is not None:
            # Nothing has moved yet: all that was noted stands where it stood.
            self._back = items[window.head : window.length - window.tail]
            for at, old in self._places.items():
                self._back[at - window.head] = old
            window.places = None
        if window.head + window.tail > window.length:
            # Nothing was noted yet.
            window.head, window.tail = head, tail
            self._back = items[head : window.length - tail]
            return
        if head < window.head:
            self._front.extend(reversed(items[head : window.head]))
            window.head = head
        if tail < window.tail:
            self._back += items[window.length - window.tail : window.length - tail]
            window.tail = tail
