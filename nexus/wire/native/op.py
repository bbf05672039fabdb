"""The operations of the `nexus` format; docs/protocol.md, section 3."""

from __future__ import annotations

from enum import IntEnum, unique

__all__ = ["SHAPES_OF", "Op", "claims", "row_weight", "weight"]


@unique
class Op(IntEnum):
    """What the first item of an operation says; from 0 on it is an update's class."""

    CREATE = -1
    HIDE = -2
    SET = -3
    REMOVE = -4
    CLEAR = -5
    ADD = -6
    DISCARD = -7
    REPLACE = -8
    INSERT = -9
    ERASE = -10
    ASSIGN = -11
    OWN = -12
    MOVE = -13
    ROWS = -14
    WRITE = -15
    PART = -16
    DROP = -17
    KEEP = -18
    VEIL = -19


#: Which containers an operation is for.
SHAPES_OF: dict[int, tuple[str, ...]] = {
    Op.SET: ("map",),
    Op.REMOVE: ("map",),
    Op.CLEAR: ("map", "list", "set", "table"),
    Op.ADD: ("set",),
    Op.DISCARD: ("set",),
    Op.REPLACE: ("list",),
    Op.INSERT: ("list",),
    Op.ERASE: ("list",),
    Op.ASSIGN: ("list",),
    Op.MOVE: ("list",),
    Op.ROWS: ("table",),
    Op.WRITE: ("table",),
    Op.PART: ("table",),
    Op.DROP: ("table",),
    Op.KEEP: ("table",),
    Op.VEIL: ("table",),
}


def claims(count: int) -> int:
    """Return how many bytes a payload must have to name so many entities by ids."""
    return count if count > 8 else 0


def weight(fields: int) -> int:
    """Return how many bytes a payload must have for one entity that it creates.

    So a few bytes cannot fill a memory with entities.
    """
    return 6 + fields // 8


def row_weight(fields: int) -> int:
    """Return how many bytes a payload must have for one row that it brings."""
    return 5 + fields // 8
