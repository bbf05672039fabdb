"""Every way to break an operation on rows, and what listeners do not cost."""

from __future__ import annotations

from typing import Any
from unittest import mock

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.wire.codec import pack
from nexus.wire.native import Replica, merge, read_outline
from nexus.wire.native.held import HeldRows
from nexus.wire.native.op import Op
from tests.wire.native.kit import FINGERPRINT, wire
from tests.wire.native.rowkit import (
    CLASSES,
    HP,
    MOOD,
    NPCS,
    OUTLINE,
    SNAPSHOT,
    X,
    keep,
    part,
    payload,
    replica,
    rows,
    table_op,
    veil,
    write,
)

PAID = b"\xc0" * 20


class RefusalTests(SynchronousTestCase):
    def refuse(self, *bodies: bytes) -> None:
        """Check that each of these is refused, and that a snapshot mends it."""
        for body in bodies:
            made = replica()
            self.assertRaises(PeerError, made.apply_patch, payload(body, version=5))
            self.assertFalse(made.in_step)
            made.apply_snapshot(SNAPSHOT)
            self.assertEqual(list(made.state.npcs), [10, 11, 12])
            self.assertEqual(made.state.npcs[10].x, 1.5)

    def test_places(self) -> None:
        """Rows stand in a Table that is there, and other operations do not fit it."""
        self.refuse(
            wire(Op.ROWS, 0, 0, 0, 0, 0, 20) + PAID,
            wire(Op.ROWS, 0, 3, 0, 0, 0, 20) + PAID,
            wire(Op.ROWS, 1, 0, 0, 0, 0, 20) + PAID,
            wire(Op.ROWS, 0, NPCS, 9, 0, 0, 20) + PAID,
            wire(Op.HIDE, 0, 1 << NPCS, 0) + part(1, [10]),
            table_op(Op.SET, NPCS, "a", 1),
            table_op(Op.ADD, NPCS, 1),
            table_op(Op.ASSIGN, NPCS, 1),
            table_op(Op.REMOVE, NPCS, "a"),
        )

    def test_rows(self) -> None:
        """Rows have a cell, ids, fields of their class, and are paid for."""
        self.refuse(
            rows(-1, [20], {HP: [1]}),
            rows(1 << 53, [20], {HP: [1]}),
            table_op(Op.ROWS, NPCS, 0, 1 << 2, 20, 1) + PAID,
            table_op(Op.ROWS, NPCS, 0, 1 << 4, 20, 1) + PAID,
            table_op(Op.ROWS, NPCS, 0, -1, 20) + PAID,
            table_op(Op.ROWS, NPCS, 0, 0, -1) + PAID,
            table_op(Op.ROWS, NPCS, 0, 0, 1 << 53) + PAID,
            table_op(Op.ROWS, NPCS, 0, 0, None) + PAID,
            table_op(Op.ROWS, NPCS, 0, 0, b"") + PAID,
            table_op(Op.ROWS, NPCS, 0, 0, b"\0\x14\7") + PAID,
        )

    def test_columns(self) -> None:
        """A column has a value of its type for each row."""
        two = b"\0\x0a\2"
        self.refuse(
            write([10], {HP: [256]}),
            write([10], {HP: [1.5]}),
            write([10], {X: [1e300]}),
            write([10], {MOOD: [2]}),
            write([10], {MOOD: ["GLAD"]}),
            write([10], {HP: [None]}),
            write([10], {HP: [[1]]}),
            table_op(Op.WRITE, NPCS, MOOD, two, b"\0\2"),
            table_op(Op.WRITE, NPCS, HP, two, b"\0"),
            table_op(Op.WRITE, NPCS, HP, two, b"\0\0\0"),
            table_op(Op.WRITE, NPCS, HP, two, [1, 2]),
            table_op(Op.WRITE, NPCS, HP, two, 1),
            table_op(Op.WRITE, NPCS, HP, 10),
            table_op(Op.WRITE, NPCS, 0, 10),
        )

    def test_who_is_not_there(self) -> None:
        """Only rows that are held are written; others may be parted all the same."""
        self.refuse(write([10, 13], {HP: [1, 2]}), write([13], {HP: [1]}))
        made = replica()

        made.apply_patch(payload(part(1, [9, 12, 13]), keep(7, [9]), version=5))

        self.assertEqual(len(made.state.npcs), 3)

    def test_parts(self) -> None:
        """What parts rows names cells, ids and fields that can be."""
        self.refuse(
            table_op(Op.PART, NPCS, 1, None),
            table_op(Op.PART, NPCS, -1, 10),
            table_op(Op.DROP, NPCS, None),
            table_op(Op.DROP, NPCS, -1),
            table_op(Op.KEEP, NPCS, 1, "a"),
            table_op(Op.KEEP, NPCS, 1),
            veil(0),
            veil(1 << 2),
            veil(1 << 4),
        )

    def test_every_shorter_payload(self) -> None:
        """A payload that ends in the middle of an operation is refused."""
        for body in (
            rows(1, [20, 21], {X: [1.5, 2.5]})[:-10],
            write([10, 11], {HP: [1, 2]}),
            part(1, [10, 11]),
            keep(1, [10, 11]),
        ):
            self.refuse(*(body[:end] for end in range(1, len(body))))

    def test_merging_refuses_as_well(self) -> None:
        """What breaks off, or is not of the class, is refused by a merge, too."""
        known = read_outline(OUTLINE)
        for body in (
            rows(1, [20], {HP: [256]}),
            rows(1, [20, 21], {HP: [1, 2]})[:-11],
            table_op(Op.ROWS, NPCS, 0, 1 << 2, 20, 1) + PAID,
            table_op(Op.WRITE, NPCS, 0, 10),
            rows(1, [20], {HP: [1]}) + part(1, [20]) + write([20], {HP: [1]}),
            veil(0),
            table_op(Op.KEEP, NPCS, 1, "a"),
        ):
            self.assertRaises(PeerError, merge, known, [payload(body, version=5)])


class OutlineTests(SynchronousTestCase):
    def test_rows_are_of_columns(self) -> None:
        """A class whose entities cannot be rows is refused."""
        table = ["npcs", 4, 0, 1]
        for classes in (
            [["R", -1, [["npcs", 4, 0, ["int8"]]]]],
            [["R", -1, [["npcs", 4, 1, 1]]], ["N", -1, []]],
            [["R", -1, [table]], ["N", -1, [["name", 0, 0, ["str"]]]]],
            [["R", -1, [table]], ["N", -1, [["x", 0, 1, ["int8"]]]]],
            [["R", -1, [table]], ["N", -1, [["x", 1, 0, ["int8"]]]]],
            [["R", -1, [table]], ["N", -1, [["x", 0, 0, 0]]]],
            [["R", -1, [table]], ["N", -1, []], ["M", 1, []]],
            [["R", -1, [table]]],
            [["R", -1, [["npcs", 5, 0, 1]]], ["N", -1, []]],
        ):
            outline = pack([1, FINGERPRINT, 0, classes])
            self.assertRaises(PeerError, read_outline, outline)
        self.assertEqual(len(read_outline(OUTLINE).classes), len(CLASSES))


class ListeningTests(SynchronousTestCase):
    def taken_down(self, *patterns: tuple[str, str]) -> int:
        """Return how many rows are taken down while these are listened to."""
        made = replica()
        for method, pattern in patterns:
            getattr(made, method)(pattern, lambda *_: None)
        count = 0
        real = HeldRows.taken_down

        def counted(self: HeldRows, id_: int) -> Any:
            nonlocal count
            count += 1
            return real(self, id_)

        with mock.patch.object(HeldRows, "taken_down", counted):
            body = write([10, 11], {HP: [1, 2]})
            made.apply_patch(payload(body, part(2, [12]), version=5))
            made.apply_snapshot(SNAPSHOT)
        return count

    def test_nobody_who_listens_costs_nothing(self) -> None:
        """Rows are not taken down for those who listen to something else."""
        self.assertEqual(self.taken_down(), 0)
        self.assertEqual(
            self.taken_down(("on_add", "others"), ("on_change", "name")), 0
        )

    def test_listeners_cost_what_they_ask_for(self) -> None:
        """Writes are taken down for those alone who listen to values."""
        self.assertEqual(self.taken_down(("on_remove", "npcs")), 1 + 2)
        self.assertEqual(self.taken_down(("on_change", "npcs.*.hp")), 3 + 2)

    def test_a_listener_that_comes_late_hears(self) -> None:
        """Who begins to listen after a refusal is told what the snapshot changes."""
        made = replica()
        made.on_change("name", lambda *_: None)
        self.assertRaises(PeerError, made.apply_patch, payload(b"\xc1", version=5))
        told: list[Any] = []
        made.on_add("npcs", lambda row, path: told.append(path))

        body = rows(3, [20], {HP: [1]})
        made.apply_snapshot(SNAPSHOT + body)

        self.assertEqual(told, [("npcs", 20)])

    def test_the_first_snapshot_adds_all(self) -> None:
        """The first snapshot, and one after another outline, tell of every row."""
        made = Replica(OUTLINE)
        told: list[Any] = []
        made.on_add("npcs", lambda row, path: told.append(("added", row.hp, path[-1])))
        made.on_remove("npcs", lambda row, path: told.append(("removed", path[-1])))

        made.apply_snapshot(SNAPSHOT)

        self.assertEqual(told, [("added", 5, 10), ("added", 6, 11), ("added", 7, 12)])
