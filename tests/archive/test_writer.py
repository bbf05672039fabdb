"""Tests of `nexus.archive.writer`."""

from __future__ import annotations

from random import Random
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from nexus.archive.writer import Writer
from nexus.background import Background
from nexus.store.port import Conflict, StoreError
from tests.archive.recording import RecordedRoom, RecordingArchive


class WriterTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a Writer of two Rooms."""
        self.clock = Clock()
        self.archive = RecordingArchive()
        self.wrote: list[Any] = []
        self.writer = Writer(
            self.archive,
            clock=self.clock,
            random=Random(1),
            background=Background(),
            most_bytes=10_000,
            wrote=lambda *what: self.wrote.append(what),
        )
        self.a, self.b = (RecordedRoom(name, self.archive) for name in "ab")
        self.writer.add(self.a)
        self.writer.add(self.b)

    def do(self, room: RecordedRoom, what: bytes = b"x") -> None:
        """Let a Room do something."""
        room.do(what)
        self.writer.mark(room)

    def test_rooms_are_committed_together(self) -> None:
        """What all Rooms did within an interval is one transaction."""
        self.do(self.a)
        self.do(self.b, b"yy")
        self.clock.advance(0.049)
        self.assertEqual(self.archive.appends, [])

        self.clock.advance(0.002)

        self.assertEqual(len(self.archive.appends), 1)
        self.assertEqual((self.a.told, self.b.told), ([1], [1]))
        self.assertEqual(self.wrote, [("a", 0, 1), ("b", 0, 2)])
        self.assertEqual(self.writer.tally.entries, 2)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_commit_begins_before_its_time(self) -> None:
        """Where commits take long, they begin so early that they end in time."""
        self.archive.always = "slow"
        for _ in range(40):
            self.do(self.a)
            waited = 0.0
            while len(self.archive.appends) == len(self.a.told):
                self.clock.advance(0.001)
                waited += 0.001
            self.clock.advance(0.010)
            self.archive.gate.open()
            self.clock.advance(0)

        self.assertLess(abs(waited - 0.040), 0.002)
        self.assertEqual(self.a.unsafe, [])

    def test_commit_that_takes_for_ever_begins_no_earlier(self) -> None:
        """However long commits take, half of the interval is for collecting."""
        self.archive.always = "slow"
        for _ in range(40):
            self.do(self.a)
            waited = 0.0
            while len(self.archive.appends) == len(self.a.told):
                self.clock.advance(0.001)
                waited += 0.001
            self.clock.advance(0.500)
            self.archive.gate.open()
            self.clock.advance(0)

        self.assertLess(abs(waited - 0.025), 0.002)

    def test_commits_do_not_overlap(self) -> None:
        """A commit that takes longer than the interval delays the next one."""
        self.archive.script = ["slow"]
        self.do(self.a)
        self.clock.advance(0.05)
        self.do(self.a)
        self.clock.advance(0.5)
        self.assertEqual(len(self.archive.appends), 1)
        self.assertAlmostEqual(self.writer.lag, 0.55)

        self.archive.gate.open()
        self.clock.advance(0)

        self.assertEqual(self.a.told, [1, 2])

    def test_entries_are_sent_again_as_they_were(self) -> None:
        """After an outage, or a lost answer, the same entries come first."""
        self.archive.script = ["away", "lost"]
        self.do(self.a)
        for _ in range(10):
            self.clock.advance(0.05)
            self.do(self.a)
        self.clock.pump([0.1] * 30)

        first = [batch[0] for batch in self.archive.appends[:3]]
        self.assertEqual(first, [first[0]] * 3)
        self.assertEqual(self.archive.text("a"), self.a.text)
        self.assertEqual(self.a.unsafe, [])

    def test_outage_has_a_reason(self) -> None:
        """After a minute away nothing is promised, until all is written again."""
        self.archive.always = "away"
        self.do(self.a)
        self.clock.pump([0.5] * 100)
        self.assertTrue(self.writer.is_away)
        self.assertEqual(self.writer.cause, "no answer")
        self.assertIsNone(self.writer.behind)

        self.clock.pump([0.5] * 22)
        self.assertEqual(self.writer.behind, "the database has been away for 60 s")
        self.archive.always = "fine"
        self.clock.pump([0.5] * 10)

        self.assertIsNone(self.writer.behind)

    def test_full_database_is_named(self) -> None:
        """That the database is full is said as soon as too much waits."""
        self.archive.always = "full"
        self.do(self.a, bytes(20_000))
        self.clock.advance(0.05)

        self.assertEqual(self.writer.behind, "the database has been full for 0 s")

    def test_largest_room_is_written_whole(self) -> None:
        """Beyond the bound the largest Room loses its entries, and nothing else."""
        self.archive.always = "away"
        self.do(self.a, b"a" * 20_000)
        self.do(self.b)
        self.clock.advance(0.05)
        self.assertLess(self.writer.backlog_bytes, 1000)
        self.do(self.a, b"more")
        self.archive.always = "fine"
        self.clock.pump([0.1] * 30)

        self.assertEqual([one.room_id for one in self.archive.replaces], ["a"])
        self.assertEqual(self.archive.text("a"), self.a.text)
        self.assertEqual(len(self.archive.entries["b"]), 1)

    def test_whole_room_says_nothing_twice(self) -> None:
        """What a Room did just before it is written whole is in no entry after."""
        self.archive.always = "away"
        self.do(self.a, b"a" * 20_000)
        self.clock.advance(0.05)
        self.archive.script = ["away", "fine"]
        self.archive.always = "fine"
        for what in (b"b", b"c", b"d"):
            self.do(self.a, what)
            self.clock.advance(0.05)
        self.clock.pump([0.1] * 30)

        self.assertEqual(len(self.archive.replaces), 3)
        self.assertEqual(self.archive.text("a"), self.a.text)
        self.assertEqual(self.writer.backlog_bytes, 0)

    def test_whole_room_is_not_kept(self) -> None:
        """All of a Room takes no memory between two attempts to write it."""
        self.archive.always = "away"
        self.do(self.a, b"a" * 20_000)
        self.clock.pump([0.05] * 10)

        self.assertGreater(len(self.archive.replaces), 1)
        self.assertEqual(self.writer.backlog_bytes, 0)

    def test_refused_room_is_told_and_others_live(self) -> None:
        """One Room that cannot be written costs no other."""
        rooms = [RecordedRoom(f"r{n}", self.archive) for n in range(20)]
        self.archive.refuses["r7"] = error = Conflict("no")
        for room in rooms:
            self.writer.add(room)
            self.do(room)
        self.clock.advance(0.05)

        self.assertEqual(rooms.pop(7).told, [error])
        self.assertEqual([room.told for room in rooms], [[1]] * 19)
        self.assertLess(len(self.archive.appends), 15)

    def test_refusing_everything_is_an_outage(self) -> None:
        """An error that all Rooms meet is the database's, and no Room pays for it."""
        self.archive.refuses.update(a=ValueError("no right"), b=ValueError("no right"))
        self.do(self.a)
        self.do(self.b)
        self.clock.advance(0.05)
        self.assertTrue(self.writer.is_away)
        self.archive.refuses.clear()
        self.clock.advance(2)

        self.assertEqual((self.a.told, self.b.told), ([1], [1]))

    def test_room_that_breaks_is_told(self) -> None:
        """A Room that cannot say what it did is left alone from then on."""
        self.a.breaks = ValueError("broken")
        self.do(self.a)
        self.do(self.b)
        self.clock.advance(0.05)
        self.do(self.a)
        self.clock.advance(0.05)

        self.assertEqual(self.a.told, [self.a.breaks])
        self.assertEqual(self.b.told, [1])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_stale_room_is_superseded(self) -> None:
        """A Room that belongs to somebody else is told so, and writes nothing more."""
        self.archive.epochs["a"] = 1
        self.do(self.a)
        self.do(self.b)
        self.clock.advance(0.05)

        self.assertEqual((self.a.told, self.b.told), (["superseded"], [1]))
        self.writer.add(RecordedRoom("a", self.archive, epoch=1))

    def test_settle_waits_for_no_interval(self) -> None:
        """What is settled is written at once, also without a mark."""
        self.a.do(b"x")

        settled = Deferred.fromCoroutine(self.writer.settle(1, self.a))

        self.assertTrue(self.successResultOf(settled))
        self.assertEqual(self.a.told, [1])

    def test_settle_has_an_end(self) -> None:
        """Whoever settles is told when time is over."""
        self.archive.always = "away"
        self.do(self.a)
        settled = Deferred.fromCoroutine(self.writer.settle(1))
        self.assertNoResult(settled)

        self.clock.pump([0.1] * 11)

        self.assertFalse(self.successResultOf(settled))
        self.writer.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_removed_room_is_still_written(self) -> None:
        """What a Room did before it was removed is written; its id is free after."""
        self.do(self.a)
        self.writer.remove(self.a)
        self.assertTrue(self.writer.holds(self.a))
        with self.assertRaises(ValueError):
            self.writer.add(RecordedRoom("a", self.archive))

        self.clock.advance(0.05)

        self.assertEqual(self.a.told, [1])
        self.writer.add(RecordedRoom("a", self.archive))

    def test_refused_room_that_is_alone_is_tried_again(self) -> None:
        """A knot of locks, or a slow moment, costs the only Room nothing."""
        self.archive.refuses["a"] = error = StoreError("a statement took too long")
        self.do(self.a)
        self.clock.advance(0.05)
        self.assertEqual((self.a.told, self.writer.is_away), ([], False))
        del self.archive.refuses["a"]
        self.clock.pump([0.1] * 5)
        self.assertEqual(self.a.told, [1])

        self.archive.refuses["a"] = error
        self.do(self.a)
        self.clock.pump([0.1] * 50)
        self.assertEqual(self.a.told, [1, error])

    def test_room_is_finished_by_its_id(self) -> None:
        """Whoever is to run a Room next can wait for what was done last in it."""
        self.archive.script = ["away"]
        self.do(self.a)
        self.clock.advance(0.05)
        self.writer.remove(self.a)

        finished = Deferred.fromCoroutine(self.writer.finish("a", 5))
        self.assertNoResult(finished)
        self.clock.pump([0.1] * 5)

        self.assertTrue(self.successResultOf(finished))
        self.assertEqual(self.archive.text("a"), self.a.text)
        nobody = Deferred.fromCoroutine(self.writer.finish("c", 5))
        self.assertTrue(self.successResultOf(nobody))
