"""Folding rows: what several patches did in one Table, as one patch says it.

Steps that are about all rows of a cell (drop, keep) stay where they were said; they
part the rest into stretches. Within a stretch what is said of a row comes down to:
values while it was held from before, cells from which it was parted, and the cell
where it stands at the end. Of the values of one field only the last is said, whichever
stretch it stands in.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, Final

from attrs import define

from nexus.errors import PeerError
from nexus.wire.codec import Reader, pack
from nexus.wire.native.column import write_raw
from nexus.wire.native.ids import MAX_ID, read_ids, write_ids
from nexus.wire.native.op import Op, row_weight
from nexus.wire.native.outline import RemoteClass, RemoteField
from nexus.wire.native.rowacts import read_kept, read_row_columns, row_class
from nexus.wire.native.statement import Statement, pieces

__all__ = ["TableFold"]

_MAX_MASK: Final = (1 << 63) - 1
#: So many values are worked out at once.
_PIECE: Final = 1024
#: So many steps ahead are looked through for one that drops a cell.
_AHEAD: Final = 32
#: What is written in a stretch, in this order.
_WRITTEN, _PARTED, _PASSING, _STANDING = range(4)


class TableFold:
    """Statements about rows, and the steps between them that are about all rows."""

    __slots__ = (
        "_cleared",
        "_statements",
        "_steps",
        "_veiled",
        "field",
        "silent",
        "weight",
    )

    def __init__(self, field: RemoteField) -> None:
        self.field = field
        self._cleared = False
        self._statements: list[Statement] | None = None
        #: Each ends a stretch: its Op, the cell of a keep, and cells or ids.
        self._steps: list[tuple[Op, int, Sequence[int]]] | None = None
        #: By the index of a field: the stretch that ended with its veil.
        self._veiled: dict[int, int] | None = None
        #: How many ids it names that no bytes of values pay for, and what rows weigh.
        self.silent = self.weight = 0

    def clear(self) -> None:
        """Forget everything else."""
        self._cleared = True
        self._statements = self._steps = self._veiled = None

    def take(self, op: int, reader: Reader) -> int:
        """Take an operation on rows, and return what the rows weigh that it brings.

        Raises:
            PeerError: It is none.
        """
        cls = row_class(self.field)
        if op == Op.DROP:
            self._step(Op.DROP, 0, read_ids(reader))
            return 0
        if op == Op.VEIL:
            self._veil(cls, reader.integer(1, _MAX_MASK))
            return 0
        cell = 0 if op == Op.WRITE else reader.integer(0, MAX_ID)
        if op == Op.KEEP:
            self._step(Op.KEEP, cell, read_kept(reader))
            return 0
        mask = 0
        if op != Op.PART:
            mask = reader.integer(1 if op == Op.WRITE else 0, _MAX_MASK)
        fields = cls.of_mask(mask)
        ids = read_ids(reader)
        owed = row_weight(len(cls.fields)) * len(ids) if op == Op.ROWS else 0
        columns = read_row_columns(reader, fields, len(ids))
        self.say(Op(op), cell, mask, ids, tuple(columns.values()))
        return owed

    def say(
        self, op: Op, cell: int, mask: int, ids: Sequence[int], columns: tuple[Any, ...]
    ) -> None:
        """Take what is said of some rows."""
        if len(ids) == 1:
            columns = tuple((raw[0],) for raw in columns)
        if self._statements is None:
            self._statements = []
        stretch = len(self._steps or ())
        self._statements.append(
            Statement(op, None, mask, ids, columns, cell=cell, stretch=stretch)
        )

    def written(self, id_: bytes) -> bytes:
        """Return what is left to say."""
        cls, steps = row_class(self.field), self._steps or []
        told = _Told(cls, steps, self._veiled or {}, self._cleared)
        size = _PIECE // max(len(cls.fields), 1)
        for piece in pieces(self._statements or [], size):
            told.take(piece)
        self._statements = None
        out = bytearray()
        if self._cleared:
            out += pack(Op.CLEAR.value) + id_
        elif self._veiled:
            mask = sum(1 << index for index in self._veiled)
            out += pack(Op.VEIL.value) + id_ + pack(mask)
        groups, at = sorted(told.groups), 0
        for stretch in range(len(steps) + 1):
            while at < len(groups) and groups[at][0] == stretch:
                self._write_group(out, id_, groups[at], told.groups[groups[at]])
                at += 1
            if stretch < len(steps):
                self._write_step(out, id_, *steps[stretch])
        return bytes(out)

    def _step(self, op: Op, cell: int, ids: Sequence[int]) -> None:
        if self._steps is None:
            self._steps = []
        self._steps.append((op, cell, array("q", ids)))

    def _veil(self, cls: RemoteClass, mask: int) -> None:
        fields = cls.of_mask(mask)
        if self._veiled is None:
            self._veiled = {}
        for each in fields:
            self._veiled[each.index] = len(self._steps or ())
        self._step(Op.VEIL, 0, ())

    def _write_group(
        self, out: bytearray, id_: bytes, name: tuple[int, ...], group: _Group
    ) -> None:
        _, sort, cell, mask = name
        ids, count = write_ids(group.ids), len(group.ids)
        self.silent += count
        here = id_ if sort == _WRITTEN else id_ + pack(cell)
        if sort in (_PASSING, _STANDING):
            self.weight += row_weight(len(row_class(self.field).fields)) * count
        if sort == _PASSING:
            # Whatever cell it came from: it is parted from the one it passed.
            out += pack(Op.ROWS.value) + here + pack(0) + ids
        if sort in (_PASSING, _PARTED):
            self.silent += count
            out += pack(Op.PART.value) + here + ids
            return
        op = Op.WRITE if sort == _WRITTEN else Op.ROWS
        out += pack(op.value) + here + pack(mask) + ids
        fields = row_class(self.field).of_mask(mask)
        for each, (_, column) in zip(fields, group.columns, strict=True):
            assert each.kind is not None
            out += write_raw(each.kind, column)

    def _write_step(
        self, out: bytearray, id_: bytes, op: Op, cell: int, ids: Sequence[int]
    ) -> None:
        self.silent += len(ids)
        if op == Op.DROP:
            out += pack(op.value) + id_ + write_ids(ids)
        elif op == Op.KEEP:
            out += pack(op.value) + id_ + pack(cell)
            out += write_ids(ids) if ids else pack(None)


@define(eq=False)
class _Group:
    """Rows of which the same is to be said, by ascending id."""

    ids: array[int]
    #: For each field of the mask, lowest first: its index, and values.
    columns: list[tuple[int, array[Any]]]


class _Row:
    """What became of the place of one row."""

    __slots__ = ("cell", "parted", "passed", "steps", "stretch")

    def __init__(self) -> None:
        #: The stretch in which it was last brought or parted.
        self.stretch = -1
        #: In that: the cell where it stands, if that was said; one that it passed; and
        #: those that it was parted from, should it have stood there before.
        self.cell: int | None = None
        self.passed: int | None = None
        self.parted: list[int] | None = None
        #: What is to be said of all that: stretch, sort and cell.
        self.steps: list[tuple[int, int, int]] = []


class _Told:
    """Works out what is to be said, for some rows at a time."""

    def __init__(
        self,
        cls: RemoteClass,
        steps: list[tuple[Op, int, Sequence[int]]],
        veiled: dict[int, int],
        cleared: bool,  # noqa: FBT001  # handed on, never chosen
    ) -> None:
        self._cls = cls
        self._steps = steps
        self._veiled = veiled
        self._cleared = cleared
        #: By id: of this piece, those that were brought or parted.
        self._rows: dict[int, _Row] = {}
        #: By the index of a field and by id: the last value, and when it was said.
        self._values: dict[int, dict[int, Any]] = {}
        self._since: dict[int, dict[int, int]] = {}
        #: By stretch, sort, cell and mask.
        self.groups: dict[tuple[int, int, int, int], _Group] = {}

    def take(self, piece: list[Statement]) -> None:
        """Take all that is said about some rows.

        Raises:
            PeerError: A row is written that was parted.
        """
        self._rows, self._values, self._since = {}, {}, {}
        for statement in piece:
            start, end, stretch = statement.start, statement.end, statement.stretch
            ids = statement.ids[start:end]
            if statement.op == Op.PART:
                for id_ in ids:
                    self._part(id_, self._row(id_, stretch), statement.cell)
                continue
            if statement.op == Op.ROWS:
                for id_ in ids:
                    self._row(id_, stretch).cell = statement.cell
                when = dict.fromkeys(ids, 2 * stretch + 1)
            elif self._rows.keys().isdisjoint(ids):
                when = dict.fromkeys(ids, 2 * stretch)
            else:
                when = {id_: self._when(id_, stretch) for id_ in ids}
            fields = self._cls.of_mask(statement.mask)
            for each, column in zip(fields, statement.columns, strict=True):
                assert column is not None
                values = self._values.setdefault(each.index, {})
                values.update(zip(ids, column[start:end], strict=True))
                self._since.setdefault(each.index, {}).update(when)
        for id_ in self._rows:
            self._end(id_, self._rows[id_], len(self._steps) + 1)
        for id_ in sorted(self._rows.keys() | set().union(*self._since.values())):
            self._finish(id_)

    def _row(self, id_: int, stretch: int) -> _Row:
        """Return a row of which something is said in a stretch."""
        row = self._rows.get(id_)
        if row is None:
            row = self._rows[id_] = _Row()
        if row.stretch != stretch:
            self._end(id_, row, stretch)
        return row

    def _when(self, id_: int, stretch: int) -> int:
        """Return when a row is written: as it was before, or where it was brought."""
        row = self._rows.get(id_)
        if row is None or row.stretch != stretch or row.cell is row.passed is None:
            return 2 * stretch
        if row.cell is None:
            raise PeerError(f"row {id_} is written, and is gone")
        return 2 * stretch + 1

    def _part(self, id_: int, row: _Row, cell: int) -> None:
        if row.cell is None:
            if row.passed is None:
                row.parted = [*(row.parted or ()), cell]
        elif row.cell == cell:
            row.cell, row.passed = None, cell
            self._forget(id_)

    def _forget(self, id_: int) -> None:
        """Forget all values of a row: it went with them."""
        for since in self._since.values():
            since.pop(id_, None)

    def _end(self, id_: int, row: _Row, then: int) -> None:
        """Let a row go from one stretch to a later one."""
        stretch = row.stretch
        fresh = self._cleared and not row.steps
        if not fresh:
            row.steps += [(stretch, _PARTED, cell) for cell in set(row.parted or ())]
            if row.passed is not None:
                row.steps.append((stretch, _PASSING, row.passed))
        if row.cell is not None:
            dropped = self._is_dropped(row.cell, stretch, then)
            if dropped:
                self._forget(id_)
            if not (dropped and fresh):
                row.steps.append((stretch, _STANDING, row.cell))
        row.stretch, row.cell, row.passed, row.parted = then, None, None, None

    def _is_dropped(self, cell: int, stretch: int, then: int) -> bool:
        """Tell whether a cell is surely dropped between two stretches."""
        for op, _, cells in self._steps[stretch : min(then, stretch + _AHEAD)]:
            if op == Op.DROP:
                at = bisect_left(cells, cell)
                if at < len(cells) and cells[at] == cell:
                    return True
        return False

    def _finish(self, id_: int) -> None:
        """Add a row to the groups that tell of it."""
        times: dict[int, int] = {}
        for index, since in self._since.items():
            when = since.get(id_, -1)
            if when >= 0 and when >> 1 > self._veiled.get(index, -1):
                times[when] = times.get(when, 0) | 1 << index
        row = self._rows.get(id_)
        for stretch, sort, cell in row.steps if row is not None else ():
            mask = times.pop(2 * stretch + 1, 0) if sort == _STANDING else 0
            self._add((stretch, sort, cell, mask), id_)
        for when, mask in times.items():
            self._add((when >> 1, _WRITTEN, 0, mask), id_)

    def _add(self, name: tuple[int, int, int, int], id_: int) -> None:
        group = self.groups.get(name)
        if group is None:
            columns = []
            for each in self._cls.of_mask(name[3]):
                assert each.kind is not None
                width = "B" if each.kind.width == "?" else each.kind.width
                columns.append((each.index, array(width)))
            group = self.groups[name] = _Group(array("q"), columns)
        group.ids.append(id_)
        for index, column in group.columns:
            column.append(self._values[index][id_])
