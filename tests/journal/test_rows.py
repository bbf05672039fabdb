"""Tests of `nexus.journal.rows` and `nexus.journal.chunk`."""

from __future__ import annotations

import numpy as np
from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.journal.chain import START, DamagedJournal
from nexus.journal.chunk import blocks_of, make_chunk
from nexus.journal.kept import Kept, whole
from nexus.journal.record import read_records
from nexus.journal.rows import (
    CountsRecord,
    KeptTable,
    RowCount,
    RowsRecord,
    TablesRecord,
    counts_record,
    read_slice,
    rows_record,
    tables_record,
)
from nexus.state.table.block import Block, Shelf
from nexus.state.table.merging import Slice
from nexus.wire.codec import pack

SHELF = Shelf(("x",), ('["uint8"]',), ("|u1",))
BLOCK = Block(SHELF, np.array([513, 600]), [np.array([1, 2], np.uint8)])


class RecordTests(SynchronousTestCase):
    def test_rows_come_back(self) -> None:
        """A slice is read as it was written."""
        part = Slice([BLOCK, BLOCK], np.array([4, 5]), 3, 700)
        [record] = read_records(rows_record(9, 1000, part))
        assert isinstance(record, RowsRecord)
        read = read_slice(record)

        self.assertEqual((record.key, record.next_id), (9, 1000))
        self.assertEqual((read.low, read.high, read.gone.tolist()), (3, 700, [4, 5]))
        self.assertEqual([b.ids.tolist() for b in read.blocks], [[513, 600]] * 2)

    def test_tables_and_counts_come_back(self) -> None:
        """So are the Tables, and how much they hold."""
        tables, counts = KeptTable(9, 4, "npcs"), RowCount(9, 2, 700)
        written = tables_record([tables]) + counts_record([counts])

        self.assertEqual(
            list(read_records(written)),
            [TablesRecord((tables,)), CountsRecord((counts,))],
        )

    def test_what_is_none_is_refused(self) -> None:
        """What cannot be said of Tables is refused."""
        for wrong in (
            [11, [[1, 2, "a"], [1, 3, "b"]]],
            [11, [[1, 2]]],
            [12, [[1, 2]]],
            [12, [[1, 2, -1]]],
            [10, 1, 2, 3, -2, b"", b""],
            [11, [[1, 2, "a"]] * ((1 << 16) + 1)],
        ):
            with self.assertRaises(PeerError):
                list(read_records(pack(wrong)))
        record = RowsRecord(1, 2, 0, -1, b"\0", b"")
        self.assertRaises(PeerError, read_slice, record)

    def test_snapshot(self) -> None:
        """A snapshot says which Tables there are, and no row; ids stay above them."""
        stored = whole(
            *("r", 0, 0, START),
            next_id=3,
            saved=None,
            members=(),
            timers=(),
            card={},
            tables=[KeptTable(9, 4, "npcs")],
        )
        kept = Kept.of(stored)
        [record] = read_records(rows_record(9, 1000, Slice([BLOCK])))
        kept.take(record)
        again = Kept.of(kept.stored())

        self.assertEqual([*again.tables.values()], [KeptTable(9, 4, "npcs")])
        self.assertEqual((again.next_id, again.slices, again.counts), (1000, [], None))


class ChunkTests(SynchronousTestCase):
    def test_comes_back(self) -> None:
        """Rows are read as they were written, for the Room that they are of."""
        chunk = make_chunk("r", 9, 1, 40, [BLOCK])
        [block] = blocks_of("r", chunk)

        self.assertEqual((block.ids.tolist(), chunk.rows), ([513, 600], 2))
        self.assertEqual(chunk.head.size, len(chunk.payload))
        for room_id, wrong in (
            ("s", chunk),
            ("r", evolve(chunk, key=8)),
            ("r", evolve(chunk, chunk=2)),
            ("r", evolve(chunk, number=41)),
            ("r", evolve(chunk, rows=1)),
            ("r", evolve(chunk, number=-1)),
            ("r", evolve(chunk, payload=chunk.payload[:-1] + b"\7")),
            ("r", make_chunk("r", 9, 2, 40, [BLOCK])),
        ):
            with self.assertRaises(DamagedJournal):
                blocks_of(room_id, wrong)
