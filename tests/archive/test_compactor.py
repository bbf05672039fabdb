"""Tests of `nexus.archive.compactor`."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from nexus.archive.compactor import Compactor
from nexus.archive.folding import Folded
from nexus.archive.memory import MemoryArchive
from nexus.archive.port import Found
from nexus.background import Background
from nexus.journal.entry import Entry, Stored
from nexus.journal.kept import TooLarge
from tests.archive.recording import RecordingArchive
from tests.archive.tables import KEY, FoldingCase, gone, rows
from tests.support.room import Gate


class CompactorTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a Compactor, and Rooms that were written."""
        self.clock = Clock()
        self.archive = RecordingArchive()
        self.gate = Gate()
        self.damaged: list[Any] = []
        self.compactor = Compactor(
            archive=self.archive,
            clock=self.clock,
            random=Random(1),
            background=Background(),
            fold=self.fold,
            on_damaged=lambda *what: self.damaged.append(what),
            most_bytes=1000,
            most_seconds=100.0,
        )
        for name in "ab":
            entries = [Entry(name, 0, n, n, b"", b"%d" % n) for n in (1, 2, 3)]
            self.archive.entries[name] = entries

    def fold(
        self, found: Found, is_wanted: Callable[[], bool]
    ) -> Deferred[Folded | None]:
        """Join the payloads when the gate is opened."""
        return self.gate.wait().addCallback(lambda _: self.joined(found))

    def joined(self, found: Found) -> Folded:
        """Join the payloads."""
        text = b"".join(entry.payload for entry in found.entries)
        if b"bad" in text:
            raise ValueError("bad")
        if b"big" in text:
            raise TooLarge("big")
        end = found.entries[-1]
        stored = Stored(end.room_id, end.number, 3, b"", text, b"")
        return Folded(stored, "readable")

    def test_long_journal_is_folded(self) -> None:
        """A snapshot takes the place of a journal that grew long."""
        self.compactor.wrote("a", 0, 700)
        self.assertEqual(self.archive.reads, [])
        self.compactor.wrote("a", 0, 700)
        self.gate.open()

        self.assertEqual(self.archive.stored["a"].payload, b"123")
        self.assertEqual(self.archive.readables, ["readable"])
        self.assertEqual((self.archive.entries["a"], self.compactor.count), ([], 1))

    def test_old_journal_is_folded(self) -> None:
        """A short journal is folded when it is old, and then no call is left."""
        self.compactor.wrote("a", 0, 1)
        self.clock.pump([5] * 14)
        self.assertEqual(self.archive.reads, [])
        self.clock.pump([5] * 13)
        self.gate.open()

        self.assertEqual(self.compactor.count, 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_one_at_a_time(self) -> None:
        """The next Room is read when the one before is written."""
        self.compactor.wrote("a", 0, 5000)
        self.compactor.wrote("b", 0, 5000)
        self.assertEqual((self.archive.reads, len(self.compactor)), (["a"], 2))
        self.gate.open()

        self.assertEqual(self.archive.reads, ["a", "b"])

    def test_outage_is_waited_for(self) -> None:
        """What could not be read is tried again, however much is written meanwhile."""
        self.archive.script = ["away"]
        self.compactor.wrote("a", 0, 5000)
        self.compactor.wrote("a", 0, 5000)
        self.assertEqual(self.archive.reads, ["a"])
        self.clock.pump([5] * 5)
        self.gate.open()

        self.assertEqual(self.compactor.count, 1)

    def test_damage_is_reported(self) -> None:
        """What cannot be folded is reported, and the next Room is folded."""
        self.archive.entries["a"][0] = Entry("a", 0, 1, 1, b"", b"bad")
        self.compactor.wrote("a", 0, 5000)
        self.compactor.wrote("b", 0, 5000)
        self.gate.open()
        self.gate.open()

        self.assertEqual([what[:2] for what in self.damaged], [("a", 0)])
        self.assertEqual(self.compactor.count, 1)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_size_is_no_damage(self) -> None:
        """Of a Room that is too large that is told, and nobody speaks of damage."""
        self.archive.entries["a"][0] = Entry("a", 0, 1, 1, b"", b"big")
        self.compactor.wrote("a", 0, 5000)
        self.gate.open()

        [(room_id, _, error)] = self.damaged
        self.assertEqual((room_id, type(error)), ("a", TooLarge))
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_forgotten_room_is_not_replaced(self) -> None:
        """A Room that was forgotten, even while it is folded, keeps its journal."""
        self.compactor.wrote("a", 0, 5000)
        self.compactor.forget("a")
        self.gate.open()

        self.assertEqual(self.archive.replaces, [])

    def test_other_epoch_is_left_alone(self) -> None:
        """The journal of another owner is not touched."""
        self.archive.epochs["a"] = 2
        self.compactor.wrote("a", 1, 5000)
        self.gate.open()

        self.assertEqual(self.archive.replaces, [])

    def test_stop_leaves_no_call(self) -> None:
        """A Compactor that was stopped begins nothing more."""
        self.compactor.wrote("a", 0, 1)
        self.compactor.stop()

        self.assertEqual(self.clock.getDelayedCalls(), [])


class SlowArchive(MemoryArchive):
    """Keeps Rooms, and takes as long over some chunks as a test likes.

    Attributes:
        gate: Where the next call of `slow` waits.
        slow: What is slow; empty: nothing is.
        puts: How often chunks were put.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate()
        self.slow = ""
        self.puts = 0

    async def _pass(self, name: str) -> None:
        if self.slow == name:
            self.slow = ""
            await self.gate.wait()

    async def chunks(self, room_id: str) -> Any:
        """Return which chunks there are, when the gate is opened."""
        await self._pass("chunks")
        return await super().chunks(room_id)

    async def put_chunks(self, *what: Any) -> bool:
        """Put chunks when the gate is opened; nothing is put at once."""
        if any(what[2:]):
            self.puts += 1
            await self._pass("put_chunks")
        return await super().put_chunks(*what)


class SleepTests(FoldingCase):
    archive: SlowArchive

    def setUp(self) -> None:
        """Keep a Room of which something was written, and a Compactor."""
        self.archive = SlowArchive()
        super().setUp()
        self.damaged: list[Any] = []
        self.compactor = Compactor(
            archive=self.archive,
            clock=Clock(),
            random=Random(1),
            background=Background(),
            fold=self.folding.fold,
            on_damaged=lambda *what: self.damaged.append(what),
            most_bytes=1000,
        )
        self.tell(rows({1: 1.0, 2: 1.0, 600: 1.0}))

    def fold_until(self, what: str) -> None:
        """Let the Room be folded in the background, up to some call."""
        self.archive.slow = what
        self.compactor.wrote("r", 1, 5000)

    def sleep(self) -> Deferred[None]:
        """Let the Room go to sleep."""
        return Deferred.fromCoroutine(self.compactor.finish("r", 1))

    def test_rows_that_are_put_late(self) -> None:
        """What is about to be put takes the place of nothing that is newer."""
        self.fold_until("put_chunks")
        self.tell(rows({1: 7.0}), gone(2, 600))
        sleeping = self.sleep()
        self.archive.gate.open()

        self.successResultOf(sleeping)
        self.assertEqual(self.rows(), {1: 7.0})
        self.assertEqual([*self.archive.rooms["r"].chunks], [(KEY, 0)])
        self.assertEqual((self.found().entries, self.damaged), ([], []))

    def test_rows_that_are_not_put_yet(self) -> None:
        """Nothing more is put by whoever folds what is to sleep."""
        self.fold_until("chunks")
        self.tell(rows({1: 7.0}), gone(2, 600))
        sleeping = self.sleep()
        self.assertNoResult(sleeping)
        self.archive.gate.open()

        self.successResultOf(sleeping)
        self.assertEqual((self.archive.puts, self.compactor.count), (1, 1))
        self.assertEqual((self.rows(), self.damaged), ({1: 7.0}, []))

    def test_sleep_that_is_called_off(self) -> None:
        """Who waits no more for the end of a fold changes nothing of it."""
        self.fold_until("put_chunks")
        sleeping = self.sleep()
        sleeping.cancel()
        self.failureResultOf(sleeping, CancelledError)
        again = self.sleep()
        self.assertNoResult(again)
        self.archive.gate.open()

        self.successResultOf(again)
        self.assertEqual(self.rows(), {1: 1.0, 2: 1.0, 600: 1.0})

    def test_room_that_is_left_alone(self) -> None:
        """Nothing is put of a Room that was forgotten while it is folded."""
        self.fold_until("chunks")
        self.compactor.forget("r")
        self.archive.gate.open()

        self.assertEqual((self.archive.puts, self.compactor.count), (0, 0))
