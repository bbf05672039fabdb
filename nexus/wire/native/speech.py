"""Speech: one operation for each of many Cells, each written in the quickest way.

A Cell with a single row, the most frequent one by far, is a row of a matrix, and so are
many Cells with a few rows, of which each has equally many. A few
Cells with more are written one by one, as there an array operation costs more than what
it does; many such Cells are written in array operations, piece by piece. Where the
compiled parts are there, they write all of it in one pass.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from attrs import define, frozen
from numpy.typing import NDArray

from nexus.compiled import parts
from nexus.state.kind import Bool
from nexus.state.number import Float
from nexus.wire.codec import pack
from nexus.wire.native.column import lone
from nexus.wire.native.ids import binary, head_of, write_ids
from nexus.wire.native.ragged import (
    STEPS,
    Ragged,
    constant,
    ids,
    joined,
    narrow,
    padded,
    spans,
)
from nexus.wire.native.sheaf import Draft
from nexus.wire.native.wide import (
    Scalars,
    Wide,
    abreast,
    bins,
    floats,
    numbers,
    varints,
)

__all__ = ["Batch", "Speech"]

_Array = NDArray[Any]
#: So many Cells with several rows are written one by one.
_FEW: Final = 24
#: So many Cells that have equally many rows are a matrix, too...
_MANY: Final = 128
#: ...if these are no more than so many.
_EVEN: Final = 2, 3, 4

#: In a key the place of a row takes so many bits, and its Cell those above.
_BITS: Final = 32


@define(eq=False)
class Batch:
    """Rows to be told of, in the order of their Cells, and in each of their ids.

    Attributes:
        keys: Of each row its Cell, and where it stands in what follows; they ascend.
        ids: An id for each place; or that of the first one, if they go on one by one.
        columns: Kinds, and what goes out for each place.
    """

    keys: _Array
    ids: _Array | int
    columns: list[tuple[Any, _Array]]

    @classmethod
    def of(
        cls,
        cells: _Array,
        places: _Array,
        ids: _Array | int,
        columns: list[tuple[Any, _Array]],
        wanted: _Array | None = None,
    ) -> Batch:
        """Return the rows at some places, which are in some Cells, in any order.

        Args:
            cells: The Cell of each.
            places: Where each stands in what follows.
            ids: As in a Batch.
            columns: As in a Batch.
            wanted: By Cell, whether its rows are to be told of; None: all are.
        """
        if parts is not None:
            keys, places = np.empty(len(cells), np.int64), np.asarray(places, np.int64)
            keys = keys[: parts.sift(cells, places, wanted, keys)]
        else:
            keys = (cells.astype(np.int64) << _BITS) | places
            keys = keys if wanted is None else keys[wanted[cells]]
        keys.sort()
        return cls(keys, ids, columns)

    def rows(self) -> _Rows:
        """Return just what is told."""
        places = self.keys & ((1 << _BITS) - 1)
        columns = [(kind, values[places]) for kind, values in self.columns]
        first = self.ids
        ids = places + first if isinstance(first, int) else first[places]
        return _Rows(self.keys >> _BITS, ids, columns)


@define(eq=False)
class _Rows:
    """What is told of rows.

    Attributes:
        cells: The Cell of each.
        ids: The id of each.
        columns: Kinds, and what goes out of each row.
    """

    cells: _Array
    ids: _Array
    columns: list[tuple[Any, _Array]]

    def of(self, where: _Array) -> _Rows:
        """Return some of them."""
        columns = [(kind, values[where]) for kind, values in self.columns]
        return _Rows(self.cells[where], self.ids[where], columns)


@define(eq=False)
class _Runs:
    """The Cells of some rows, each once: where its rows start, and how many it has."""

    cells: _Array
    starts: _Array
    counts: _Array

    def of(self, which: _Array) -> _Runs:
        """Return some of them."""
        which = np.flatnonzero(which)
        return _Runs(self.cells[which], self.starts[which], self.counts[which])


def _runs(cells: _Array) -> _Runs:
    begins = np.empty(len(cells), np.bool_)
    begins[0] = True
    np.not_equal(cells[1:], cells[:-1], out=begins[1:])
    starts = np.flatnonzero(begins)
    counts = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=counts[:-1])
    counts[-1] = len(cells) - starts[-1]
    return _Runs(cells[starts], starts, counts)


@frozen(eq=False)
class Speech:
    """Writes one operation for each of many Cells.

    Attributes:
        head: What it begins with.
        tail: What stands behind the Cell, if it names that.
        weight: How many bytes pay for one row; None: it names no Cell, and nothing is
            to be paid for.
    """

    head: bytes
    tail: bytes = b""
    weight: int | None = None

    def drafts(self, batch: Batch) -> list[Draft]:
        """Write what is told of some rows, for each Cell."""
        if not len(batch.keys):
            return []
        if parts is not None:
            return [self._compiled(batch)]
        rows = batch.rows()
        runs = _runs(rows.cells)
        if len(runs.cells) <= _FEW:
            return [Draft(runs.cells, self._one_by_one(rows, runs))]
        alone = runs.counts == 1
        if not alone.any():
            return self._several(rows, runs)
        if alone.all():
            return [self._singly(rows)]
        single = rows.of(runs.starts[alone])
        return [
            self._singly(single)
            if len(single.cells) > _FEW
            else self._together(single),
            *self._several(rows, runs.of(~alone)),
        ]

    def _compiled(self, batch: Batch) -> Draft:
        """Let C write a body for each Cell, which takes one pass over the rows."""
        cells, sizes, content = parts.speak(
            self.head,
            self.tail,
            -1 if self.weight is None else self.weight,
            batch.keys,
            batch.ids,
            tuple([(values, _letter(kind, values)) for kind, values in batch.columns]),
        )
        bodies = Ragged(np.frombuffer(content, np.uint8), np.frombuffer(sizes, np.intp))
        return Draft(np.frombuffer(cells, np.int64), bodies)

    def _several(self, rows: _Rows, runs: _Runs) -> list[Draft]:
        """Write a body for each of some Cells that have two rows or more."""
        drafts = []
        if len(runs.cells) >= _MANY and self._is_paid(rows):
            last = rows.ids[runs.starts + runs.counts - 1]
            # Ids that lie so far apart are written as steps, never as bits.
            sparse = last - rows.ids[runs.starts] >= 8 * runs.counts
            for count in _EVEN:
                even = sparse & (runs.counts == count)
                if np.count_nonzero(even) >= _MANY:
                    drafts.append(self._evenly(rows, runs.of(even), count))
                    sparse, runs = sparse[~even], runs.of(~even)
        if len(runs.cells):
            drafts.append(self._together(rows.of(spans(runs.starts, runs.counts))))
        return drafts

    def _is_paid(self, rows: _Rows) -> bool:
        """Tell whether the columns alone pay for the rows."""
        paid = sum(values.itemsize for _, values in rows.columns)
        return self.weight is None or paid >= self.weight

    def _evenly(self, rows: _Rows, runs: _Runs, count: int) -> Draft:
        """Write a body for each of some Cells that have equally many rows.

        Their ids are far apart, and their columns pay for them.
        """
        cells, here = len(runs.cells), runs.starts[:, None] + np.arange(count)
        known = rows.ids[here]
        first, steps = varints(known[:, :1]), varints(np.diff(known) - 1)
        sizes = first.sizes() + steps.sizes() + 1
        pieces: list[bytes | Scalars | Wide] = [self.head]
        if self.weight is not None:
            pieces += [numbers(runs.cells), self.tail]
        pieces += [bins(sizes), STEPS, first, steps]
        for _, values in rows.columns:
            data = values[here].view(np.uint8).reshape(cells, -1)
            pieces += [head_of(data.shape[1]), Wide(data)]
        return Draft(runs.cells, narrow(abreast(pieces, cells), cells))

    def _together(self, rows: _Rows) -> Draft:
        """Write a body for each Cell."""
        runs = _runs(rows.cells)
        way = self._one_by_one if len(runs.cells) <= _FEW else self._in_arrays
        return Draft(runs.cells, way(rows, runs))

    def _singly(self, rows: _Rows) -> Draft:
        """Write a body for each row."""
        pieces: list[bytes | Scalars | Wide] = [self.head]
        least = len(self.head) + len(self.tail) + 1 + len(rows.columns)
        if self.weight is not None:
            pieces += [numbers(rows.cells), self.tail]
            least += 1
        pieces.append(numbers(rows.ids))
        pieces += [_items(kind, values) for kind, values in rows.columns]
        if self.weight is not None and self.weight > least:
            pieces.append(b"\xc0" * (self.weight - least))
        count = len(rows.cells)
        return Draft(rows.cells, narrow(abreast(pieces, count), count))

    def _one_by_one(self, rows: _Rows, runs: _Runs) -> Ragged:
        """Write the bodies as it is done for one."""
        known = rows.ids.tolist()
        columns = [
            (lone(kind), _values(kind, values), values.tobytes(), values.itemsize)
            for kind, values in rows.columns
        ]
        bodies, start = [], 0
        for cell, count in zip(runs.cells.tolist(), runs.counts.tolist(), strict=True):
            stop = start + count
            parts = [self.head]
            if self.weight is not None:
                parts += [pack(cell), self.tail]
            parts.append(write_ids(known[start:stop]))
            if count == 1:
                parts += [write(values[start]) for write, values, *_ in columns]
            else:
                parts += [binary(raw[start * n : stop * n]) for *_, raw, n in columns]
            body = b"".join(parts)
            bodies.append(body.ljust((self.weight or 0) * count, b"\xc0"))
            start = stop
        sizes = np.array([len(body) for body in bodies])
        return Ragged(np.frombuffer(b"".join(bodies), np.uint8), sizes)

    def _in_arrays(self, rows: _Rows, runs: _Runs) -> Ragged:
        """Write all bodies at once."""
        count = len(runs.cells)
        if self.weight is None:
            pieces = [constant(self.head, count)]
        else:
            head = abreast([self.head, numbers(runs.cells), self.tail], count)
            pieces = [narrow(head, count)]
        pieces += ids(rows.ids, runs.starts, runs.counts)
        for _, values in rows.columns:
            sizes = runs.counts * values.itemsize
            pieces += [narrow(bins(sizes), count), Ragged(values.view(np.uint8), sizes)]
        if self.weight is not None and not self._is_paid(rows):
            pieces.append(padded(pieces, self.weight * runs.counts))
        return joined(pieces, count)


def _letter(kind: Any, values: _Array) -> str:
    """Return how `parts.speak` calls what stands in a column."""
    if isinstance(kind, Float):
        return "f"
    return "?" if isinstance(kind, Bool) else values.dtype.kind


def _items(kind: Any, values: _Array) -> Scalars | Wide:
    """Write the value that a field has in each row."""
    if isinstance(kind, Float):
        return floats(values)
    if isinstance(kind, Bool):
        return Wide((values + np.uint8(0xC2)).reshape(-1, 1))
    return numbers(values)


def _values(kind: Any, values: _Array) -> list[Any]:
    """Return the values that a field has in each row, as `lone` takes them."""
    if isinstance(kind, Bool):
        values = values.astype(np.bool_)
    elif isinstance(kind, Float):
        # What goes out are its bits.
        values = values.view(f"f{values.itemsize}")
    found: list[Any] = values.tolist()
    return found
