"""Rows of a Table as operations: straight from its columns, without an object a row.

Ids of ten thousand rows are written in a few array operations, where
`nexus.wire.native.ids` would take them one by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nexus.state.change import TableEdit
from nexus.wire.codec import pack
from nexus.wire.native.column import lone
from nexus.wire.native.ids import binary, varint, write_ids
from nexus.wire.native.op import Op

__all__ = ["pack_ids", "part_op", "rows_op", "veil_op", "write_op", "write_table"]


#: Fewer ids are written quicker one by one.
_FEW = 48


def write_table(out: list[bytes], where: bytes, edit: TableEdit) -> None:
    """Write what happened in a Table that everybody sees whole."""
    table = edit.container
    if table.is_watched:
        return
    if edit.gone.size:
        out.append(part_op(where, 0, edit.gone))
    if edit.veiled:
        out.append(veil_op(where, edit.veiled))
    for mask, rows in table.told_in(edit):
        out.append(write_op(where, table, mask, rows))
    if edit.came.size:
        out.append(rows_op(where, 0, table, edit.mask, edit.came))


def rows_op(where: bytes, cell: int, table: Any, mask: int, rows: Any) -> bytes:
    """Return the operation that lets rows be in a cell, with what fields hold."""
    head = pack(Op.ROWS.value) + where + pack(cell) + pack(mask)
    return head + pack_ids(table.ids_of(rows)) + _columns(table, mask, rows)


def write_op(where: bytes, table: Any, mask: int, rows: Any) -> bytes:
    """Return the operation that gives rows new values in some fields; empty if in none.

    Args:
        where: The name of the Table.
        table: It.
        mask: The fields.
        rows: The indices of the rows.
    """
    if not mask:
        return b""
    head = pack(Op.WRITE.value) + where + pack(mask)
    return head + pack_ids(table.ids_of(rows)) + _columns(table, mask, rows)


def veil_op(where: bytes, mask: int) -> bytes:
    """Return the operation that takes fields away from all rows."""
    return pack(Op.VEIL.value) + where + pack(mask)


def part_op(where: bytes, cell: int, ids: Any) -> bytes:
    """Return the operation that takes rows away that stand in a cell."""
    return pack(Op.PART.value) + where + pack(cell) + pack_ids(ids)


def _columns(table: Any, mask: int, rows: Any) -> bytes:
    """Return one column for each field of a mask."""
    fields = [each for each in table.sent_fields if each.bit & mask]
    if len(rows) == 1:
        row = int(rows[0])
        return b"".join([lone(f.kind)(table.raw(f.name, row)) for f in fields])
    return b"".join([binary(table.told(f.name, rows).tobytes()) for f in fields])


def pack_ids(ids: Any) -> bytes:
    """Write ids of an array, which ascend strictly, as `write_ids` would."""
    count = len(ids)
    if count < _FEW:
        return write_ids(ids.tolist())
    first, span = int(ids[0]), int(ids[-1] - ids[0]) + 1
    if span == count:
        return binary(b"\0" + varint(first) + varint(count))
    if (span + 7) >> 3 <= count - 1:
        bits = np.zeros(span, np.bool_)
        bits[ids - first] = True
        packed = np.packbits(bits, bitorder="little").tobytes()
        return binary(b"\2" + varint(first) + packed)
    return binary(b"\1" + varint(first) + _leb128(np.diff(ids) - 1))


def _leb128(values: Any) -> bytes:
    """Return numbers as unsigned LEB128, one after the other."""
    if values.max() < 128:
        return bytes(values.astype(np.uint8).tobytes())
    sizes = np.ones(len(values), np.int64)
    for size in range(1, 8):
        sizes += values >> 7 * size > 0
    ends = np.cumsum(sizes)
    starts = ends - sizes
    out = np.zeros(int(ends[-1]), np.uint8)
    for at in range(int(sizes.max())):
        here = sizes > at
        low = values[here] >> 7 * at & 127
        out[starts[here] + at] = low | (sizes[here] > at + 1) * 128
    return out.tobytes()
