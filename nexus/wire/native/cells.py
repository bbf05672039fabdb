"""Cells: what became of a Table's rows in each, as bytes that its watchers share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from nexus.wire.codec import pack
from nexus.wire.native.ids import write_ids
from nexus.wire.native.op import Op, row_weight
from nexus.wire.native.rows import pack_ids, part_op, rows_op, veil_op, write_op
from nexus.wire.native.sheaf import Draft, lay
from nexus.wire.native.speech import Batch, Speech

__all__ = ["CellWriter", "Stirred"]


class Stirred(Protocol):
    """What one flush did to the rows in the cells; see `nexus.sim.whereabouts`."""

    came: Any
    came_to: Any
    parted: Any
    parted_from: Any
    written: list[tuple[int, Any, Any]]


class CellWriter:
    """Writes what became of the rows of one Table, for each cell apart.

    A row that goes from one cell to another is told in both: who sees both takes it for
    the same one, since it stands in the new cell when the old one says that it left.
    So all that is said of a cell comes first, and who left any of them last.

    Args:
        where: The name of the Table.
        table: It.
    """

    def __init__(self, where: bytes, table: Any) -> None:
        self._where = where
        self._table = table
        self._weight = row_weight(len(table.fields))
        self._drop = pack(Op.DROP.value) + where

    def news(self, stir: Stirred, wanted: Any) -> list[Draft]:
        """Return who came to each cell.

        Args:
            stir: What a flush did.
            wanted: By cell, whether anybody wants to know.
        """
        mask = self._table.open_mask
        return self._drafts(Op.ROWS, mask, stir.came, stir.came_to, wanted)

    def partings(self, stir: Stirred, wanted: Any) -> list[Draft]:
        """Return who left each cell, with the same arguments as `news`."""
        cells, gone = stir.parted_from, stir.parted
        if (gone[1:] < gone[:-1]).any():
            # Some were removed, and others went from one cell to another.
            order = gone.argsort()
            cells, gone = cells[order], gone[order]
        batch = Batch.of(cells, np.arange(len(cells)), gone, [], wanted)
        return Speech(pack(Op.PART.value) + self._where, b"", 1).drafts(batch)

    def writes(self, written: list[tuple[int, Any, Any]], wanted: Any) -> list[Draft]:
        """Return what was written of the rows of each cell.

        Args:
            written: Fields, rows and the cells of those.
            wanted: By cell, whether anybody wants to know; None: of all of them.
        """
        found = []
        for mask, rows, cells in written:
            seen = mask & self._table.open_mask
            if seen:
                found += self._drafts(Op.WRITE, seen, rows, cells, wanted)
        return found

    def whole(self, cell: int, mask: int, rows: Any) -> bytes:
        """Return some fields of all rows in a cell; they may be in any order."""
        if not len(rows):
            return b""
        body = rows_op(self._where, cell, self._table, mask, np.sort(rows))
        return _paid(body, self._weight * len(rows))

    def changed(self, cell: int, mask: int, rows: Any, since: int) -> bytes:
        """Return what changed of the rows of a cell, or came to it, after a version."""
        return self.whole(cell, mask, rows[self._table.stamps(rows, mask) > since])

    def some(
        self, cell: int, mask: int, rows: Any, since: tuple[int, int], most: int
    ) -> tuple[bytes, tuple[int, int] | None]:
        """Return the older ones of the changes in a cell, and how far they go.

        Args:
            cell: The cell.
            mask: The fields to tell of.
            rows: What there is in it, in any order.
            since: Up to which version, and in that up to which id, changes are known.
            most: How many rows may be told of.

        Returns:
            The bytes, and the new `since`; None: that was all.
        """
        rows = rows[self.lacks(rows, mask, *since)]
        if len(rows) <= most:
            return self.whole(cell, mask, rows), None
        known = self._table.ids_of(rows)
        stamps = self._table.stamps(rows, mask)
        order = np.lexsort((known, stamps))[:most]
        last = order[-1]
        ends = int(stamps[last]), int(known[last])
        return self.whole(cell, mask, rows[order]), ends

    def lacks(self, rows: Any, mask: int, version: Any, last: Any) -> Any:
        """Tell which rows changed, or came, after what is known.

        Args:
            rows: The rows, in any order.
            mask: The fields that are meant.
            version: Up to which version changes are known, of all or of each.
            last: Up to which id those are that were made in that version.
        """
        stamps = self._table.stamps(rows, mask)
        same = (stamps == version) & (self._table.ids_of(rows) > last)
        return same | (stamps > version)

    def parted(self, cell: int, gone: Any) -> bytes:
        """Return that rows left a cell, by their ids."""
        return _paid(part_op(self._where, cell, gone), len(gone))

    def keep(self, cell: int, rows: Any) -> bytes:
        """Return that a cell holds just these rows, in any order."""
        kept = pack_ids(self._table.ids_of(np.sort(rows))) if len(rows) else pack(None)
        keep = pack(Op.KEEP.value) + self._where + pack(cell) + kept
        return _paid(keep, len(rows))

    def drop(self, cells: list[int]) -> bytes:
        """Return that all rows of some cells are seen no longer."""
        return _paid(self._drop + write_ids(sorted(cells)), len(cells))

    def wholes(self, cells: Any, rows: Any, counts: Any) -> list[Draft]:
        """Return all that there is in each of many cells.

        Args:
            cells: The cells, each once.
            rows: The rows of one after the other.
            counts: How many each has.
        """
        mask = self._table.open_mask
        return self._drafts(Op.ROWS, mask, rows, np.repeat(cells, counts))

    def beside(self, veiled: int, written: list[tuple[int, Any]]) -> bytes:
        """Return what becomes of fields that few may see, whatever the cells.

        Args:
            veiled: Fields that are taken away from all rows.
            written: Fields and rows, ascending, of which they are told.
        """
        where, table = self._where, self._table
        out = [veil_op(where, veiled)] if veiled else []
        out += [write_op(where, table, mask, rows) for mask, rows in written]
        return b"".join(out)

    def rests(
        self,
        wants: list[tuple[int, tuple[int, int]]],
        mask: int,
        rows: Any,
        counts: list[int],
        most: int,
    ) -> Iterator[tuple[tuple[int, tuple[int, int]], bytes]]:
        """Return what `some` does for the first of many cells, and for which that is.

        Args:
            wants: The cells, each once, and up to where changes in them are known.
            mask: The fields to tell of.
            rows: The rows of one after the other.
            counts: How many each has.
            most: How many rows may be told of in all.
        """
        known = np.array([(cell, *since) for cell, since in wants])
        which = np.repeat(np.arange(len(wants)), counts)
        lacks = self.lacks(rows, mask, known[which, 1], known[which, 2])
        rows, which = rows[lacks], which[lacks]
        ends = np.cumsum(np.bincount(which, minlength=len(wants)))
        fit = int(np.searchsorted(ends, most, "right"))
        here = which < fit
        drafts = self._drafts(Op.ROWS, mask, rows[here], known[which[here], 0])
        bodies = dict(lay(drafts).items())
        for want in wants[:fit]:
            yield want, bodies.get(want[0], b"")

    def _drafts(
        self, op: Op, mask: int, rows: Any, cells: Any, wanted: Any = None
    ) -> list[Draft]:
        """Return an operation for each cell.

        Args:
            op: ROWS or WRITE.
            mask: The fields.
            rows: The rows.
            cells: Their cells.
            wanted: By cell, whether anybody wants to know; None: of all of them.
        """
        if not len(rows):
            return []
        table, head, tail = self._table, pack(op.value) + self._where, pack(mask)
        columns = [
            (each.kind, table.kept(each.name))
            for each in table.sent_fields
            if each.bit & mask
        ]
        if op is Op.ROWS:
            speech = Speech(head, tail, self._weight)
        else:
            speech = Speech(head + tail)
        # Rows ascend by their ids.
        ids = table.first_id
        ids = table.ids_of(slice(None)) if ids is None else ids
        return speech.drafts(Batch.of(cells, rows, ids, columns, wanted))


def _paid(body: bytes, owed: int) -> bytes:
    """Add the nils that pay for what is brought or named."""
    return body if owed <= len(body) else body + b"\xc0" * (owed - len(body))
