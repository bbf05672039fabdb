"""Cells: what became of a Table's rows in each, as bytes that its watchers share.

The map of a client holds the rows of all Cells that it watches, and does not say which
row came with which Cell. So a row that goes from one Cell to another is told to those
who watch the new one, for whom it may be nothing new; and it is taken from those who
watch the old one but not the new one, so each pair of Cells has bytes of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, Protocol

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from nexus.wire.colyseus.op import switch
from nexus.wire.colyseus.rows import RowWriter

__all__ = ["NOWHERE", "MapCells", "Outcome", "Stirred"]

_Array = NDArray[Any]
#: Fields, rows in which just these were written, and the Cells of those.
_Written = list[tuple[int, _Array, _Array]]

#: Where rows go that are removed.
NOWHERE: Final = -1


class Stirred(Protocol):
    """What one flush did to the rows in the Cells; see `nexus.sim.whereabouts`."""

    #: Rows that are in another Cell than before, or new, and that Cell.
    came: Any
    came_to: Any
    #: Ids of rows that are in a Cell no longer, and that Cell: first those that were
    #: removed, then those that went to another Cell, in the order of `came`.
    parted: Any
    parted_from: Any
    #: Rows in which these fields were written and that stayed in their Cells.
    written: list[tuple[int, Any, Any]]


@frozen(eq=False)
class Outcome:
    """What one flush did to the rows of a Table, and who wants to know."""

    #: What was done; None: nothing.
    stir: Stirred | None
    #: How many of the rows that came are new; those stand first.
    fresh: int
    #: By Cell, whether anybody watches it.
    wanted: _Array
    #: By how often it is heard of: what was written of rows that stayed in their Cells,
    #: and by Cell whether anybody wants to know; None: of all of them.
    written: dict[int, tuple[_Written, _Array | None]] = field(factory=dict)


class MapCells:
    """Writes what became of the rows of one Table, for each Cell apart.

    Everything is written when it is first asked for, and once for each flush.

    Args:
        table: The Table.
        writer: What writes its rows.
        mask: The fields that are told.
    """

    def __init__(self, table: Any, writer: RowWriter, mask: int) -> None:
        self._table = table
        self._writer = writer
        self._mask = mask
        self._outcome: Outcome | None = None
        self._news: dict[int, bytes] | None = None
        self._partings: dict[int, dict[int, bytes]] | None = None
        self._writes: dict[int, dict[int, bytes]] = {}
        self._wholes: dict[int, bytes] = {}
        self._losses: dict[int, bytes] = {}

    def follow(self, outcome: Outcome) -> None:
        """Speak from now on of what a flush did."""
        if outcome is not self._outcome:
            self._outcome = outcome
            self._news = self._partings = None
            self._writes, self._wholes, self._losses = {}, {}, {}

    @property
    def rates(self) -> Iterable[int]:
        """How often anybody hears of anything: of every so manieth version."""
        return () if self._outcome is None else self._outcome.written

    def news(self) -> dict[int, bytes]:
        """Return who came to each Cell."""
        if self._news is None:
            self._news = {}
            if self._outcome is not None and self._outcome.stir is not None:
                stir = self._outcome.stir
                here = self._outcome.wanted[stir.came_to]
                self._news = self._arrivals(stir.came[here], stir.came_to[here])
        return self._news

    def partings(self) -> dict[int, dict[int, bytes]]:
        """Return who left each Cell, by the Cell that they went to, or NOWHERE."""
        if self._partings is None:
            self._partings = {}
            if self._outcome is not None and self._outcome.stir is not None:
                self._part(self._outcome.stir, self._outcome, self._partings)
        return self._partings

    def _part(
        self, stir: Stirred, outcome: Outcome, found: dict[int, dict[int, bytes]]
    ) -> None:
        moved = stir.came_to[outcome.fresh :]
        removed = np.full(len(stir.parted) - len(moved), NOWHERE, moved.dtype)
        here = outcome.wanted[stir.parted_from]
        ids, left = stir.parted[here], stir.parted_from[here]
        gone_to = np.concatenate((removed, moved))[here]
        order = np.lexsort((ids, gone_to, left))
        ids, left, gone_to = ids[order], left[order], gone_to[order]
        script = self._writer.deletions(ids)
        visit = switch(self._table._id)
        for start, end in _runs(left.astype(np.int64) << 32 | (gone_to + 1)):
            body = visit + script.cut(start, end)
            found.setdefault(int(left[start]), {})[int(gone_to[start])] = body

    def writes(self, every: int) -> dict[int, bytes]:
        """Return what is heard, by those who hear of it so often, of each Cell."""
        found = self._writes.get(every)
        if found is None:
            found = self._writes[every] = {}
            if self._outcome is not None and every in self._outcome.written:
                found.update(self.written(*self._outcome.written[every]))
        return found

    def written(self, written: _Written, wanted: _Array | None) -> dict[int, bytes]:
        """Return what was written of the rows of each Cell.

        Args:
            written: Fields, rows and the Cells of those.
            wanted: By Cell, whether anybody wants to know; None: of all of them.
        """
        found: dict[int, bytes] = {}
        for mask, rows, cells in written:
            if wanted is not None:
                here = wanted[cells]
                rows, cells = rows[here], cells[here]
            rows, cells = _sorted(rows, cells)
            script = self._writer.visits(self._table, mask & self._mask, rows)
            if script.body:
                for start, end in _runs(cells):
                    cell, body = int(cells[start]), script.cut(start, end)
                    found[cell] = found[cell] + body if cell in found else body
        return found

    def whole(self, cell: int, rows: _Array) -> bytes:
        """Return all that there is in a Cell; its rows may be in any order."""
        body = self._wholes.get(cell)
        if body is None:
            content = self._writer.content(self._table, self._mask, np.sort(rows))
            body = switch(self._table._id) + content if content else b""
            self._wholes[cell] = body
        return body

    def veils(self, mask: int, rows: _Array) -> bytes:
        """Return that some fields of rows, ascending, are seen no longer."""
        return self._writer.veils(self._table, mask, rows)

    def loss(self, cell: int, rows: _Array) -> bytes:
        """Return that a Cell is watched no longer that has these rows."""
        body = self._losses.get(cell)
        if body is None:
            body = b""
            if len(rows):
                ids = self._table.ids_of(np.sort(rows))
                body = switch(self._table._id) + self._writer.deletions(ids).body
            self._losses[cell] = body
        return body

    def _arrivals(self, rows: _Array, cells: _Array) -> dict[int, bytes]:
        """Return what brings rows, with all that they hold, for each Cell."""
        rows, cells = _sorted(rows, cells)
        table, writer = self._table, self._writer
        entries = writer.entries(table.ids_of(rows))
        visits = writer.visits(table, self._mask, rows)
        visit = switch(table._id)
        return {
            int(cells[start]): visit + entries.cut(start, end) + visits.cut(start, end)
            for start, end in _runs(cells)
        }


def _sorted(rows: _Array, cells: _Array) -> tuple[_Array, _Array]:
    """Return rows by their Cells, and in each of them in order."""
    keys = (cells.astype(np.int64) << 32) | rows
    keys.sort()
    return keys & 0xFFFFFFFF, keys >> 32


def _runs(values: _Array) -> Iterator[tuple[int, int]]:
    """Yield from where to where values are the same that stand in order."""
    if len(values):
        starts = np.flatnonzero(np.diff(values, prepend=values[0] - 1)).tolist()
        yield from zip(starts, [*starts[1:], len(values)], strict=True)
