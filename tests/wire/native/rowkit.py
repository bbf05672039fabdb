"""Payloads about rows, written by hand, and what they must come to, the plain way.

The root has a name and two Tables of a Npc: `npcs` and `others`. The Replica that
`replica` returns holds

    0 root  name "n", others {}, npcs
            10 11  in cell 1: x 1.5 and 2.5, hp 5 and 6, mood glad and sad
            12     in cell 2: x 3.5, hp 7, mood glad
"""

from __future__ import annotations

import struct
from typing import Any

from attrs import define, field

from nexus.wire.codec import pack
from nexus.wire.native import Replica
from nexus.wire.native.op import Op
from tests.wire.native.kit import FINGERPRINT, wire

__all__ = [
    "ALL",
    "CLASSES",
    "HP",
    "MOOD",
    "NPCS",
    "OTHERS",
    "OUTLINE",
    "SNAPSHOT",
    "PlainRows",
    "X",
    "drop",
    "ids_of",
    "keep",
    "part",
    "payload",
    "replica",
    "rows",
    "table_op",
    "veil",
    "write",
]

ROOT, NPC = range(2)
#: The indexes of the root's Tables, and the bits of a row's fields.
NPCS, OTHERS = 1, 2
X, HP, MOOD = 1, 2, 8
ALL = X | HP | MOOD
#: By bit: the name, and struct's letter for a raw value.
COLUMNS = {X: ("x", "f"), HP: ("hp", "B"), MOOD: ("mood", "B")}
MOODS = ("GLAD", "SAD")

CLASSES: list[Any] = [
    [
        "Root",
        -1,
        [["name", 0, 0, ["str"]], ["npcs", 4, 0, NPC], ["others", 4, 0, NPC]],
    ],
    [
        "Npc",
        -1,
        [
            ["x", 0, 0, ["float32"]],
            ["hp", 0, 0, ["uint8"]],
            None,
            ["mood", 0, 0, ["enum", *MOODS]],
        ],
    ],
]
OUTLINE = pack([1, FINGERPRINT, ROOT, CLASSES])


def ids_of(ids: list[int]) -> Any:
    """Return ids as one item: a number, or a bin of steps."""
    if len(ids) == 1:
        return ids[0]
    out = bytearray(b"\1")
    before = -1
    for id_ in ids:
        gap, before = id_ - before - 1, id_
        while gap > 127:
            out.append(gap & 127 | 128)
            gap >>= 7
        out.append(gap)
    return bytes(out)


def column(letter: str, values: list[Any]) -> Any:
    """Return raw values as one item."""
    if len(values) == 1:
        return values[0]
    return struct.pack(f"<{len(values)}{letter}", *values)


def table_op(op: Op, table: int, *items: Any) -> bytes:
    """Return an operation on a Table of the root."""
    return wire(op, ROOT, table, 0, *items)


def _columns(values: dict[int, list[Any]]) -> list[Any]:
    return [column(COLUMNS[bit][1], values[bit]) for bit in sorted(values)]


def rows(
    cell: int, ids: list[int], values: dict[int, list[Any]], table: int = NPCS
) -> bytes:
    """Let rows be in a cell, and pay for them."""
    op = table_op(Op.ROWS, table, cell, sum(values), ids_of(ids), *_columns(values))
    return op + b"\xc0" * (5 * len(ids))


def write(ids: list[int], values: dict[int, list[Any]], table: int = NPCS) -> bytes:
    """Give rows new values."""
    return table_op(Op.WRITE, table, sum(values), ids_of(ids), *_columns(values))


def part(cell: int, ids: list[int], table: int = NPCS) -> bytes:
    """Let rows go that are in a cell."""
    return table_op(Op.PART, table, cell, ids_of(ids))


def drop(cells: list[int], table: int = NPCS) -> bytes:
    """Let all rows of some cells go."""
    return table_op(Op.DROP, table, ids_of(cells))


def keep(cell: int, ids: list[int], table: int = NPCS) -> bytes:
    """Let all other rows of a cell go."""
    return table_op(Op.KEEP, table, cell, ids_of(ids) if ids else None)


def veil(mask: int, table: int = NPCS) -> bytes:
    """Let fields be absent from all rows."""
    return table_op(Op.VEIL, table, mask)


def payload(*operations: bytes, version: int | None = None) -> bytes:
    """Return a snapshot at version 5 of these, or a patch from a version."""
    body = b"".join(operations)
    if version is not None:
        return wire(version & 63) + body
    root = wire(Op.CREATE, ROOT, 0b111, 0, "n") + b"\xc0" * 8
    return wire(5, FINGERPRINT) + root + body


SNAPSHOT = payload(
    rows(1, [10, 11], {X: [1.5, 2.5], HP: [5, 6], MOOD: [0, 1]}),
    rows(2, [12], {X: [3.5], HP: [7], MOOD: [0]}),
)


def replica() -> Replica:
    """Return a Replica that holds what is said above."""
    made = Replica(OUTLINE)
    made.apply_snapshot(SNAPSHOT)
    return made


@define(eq=False)
class PlainRows:
    """What a Table must hold, worked out the slow and plain way."""

    #: By id: the cell and the values by name.
    held: dict[int, tuple[int, dict[str, Any]]] = field(factory=dict)

    def rows(self, cell: int, ids: list[int], values: dict[int, list[Any]]) -> bytes:
        """Let rows be in a cell, and return the operation that says so."""
        for id_ in ids:
            self.held[id_] = (cell, self.held.get(id_, (0, {}))[1])
        self.write(ids, values)
        return rows(cell, ids, values)

    def write(self, ids: list[int], values: dict[int, list[Any]]) -> bytes:
        """Give rows new values."""
        for bit, column_ in values.items():
            for id_, value in zip(ids, column_, strict=True):
                cell, held = self.held[id_]
                shown = MOODS[value] if bit == MOOD else value
                self.held[id_] = (cell, {**held, COLUMNS[bit][0]: shown})
        return write(ids, values)

    def part(self, cell: int, ids: list[int]) -> bytes:
        """Let rows go that are in a cell."""
        for id_ in ids:
            if self.held.get(id_, (None,))[0] == cell:
                del self.held[id_]
        return part(cell, ids)

    def drop(self, cells: list[int]) -> bytes:
        """Let all rows of some cells go."""
        self.held = {i: row for i, row in self.held.items() if row[0] not in cells}
        return drop(cells)

    def keep(self, cell: int, ids: list[int]) -> bytes:
        """Let all other rows of a cell go."""
        self.held = {
            i: row for i, row in self.held.items() if row[0] != cell or i in ids
        }
        return keep(cell, ids)

    def veil(self, mask: int) -> bytes:
        """Let fields be absent from all rows."""
        names = [name for bit, (name, _) in COLUMNS.items() if bit & mask]
        self.held = {
            i: (cell, {name: v for name, v in held.items() if name not in names})
            for i, (cell, held) in self.held.items()
        }
        return veil(mask)

    def clear(self) -> bytes:
        """Let all rows go."""
        self.held = {}
        return table_op(Op.CLEAR, NPCS)
