"""Tests of `nexus.storage`: a database that comes late, never, or goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.archive.memory import MemoryArchive
from nexus.archive.port import Status
from nexus.background import Background
from nexus.cluster.memory import MemoryPresence
from nexus.errors import Code, Refused
from nexus.limit import Limits
from nexus.match import Matchmaker
from nexus.match.catalog import Catalog
from nexus.metrics import Metrics
from nexus.room import Surroundings
from nexus.room.meter import Meters
from nexus.storage import Storage, join_storage
from nexus.store.port import (
    DatabaseAway,
    DatabaseHealth,
    Dialect,
    Harm,
    NewerDatabase,
)
from tests.archive.contract import card, stored
from tests.room.bank import Bank


class ScriptedDatabase:
    """Answers to each start what a script says; what it keeps is elsewhere."""

    dialect = Dialect.SQLITE
    has_postgis = False

    def __init__(self) -> None:
        self.script: list[Exception] = []
        self.harm = Harm()
        self.starts = 0
        self.is_closed = False

    async def start(self) -> None:
        """Do as the script says."""
        self.starts += 1
        if self.script:
            raise self.script.pop(0)

    async def close(self) -> None:
        """Take note."""
        self.is_closed = True

    def health(self) -> DatabaseHealth:
        """Say that all is well, and what was not."""
        return DatabaseHealth(is_up=True, harm=self.harm)

    query: Any = None
    transact: Any = None


class StorageTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Join what keeps Rooms to a database that does as it is told."""
        self.clock = Clock()
        self.clock.advance(1000.0)
        self.archive = MemoryArchive()
        self.database = ScriptedDatabase()
        self.catalog = Catalog()
        self.catalog.define("bank", Bank)
        self.failed: list[str] = []
        self.storage = self.joined()

    def joined(self) -> Storage:
        """Join the objects of another Node to the same archive."""
        around = Surroundings(
            clock=self.clock,
            random=Random(len(self.archive.rooms)),
            limits=Limits(),
            presence=MemoryPresence(self.clock),
            background=Background(),
            meters=Meters(Metrics()),
        )
        self.matchmaker = Matchmaker(self.catalog, process_id="node", around=around)
        self.metrics = Metrics()

        def in_thread(work: Callable[[], Any]) -> Deferred[Any]:
            return maybeDeferred(work)

        return join_storage(
            self.database,
            self.archive,
            self.matchmaker,
            self.metrics,
            location="somewhere",
            interval=0.05,
            in_thread=in_thread,
            fail=lambda: self.failed.append("failed"),
            steady=self.clock.seconds,
            abandon=1_800.0,
            delete=5_400.0,
        )

    def stop(self) -> None:
        """Stop, and let time pass until that is done."""
        stopping = Deferred.fromCoroutine(self.storage.stop())
        self.clock.pump([1.0] * 30)
        self.assertIsNone(self.successResultOf(stopping))

    def test_database_that_is_there(self) -> None:
        """The Node lets people in as soon as its Rooms go on."""
        self.assertIsNotNone(self.storage.health().refuses)
        self.storage.start()

        self.assertIsNone(self.storage.starting)
        self.assertIsNone(self.matchmaker.maker.stopping)
        health = self.storage.health()
        self.assertEqual((health.is_up, health.refuses, health.lag), (True, None, 0.0))
        self.stop()
        self.assertTrue(self.database.is_closed)

    def test_database_that_comes_late(self) -> None:
        """It is waited for, a second after the other; nobody is let in meanwhile."""
        self.database.script = [DatabaseAway("no route"), DatabaseAway("no route")]
        self.storage.start()

        self.assertIn("away", str(self.matchmaker.maker.stopping))
        self.assertIn("away", str(self.storage.health().refuses))
        self.clock.advance(1.0)
        self.assertIsNotNone(self.storage.starting)
        self.clock.advance(1.0)
        self.assertEqual((self.storage.starting, self.database.starts), (None, 3))
        self.assertEqual(self.failed, [])
        self.stop()

    def test_return_while_the_node_starts(self) -> None:
        """Who comes back too early is told to try again, not that its Room is gone."""

        def refusal() -> Refused:
            asked = self.matchmaker.reconnect("room", {"reconnectionToken": "a"})
            failed = self.failureResultOf(Deferred.fromCoroutine(asked), Refused)
            refused = failed.value
            assert isinstance(refused, Refused)
            return refused

        self.database.script = [DatabaseAway("no route")]
        self.storage.start()

        self.assertEqual(refusal().code, Code.STOPPING)
        self.clock.advance(1.0)
        self.assertEqual(refusal().code, Code.NO_ROOM)
        self.stop()

    def test_database_that_cannot_be_used(self) -> None:
        """The Node ends: people have to do something first."""
        self.database.script = [NewerDatabase("it is newer")]
        self.storage.start()

        self.assertEqual(self.failed, ["failed"])
        self.assertIsNotNone(self.matchmaker.maker.stopping)
        self.stop()

    def test_stop_while_the_database_is_waited_for(self) -> None:
        """A Node that never started stops at once, and is no failure."""
        self.database.script = [DatabaseAway("no route")] * 9
        self.storage.start()
        self.stop()

        self.assertEqual((self.failed, self.database.is_closed), ([], True))
        starts = self.database.starts
        self.clock.advance(10.0)
        self.assertEqual(self.database.starts, starts)

    def test_rooms_go_on(self) -> None:
        """What was kept is restored before anybody is let in; the metrics count it."""
        self.storage.start()
        making = Deferred.fromCoroutine(self.matchmaker.create_room("bank"))
        self.clock.advance(0.2)
        listing = self.successResultOf(making)
        self.assertEqual(self.archive.rooms[listing.room_id].card.owner, "node")
        self.storage = self.joined()
        self.assertEqual(len(self.matchmaker.registry), 0)
        self.storage.start()

        self.assertEqual(len(self.matchmaker.registry), 1)
        self.assertEqual(self.archive.rooms[listing.room_id].card.epoch, 2)
        text = self.metrics.render()
        for name in ("journal_lag_seconds", "commit_seconds", "restore_seconds"):
            self.assertIn(f"nexus_{name}", text)
        self.stop()

    def test_rooms_are_deleted_when_the_settings_say(self) -> None:
        """A Room that sleeps is given up, and then deleted, after the times given."""
        now = datetime.fromtimestamp(self.clock.seconds(), UTC)
        made = card("asleep", status=Status.HIBERNATING, active_at=now)
        creating = self.archive.create(made, stored("asleep"), "node")
        self.successResultOf(Deferred.fromCoroutine(creating))
        found = []
        self.storage.start()
        for _ in range(3):
            self.clock.advance(3_600.0)
            rooms = self.archive.rooms
            found.append([each.card.status for each in rooms.values()])

        self.assertEqual(found, [[Status.ABANDONED], [Status.ABANDONED], []])
        self.stop()

    def test_harm_is_counted(self) -> None:
        """The metrics say what was wrong with the database at the start."""
        self.storage.start()
        names = ("lost_commits", "lost_rooms", "set_aside", "salvaged_rooms")

        def found() -> list[float]:
            document = self.metrics.document()
            return [document[f"nexus_database_{each}"][0]["value"] for each in names]

        self.assertEqual(found(), [0, 0, 0, 0])
        self.database.harm = Harm(
            commits=3, rooms=2, aside="nexus.db.damaged-then", salvaged=7
        )
        self.assertEqual(found(), [3, 2, 1, 7])
        self.stop()

    def test_room_that_cannot_go_on_is_counted(self) -> None:
        """The metrics and the health know of it until it goes on."""
        creating = self.archive.create(card("r", kind="shop"), stored("r"), "dead")
        self.successResultOf(Deferred.fromCoroutine(creating))

        def found() -> tuple[float, int]:
            document = self.metrics.document()
            [gauge] = document["nexus_database_stuck_rooms"]
            return gauge["value"], self.storage.health().stuck

        self.assertEqual(found(), (0, 0))
        self.storage.start()
        self.assertEqual(found(), (1, 1))
        del self.archive.rooms["r"]
        self.clock.advance(30.0)
        self.assertEqual(found(), (0, 0))
        self.stop()

    def test_archive_that_is_away(self) -> None:
        """The health says so, and how much waits; on return all is written."""
        self.storage.start()
        making = Deferred.fromCoroutine(self.matchmaker.create_room("bank"))
        self.clock.advance(0.2)
        listing = self.successResultOf(making)
        [actor] = self.matchmaker.registry
        with self.archive.outage("a cable"):
            actor.room.state.total = 5
            self.clock.pump([0.05] * 40)
            health = self.storage.health()
            self.assertFalse(health.is_up)
            self.assertTrue(health.cause)
            self.assertGreater(health.waiting, 0)
            self.assertGreater(health.lag, 0.5)
        self.clock.pump([0.1] * 50)

        self.assertEqual(self.storage.health().waiting, 0)
        self.assertTrue(self.archive.rooms[listing.room_id].entries)
        self.stop()
