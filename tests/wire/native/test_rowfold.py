"""Tests of what is left to say of rows; that it is right is a law elsewhere."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.wire.native import merge, read_outline
from nexus.wire.native.op import Op
from tests.wire.native.kit import wire
from tests.wire.native.rowkit import (
    HP,
    NPCS,
    OUTLINE,
    X,
    drop,
    keep,
    part,
    payload,
    rows,
    table_op,
    veil,
    write,
)

KNOWN = read_outline(OUTLINE)
CLEAR = table_op(Op.CLEAR, NPCS)


def joined(*bodies: bytes) -> bytes:
    """Return what a merge says in place of patches of these operations."""
    patches = [payload(each, version=5 + i) for i, each in enumerate(bodies)]
    head = wire(64 + 5, len(bodies)) if len(bodies) > 1 else wire(5)
    merged = merge(KNOWN, patches)
    assert merged.startswith(head)
    return merged[len(head) :].rstrip(b"\xc0")


def said(*bodies: bytes) -> bytes:
    """Return operations one after the other, without what pays for them."""
    return b"".join(each.rstrip(b"\xc0") for each in bodies)


class FoldTests(SynchronousTestCase):
    def same(self, have: bytes, *want: bytes) -> None:
        """Check what is left."""
        self.assertEqual(have.hex(), said(*want).hex())

    def test_the_last_value_stays(self) -> None:
        """Of several values of one field only the last is written."""
        have = joined(
            write([10], {HP: [1]}),
            write([10, 11], {HP: [2, 3]}),
            write([11], {HP: [4]}),
        )

        self.same(have, table_op(Op.WRITE, NPCS, HP, b"\0\x0a\2", b"\2\4"))

    def test_values_go_into_the_rows(self) -> None:
        """What is written of rows that came stands where they come."""
        have = joined(rows(1, [20], {HP: [1]}), write([20], {X: [1.5]}))

        column = b"\xca\x3f\xc0\0\0"
        self.same(have, table_op(Op.ROWS, NPCS, 1, X | HP, 20) + column + wire(1))

    def test_a_row_that_passed_is_parted(self) -> None:
        """A row that came and was parted goes, wherever it was before."""
        have = joined(rows(1, [20], {HP: [1]}), part(1, [20]))

        self.same(have, rows(1, [20], {}), part(1, [20]))

    def test_behind_a_clear_what_passed_vanishes(self) -> None:
        """Where a clear says that nothing was there, what came and went is not said."""
        self.same(joined(CLEAR, rows(1, [20], {HP: [1]}), part(1, [20])), CLEAR)
        self.same(joined(rows(1, [20], {HP: [1]}), CLEAR), CLEAR)
        self.same(joined(CLEAR, rows(1, [20], {HP: [1]}), drop([1])), CLEAR, drop([1]))

    def test_values_go_with_a_dropped_cell(self) -> None:
        """Values of rows that are dropped with their cell are not said."""
        have = joined(rows(1, [20], {HP: [1]}), write([20], {X: [1.5]}), drop([1]))

        self.same(have, rows(1, [20], {}), drop([1]))

    def test_drops_and_keeps_stay_in_their_place(self) -> None:
        """What is about all rows of a cell parts what is said of rows."""
        steps = [rows(1, [20], {HP: [1]}), keep(1, [20]), rows(2, [20], {}), drop([3])]

        self.same(joined(*steps), *steps)

    def test_only_the_last_value_of_all_stretches_is_said(self) -> None:
        """A value that is written again behind a drop is said there alone."""
        have = joined(write([20], {HP: [1]}), drop([3]), write([20], {HP: [2]}))

        self.same(have, drop([3]), write([20], {HP: [2]}))

    def test_a_veil_comes_first(self) -> None:
        """A veil makes values before it unneeded, and those behind it stay."""
        have = joined(
            write([10], {HP: [1]}),
            write([10], {X: [1.5]}),
            veil(X),
            write([11], {X: [2.5]}),
        )

        want: list[Any] = [veil(X), table_op(Op.WRITE, NPCS, HP, 10, 1)]
        column = b"\xca\x40\x20\0\0"
        self.same(have, *want, table_op(Op.WRITE, NPCS, X, 11) + column)

    def test_a_table_that_is_hidden_starts_anew(self) -> None:
        """A hide makes what was said of its rows unneeded."""
        hide = wire(Op.HIDE, 0, 1 << NPCS, 0)

        self.same(joined(rows(1, [20], {HP: [1]}), drop([4]), hide), hide)

    def test_rows_are_paid_for(self) -> None:
        """The one patch pays for what all of them bring."""
        bodies = [rows(1, [20 + i], {HP: [1]}) for i in range(20)]
        patches = [payload(each, version=5 + i) for i, each in enumerate(bodies)]

        self.assertGreaterEqual(len(merge(KNOWN, patches)), 5 * 20)
