"""Chains: which slots are in a cell, in a few bytes a slot."""

from __future__ import annotations

from array import array

from attrs import define, field

__all__ = ["CellChains"]

#: Stands for no slot.
_NONE = -1


@define(eq=False)
class CellChains:
    """The cell of each slot, and the slots of each cell.

    The slots of a cell are a chain: the first by cell, and for each those next to it.
    """

    _cells: array[int] = field(factory=lambda: array("q"), init=False)
    _first: dict[int, int] = field(factory=dict, init=False)
    _after: array[int] = field(factory=lambda: array("i"), init=False)
    _before: array[int] = field(factory=lambda: array("i"), init=False)

    def cell(self, slot: int) -> int:
        """Return the cell of a slot."""
        return self._cells[slot]

    def inside(self, cell: int) -> list[int]:
        """Return the slots of a cell."""
        found = []
        slot = self._first.get(cell, _NONE)
        while slot != _NONE:
            found.append(slot)
            slot = self._after[slot]
        return found

    def grow(self, cell: int, count: int) -> None:
        """Have so many slots more, all in one cell."""
        start = len(self._cells)
        first = self._first.get(cell, _NONE)
        self._cells.extend(array("q", (cell,)) * count)
        self._after.extend(range(start + 1, start + count + 1))
        self._after[-1] = first
        self._before.append(_NONE)
        self._before.extend(range(start, start + count - 1))
        if first != _NONE:
            self._before[first] = start + count - 1
        self._first[cell] = start

    def move(self, slot: int, cell: int) -> None:
        """Let a slot be in a cell."""
        if self._cells[slot] == cell:
            return
        self._unchain(slot)
        first = self._first.get(cell, _NONE)
        self._cells[slot] = cell
        self._before[slot], self._after[slot] = _NONE, first
        self._join(slot, _NONE, first)
        self._first[cell] = slot

    def remove(self, slot: int) -> None:
        """Let the last slot take the place of another one."""
        self._unchain(slot)
        last = len(self._cells) - 1
        if slot != last:
            before, after = self._before[last], self._after[last]
            self._join(slot, before, after)
            if before == _NONE:
                self._first[self._cells[last]] = slot
        for each in (self._cells, self._after, self._before):
            each[slot] = each[last]
            each.pop()

    def _join(self, slot: int, before: int, after: int) -> None:
        """Let a slot, or none, stand between two others of its cell."""
        if before != _NONE:
            self._after[before] = after if slot == _NONE else slot
        if after != _NONE:
            self._before[after] = before if slot == _NONE else slot

    def _unchain(self, slot: int) -> None:
        before, after = self._before[slot], self._after[slot]
        self._join(_NONE, before, after)
        if before == after == _NONE:
            del self._first[self._cells[slot]]
        elif before == _NONE:
            self._first[self._cells[slot]] = after
