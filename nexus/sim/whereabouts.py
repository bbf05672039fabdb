"""Whereabouts: in which Cells the rows of a Table are, and what moved."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from nexus.errors import FieldError
from nexus.sim.placement import Placement
from nexus.sim.tiling import Tiling
from nexus.state import Table
from nexus.state.change import TableEdit
from nexus.state.table.pick import stamp

__all__ = ["Stir", "Whereabouts"]

Array = NDArray[Any]

#: So many versions in which rows left Cells are remembered.
_REMEMBERED: Final = 256
_NOBODY: Final = np.zeros(0, np.int64)
_NO_CELLS: Final = np.zeros(0, np.int32)


@define(eq=False)
class Stir:
    """What one flush did to the rows in the Cells."""

    #: Rows that are in another Cell than before, or new, and that Cell.
    came: Array
    came_to: Array
    #: Ids of rows that are in a Cell no longer, and that Cell.
    parted: Array
    parted_from: Array
    #: Rows in which these fields were written and that stayed in their Cells.
    written: list[tuple[int, Array, Array]]


@define(eq=False)
class Whereabouts:
    """In which Cells the rows of a Table are.

    Args:
        table: The Table.
        tiling: The Cells.
        x: The field that has the first number of a position.
        y: The field that has the second.
    """

    table: Table[Any]
    tiling: Tiling
    x: str
    y: str
    placement: Placement = field(init=False)
    #: For each Cell the version in which something in it changed last, and the one in
    #: which a row left it last.
    changed: Array = field(init=False)
    lost: Array = field(init=False)
    #: Which rows left which Cells, by version, of late.
    _departures: deque[tuple[int, Array, Array]] = field(init=False)
    #: For each Cell whether it is looked for, while it is; made when it is needed.
    _wanted: Array | None = field(default=None, init=False)
    #: The mask of the two fields.
    _mask: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.placement = Placement(self.tiling)
        self.changed = np.zeros(self.tiling.count, np.int64)
        self.lost = np.zeros(self.tiling.count, np.int64)
        self._departures = deque(maxlen=_REMEMBERED)
        by_name = {each.name: each for each in self.table.fields}
        self._mask = 0
        for name in (self.x, self.y):
            if name not in by_name:
                raise FieldError(
                    f"rows of {self.table!r} have no field {name!r} for a position"
                )
            if by_name[name].said.special:
                raise FieldError(
                    f"{self.table!r}: a position is finite, so {name!r} cannot be "
                    "special"
                )
            if by_name[name].bit & self.table.limited(self.table.roles):
                raise FieldError(
                    f"{self.table!r}: where a row stands decides who is told of it, so "
                    f"{name!r} cannot be for a role"
                )
            self._mask |= by_name[name].bit
        # What is new or went since the last flush will be heard of with the next.
        self._place(self.table.known_rows)

    def cells_of(self, rows: Array) -> Array:
        """Return the Cell of each row."""
        cells: Array = self.placement.cell_of[rows]
        return cells

    def rows_in_all(self, cells: Sequence[int]) -> Array:
        """Return the rows in some Cells, ascending."""
        return np.sort(self.placement.rows_in_all(cells))

    def stirred(
        self, stir: Stir | None, cells: Sequence[int], new: Sequence[int], mask: int
    ) -> list[tuple[int, Array]]:
        """Return of which rows in some Cells fields are to be told anew, ascending.

        Args:
            stir: What a flush did; None: nothing.
            cells: The Cells.
            new: Those of them of whose rows nothing was told before.
            mask: The fields.
        """
        found: list[tuple[int, Array]] = []
        came: list[Array] = [self.placement.rows_in_all(new)] if new else []
        if stir is not None:
            if self._wanted is None:
                self._wanted = np.zeros(self.tiling.count, np.bool_)
            wanted = self._wanted
            wanted[cells] = True
            came.append(stir.came[wanted[stir.came_to]])
            found += [
                (bits & mask, np.sort(rows[wanted[where]]))
                for bits, rows, where in stir.written
                if bits & mask
            ]
            wanted[cells] = False
        if came:
            found.append((mask, np.unique(np.concatenate(came))))
        return [(bits, rows) for bits, rows in found if rows.size]

    def advance(self, edit: TableEdit, version: int) -> Stir:
        """Follow what the flush to a version found in the Table."""
        table, placement = self.table, self.placement
        parted, parted_from = [edit.gone], [self.cells_of(edit.left)]
        if edit.left.size:
            placement.remove(edit.left)
        if edit.moved is not None:
            placement.reindex(edit.moved.old, edit.moved.new)
        came, came_to = [edit.came], [self._place(edit.came)]
        written = []
        for mask, rows in together(edit.written, self._mask):
            if not mask & self._mask:
                written.append((mask, rows, self.cells_of(rows)))
                continue
            found = placement.strays(rows, table.column(self.x), table.column(self.y))
            if found.moved.size:
                placement.move(found.moved, found.to)
                came.append(found.moved)
                came_to.append(found.to)
                parted.append(table.ids_of(found.moved))
                parted_from.append(found.left)
            if found.stays.size:
                written.append((mask, found.stays, found.here))
        stir = Stir(
            np.concatenate(came),
            np.concatenate(came_to),
            np.concatenate(parted),
            np.concatenate(parted_from),
            written,
        )
        self.lost[stir.parted_from] = version
        if stir.parted.size:
            self._departures.append((version, stir.parted, stir.parted_from))
        for cells in (stir.parted_from, stir.came_to, *(each[2] for each in written)):
            stamp(self.changed, cells, version)
        return stir

    def departed(self, cell: int, since: int) -> Array | None:
        """Return the ids of rows that left a Cell after a version for good, ascending.

        None: that is too long ago.
        """
        if self.lost[cell] <= since:
            return _NOBODY
        kept = self._departures
        if len(kept) == _REMEMBERED and kept[0][0] > since + 1:
            return None
        found: set[int] = set()
        for when, ids, cells in reversed(kept):
            if when <= since:
                break
            found.update(ids[cells == cell].tolist())
        # Some have come back since.
        found.difference_update(
            self.table.ids_of(self.placement.rows_in(cell)).tolist()
        )
        return np.array(sorted(found), np.int64)

    def _locate(self, rows: Array) -> Array:
        return self.tiling.cells(
            self.table.column(self.x)[rows], self.table.column(self.y)[rows]
        )

    def _place(self, rows: Array) -> Array:
        if not rows.size:
            return _NO_CELLS
        cells = self._locate(rows)
        self.placement.place(rows, cells)
        return cells


def together(
    written: Iterable[tuple[int, Array]], both: int
) -> list[tuple[int, Array]]:
    """Tell of both numbers of a position where few rows had only one of them written.

    So they are told of with those that had both, in fewer operations and fewer bytes.

    Args:
        written: Fields, and the rows in which just these were written.
        both: The two fields of a position.
    """
    groups = dict(written)
    for mask in [each for each in groups if 0 < each & both < both]:
        whole = mask | both
        if whole in groups and len(groups[mask]) <= len(groups[whole]):
            groups[whole] = np.concatenate([groups[whole], groups.pop(mask)])
    return list(groups.items())
