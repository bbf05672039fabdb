"""Sheet: the columns and the roster of a Table, to be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nexus.errors import FieldError
from nexus.state.change import TableEdit
from nexus.state.container import Container
from nexus.state.kind import Bool, shorten
from nexus.state.number import Float
from nexus.state.rows import Rows
from nexus.state.rule import Lane
from nexus.state.table.column import Column, Values
from nexus.state.table.ids import ids_array
from nexus.state.table.pick import picked
from nexus.state.table.roster import Roster

if TYPE_CHECKING:
    from nexus.state.field import Field, Shape
    from nexus.state.state import State

__all__ = ["Sheet"]


class Sheet(Container):
    """What a Table holds: columns by name, and which of their rows are there."""

    __slots__ = ()
    __shape__: ClassVar[Shape] = "table"

    if TYPE_CHECKING:
        _columns: dict[str, Column]
        _roster: Roster
        _row_class: Any
        _field: Field

    def __len__(self) -> int:
        return len(self._roster)

    def __contains__(self, id_: object) -> bool:
        return isinstance(id_, int | np.integer) and self._roster.index(int(id_)) >= 0

    def __iter__(self) -> Iterator[int]:
        return iter(self.ids.tolist())

    @property
    def is_for_all(self) -> bool:
        """Whether no rule keeps it, or what it stands in, from any client."""
        return max(self._holder._reach, self._field.lane) == Lane.SHARED

    @property
    def extent(self) -> int:
        """How many rows the columns have, those of removed entities included."""
        return self._roster.extent

    @property
    def rows(self) -> Values:
        """The indices of all entities in the columns, ascending."""
        return self._roster.rows

    @property
    def known_rows(self) -> Values:
        """The indices of all entities that clients know, some of them removed since."""
        return self._roster.known_rows()

    @property
    def ids(self) -> Values:
        """The ids of all entities, ascending."""
        ids: Values = self._roster.ids[self._roster.rows]
        return ids

    @property
    def first_id(self) -> int | None:
        """The id of the first row, if each has the next one; None: they do not."""
        return self._roster.first_id

    @property
    def alive(self) -> Values:
        """For each row whether its entity is there still."""
        return _readable(self._roster.alive[: self.extent])

    def stamps(self, rows: Values, mask: int) -> Values:
        """Return for rows the version in which any of some fields last changed.

        Of those that all are told it is the same one.
        """
        roster = self._roster
        stamps: Values = roster.stamps[: self.extent][rows]
        if roster.few_stamps is None or not mask & ~self.open_mask:
            return stamps
        few: Values = np.maximum(stamps, roster.few_stamps[: self.extent][rows])
        return few

    @property
    def columns(self) -> Mapping[str, Values]:
        """All columns to read, by name; they have values for dead rows, too."""
        end = self.extent
        return MappingProxyType(
            {name: _readable(each.data[:end]) for name, each in self._columns.items()}
        )

    def column(self, name: str) -> Values:
        """Return one column to read.

        Raises:
            FieldError: There is none of this name.
        """
        return _readable(self._column(name).data[: self.extent])

    def find(self, ids: Any) -> Any:
        """Return the index of an entity, or the indices of several.

        Raises:
            KeyError: One of them is not there.
        """
        if isinstance(ids, int):
            index = self._roster.index(ids)
            if index < 0:
                raise KeyError(ids)
            return index
        return self._roster.indices(ids_array(ids))

    def ids_of(self, rows: Any) -> Any:
        """Return the id of a row, or the ids of several, by their indices."""
        return picked(self._roster.ids[: self.extent], rows)

    @property
    def row_class(self) -> type[State]:
        """The class of the rows."""
        cls: type[State] = self._row_class
        return cls

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of a row."""
        fields: tuple[Field, ...] = self._row_class.__layout__.fields
        return fields

    @property
    def sent_fields(self) -> tuple[Field, ...]:
        """Those of them that clients may get."""
        return self._kind.sent_fields

    @property
    def open_mask(self) -> int:
        """The mask of those that all get who get the rows."""
        mask: int = self._row_class.__layout__.open
        return mask

    @property
    def roles(self) -> Set[str]:
        """The roles for which there are fields beside those."""
        return self._kind.roles

    def limited(self, roles: Set[str]) -> int:
        """Return the mask of the fields that clients get just for some roles."""
        return self._kind.limited(roles)

    def told_in(self, edit: TableEdit) -> list[tuple[int, Values]]:
        """Return what an edit tells its audience: fields, and rows of which these.

        Of rows of which others are told more it says nothing by itself.
        """
        found: dict[int, list[Values]] = {}
        for mask, rows in edit.written:
            if mask & edit.mask:
                found.setdefault(mask & edit.mask, []).append(rows)
        return [
            (mask, rows[0] if len(rows) == 1 else np.sort(np.concatenate(rows)))
            for mask, rows in found.items()
        ]

    def beside(
        self, mask: int, written: list[tuple[int, Values]], veiled: int
    ) -> TableEdit:
        """Return what some are told beside what all are.

        Args:
            mask: The fields that they may see.
            written: Fields, and rows of which they are told these.
            veiled: Fields that they may see no longer.
        """
        none: Values = np.zeros(0, np.intp)
        return TableEdit(self, none, written, none, none, None, mask, veiled)

    @property
    def _kind(self) -> Rows:
        kind = self._field.kind
        assert isinstance(kind, Rows)
        return kind

    def outgoing(self, name: str, rows: Values) -> Values:
        """Return what goes out of one field of rows: whole numbers, little endian."""
        column = self._columns[name]
        return column.outgoing(column.data[rows])

    def told(self, name: str, rows: Values) -> Values:
        """Return what `outgoing` does, as it was kept when it was written.

        Clients are told of it with each patch; within an `edit` it is not up to date.
        """
        return picked(self.kept(name), rows)

    def kept(self, name: str) -> Values:
        """Return what `told` looks into: a column, to be read only."""
        return self._columns[name].sent

    def raw(self, name: str, row: int) -> Any:
        """Return what goes out of one field of one row, as the kind's `raw` says."""
        column = self._columns[name]
        if isinstance(column.field.kind, Bool | Float):
            return column.data[row].item()
        return column.outgoing(column.data[row : row + 1])[0].item()

    def _column(self, name: str) -> Column:
        column = self._columns.get(name)
        if column is None:
            raise FieldError(
                f"{self._row_class.__name__} has no field {shorten(name)}; it has "
                + ", ".join(self._columns)
            )
        return column

    # What an author means.

    def _counted(self, count: int | None, values: Mapping[str, Any]) -> int:
        """Return how many rows an author means."""
        if count is None:
            lengths = {np.shape(each)[0] for each in values.values() if np.ndim(each)}
            if len(lengths) > 1:
                raise FieldError(f"{self._name()}: arrays of {sorted(lengths)} values")
            count = lengths.pop() if lengths else 1
        if count < 0:
            raise FieldError(f"{self._name()}: {count} rows")
        return count

    def _expected(self, rows: Any) -> Values:
        """Return indices as an array, of entities that are there."""
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(self.extent))
        named: Values = np.atleast_1d(rows)
        if not named.size:
            return np.zeros(0, np.intp)
        if named.ndim != 1:
            raise IndexError(f"{self._name()}: indices stand in a row")
        if named.dtype.kind not in "iu":
            raise IndexError(f"{self._name()}: indices are whole numbers")
        if named.min() < 0 or named.max() >= self.extent:
            raise IndexError(f"{self._name()} has {self.extent} rows")
        if not self._roster.has(named):
            raise IndexError(f"{self._name()}: one of the rows was removed")
        return named


def _readable(array: Values) -> Values:
    view = array[:]
    view.flags.writeable = False
    return view
