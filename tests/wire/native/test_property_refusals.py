"""Every way to break an operation: it is refused, and the reader is out of step."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.wire.native.op import Op
from tests.wire.native.kit import (
    BELOW,
    GEM,
    HP,
    ITEM,
    ITEMS,
    MOOD,
    NAME,
    OTHER,
    PATH,
    REF,
    ROOT,
    ROW,
    SCORES,
    SNAPSHOT,
    TAGS,
    create,
    patch,
    replica,
    wire,
)


def edit(op: Op, field: int, *items: Any) -> bytes:
    """Return an operation on a container of the root."""
    return wire(op, ROOT, field, 0, *items)


class RefusalTests(SynchronousTestCase):
    def refuse(self, *payloads: bytes) -> None:
        """Check that each is refused, and that a snapshot mends the Replica."""
        held = replica()
        for payload in payloads:
            with self.assertRaises(PeerError, msg=payload.hex()):
                held.apply_patch(patch(payload))
            self.assertRaises(PeerError, held.apply_patch, patch())
            held.apply_snapshot(SNAPSHOT)
            self.assertEqual(held.count, 5)

    def test_first_items(self) -> None:
        """An operation begins with an int that stands for one."""
        self.refuse(*(wire(item) for item in (-20, -(1 << 63), 4, 1 << 40)))
        self.refuse(*(wire(item) for item in (True, 1.0, "x", b"x", [])))

    def test_updates(self) -> None:
        """An update names fields and entities of its very class, and all columns."""
        self.refuse(
            wire(ROOT),
            wire(ROOT, 0, 0),
            wire(ROOT, -1, 0),
            wire(ROOT, 1 << 8, 0),
            wire(ROOT, 1 << 62, 0),
            wire(ROOT, 1 << 63, 0, 1),
            wire(ROOT, 1 << NAME, 0),
            wire(ROOT, 1 << NAME, 0, None),
            wire(ROOT, 1 << NAME, 0, 7),
            wire(ROOT, 1 << NAME, 99, "x"),
            wire(ROOT, 1 << NAME, 10, "x"),
            wire(ITEM, 1 << HP, 11, 1),
            wire(GEM, 1 << HP, 10, 1),
            wire(ITEM, 1 << HP, b"\0\x14\2", b"\1"),
            wire(ITEM, 1 << HP, 20, 200),
            wire(ITEM, 1 << HP, b"\0\x14\2", [1, 2]),
            wire(ITEM, 1 << HP, 20, [1]),
            wire(ROOT, 1 << MOOD, 0, [1]),
        )

    def test_references(self) -> None:
        """A reference is to an entity of its class that stands nowhere yet."""
        self.refuse(
            wire(ROOT, 1 << REF, 0, 99),
            wire(ROOT, 1 << REF, 0, 10),
            wire(ROOT, 1 << REF, 0, 0),
            create(OTHER, 1, 70, 1) + wire(ROOT, 1 << REF, 0, 70),
            create(ITEM, 7, 70, 1) + wire(ITEM, 1 << BELOW, 70, 70),
            wire(ITEM, 1 << BELOW, 20, 10),
        )

    def test_circles(self) -> None:
        """Two entities that stand below each other are refused."""
        self.refuse(
            create(ITEM, 7, b"\0\x46\2", b"\1\1", count=2)
            + wire(ITEM, 1 << BELOW, b"\0\x46\2", [71, 70])
        )

    def test_creates(self) -> None:
        """A create pays for its entities, has all columns, and makes no second root."""
        self.refuse(
            create(ROOT, 0, 0),
            create(ITEM, 0, 0),
            create(4, 0, 70),
            create(-1, 0, 70),
            create(ITEM, 1 << 3, 70),
            create(ITEM, -1, 70),
            wire(Op.CREATE, ITEM, 1, 70),
            wire(Op.CREATE, ITEM, 0, b"\0\x46\2"),
            wire(Op.CREATE, ITEM, 0, b"\0\x46\3") + b"\xc0" * 8,
            create(ITEM, 1, b"\0\x46\2", b"\1", count=2),
            create(ITEM, 1, 70, None),
        )

    def test_hides(self) -> None:
        """A hide names fields and entities of its very class."""
        self.refuse(
            wire(Op.HIDE, ROOT, 0, 0),
            wire(Op.HIDE, ROOT, 1 << 8, 0),
            wire(Op.HIDE, ITEM, 1, 11),
            wire(Op.HIDE, ITEM, 1, 99),
            wire(Op.HIDE, 9, 1, 10),
            wire(Op.HIDE, ROOT, 1),
        )

    def test_containers(self) -> None:
        """A container is named by its class, a fitting field, and its entity."""
        self.refuse(
            wire(Op.CLEAR, ROOT, NAME, 0),
            wire(Op.CLEAR, ROOT, REF, 0),
            wire(Op.CLEAR, ROOT, 8, 0),
            wire(Op.CLEAR, ROOT, 63, 0),
            wire(Op.CLEAR, ROOT, -1, 0),
            wire(Op.CLEAR, 9, 0, 0),
            wire(Op.CLEAR, ROOT, SCORES, 99),
            wire(Op.CLEAR, ROOT, SCORES, 10),
            wire(Op.CLEAR, GEM, 2, 10),
            edit(Op.SET, ROW, "a", 10),
            edit(Op.ADD, PATH, 1),
            edit(Op.REPLACE, SCORES, 0, 1),
            edit(Op.INSERT, TAGS, 0, "t"),
            edit(Op.REMOVE, TAGS, "t"),
        )

    def test_absent_containers(self) -> None:
        """An operation on a container that is absent is refused."""
        self.refuse(
            wire(Op.HIDE, ROOT, 1 << PATH, 0) + edit(Op.INSERT, PATH, 0, 1),
            wire(Op.HIDE, ROOT, 1 << TAGS, 0) + edit(Op.CLEAR, TAGS),
        )

    def test_maps(self) -> None:
        """A set has a value for each key, and an entity at one place."""
        self.refuse(
            edit(Op.SET, SCORES, 1, 1),
            edit(Op.SET, SCORES, [], []),
            edit(Op.SET, SCORES, "a"),
            edit(Op.SET, SCORES, ["a", "b"], b"\1"),
            edit(Op.SET, SCORES, ["a", 1], b"\1\2"),
            edit(Op.SET, SCORES, "a", None),
            edit(Op.REMOVE, SCORES, []),
            edit(Op.REMOVE, SCORES, None),
            edit(Op.SET, ITEMS, "b", 10),
            edit(Op.SET, ITEMS, "b", 99),
            edit(Op.SET, ITEMS, "b", 0),
            edit(Op.SET, ITEMS, "b", None),
        )

    def test_lists(self) -> None:
        """Positions are within the List, ascending, and have a value each."""
        self.refuse(
            edit(Op.REPLACE, PATH, 3, 1),
            edit(Op.REPLACE, PATH, b"\0\2\2", b"\1\2"),
            edit(Op.REPLACE, PATH, b"\0\0\2", b"\1"),
            edit(Op.REPLACE, PATH, [0, 1], b"\1\2"),
            edit(Op.INSERT, PATH, 4, 1),
            edit(Op.INSERT, PATH, -1, 1),
            edit(Op.INSERT, PATH, 0, b""),
            edit(Op.ERASE, PATH, 0, 4),
            edit(Op.ERASE, PATH, 3, 1),
            edit(Op.ERASE, PATH, 0, 0),
            edit(Op.MOVE, PATH, 3, 0),
            edit(Op.MOVE, PATH, 0, 3),
            edit(Op.CLEAR, PATH) + edit(Op.MOVE, PATH, 0, 0),
            edit(Op.ASSIGN, PATH, b""),
            edit(Op.ASSIGN, PATH, []),
            edit(Op.ASSIGN, PATH, None),
        )

    def test_lists_of_entities(self) -> None:
        """A List holds an entity once, and only one that stands nowhere else."""
        self.refuse(
            edit(Op.INSERT, ROW, 0, 20),
            edit(Op.INSERT, ROW, 0, 10),
            edit(Op.ASSIGN, ROW, [20, 20]),
            edit(Op.REPLACE, ROW, 0, 21),
            edit(Op.ASSIGN, ROW, [20, None]),
        )

    def test_sets(self) -> None:
        """A Set takes values of its type, and at least one at a time."""
        self.refuse(
            edit(Op.ADD, TAGS, 1),
            edit(Op.ADD, TAGS, []),
            edit(Op.ADD, TAGS, None),
            edit(Op.DISCARD, TAGS, b"t"),
        )

    def test_owners(self) -> None:
        """An owner is a text or nil, one for each entity that there is."""
        self.refuse(
            wire(Op.OWN, 10, 1),
            wire(Op.OWN, 99, "ada"),
            wire(Op.OWN, b"\0\x14\2", ["ada"]),
            wire(Op.OWN, b"\0\x14\2", "ada"),
            wire(Op.OWN, 10, []),
        )

    def test_every_shorter_payload(self) -> None:
        """A payload that ends in the middle of an operation is refused."""
        whole = [
            create(GEM, 0b1001, 40, 1, 900)[:-7],
            wire(ROOT, 0b11, 0, "new", 7),
            edit(Op.SET, SCORES, ["a", "b"], b"\1\2"),
            edit(Op.REPLACE, PATH, b"\0\0\2", b"\1\2"),
            edit(Op.ERASE, PATH, 0, 1),
            wire(Op.OWN, b"\0\x14\2", ["ada", None]),
        ]
        for payload in whole:
            self.refuse(*(payload[:end] for end in range(1, len(payload))))
