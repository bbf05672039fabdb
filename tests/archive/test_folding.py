"""Tests of `nexus.archive.folding`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import evolve
from twisted.internet.defer import Deferred

from nexus.archive.memory import MemoryArchive
from nexus.journal.chain import DamagedJournal
from nexus.journal.kept import Kept, recover
from nexus.journal.rows import RowCount, tables_record
from nexus.state.table.block import Block
from nexus.state.table.merging import Slice
from nexus.store.port import DatabaseAway
from tests.archive.tables import KEY, OTHER, SHELF, FoldingCase, gone, rows


class Killed(Exception):
    """The process dies here."""


class DyingArchive(MemoryArchive):
    """Keeps Rooms, and dies after so many chunks were put."""

    left = 1 << 30

    async def put_chunks(self, *what: Any) -> bool:
        """Put chunks, unless it is time to die."""
        self.left -= 1
        if self.left < 0:
            raise Killed
        return await super().put_chunks(*what)


class LateArchive(MemoryArchive):
    """Does what it is told to put once late: when the Room is locked the next time."""

    is_late = False
    late: tuple[Any, ...] = ()

    async def put_chunks(self, *what: Any) -> bool:
        """Put chunks, after those that were put before."""
        before, self.late = self.late, ()
        if before:
            await super().put_chunks(*before)
        if self.is_late and any(what[2:]):
            self.is_late, self.late = False, what
            raise DatabaseAway("nobody knows what became of it")
        return await super().put_chunks(*what)


class LateTests(FoldingCase):
    archive: LateArchive

    def setUp(self) -> None:
        """Keep a Room in an archive where something comes late."""
        self.archive = LateArchive()
        super().setUp()

    def test_chunk_that_comes_late(self) -> None:
        """Rows that are gone do not come back with what nobody waited for."""
        self.tell(rows({1: 1.0, 600: 2.0}))
        self.archive.is_late = True
        folding = Deferred.fromCoroutine(self.folding.fold(self.found()))
        self.failureResultOf(folding, DatabaseAway)
        self.tell(gone(1))
        self.fold()

        self.assertEqual(self.rows(), {600: 2.0})
        self.assertEqual([*self.archive.rooms["r"].chunks], [(KEY, 1)])


class FoldingTests(FoldingCase):
    archive: DyingArchive

    def setUp(self) -> None:
        """Keep a Room in an archive that may die."""
        self.archive = DyingArchive()
        super().setUp()

    def damage(self) -> str:
        """Return why the rows cannot be read."""
        found = self.found()
        kept = recover(found.stored, found.entries)
        reading = Deferred.fromCoroutine(self.folding.rows(found, kept))
        return str(self.failureResultOf(reading, DamagedJournal).value)

    def test_rows_go_into_chunks(self) -> None:
        """A chunk has the rows of 512 ids, and the journal is not needed any more."""
        self.tell(rows({1: 1.0, 511: 2.0, 512: 3.0, 99_999: 4.0}))
        self.tell(rows({600: 6.0}), key=OTHER)
        folded = self.fold()

        places = [*self.archive.rooms["r"].chunks]
        self.assertEqual(places, [(KEY, 0), (KEY, 1), (KEY, 195), (OTHER, 1)])
        self.assertEqual(self.found().entries, [])
        self.assertEqual(self.rows(), {1: 1.0, 511: 2.0, 512: 3.0, 99_999: 4.0})
        self.assertEqual(self.rows(OTHER), {600: 6.0})
        sizes = [len(each.payload) for each in self.archive.rooms["r"].chunks.values()]
        self.assertEqual(folded.size, sum(sizes))
        counts = Kept.of(folded.stored).counts
        self.assertEqual(
            counts, {KEY: RowCount(KEY, 3, 4), OTHER: RowCount(OTHER, 1, 1)}
        )

    def test_what_was_not_folded_counts(self) -> None:
        """Rows are what chunks and the entries after them make of them."""
        self.tell(rows({1: 1.0, 2: 2.0, 600: 3.0}))
        self.fold()
        self.tell(rows({2: 5.0}), gone(600))
        self.tell(rows({700: 7.0}))

        self.assertEqual(self.rows(), {1: 1.0, 2: 5.0, 700: 7.0})
        before = dict(self.archive.rooms["r"].chunks)
        self.fold()
        self.assertEqual(self.rows(), {1: 1.0, 2: 5.0, 700: 7.0})
        self.assertIsNot(self.archive.rooms["r"].chunks[KEY, 0], before[KEY, 0])

    def test_chunk_that_is_empty_goes(self) -> None:
        """Nothing is kept of rows that are all gone; others are not touched."""
        self.tell(rows({1: 1.0, 600: 2.0}))
        self.fold()
        before = self.archive.rooms["r"].chunks[KEY, 0]
        self.tell(gone(600))
        self.fold()

        self.assertEqual({**self.archive.rooms["r"].chunks}, {(KEY, 0): before})

    def test_all_that_there_is(self) -> None:
        """A slice that says what there is from one id to another lets others go."""
        self.tell(rows(dict.fromkeys(range(0, 3000, 100), 1.0)))
        self.fold()
        self.tell(evolve(rows({700: 2.0}), low=600, high=2100))

        wanted = {n: 1.0 for n in range(0, 3000, 100) if not 600 <= n <= 2100}
        self.assertEqual(self.rows(), wanted | {700: 2.0})
        self.fold()
        self.assertEqual(self.rows(), wanted | {700: 2.0})

    def test_table_that_is_gone(self) -> None:
        """Its rows go with it, and nothing that is told of it later counts."""
        self.tell(rows({1: 1.0}))
        self.tell(rows({1: 1.0}), key=OTHER)
        self.fold()
        self.append(tables_record(self.tables[:1]))
        self.tell(rows({3: 1.0}), key=OTHER)
        self.fold()

        self.assertEqual([*self.archive.rooms["r"].chunks], [(KEY, 0)])

    def test_death_at_any_time(self) -> None:
        """Whenever the process dies while it folds, the rows are the same."""
        wanted: dict[int, float] = {}
        for deaths in range(8):
            some = {n * 40_000 + deaths: float(n + deaths) for n in range(5)}
            lost = [*wanted][::2]
            wanted = {k: v for k, v in wanted.items() if k not in lost} | some
            self.tell(rows(some), gone(*sorted(lost)))
            self.tell(evolve(rows({7 + deaths: 3.0}), low=0, high=99))
            wanted = {k: v for k, v in wanted.items() if k > 99} | {7 + deaths: 3.0}
            self.archive.left = deaths % 4
            if deaths % 4 < 3:
                folding = Deferred.fromCoroutine(self.folding.fold(self.found()))
                _ = folding.addErrback(lambda why: why.trap(Killed) and None)
                self.successResultOf(folding)
            self.archive.left = 1 << 30
            self.assertEqual(self.rows(), wanted)
        self.fold()
        self.assertEqual(self.rows(), wanted)

    def test_damage(self) -> None:
        """A flipped bit, or a chunk that is missing or another one, is found."""
        self.tell(rows({1: 1.0, 600: 2.0}))
        self.fold()
        chunks = self.archive.rooms["r"].chunks
        good = dict(chunks)
        payload = good[KEY, 0].payload[:-1] + b"\x01"
        chunks[KEY, 0] = evolve(good[KEY, 0], payload=payload)
        self.assertIn("checksum of rows from id 0", self.damage())
        chunks[KEY, 0] = evolve(good[KEY, 1], chunk=0)
        self.assertIn("checksum", self.damage())
        chunks |= good
        del chunks[KEY, 0]
        self.assertIn("some of its rows are missing", self.damage())
        chunks |= good
        chunks[KEY, 0] = evolve(good[KEY, 0], number=99)
        self.assertIn("newer than its journal", self.damage())

    def test_damage_in_a_journal(self) -> None:
        """What cannot be read of rows is damage."""
        self.tell(rows({1: 1.0}))
        entry = self.archive.rooms["r"].entries[2]
        payload = entry.payload.replace(b"<f4", b"<f9")
        self.number, self.chain = 1, self.archive.rooms["r"].entries[1].chain
        del self.archive.rooms["r"].entries[2]
        self.append(payload)
        folding = Deferred.fromCoroutine(self.folding.fold(self.found()))

        self.failureResultOf(folding, DamagedJournal)

    def test_another_owner(self) -> None:
        """Who is the owner no more folds nothing."""
        self.tell(rows({1: 1.0}))
        found = self.found()
        self.run_(self.archive.claim("r", "other"))

        self.assertIsNone(self.run_(self.folding.fold(found)))
        self.assertEqual(self.archive.rooms["r"].chunks, {})

    def test_archive_that_is_away(self) -> None:
        """Nothing is taken for damage then."""
        self.tell(rows({1: 1.0}))
        found = self.found()
        self.archive.away = "gone"
        folding = Deferred.fromCoroutine(self.folding.fold(found))

        self.failureResultOf(folding, DatabaseAway)

    def test_many_rows_are_folded_piece_by_piece(self) -> None:
        """No work in a thread, and no transaction, has more than a few of them."""
        ids = np.arange(200_000)
        block = Block(SHELF, ids, [ids.astype("<f4")])
        self.tell(Slice([block]))
        sizes: list[int] = []
        put = self.archive.put_chunks

        async def watched(room_id: str, epoch: int, chunks: Sequence[Any], *more: Any):
            sizes.append(sum(len(each.payload) for each in chunks))
            return await put(room_id, epoch, chunks, *more)

        self.archive.put_chunks = watched  # type: ignore[method-assign]  # to see it
        self.fold()

        self.assertGreater(len(sizes), 1)
        self.assertLess(max(sizes), 1 << 21)
        self.assertEqual(len(self.rows()), 200_000)
