"""Tests of `nexus.room.keeping.rowlog`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from nexus.journal.record import JumpRecord, Record, read_records
from nexus.journal.rows import RowsRecord, TablesRecord, read_slice
from nexus.room.keeping.rowlog import RowLog
from nexus.state import Map, State, Table, Tree, field, float32


class Npc(State):
    x: float32


class House(State):
    guests: Table[Npc]


class Town(State):
    npcs: Table[Npc] = field(saved_every=2)
    birds: Table[Npc] = field(transient=True)
    houses: Map[str, House]


class RowLogTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Keep a State with a Table."""
        self.clock = Clock()
        self.notes: list[bytes] = []
        self.waiting = 0
        self.log = RowLog(
            self.later, self.clock.seconds, self.notes.append, lambda: self.waiting
        )
        self.town = Town()
        self.tree = Tree(self.town)
        self.npcs = self.town.npcs
        self.look()

    def later(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        """Call something later, unless that is cancelled."""
        delayed = self.clock.callLater(seconds, call)
        return lambda: delayed.cancel() if delayed.active() else None

    def look(self) -> list[Record]:
        """Flush and look, as a journal does; return what it learns."""
        self.tree.flush()
        found = self.log.look(self.tree)
        self.log.taken()
        return list(read_records(b"".join(found)))

    def pass_(self, seconds: float) -> None:
        """Let time pass, and ask for what was told as often as a journal does."""
        for _ in range(round(seconds * 20)):
            self.look()
            self.clock.pump([0.01] * 5)

    def told(self) -> list[RowsRecord]:
        """Return what was told since this was asked."""
        records = list(read_records(b"".join(self.notes)))
        self.notes.clear()
        return [each for each in records if isinstance(each, RowsRecord)]

    def ids(self) -> list[int]:
        """Return the ids of the rows that were told, in order."""
        blocks = [block for each in self.told() for block in read_slice(each).blocks]
        return [id_ for block in blocks for id_ in block.ids.tolist()]

    def test_once_in_a_while(self) -> None:
        """Rows are told merged, when their time has come, and then no call is left."""
        ids = self.npcs.add(3)
        for n in range(20):
            self.npcs.put([1], x=np.float32(n))
            self.pass_(0.05)
        self.assertEqual(self.told(), [])
        self.pass_(1.5)

        self.assertEqual(self.ids(), ids.tolist())
        self.pass_(3)
        self.assertEqual(self.notes, [])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_all_the_time(self) -> None:
        """A row that is written with each tick is told once a round."""
        self.npcs.add(1)
        for n in range(400):
            self.npcs.put([0], x=np.float32(n))
            self.pass_(0.05)

        self.assertIn(len(self.told()), (9, 10))

    def test_piece_by_piece(self) -> None:
        """Many rows are told in slices, with time between them, and in order."""
        ids = self.npcs.add(200_000)
        self.pass_(2.0)
        self.notes.clear()
        self.npcs.put(slice(None), x=np.float32(1))
        sizes = []
        for _ in range(60):
            self.pass_(0.05)
            sizes.append(sum(map(len, self.notes)))
        self.pass_(3)

        steps = np.diff(sizes)
        self.assertLess(steps.max(), 1 << 20)
        self.assertEqual(sorted({*self.ids()}), ids.tolist())

    def test_database_that_is_behind(self) -> None:
        """While much waits for it nothing more is told; rows wait in their Table."""
        ids = self.npcs.add(2)
        self.waiting = 1 << 30
        self.pass_(10)
        self.assertEqual(self.told(), [])
        self.npcs.remove(ids[:1])
        self.waiting = 0
        self.pass_(1)

        [record] = self.told()
        part = read_slice(record)
        self.assertEqual(part.gone.tolist(), ids[:1].tolist())
        self.assertEqual(part.blocks[0].ids.tolist(), ids[1:].tolist())

    def test_journal_that_is_not_asked(self) -> None:
        """No more is told than a journal may hold, until somebody asks for it."""
        self.npcs.add(1_000_000)
        self.tree.flush()
        self.clock.pump([0.05] * 200)
        size = sum(map(len, self.notes))

        self.assertTrue(3 << 18 <= size < 1 << 20, size)
        self.log.taken()
        self.clock.pump([0.05] * 5)
        self.assertGreater(sum(map(len, self.notes)), size)

    def test_tables_that_come_and_go(self) -> None:
        """Each has a key of its own, and is told of as long as it is there."""
        self.town.houses["a"] = House()
        [listed] = self.look()
        assert isinstance(listed, TablesRecord)
        first, second = listed.tables

        self.assertEqual((first.owner, first.field), (0, "npcs"))
        self.assertEqual(second.owner, self.town.houses["a"]._id)
        self.assertEqual(second.field, "guests")
        self.assertEqual(self.look(), [])
        del self.town.houses["a"]
        [listed] = self.look()
        self.assertEqual(listed, TablesRecord((first,)))
        self.town.houses["a"] = House()
        [listed] = self.look()
        assert isinstance(listed, TablesRecord)
        self.assertNotIn(second.key, [each.key for each in listed.tables])

    def test_table_that_leaves_with_rows_to_tell(self) -> None:
        """Nothing is told of it any more."""
        self.town.houses["a"] = House()
        self.look()
        self.town.houses["a"].guests.add(3)
        del self.town.houses["a"]
        self.clock.pump([0.05] * 60)

        self.assertEqual(self.told(), [])

    def test_rows_that_something_else_stores(self) -> None:
        """They are left to it."""
        self.town.houses["a"] = House()
        saving = self.town.houses["a"].guests.keep(-1, lambda _: None)

        self.assertEqual(self.look(), [])
        self.assertIs(self.town.houses["a"].guests.saving, saving)

    def test_last_round(self) -> None:
        """At the end all is told that differs, at once, as far as it may be."""
        ids = self.npcs.add(200_000)
        self.look()
        self.log.rewind()
        count = 1
        while not self.log.drain():
            self.look()
            count += 1

        self.assertEqual(self.ids(), ids.tolist())
        self.assertGreater(count, 1)
        self.assertFalse(self.npcs.saving is None or self.npcs.saving.is_dirty)

    def test_all_anew(self) -> None:
        """When it was lost what was told, all rows there are are told, and no other."""
        ids = self.npcs.add(3)
        self.pass_(3)
        self.notes.clear()
        self.npcs.remove(ids[1:2])
        self.log.begin_again()
        self.pass_(0.5)

        [record] = self.told()
        part = read_slice(record)
        self.assertEqual((part.low, part.high), (0, (1 << 53) - 1))
        self.assertEqual(part.blocks[0].ids.tolist(), [ids[0], ids[2]])

    def test_many_ids(self) -> None:
        """That many ids were given is told at once, not with the rows."""
        self.npcs.add(300_000)
        [record] = self.look()
        assert isinstance(record, JumpRecord)

        self.assertEqual(record.next_id, self.tree.next_id)
        self.assertEqual(self.look(), [])
