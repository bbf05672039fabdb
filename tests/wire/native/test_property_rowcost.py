"""Payloads about rows that would cost much if nobody counted."""

from __future__ import annotations

import contextlib
import random
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.wire.codec import pack
from nexus.wire.native import Replica, merge, read_outline
from nexus.wire.native.op import Op, row_weight
from tests import examples
from tests.wire.native.kit import FINGERPRINT, wire
from tests.wire.native.mutate import bend, leads
from tests.wire.native.rowkit import (
    OUTLINE,
    SNAPSHOT,
    PlainRows,
    payload,
    replica,
)
from tests.wire.native.test_property_hostile import BEYOND, PER_BYTE, cost
from tests.wire.native.test_property_rows import first, happen

COUNT = examples(10_000, 300_000)


def run_of(first_: int, count: int) -> bytes:
    """Return so many ids one after the other, in a few bytes."""
    out = bytearray(b"\0")
    for number in (first_, count):
        while number > 127:
            out.append(number & 127 | 128)
            number >>= 7
        out.append(number)
    return bytes(out)


class WideTable:
    """A Table whose rows have so many fields of one type, at a reader without rows."""

    def __init__(self, fields: int, kind: str) -> None:
        self.fields = fields
        row = ["Npc", -1, [[f"f{i}", 0, 0, [kind]] for i in range(fields)]]
        root = ["Root", -1, [["npcs", 4, 0, 1]]]
        self.outline = pack([1, FINGERPRINT, 0, [root, row]])
        self.known = read_outline(self.outline)

    def op(self, op: Op, *items: Any) -> bytes:
        """Return an operation on the Table."""
        return wire(op, 0, 0, 0, *items)

    def bring(self, count: int, mask: int = 0, *columns: Any, cell: int = 0) -> bytes:
        """Return the operation that brings rows, and pays for them."""
        body = self.op(Op.ROWS, cell, mask, run_of(1000, count), *columns)
        return body + b"\xc0" * (row_weight(self.fields) * count - len(body))

    def replica(self) -> Replica:
        """Return a Replica that holds no rows."""
        made = Replica(self.outline)
        made.apply_snapshot(
            wire(5, FINGERPRINT) + wire(Op.CREATE, 0, 1, 0) + b"\xc0" * 8
        )
        return made


class CostTests(SynchronousTestCase):
    def check(self, table: WideTable, body: bytes) -> None:
        """Check what a patch costs a Replica, and a merge."""
        made, data = table.replica(), wire(5) + body
        limit = PER_BYTE * len(data) + BEYOND
        for act in (made.apply_patch, lambda data: merge(table.known, [data])):
            spent = cost(act, data)
            self.assertLessEqual(spent, limit, f"{act}: {spent / len(data)} a byte")

    def test_rows_without_values(self) -> None:
        """Rows that are named by a run cost no more than they pay for."""
        for fields in (1, 7, 8, 63):
            table = WideTable(fields, "int64")
            for count in (1_500, 22_000):
                self.check(table, table.bring(count))

    def test_one_row_with_values(self) -> None:
        """Columns of very many rows are paid for when one of them gets values."""
        for fields in (7, 15, 63):
            table = WideTable(fields, "int64")
            mask, ones = (1 << fields) - 1, [1] * fields
            for count in (1_500, 22_000):
                lone = table.op(Op.WRITE, mask, 1000, *ones)
                self.check(table, table.bring(count) + lone)

    def test_short_columns(self) -> None:
        """Values of one byte each cost no more than they pay for."""
        table = WideTable(1, "uint8")
        for count in (2_000, 20_000):
            come = table.bring(count, 1, bytes(count))
            writes = table.op(Op.WRITE, 1, run_of(1000, count), bytes(count))
            for times in (1, 3):
                self.check(table, come + writes * times)
            made = table.replica()
            made.apply_patch(wire(5) + come)
            data = wire(6) + writes * 4
            self.assertLessEqual(
                cost(made.apply_patch, data), PER_BYTE * len(data) + BEYOND
            )
            merged = cost(lambda data: merge(table.known, [data]), data)
            self.assertLessEqual(merged, PER_BYTE * len(data) + BEYOND)

    def test_many_masks(self) -> None:
        """Rows of which each is written apart cost no more than they pay for."""
        table, chance = WideTable(63, "uint8"), random.Random(7)
        mask, count = (1 << 63) - 1, 400
        come = table.bring(count, mask, *[bytes(count)] * 63)
        lone = [
            table.op(Op.WRITE, 1 << chance.randrange(63), 1000 + at, 1)
            for at in range(count)
        ]
        self.check(table, come + b"".join(lone * 3))

    def test_lone_operations(self) -> None:
        """Very many short operations each cost no more than their bytes."""
        table = WideTable(3, "uint8")
        come = table.bring(300)
        for op in (
            table.op(Op.WRITE, 1, 1100, 1),
            table.op(Op.PART, 0, 1100),
            table.op(Op.DROP, 9),
            table.op(Op.KEEP, 9, None),
            table.op(Op.VEIL, 1),
            table.op(Op.CLEAR),
        ):
            self.check(table, come + op * 4_000)
        cells = b"".join(
            table.op(Op.ROWS, cell, 0, 5000 + cell) + b"\xc0" * 5
            for cell in range(2000)
        )
        self.check(table, cells + table.op(Op.DROP, run_of(0, 2000)) + b"\xc0" * 2000)

    def test_too_many_are_refused(self) -> None:
        """Rows, ids and cells that nothing pays for are refused."""
        table = WideTable(8, "int64")
        for body in (
            table.bring(1000)[:-2],
            table.op(Op.ROWS, 0, 0, run_of(1, 1 << 40)) + b"\xc0" * 9_000,
            table.op(Op.PART, 0, run_of(1, 20_000)) + b"\xc0" * 9_000,
            table.op(Op.DROP, run_of(1, 20_000)) + b"\xc0" * 9_000,
            table.op(Op.KEEP, 0, run_of(1, 20_000)) + b"\xc0" * 9_000,
        ):
            made = table.replica()
            self.assertRaises(PeerError, made.apply_patch, wire(5) + body)
            self.assertRaises(PeerError, merge, table.known, [wire(5) + body])


class SeededTests(SynchronousTestCase):
    def samples(self) -> list[bytes]:
        """Return good patches that follow the snapshot."""
        chance, made = random.Random(3), []
        for _ in range(60):
            held, _ = first(chance)
            # What the snapshot holds, so that most of it fits.
            held = PlainRows({10: (1, {}), 11: (1, {}), 12: (2, {})})
            said = [happen(chance, held) for _ in range(chance.randint(1, 4))]
            made.append(payload(*said, version=5))
        return made

    def test_bent_patches(self) -> None:
        """Bent patches are taken, or refused with a PeerError, and a snapshot mends."""
        chance, samples = random.Random(11), self.samples()
        made, known = replica(), read_outline(OUTLINE)
        for pattern in ("npcs", "npcs.*.x"):
            made.on_add(pattern, lambda *_: None)
            made.on_change(pattern, lambda *_: None)
        taken = 0
        for _ in range(COUNT):
            data = bend(samples, chance)
            patch = leads(data, made.version)
            try:
                made.apply_patch(patch)
                taken += 1
                self.assertLessEqual(made.values, 8 * len(patch), patch.hex())
            except PeerError:
                made.apply_snapshot(SNAPSHOT)
                self.assertEqual(sorted(made.state.npcs), [10, 11, 12])
            if chance.random() < 0.2:
                with contextlib.suppress(PeerError):
                    merge(known, [samples[0], leads(data, 6)])
        self.assertGreater(taken, COUNT // 100)
