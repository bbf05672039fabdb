"""Mirror: which entities of a Table a store has, and which of them differ there.

A store has ids of its own, that outlive the Room. An entity that came from the store
keeps the one that it had; one that is new gets its own plus what the store said to be
free, so that nothing has to be remembered of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from attrs import define, field, frozen

from nexus.errors import FieldError, StateError
from nexus.state.number import Integer
from nexus.state.table.column import Column, Values
from nexus.state.table.ids import NO_IDS
from nexus.state.table.roster import Roster
from nexus.state.table.saving import Saving, stored_columns
from nexus.state.table.table import Table

__all__ = ["Differing", "Mirror", "Parting", "array_of"]

#: The Table is called so where a journal would know it by a number of its own.
_KEY: Final = -1
#: So many rows are looked at in one go for those that differ.
_WINDOW: Final = 1 << 16
_ALL: Final = 1 << 62

#: How the Region of entities is found: by their positions, or by the name of a field;
#: None: all are in Region 0.
Parting: TypeAlias = Callable[[Any, Any], Any] | str | None


@frozen(eq=False)
class Differing:
    """Some entities as they are, for a store that has them otherwise.

    Attributes:
        rows: Their ids in the Table.
        ids: Their ids in the store.
        regions: Where they are.
        columns: For each field its values.
        gone: The ids in the store of entities that were removed.
        next_id: From here on ids are free.
        is_last: Whether nothing else differs beyond it.
    """

    rows: Values
    ids: Values
    regions: Values
    columns: Mapping[str, Values]
    gone: Values
    next_id: int
    is_last: bool

    def __len__(self) -> int:
        return len(self.ids) + len(self.gone)


@define(eq=False)
class _Run:
    """Entities that came with one load; both columns ascend."""

    rows: Values
    ids: Values


@define(eq=False)
class Mirror:
    """Knows what a store has of one Table.

    Args:
        table: The Table.
        region: How the Region of an entity is found.
        place: The fields that are its position.

    Attributes:
        table: The same.
        wake: Called when something begins to differ.
        offset: What the store's id of a new entity is more than its own.
        columns: The fields that are stored.

    Raises:
        FieldError: A field is missing.
        StateError: The Table stands in no tree, or something else stores its rows.
    """

    table: Table[Any]
    _region: Parting
    _place: tuple[str, str]
    wake: Callable[[], object] = field(default=bool, init=False)
    offset: int = field(default=0, init=False)
    columns: list[Column] = field(init=False)
    _saving: Saving = field(init=False)
    _runs: list[_Run] = field(factory=list, init=False)
    #: The store's ids of entities that were removed, and that it still has.
    _gone: Values = field(default=NO_IDS, init=False)

    def __attrs_post_init__(self) -> None:
        table = self.table
        if table._holder._bucket.tree is None:
            raise StateError("set the Room's state first: its Table is in no tree yet")
        if table.saving is not None:
            raise StateError("the rows of this Table are stored already")
        self.columns = stored_columns(table._columns)
        if self._region is not None:
            named = (self._region,) if isinstance(self._region, str) else self._place
            for name in named:
                _ = table.column(name)
        self._saving = table.keep(_KEY, lambda _: self.wake())

    @property
    def every(self) -> float:
        """How often the Table is to be stored, in seconds."""
        return self._saving.every

    @property
    def _roster(self) -> Roster:
        return self.table._roster

    @property
    def is_attached(self) -> bool:
        """Whether the Table stands where it stood."""
        is_there = self.table._holder._bucket.tree is not None
        return is_there and self.table.saving is self._saving

    @property
    def dirty(self) -> int:
        """How many entities differ from what the store has."""
        roster = self._roster
        unsaved = roster.unsaved[: roster.extent] & roster.alive[: roster.extent]
        lost = sum(len(each) for each in roster.lost)
        return int(np.count_nonzero(unsaved)) + len(self._gone) + lost

    # What differs.

    def take(self, most: int, behind: int = -1) -> Differing:
        """Return entities that differ; they count as stored from now on.

        Args:
            most: How many, at most.
            behind: The id after which to look for them, and none before.
        """
        roster, found = self._roster, [NO_IDS]
        at = int(np.searchsorted(roster.ids[: roster.extent], behind, "right"))
        left = most + 1
        while at < roster.extent and left:
            end = min(at + _WINDOW, roster.extent)
            here = np.flatnonzero(roster.unsaved[at:end] & roster.alive[at:end]) + at
            found.append(here[:left])
            left -= len(found[-1])
            at = end
        rows = np.concatenate(found)
        return self._taken(rows[:most], most, is_last=len(rows) <= most)

    def take_of(self, ids: Values) -> Differing:
        """Return those of some entities that differ, and no others."""
        rows = self._there(ids)
        return self._taken(rows[self._roster.unsaved[rows]], 0, is_last=True)

    def _taken(self, rows: Values, most: int, *, is_last: bool) -> Differing:
        roster, tree = self._roster, self.table._holder._bucket.tree
        assert tree is not None
        ids = roster.ids[rows]
        self._collect()
        made = Differing(
            ids,
            self.stored(ids),
            # The author's code may fail: then nothing was taken.
            self.regions(rows),
            {each.field.name: each.data[rows] for each in self.columns},
            self._gone[:most],
            self.offset + tree.next_id,
            is_last=is_last and len(self._gone) <= most,
        )
        self._gone = self._gone[most:]
        roster.unsaved[rows] = False
        return made

    def give_back(self, taken: Differing) -> None:
        """Let what was taken differ again: the store did not get it."""
        self._roster.unsaved[self._there(taken.rows)] = True
        self._gone = np.concatenate([taken.gone, self._gone])
        self.look()

    def done(self, taken: Differing) -> None:
        """Forget entities that were removed, in the store as well."""
        if len(taken.gone):
            self._forget(lambda run: _find(run.ids, taken.gone))

    def look(self) -> bool:
        """Look whether anything differs; if nothing does, the next write wakes."""
        self._saving.is_dirty = self.dirty > 0
        return self._saving.is_dirty

    def _collect(self) -> None:
        """Take note of what was removed."""
        if self._roster.lost:
            lost = self.stored(self._roster.take_lost(_ALL))
            self._gone = np.concatenate([self._gone, lost])

    # Which is which.

    def stored(self, rows: Values) -> Values:
        """Return the store's ids of entities, by their own."""
        ids = rows + self.offset
        for run in self._runs:
            at, found = _find(run.rows, rows)
            ids[found] = run.ids[at[found]]
        return ids

    def has(self, ids: Values) -> Values:
        """Tell of the store's ids which of them are in memory, or were removed here."""
        self._collect()
        own = ids - self.offset
        at, known = _find(self._roster.ids[: self._roster.extent], own)
        known[known] = self._roster.alive[at[known]]
        for run in self._runs:
            known |= _find(run.ids, ids)[1]
        return known | np.isin(ids, self._gone)

    def regions(self, rows: Values) -> Values:
        """Return the Regions of rows, by their indices."""
        columns = self.table._columns
        if self._region is None:
            return np.zeros(len(rows), np.int64)
        if isinstance(self._region, str):
            return columns[self._region].data[rows].astype(np.int64)
        x, y = (columns[name].data[rows] for name in self._place)
        found: Values = np.asarray(self._region(x, y)).astype(np.int64)
        if found.shape != x.shape:
            raise FieldError(
                f"what finds Regions returned {found.shape} for {x.shape} positions"
            )
        return found

    def find(self, region: int, behind: int) -> tuple[Values, int]:
        """Return the ids of entities in a Region, and the last id that was looked at.

        Args:
            region: The Region.
            behind: The id after which to look; of all there are, a part is looked at.
        """
        roster = self._roster
        at = int(np.searchsorted(roster.ids[: roster.extent], behind, "right"))
        end = min(at + _WINDOW, roster.extent)
        if at == end:
            return NO_IDS, -1
        rows = np.flatnonzero(roster.alive[at:end]) + at
        here: Values = roster.ids[rows[self.regions(rows) == region]]
        return here, int(roster.ids[end - 1])

    # What comes and goes.

    def add(self, stored: Sequence[int], values: Mapping[str, Sequence[Any]]) -> int:
        """Let entities of the store be there, but for those that are; return how many.

        Args:
            stored: Their ids in the store, ascending.
            values: For each field that is stored its values.

        Raises:
            FieldError: One of them cannot be; none was added.
        """
        ids = np.asarray(stored, np.int64)
        new = np.flatnonzero(~self.has(ids))
        columns = self.table._columns
        taken = {name: array_of(columns[name], each) for name, each in values.items()}
        rows = self.table.add(
            len(new), **{name: each[new] for name, each in taken.items()}
        )
        self._roster.unsaved[self.table.find(rows)] = False
        if len(new):
            self._runs.append(_Run(rows, ids[new]))
            self._join()
        return len(new)

    def _join(self) -> None:
        """Let the two latest Runs be one if they came with the same load."""
        if len(self._runs) > 1:
            first, second = self._runs[-2:]
            if first.ids[-1] < second.ids[0]:
                self._runs[-2:] = [
                    _Run(
                        np.concatenate([first.rows, second.rows]),
                        np.concatenate([first.ids, second.ids]),
                    )
                ]

    def drop(self, ids: Values, region: int) -> tuple[int, Differing]:
        """Remove entities that are still in a Region; the store keeps them.

        Returns:
            How many there were, and those that differ: nobody else has them now.
        """
        rows = self._there(ids)
        rows = rows[self.regions(rows) == region]
        left = self._roster.ids[rows]
        last = self.take_of(left)
        self.table.remove(left)
        _ = self._roster.take_lost(_ALL)
        self._forget(lambda run: _find(run.rows, left))
        return len(left), last

    def _forget(self, which: Callable[[_Run], tuple[Values, Values]]) -> None:
        for run in self._runs:
            at, found = which(run)
            if found.any():
                run.rows = np.delete(run.rows, at[found])
                run.ids = np.delete(run.ids, at[found])
        self._runs = [run for run in self._runs if len(run.rows)]

    def _there(self, ids: Values) -> Values:
        """Return the indices of those entities that are there."""
        at, found = _find(self._roster.ids[: self._roster.extent], ids)
        rows: Values = at[found]
        return rows[self._roster.alive[rows]]


def _find(among: Values, wanted: Values) -> tuple[Values, Values]:
    """Find values in what ascends: where each is, and which of them are there."""
    at = np.searchsorted(among, wanted)
    if not len(among):
        return at, np.zeros(len(wanted), np.bool_)
    at[at == len(among)] = 0
    return at, among[at] == wanted


def array_of(column: Column, values: Sequence[Any]) -> Values:
    """Return values of a store as an array that a Table takes.

    Raises:
        FieldError: It does not.
    """
    kind = column.field.kind
    if isinstance(kind, Integer) and {*map(type, values)} <= {int}:
        try:
            # numpy by itself takes what is beyond int64 for floats.
            return np.array(values, column.dtype)
        except OverflowError as error:
            raise FieldError(f"{column.name}: {error}") from None
    taken: Values = column.take(list(values), len(values))
    return taken
