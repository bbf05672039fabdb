"""Tests of `nexus.archive.retries`: one Room is refused, and others play."""

from __future__ import annotations

from random import Random

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from nexus.archive.writer import Writer
from nexus.background import Background
from nexus.journal.entry import Entry
from nexus.store.port import Conflict, Contended, Damaged, StoreError
from tests.archive.recording import RecordedRoom, RecordingArchive

TOO_LONG = StoreError("a statement took longer than the server allows")
KNOT = Contended("deadlock detected")


def _room_id(entry: Entry) -> str:
    return entry.room_id


class RetriesTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a Writer of two Rooms."""
        self.clock = Clock()
        self.archive = RecordingArchive()
        self.writer = Writer(
            self.archive,
            clock=self.clock,
            random=Random(1),
            background=Background(),
            most_bytes=10_000,
        )
        self.a, self.b = (RecordedRoom(name, self.archive) for name in "ab")
        self.writer.add(self.a)
        self.writer.add(self.b)

    def do(self, room: RecordedRoom, what: bytes = b"x") -> None:
        """Let a Room do something, and time pass until it is written."""
        room.do(what)
        self.writer.mark(room)
        self.clock.advance(0.05)

    def do_both(self) -> None:
        """Let both Rooms do something at once."""
        self.a.do(b"a")
        self.writer.mark(self.a)
        self.do(self.b, b"b")

    def throw(self) -> None:
        """Let so much wait of a Room that it has to be written whole."""
        self.archive.always = "away"
        self.do(self.a, b"z" * 20_000)
        self.archive.always = "fine"

    def test_passing_refusal_costs_nothing(self) -> None:
        """A Room that is locked, or in a knot, is written later, and others at once."""
        for number, error in enumerate((TOO_LONG, KNOT), 1):
            self.archive.refuses["a"] = error
            self.do_both()
            self.assertEqual(self.b.told[-1], number)
            del self.archive.refuses["a"]
            self.clock.pump([0.1] * 5)

            self.assertEqual(self.a.told, [*range(1, number + 1)])
        self.assertEqual(self.writer.tally.failures, 0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_order_is_kept(self) -> None:
        """What a Room does while it is tried again follows what it did before."""
        self.archive.passing["a"] = TOO_LONG
        for _ in range(40):
            self.do_both()
        del self.archive.passing["a"]
        self.clock.pump([0.1] * 30)

        self.assertEqual(self.archive.text("a"), self.a.text)
        numbers = [entry.number for entry in self.archive.entries["a"]]
        self.assertEqual(numbers, list(range(1, 41)))
        self.assertEqual(self.b.told, list(range(1, 41)))

    def test_others_do_not_wait_for_a_try(self) -> None:
        """While a Room waits for somebody's lock, what others do is written."""
        self.archive.refuses["a"] = TOO_LONG
        self.do_both()
        self.archive.script = ["slow"]
        self.clock.advance(0.1)
        self.assertEqual(len(self.archive.gate.waiting), 1)

        self.do(self.b)

        self.assertEqual(self.b.told, [1, 2])
        del self.archive.refuses["a"]
        self.archive.gate.open()
        self.assertEqual(self.a.told, [1])

    def test_locked_room_is_found_soon(self) -> None:
        """Others wait for two statements that take too long, not for many of them."""
        rooms = [RecordedRoom(f"r{n}", self.archive) for n in range(30)]
        self.archive.refuses["r7"] = TOO_LONG
        for room in rooms:
            self.writer.add(room)
            room.do(b"x")
            self.writer.mark(room)
        self.clock.advance(0.05)

        ended = [each for each in self.archive.appends if "r7" in map(_room_id, each)]
        self.assertEqual(len(ended), 2)
        self.assertEqual([room.told for room in rooms].count([1]), 29)

    def test_tries_have_an_end(self) -> None:
        """A Room that is refused four times is given up, and no other."""
        self.archive.refuses["a"] = TOO_LONG
        for _ in range(100):
            self.do_both()

        self.assertEqual(self.a.told, [TOO_LONG])
        rooms = [set(map(_room_id, each)) for each in self.archive.appends]
        alone = [each for each in rooms if each == {"a"}]
        self.assertEqual(len(alone), 4)
        self.assertEqual(self.archive.text("b"), self.b.text)

    def test_refusing_each_counts_for_none(self) -> None:
        """What all Rooms meet, one after the other, is the database's."""
        self.archive.refuses.update(a=TOO_LONG, b=TOO_LONG)
        self.do(self.a)
        self.do(self.b)
        self.clock.pump([0.1] * 650)
        self.assertEqual((self.a.told, self.b.told), ([], []))
        self.assertEqual(self.writer.behind, "the database is 65 s behind")

        self.archive.refuses.clear()
        self.clock.pump([0.1] * 30)

        self.assertEqual((self.a.told, self.b.told), ([1], [1]))
        self.assertIsNone(self.writer.behind)

    def test_final_refusal_is_tried_once(self) -> None:
        """What is the same whenever it is tried ends a Room at once."""
        errors = {"c": Conflict("no"), "d": Damaged("bad"), "e": OSError("?")}
        for name, error in errors.items():
            room = RecordedRoom(name, self.archive)
            self.writer.add(room)
            self.archive.refuses[name] = error
            room.do(b"x")
            self.writer.mark(room)
            self.do(self.b)

            self.assertEqual(room.told, [error])
            self.assertFalse(self.writer.holds(room))
        self.assertEqual(self.b.told, [1, 2, 3])
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)

    def test_whole_room_is_tried_again(self) -> None:
        """One refusal does not cost a Room that is written whole."""
        for error in (TOO_LONG, KNOT):
            self.throw()
            self.archive.passing["a"] = error
            self.clock.advance(0.1)
            self.assertEqual(self.archive.refusals["a"], 1)
            self.do(self.b)
            self.assertEqual(self.b.told[-1], self.b.taken)
            self.clock.pump([0.1] * 30)

            self.assertEqual(self.archive.text("a"), self.a.text)
            self.assertEqual(self.a.told[-1], self.a.taken)
        self.assertEqual(self.writer.tally.failures, 0)

    def test_whole_room_is_given_up(self) -> None:
        """A Room that cannot be written whole is told after as many tries."""
        for error, tries in ((Damaged("bad"), 1), (TOO_LONG, 4)):
            self.setUp()
            self.throw()
            self.archive.replaces.clear()
            self.archive.refuses["a"] = error
            self.clock.pump([0.1] * 50)

            self.assertEqual(self.a.told, [error])
            self.assertEqual(len(self.archive.replaces), tries)
            self.assertEqual(self.writer.backlog_bytes, 0)

    def test_bound_holds_for_what_is_set_aside(self) -> None:
        """What waits of a Room that is refused is thrown away beyond the bound, too."""
        self.archive.refuses["a"] = TOO_LONG
        self.do_both()
        self.do(self.a, b"z" * 20_000)

        self.assertLess(self.writer.backlog_bytes, 1000)
        self.assertIsNotNone(self.writer.behind)
        self.archive.refuses.clear()
        self.clock.pump([0.1] * 10)
        self.assertIsNone(self.writer.behind)
        self.assertEqual(self.archive.text("a"), self.a.text)
        self.assertEqual(len(self.archive.replaces), 1)

    def test_entries_thrown_during_a_try(self) -> None:
        """Entries may be thrown away while they are tried; all is written whole."""
        self.archive.refuses["a"] = TOO_LONG
        self.do_both()
        self.archive.refuses.clear()
        self.archive.script = ["slow"]
        self.clock.advance(0.1)
        self.do(self.a, b"z" * 20_000)
        self.archive.gate.open()
        self.clock.pump([0.1] * 10)

        self.assertEqual(self.archive.text("a"), self.a.text)
        self.assertEqual(self.a.told, [1, 2])

    def test_outage_meets_all(self) -> None:
        """A Room that is tried again waits with all others for the database."""
        self.archive.refuses["a"] = TOO_LONG
        self.do_both()
        self.archive.always = "away"
        self.clock.pump([0.1] * 2)
        self.assertTrue(self.writer.is_away)
        self.do(self.b)
        self.archive.refuses.clear()
        self.archive.always = "fine"
        self.clock.pump([0.1] * 30)

        self.assertEqual((self.a.told, self.b.told), ([1], [1, 2]))
        self.assertFalse(self.writer.is_away)

    def test_settling_waits_for_tries(self) -> None:
        """A Room that is tried again is settled when it is written, and not before."""
        self.archive.refuses["a"] = TOO_LONG
        self.do_both()
        self.writer.remove(self.a)
        settled = Deferred.fromCoroutine(self.writer.settle(5, self.a))
        self.assertNoResult(settled)
        del self.archive.refuses["a"]
        self.clock.pump([0.1] * 5)

        self.assertTrue(self.successResultOf(settled))
        self.assertEqual(self.archive.text("a"), self.a.text)

    def test_stop_ends_tries(self) -> None:
        """A Writer that is stopped tries nothing again."""
        self.archive.refuses["a"] = TOO_LONG
        self.do_both()

        self.writer.stop()

        self.assertEqual(self.clock.getDelayedCalls(), [])
