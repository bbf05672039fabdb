"""Tests of `nexus.state.table.block`."""

from __future__ import annotations

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.state.table.block import Block, Shelf, read_blocks, read_ids, write_ids

SHELF = Shelf(("a", "b"), ('["float32"]', '["bool"]'), ("<f4", "|b1"))


def block(*ids: int) -> Block:
    """Return some rows."""
    count = len(ids)
    values = np.arange(count, dtype="<f4"), np.arange(count) % 2 == 1
    return Block(SHELF, np.array(ids, np.int64), values)


class BlockTests(SynchronousTestCase):
    def test_comes_back(self) -> None:
        """What is read is what was written, however far ids are apart."""
        far = block(1, 5, (1 << 53) - 1)
        first, second = read_blocks(block(3, 4).written() + far.written())

        self.assertEqual(first.ids.tolist(), [3, 4])
        self.assertEqual(second.ids.tolist(), far.ids.tolist())
        self.assertEqual(second.shelf, SHELF)
        self.assertEqual([c.tolist() for c in second.columns], [[0, 1, 2], [0, 1, 0]])
        self.assertEqual(second.columns[1].dtype, np.bool_)

    def test_no_ids(self) -> None:
        """None are written as none."""
        ids, end = read_ids(write_ids(np.zeros(0, np.int64)))

        self.assertEqual((len(ids), end), (0, 13))

    def test_what_is_none_is_refused(self) -> None:
        """Bytes that are cut off, or do not fit together, are refused."""
        whole = block(1, 2, 3).written()
        for size in range(1, len(whole)):
            with self.assertRaises(PeerError):
                list(read_blocks(whole[:size]))
        for wrong in (
            whole.replace(b"<f4", b"|O8"),
            whole.replace(b'"a"', b'"b"'),
            whole.replace(b"[[", b"{["),
            whole.replace(b'"a"', b"123"),
        ):
            with self.assertRaises(PeerError):
                list(read_blocks(wrong))

    def test_ids_that_do_not_ascend_are_refused(self) -> None:
        """Nobody can find an id among such."""
        for ids in ([5, 5], [5, 9, 8]):
            data = bytearray(write_ids(np.array([5, 6, 7][: len(ids)])))
            offsets = np.array(ids, "<u4") - 5
            data[13:] = offsets.tobytes()
            with self.assertRaises(PeerError):
                read_ids(bytes(data))
