"""Payloads written by hand, and a Replica to apply them to.

Its classes are ROOT, ITEM, GEM (a kind of ITEM) and OTHER. The Replica holds

    0 root   name "n", mood nil, ref nil, items {"a": 10}, row [20, 21],
             scores {"x": 1, "y": 2}, path [1, 2, 3], tags {"t"}
    10 ITEM  hp 1, below 11, bag []
    11 GEM   hp 2, size 300
    20 21    ITEM hp 3 and 4
"""

from __future__ import annotations

from typing import Any

from nexus.wire.codec import pack
from nexus.wire.native import Replica
from nexus.wire.native.op import Op

__all__ = [
    "FINGERPRINT",
    "GEM",
    "ITEM",
    "OTHER",
    "OUTLINE",
    "ROOT",
    "SNAPSHOT",
    "create",
    "patch",
    "replica",
    "snapshot",
    "wire",
]

FINGERPRINT = b"\1\2\3\4\5\6\7\x08"
ROOT, ITEM, GEM, OTHER = range(4)
#: The fields of ROOT.
NAME, MOOD, REF, ITEMS, ROW, SCORES, PATH, TAGS, HIDDEN = range(9)
#: The fields of ITEM and GEM.
HP, BELOW, BAG, SIZE = range(4)

_ITEM_FIELDS: list[Any] = [
    ["hp", 0, 0, ["int8"]],
    ["below", 0, 1, ITEM],
    ["bag", 2, 0, ITEM],
]
CLASSES: list[Any] = [
    [
        "Root",
        -1,
        [
            ["name", 0, 0, ["str"]],
            ["mood", 0, 1, ["int8"]],
            ["ref", 0, 1, ITEM],
            ["items", 1, 0, ITEM],
            ["row", 2, 0, ITEM],
            ["scores", 1, 0, ["int8"]],
            ["path", 2, 0, ["int8"]],
            ["tags", 3, 0, ["str"]],
            None,
        ],
    ],
    ["Item", -1, _ITEM_FIELDS],
    ["Gem", ITEM, [*_ITEM_FIELDS, ["size", 0, 0, ["uint16"]]]],
    ["Other", -1, [["x", 0, 0, ["int8"]]]],
]
OUTLINE = pack([1, FINGERPRINT, ROOT, CLASSES])

#: More than what any entity of these classes weighs.
_WEIGHT = 7


def wire(*items: Any) -> bytes:
    """Return items one after the other; bytes become a bin."""
    return b"".join(pack(int(item) if isinstance(item, Op) else item) for item in items)


def create(cls: int, mask: int, ids: Any, *columns: Any, count: int = 1) -> bytes:
    """Return a create that pays for `count` entities."""
    return wire(Op.CREATE, cls, mask, ids, *columns) + b"\xc0" * (_WEIGHT * count)


def snapshot(*operations: bytes, version: int = 5) -> bytes:
    """Return a snapshot of these operations."""
    return wire(version, FINGERPRINT) + b"".join(operations)


def patch(*operations: bytes, version: int = 5) -> bytes:
    """Return a patch that leads to the version behind this one."""
    return wire(version & 63) + b"".join(operations)


SNAPSHOT = snapshot(
    create(ROOT, 0b11111111, 0, "n", None),
    create(ITEM, 0b111, 10, 1),
    create(GEM, 0b1111, 11, 2, 300),
    create(ITEM, 0b111, b"\0\x14\2", b"\3\4", count=2),
    wire(ITEM, 1 << BELOW, 10, 11),
    wire(Op.SET, ROOT, ITEMS, 0, "a", 10),
    wire(Op.INSERT, ROOT, ROW, 0, 0, [20, 21]),
    wire(Op.SET, ROOT, SCORES, 0, ["x", "y"], b"\1\2"),
    wire(Op.ASSIGN, ROOT, PATH, 0, b"\1\2\3"),
    wire(Op.ADD, ROOT, TAGS, 0, "t"),
)


def replica() -> Replica:
    """Return a Replica that holds what is said above."""
    made = Replica(OUTLINE)
    made.apply_snapshot(SNAPSHOT)
    return made
