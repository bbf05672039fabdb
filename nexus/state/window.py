"""Windows: which part of a list can differ from what it was.

What lies before and behind is the same, and need not be looked at: an append to a long
list costs as little as to a short one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import define, field

from nexus.state.change import Insert, Move, Remove, Replace, Step

if TYPE_CHECKING:
    from nexus.state.state import State

__all__ = ["Window", "steps_of", "window_of"]


@define
class Window:
    """What was touched of a list.

    Args:
        before: How long it was.
    """

    before: int
    #: How long it is.
    length: int = field(init=False)
    #: So many values at its beginning, and at its end, are the same.
    head: int = field(init=False)
    tail: int = field(init=False)
    #: Where values were replaced, as long as nothing else happened; else None.
    places: set[int] | None = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        self.length = self.head = self.tail = self.before

    @property
    def moved(self) -> bool:
        """Whether the values behind the window stand elsewhere now."""
        return self.length != self.before

    @property
    def was(self) -> slice:
        """Where it was."""
        return slice(self.head, self.before - self.tail)

    @property
    def now(self) -> slice:
        """Where it is."""
        return slice(self.head, self.length - self.tail)

    def replace(self, first: int, last: int) -> None:
        """Take in the values from `first` to `last`."""
        self.head = min(self.head, first)
        self.tail = min(self.tail, self.length - 1 - last)

    def splice(self, at: int, gone: int, come: int) -> None:
        """Take in that some values come in place of others."""
        self.places = None
        self.head = min(self.head, at)
        self.tail = min(self.tail, self.length - at - gone)
        self.length += come - gone

    def move(self, at: int, to: int) -> None:
        """Take in that a value moves."""
        self.places = None
        self.replace(min(at, to), max(at, to))


def window_of(steps: Sequence[Step] | None, before: int, length: int) -> Window:
    """Return what steps touch of a list; None: all of it.

    Args:
        steps: What happened, in order.
        before: How long the list was.
        length: How long it is.
    """
    window = Window(before)
    if steps is None:
        window.splice(0, before, length)
        return window
    for step in steps:
        if isinstance(step, Replace):
            window.replace(step.at, step.at)
            if window.places is not None:
                window.places.add(step.at)
        elif isinstance(step, Insert):
            window.splice(step.at, 0, 1)
        elif isinstance(step, Remove):
            window.splice(step.at, 1, 0)
        else:
            assert isinstance(step, Move)
            window.move(step.at, step.to)
    return window


def steps_of(before: list[int], now: list[int], seen: list[State]) -> list[Step] | None:
    """Return what leads from one list of States to another; None: its content anew.

    Args:
        before: The ids of those that were there.
        now: The ids of those that are there.
        seen: These.
    """
    head = _shared(before, now)
    tail = _shared(before[head:][::-1], now[head:][::-1])
    gone = before[head : len(before) - tail]
    come = seen[head : len(seen) - tail]
    if 2 * (len(gone) + len(come)) > len(now):
        return None
    if not {state._id for state in come}.isdisjoint(gone):
        # One that moves is not taken out and put back: that would be another entity.
        return None
    removed: list[Step] = [Remove(head) for _ in gone]
    return removed + [Insert(at, state) for at, state in enumerate(come, head)]


def _shared(one: list[int], other: list[int]) -> int:
    """Return how many ids two lists begin with alike.

    Slices are compared in C: id by id it takes four times as long.
    """
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
