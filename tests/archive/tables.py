"""A Room with Tables in an archive in memory, for the tests of what folds it."""

from __future__ import annotations

from typing import Any

import numpy as np
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.trial.unittest import SynchronousTestCase

from nexus.archive.folding import Folded, Folding
from nexus.archive.memory import MemoryArchive
from nexus.archive.port import Found
from nexus.journal.chain import START, link
from nexus.journal.entry import Entry
from nexus.journal.kept import recover, whole
from nexus.journal.rows import KeptTable, rows_record, tables_record
from nexus.state.table.block import Block, Shelf
from nexus.state.table.merging import Slice
from tests.archive.contract import NOW, card

__all__ = ["KEY", "OTHER", "SHELF", "FoldingCase", "gone", "rows"]

SHELF = Shelf(("x",), ('["float32"]',), ("<f4",))
KEY, OTHER = 70, 80


def rows(values: dict[int, float]) -> Slice:
    """Return a slice in which entities have values."""
    ids = np.array(sorted(values), np.int64)
    column = np.array([values[id_] for id_ in ids.tolist()], "<f4")
    return Slice([Block(SHELF, ids, [column])])


def gone(*ids: int) -> Slice:
    """Return a slice in which entities are gone."""
    return Slice([], np.array(ids, np.int64))


class FoldingCase(SynchronousTestCase):
    """A Room with two Tables, and what is done in them."""

    #: Keeps it.
    archive: MemoryArchive

    def setUp(self) -> None:
        """Keep a Room with two Tables."""
        self.folding = Folding(self.archive, maybeDeferred)
        self.tables = [KeptTable(KEY, 0, "npcs"), KeptTable(OTHER, 5, "birds")]
        stored = whole(
            "r", 0, 0, START, next_id=9, saved=None, members=(), timers=(), card={}
        )
        self.run_(self.archive.create(card(), stored, "node"))
        self.number, self.chain = 0, START
        self.append(tables_record(self.tables))

    def run_(self, work: Any) -> Any:
        """Return what something returns."""
        return self.successResultOf(Deferred.fromCoroutine(work))

    def append(self, *records: bytes) -> None:
        """Append an entry."""
        payload = b"".join(records)
        self.number += 1
        self.chain = link(self.chain, "r", self.number, 0, payload)
        entry = Entry("r", 1, self.number, 0, self.chain, payload)
        self.run_(self.archive.append([entry]))

    def tell(self, *slices: Slice, key: int = KEY) -> None:
        """Append what became of rows."""
        self.append(*[rows_record(key, 1 << 40, each) for each in slices])

    def found(self) -> Found:
        """Read the Room."""
        found: Found = self.run_(self.archive.read("r"))
        return found

    def fold(self) -> Folded:
        """Fold the Room, and let the snapshot take the place of its journal."""
        folded = self.run_(self.folding.fold(self.found()))
        assert folded is not None
        self.run_(self.archive.replace(1, folded.stored, folded.readable, NOW))
        return folded  # type: ignore[no-any-return]  # what an archive folds

    def rows(self, key: int = KEY) -> dict[int, float]:
        """Return what there is of a Table."""
        found = self.found()
        kept = recover(found.stored, found.entries)
        blocks, _ = self.run_(self.folding.rows(found, kept))
        return {
            id_: value
            for block in blocks[key]
            for id_, value in zip(
                block.ids.tolist(), block.columns[0].tolist(), strict=True
            )
        }
