"""Tests of `nexus.match.keeper.upkeep`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from nexus.archive.memory import MemoryArchive
from nexus.archive.port import Status
from nexus.background import Background
from nexus.match.keeper.upkeep import Upkeep
from nexus.store.port import DatabaseAway, StoreError
from tests.archive.contract import card, stored

START = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOUR = 3600.0


class UpkeepTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Keep a Room that sleeps since the start."""
        self.clock = Clock()
        self.clock.advance(START.timestamp())
        #: By how much the clock is ahead of the time that went by.
        self.ahead = 0.0
        self.archive = MemoryArchive(
            lambda: datetime.fromtimestamp(self.clock.seconds(), UTC)
        )
        self.counts: list[Mapping[str, int]] = []
        self.looks = 0
        self.create("asleep", Status.HIBERNATING)
        self.upkeep = Upkeep(
            archive=self.archive,
            clock=self.clock,
            steady=lambda: self.clock.seconds() - self.ahead,
            background=Background(),
            counted=self.counts.append,
            look=self.look,
        )

    def create(
        self, room_id: str, status: Status, age: timedelta = timedelta()
    ) -> None:
        """Keep a Room."""
        made = card(room_id, status=status, active_at=START - age)
        creating = self.archive.create(made, stored(room_id), "node")
        self.successResultOf(Deferred.fromCoroutine(creating))

    async def look(self) -> None:
        """Take note."""
        self.looks += 1

    def statuses(self) -> dict[str, str]:
        """Return the status of all Rooms."""
        rooms = self.archive.rooms
        return {name: rooms[name].card.status.value for name in rooms}

    def test_room_that_nobody_comes_back_to(self) -> None:
        """A day later it is given up, another day later it is gone."""
        self.upkeep.start()
        self.clock.pump([HOUR] * 24)
        self.assertEqual(self.statuses(), {"asleep": "hibernating"})
        self.clock.advance(HOUR)
        self.assertEqual(self.statuses(), {"asleep": "abandoned"})
        self.clock.pump([HOUR] * 25)

        self.assertEqual(self.statuses(), {})

    def test_at_the_start(self) -> None:
        """What is too old when a Node starts is given up then."""
        self.create("old", Status.HIBERNATING, timedelta(days=3))
        self.upkeep.start()

        self.assertEqual(self.statuses(), {"asleep": "hibernating", "old": "abandoned"})

    def leap(self, seconds: float) -> None:
        """Set the clock ahead, which makes all that is due happen."""
        self.ahead += seconds
        self.clock.advance(seconds)

    def begin(self) -> None:
        """Begin, as a Node does that starts."""
        self.successResultOf(Deferred.fromCoroutine(self.upkeep.begin()))
        self.upkeep.start()

    def test_clock_that_leaps(self) -> None:
        """It costs no Room its time: neither one that sleeps, nor one that ended."""
        self.create("ended", Status.HIBERNATING, timedelta(days=2))
        self.begin()
        self.leap(1000 * HOUR)
        self.clock.pump([HOUR] * 23)
        self.assertEqual(
            self.statuses(), {"asleep": "hibernating", "ended": "abandoned"}
        )
        self.clock.pump([HOUR] * 2)
        self.assertEqual(self.statuses(), {"asleep": "abandoned"})
        self.clock.pump([HOUR] * 25)

        self.assertEqual(self.statuses(), {})

    def test_node_that_was_away_for_long(self) -> None:
        """A Room that nobody could come to meanwhile has its time once more."""
        self.clock.advance(50 * HOUR)
        self.begin()
        self.clock.pump([HOUR] * 23)
        self.assertEqual(self.statuses(), {"asleep": "hibernating"})
        self.clock.pump([HOUR] * 2)

        self.assertEqual(self.statuses(), {"asleep": "abandoned"})

    def test_times_that_cannot_be_read(self) -> None:
        """Who can read no times goes by the clock; a database that is away is asked."""
        errors: list[StoreError] = [StoreError("too long"), DatabaseAway("gone")]

        async def newest(_: object) -> None:
            raise errors[0]

        self.patch(MemoryArchive, "newest", newest)
        self.clock.advance(50 * HOUR)
        self.begin()
        self.assertEqual(self.statuses(), {"asleep": "abandoned"})
        errors.pop(0)
        again = Deferred.fromCoroutine(self.upkeep.begin())
        self.failureResultOf(again, DatabaseAway)

    def test_counts(self) -> None:
        """All is counted twice a minute."""
        self.upkeep.start()
        self.create("runs", Status.ACTIVE)
        self.clock.advance(30)

        found = [(each["hibernating"], each["active"]) for each in self.counts]
        self.assertEqual(found, [(1, 0), (1, 1)])
        self.assertEqual(self.looks, 2)

    def test_outage(self) -> None:
        """What fails is tried again the next time."""
        with self.archive.outage():
            self.upkeep.start()
            self.clock.pump([HOUR] * 30)
        self.assertEqual(self.statuses(), {"asleep": "hibernating"})
        self.clock.advance(HOUR)

        self.assertEqual(self.statuses(), {"asleep": "abandoned"})

    def test_stop(self) -> None:
        """Nothing is planned any more when it was stopped."""
        self.upkeep.start()
        self.upkeep.stop()

        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_stop_meanwhile(self) -> None:
        """Nor when it was stopped while the archive was asked."""
        asked: list[Deferred[Any]] = []

        def clean_up(*_: object, **__: object) -> Deferred[Any]:
            asked.append(Deferred())
            return asked[-1]

        self.patch(MemoryArchive, "clean_up", clean_up)
        self.upkeep.start()
        self.upkeep.stop()
        asked[0].callback({"abandoned": 0, "deleted": 0})

        self.assertEqual(self.clock.getDelayedCalls(), [])
