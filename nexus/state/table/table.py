"""Table: alike entities by the thousand or the million, in columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import numpy as np
from typing_extensions import override

from nexus.errors import FieldError, StateError
from nexus.state.change import TableEdit
from nexus.state.field import Field
from nexus.state.rows import Rows
from nexus.state.table.bundling import Bundles
from nexus.state.table.column import Column, Values, apart
from nexus.state.table.entity import Entity
from nexus.state.table.ids import ids_array
from nexus.state.table.pick import stamp
from nexus.state.table.roster import FIRST_CAPACITY, Roster
from nexus.state.table.saving import Saving
from nexus.state.table.sheet import Sheet

if TYPE_CHECKING:
    from nexus.state.state import State
    from nexus.state.table.filling import Filling

__all__ = ["Table"]

S = TypeVar("S")

_NONE: Values = np.zeros(0, np.intp)


class Table(Sheet, Generic[S]):
    """Entities of one class as numpy columns; what changed reaches the clients.

    An entity has an id for as long as it lives. Its index in the columns is the same
    from one flush to the next, and another one when `compactions` has grown.
    """

    __slots__ = (
        "__weakref__",
        "_bundles",
        "_columns",
        "_field",
        "_holder",
        "_noted",
        "_offset",
        "_roster",
        "_row_class",
        "_saving",
        "compactions",
        "is_watched",
    )

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: object) -> Self: ...
        def __set__(self, instance: object, value: Iterable[Any]) -> None: ...

    def __init__(self, holder: State, field: Field, offset: int) -> None:
        assert isinstance(field.kind, Rows)
        self._holder = holder
        self._field = field
        self._offset = offset
        self._row_class = field.kind.cls
        fields = self._row_class.__layout__.fields
        name = self._row_class.__name__
        self._columns = {
            each.name: Column(name, each, FIRST_CAPACITY) for each in fields
        }
        self._roster = Roster(self._row_class)
        # What is written for a role alone is nothing to tell others of.
        open_ = [each for each in fields if each.bit & self.open_mask]
        self._bundles = Bundles(
            {each.bit: self._columns[each.name].sent.itemsize for each in open_}
        )
        self._noted = False
        #: Tells a store of the rows; None: nobody keeps them.
        self._saving: Saving | None = None
        #: How often entities got other indices.
        self.compactions = 0
        #: Whether each client gets the rows near it, and not all of them.
        self.is_watched = False

    def __getitem__(self, id_: int) -> Entity:
        if id_ not in self:
            raise KeyError(id_)
        return Entity(self, int(id_))

    # What changes.

    def add(self, count: int | None = None, /, **values: Any) -> Values:
        """Add entities, and return their ids.

        Args:
            count: How many; left out, as many as the arrays have values.
            **values: For each column one value for all of them, or one for each; the
                field's default where nothing is said.

        Raises:
            FieldError: A column does not hold what it is given, or there is none.
            StateError: The Table stands in no tree yet.
        """
        tree = self._holder._bucket.tree
        if tree is None:
            raise StateError(
                f"{self._name()} stands in no tree yet, so its rows cannot have ids: "
                "set the Room's state first, then add"
            )
        count = self._counted(count, values)
        taken = {name: self._column(name).take(v, count) for name, v in values.items()}
        where = self._roster.append(tree.take_row_ids(count), count)
        for name, column in self._columns.items():
            column.grow(self._roster.capacity)
            column.write(where, taken.get(name, column.zero))
        self._note()
        if self._saving is not None:
            self._saving.touch()
        undo = self._undo()
        if undo is not None:
            undo.append((self._roster.truncate, where.start))
        ids: Values = self._roster.ids[where].copy()
        return ids

    def remove(self, ids: Any) -> None:
        """Remove an entity by its id, or several.

        Raises:
            KeyError: One of them is not there; nothing was removed.
        """
        rows = np.unique(self._roster.indices(ids_array(ids)))
        if not rows.size:
            return
        self._roster.kill(rows)
        self._note()
        if self._saving is not None:
            self._saving.touch()
        undo = self._undo()
        if undo is not None:
            undo.append((self._roster.revive, rows))

    def clear(self) -> None:
        """Remove all entities."""
        self.remove(self.ids)

    def put(self, rows: Any, **values: Any) -> None:
        """Write values into columns, at the indices of entities.

        Args:
            rows: One index, an array of them without repetition, or a slice.
            **values: For each column one value for all, or one for each.

        Raises:
            FieldError: A column does not hold what it is given, or there is none;
                nothing was written.
            IndexError: One of the rows is not there.
        """
        columns = [self._column(name) for name in values]
        rows = apart(self._expected(rows), columns)
        taken = [
            apart(column.take(value, len(rows)), columns)
            for column, value in zip(columns, values.values(), strict=True)
        ]
        undo = self._undo()
        if undo is not None:
            old = [(column, column.data[rows]) for column in columns]
            undo.append((self._put_back, rows, old))
        bits = np.zeros(len(rows), self._roster.mask.dtype)
        for column, value in zip(columns, taken, strict=True):
            column.put(rows, value, bits)
        if self._roster.mark_some(rows, bits):
            self._note()
        if self._saving is not None:
            self._saving.mark(rows)

    @contextmanager
    def edit(self, *names: str) -> Iterator[list[Values]]:
        """Give whole columns to write into; what differs is found at the end.

        For array operations on all entities at once. What is written of removed
        entities nobody sees.

        If the block raises, these columns hold what they did before it; rounded ones
        what clients know of that.

        Raises:
            FieldError: There is no such column, or something was written that it does
                not hold.
        """
        columns, everything = [self._column(name) for name in names], slice(self.extent)
        undo, saving = self._undo(), self._saving
        old = [
            (each, each.data[everything].copy())
            for each in columns
            # Rounded for clients, a number may be another one for a store alone.
            if undo is not None
            or not each.is_told
            or (saving is not None and each.is_rounded)
        ]
        try:
            yield [column.data[everything] for column in columns]
            for column in columns:
                column.fit(everything)
        except BaseException:
            for column in columns:
                if column.is_told:
                    column.revert(everything)
            self._put_back(everything, [each for each in old if not each[0].is_told])
            if saving is not None:
                saving.mark(self.rows)
            raise
        if undo is not None:
            undo.append((self._put_back, everything, old))
        for column in columns:
            if column.is_told:
                rows = column.written(self.extent)
                if self._roster.mark_alive(rows, column.bit):
                    self._note()
                if saving is not None:
                    saving.mark(rows)
        if saving is not None:
            for column, before in old:
                if column.is_rounded or not column.is_told:
                    now = column.data[everything]
                    saving.mark_where(column.differing(now, before))

    # How it is told and put back.

    def _note(self) -> None:
        tree = self._tree()
        if tree is not None and not self._noted:
            self._noted = True
            tree.edited.append(self)

    def _put_back(self, rows: Any, old: list[tuple[Column, Values]]) -> None:
        for column, values in old:
            column.write(rows, values)

    @override
    def _capture(self) -> tuple[Any, ...]:
        columns = {name: each.copy() for name, each in self._columns.items()}
        return self._roster.copy(), columns, self._noted, self._saving

    @override
    def _restore(self, *captured: Any) -> None:
        roster, columns, self._noted, self._saving = captured
        # What else is put back refers to these very objects.
        self._roster.become(roster)
        for name, each in columns.items():
            self._columns[name].become(each)
        self.compactions += 1

    @override
    def _states(self) -> list[State]:
        return []

    @override
    def _assign(self, values: Any) -> None:
        if values is not self and len(values):
            raise FieldError(
                f"{self._name()}: the rows of a Table come by `add`; set it to () to "
                "remove all"
            )
        if values is not self:
            self.clear()

    def _settle(self) -> None:
        """Give the rows new ids: their State got a place."""
        tree = self._holder._bucket.tree
        assert tree is not None
        roster, self._saving = self._roster, None
        roster.forget()
        tree.tables.add(self)
        roster.renumber(tree.take_row_ids(len(self)))

    # How it is saved.

    @property
    def is_kept(self) -> bool:
        """Whether a store is to be told of the rows."""
        return self._holder._kept and not self._field.said.transient

    def keep(
        self, key: int, wake: Callable[[Saving], object], *, is_saved: bool = False
    ) -> Saving:
        """Tell a store of the rows, from now on; of all that there are, at first.

        Args:
            key: What the store calls the Table.
            wake: Called when something differs from what the store was told.
            is_saved: Whether the store has the rows as they are.
        """
        self._roster.is_saved, self._roster.lost = True, []
        self._saving = Saving(self, key, wake)
        if len(self) and not is_saved:
            self._roster.unsaved[: self.extent] = True
            self._saving.touch()
        return self._saving

    @property
    def saving(self) -> Saving | None:
        """What tells a store of the rows, if anything does."""
        return self._saving

    def fill(self, filling: Filling) -> None:
        """Hold the rows that were saved, and that clients know."""
        self._roster, self._columns = filling.roster, filling.columns
        self.compactions += 1

    @override
    def _edit(self) -> TableEdit | None:
        self._noted = False
        roster, tree = self._roster, self._holder._bucket.tree
        if tree is None:
            roster.forget()
            return None
        left = roster.take_gone()
        gone = roster.ids[left]
        moved = roster.compact()
        if moved is not None:
            self.compactions += 1
            first = int(moved.new[0]) if moved.new.size else 0
            for column in self._columns.values():
                column.move(moved.old, slice(first, first + moved.new.size))
        came = roster.known + np.flatnonzero(roster.alive[roster.known : roster.extent])
        # Of all Cells together it is cheaper to name just what was written.
        written = roster.take_written(self._bundles if self.is_watched else None)
        roster.known = roster.extent
        if not (came.size or written or gone.size) and moved is None:
            return None
        open_ = self.open_mask
        for mask, rows in [(-1, came), *written]:
            for stamps, bits in ((roster.stamps, open_), (roster.few_stamps, ~open_)):
                if stamps is not None and mask & bits:
                    stamp(stamps, rows, tree.version + 1)
        return TableEdit(self, came, written, gone, left, moved, open_)

    @override
    def _unnote(self) -> None:
        # An edit may close gaps, of which all have to hear who know rows by indices.
        self._noted = False
        self._roster.take_gone()
        self._roster.take_written(None)

    @override
    def _whole(self) -> TableEdit:
        return TableEdit(self, self.rows, [], _NONE, _NONE, None, self.open_mask)
