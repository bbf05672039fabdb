"""Saving: which rows of a Table differ from what a store has, a slice at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from attrs import define, field

from nexus.state.table.block import Block, Shelf
from nexus.state.table.column import Column, Values
from nexus.state.table.ids import NO_IDS
from nexus.state.table.merging import Slice
from nexus.state.table.roster import Roster

if TYPE_CHECKING:
    from nexus.state.table.table import Table

__all__ = ["SAVED_EVERY", "Saving", "shelf_of", "stored_columns"]

#: How often rows are saved when nothing else is said, in seconds.
SAVED_EVERY: Final = 1.0

#: So many rows are looked at in one go for those that differ.
_WINDOW: Final = 1 << 16
_END: Final = (1 << 53) - 1


@define(eq=False)
class Saving:
    """Tells a store what became of the rows of one Table, in rounds.

    A round goes through the Table once, by ascending ids, and each of its slices says
    what differs in a stretch of it. What is written behind it is for the next round.

    Attributes:
        table: The Table.
        key: What the store calls it.
        is_dirty: Whether anything differs from what was told.
        every: Seconds from one round to the next.
    """

    table: Table[Any]
    key: int
    _wake: Callable[[Saving], object]
    is_dirty: bool = field(default=False, init=False)
    every: float = field(init=False)
    _shelf: Shelf = field(init=False)
    _columns: list[Column] = field(init=False)
    #: The last id that this round has gone by.
    _behind: int = field(default=-1, init=False)
    #: Whether this round tells of all rows there are, so that all others are gone.
    _is_sweep: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        said = self.table._field.said.saved_every
        self.every = SAVED_EVERY if said is None else said
        self._columns = stored_columns(self.table._columns)
        self._shelf = shelf_of(self._columns)

    @property
    def _roster(self) -> Roster:
        return self.table._roster

    def begin_again(self) -> None:
        """Tell of all rows anew: nobody knows what the store has of them."""
        self._roster.unsaved[: self._roster.extent] = True
        self._behind, self._is_sweep = -1, True
        self.touch()

    def rewind(self) -> None:
        """Begin a round from its start, whatever was told in this one."""
        self._behind = -1
        if self._is_sweep:
            self.begin_again()

    def mark(self, rows: Values) -> None:
        """Note that rows were written."""
        if len(rows):
            self._roster.unsaved[rows] = True
            self.touch()

    def mark_where(self, written: Values) -> None:
        """Note the same, given for each row whether it was."""
        unsaved = self._roster.unsaved[: len(written)]
        unsaved |= written
        if written.any():
            self.touch()

    def touch(self) -> None:
        """Note that something differs."""
        if not self.is_dirty:
            self.is_dirty = True
            self._wake(self)

    def take(self, most: int) -> tuple[Slice, bool]:
        """Return what differs in the next stretch, and whether the round is over.

        Args:
            most: How many bytes it may be, about.
        """
        roster = self._roster
        gone = roster.take_lost(max(1, most // 8))
        left = most - gone.size * 8
        first, low = self._behind, self._behind + 1
        rows, is_over = self._next(max(0, left) // (self._shelf.width + 8))
        if rows.size:
            self._behind = int(roster.ids[rows[-1]])
        high = _END if is_over else self._behind
        if not self._is_sweep or high == first:
            low, high = 0, -1
        blocks = [self._block(rows)] if rows.size else []
        # What clients were not told of yet may be taken back unseen.
        roster.unsaved[rows] = roster.waits(rows)
        if is_over:
            self._end()
        return Slice(blocks, gone, low, high), is_over

    def _next(self, count: int) -> tuple[Values, bool]:
        """Return the next rows that differ, and whether there are no more."""
        roster, found = self._roster, []
        at = int(np.searchsorted(roster.ids[: roster.extent], self._behind, "right"))
        while at < roster.extent:
            end = min(at + _WINDOW, roster.extent)
            here = np.flatnonzero(roster.unsaved[at:end] & roster.alive[at:end]) + at
            if here.size > count:
                found.append(here[:count])
                return np.concatenate(found), False
            found.append(here)
            count -= here.size
            at = end
        return np.concatenate(found) if found else NO_IDS, True

    def _block(self, rows: Values) -> Block:
        roster, where = self._roster, cast(Any, rows)
        if int(rows[-1] - rows[0]) + 1 == rows.size:
            # One stretch is copied quicker than rows one by one.
            where = slice(int(rows[0]), int(rows[-1]) + 1)
        types = self._shelf.types
        columns = [
            np.array(column.data[where], type_)
            for column, type_ in zip(self._columns, types, strict=True)
        ]
        return Block(self._shelf, roster.ids[where].copy(), columns)

    def _end(self) -> None:
        roster = self._roster
        self._behind, self._is_sweep = -1, False
        unsaved = roster.unsaved[: roster.extent]
        unsaved &= roster.alive[: roster.extent]
        self.is_dirty = bool(unsaved.any() or roster.lost)
        if self.is_dirty:
            self._wake(self)


def stored_columns(columns: dict[str, Column]) -> list[Column]:
    """Return those of which a store is told."""
    return [each for each in columns.values() if not each.field.said.transient]


def shelf_of(columns: list[Column]) -> Shelf:
    """Say what columns are."""
    kinds = [each.field.kind for each in columns]
    return Shelf(
        tuple(each.field.name for each in columns),
        tuple(json.dumps(kind.describe()) for kind in kinds if kind is not None),
        tuple(each.dtype.newbyteorder("<").str for each in columns),
    )
