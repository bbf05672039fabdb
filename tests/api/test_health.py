"""Tests of `nexus.api.health`."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.api.health import Health, StorageHealth
from nexus.api.resource import Root
from tests.support.http import ask


class HealthTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Put the health of a Node that was just started below a root."""
        self.clock = Clock()
        self.clock.advance(1000)
        self.root = Root()
        self.root.putChild(b"health", Health("1.2.3", clock=self.clock))

    def health(self) -> dict[str, object]:
        """Ask for the health."""
        document: dict[str, object] = json.loads(
            ask(self.root, b"GET", b"/health").body
        )
        return document

    def test_health_tells_status_uptime_and_version(self) -> None:
        """A Node that runs says so, with whole seconds and its version."""
        self.clock.advance(61.6)

        self.assertEqual(
            self.health(), {"status": "ok", "uptime": 62, "version": "1.2.3"}
        )

    def test_health_tells_how_many_there_are(self) -> None:
        """What a Node counts stands beside its status."""
        self.root.putChild(
            b"health",
            Health("1.2.3", clock=self.clock, counts=lambda: {"rooms": 2}),
        )

        self.assertEqual(self.health()["rooms"], 2)

    def test_uptime_is_never_negative(self) -> None:
        """A clock that is set back does not make the uptime negative."""
        self.clock.rightNow = 0.0

        self.assertEqual(self.health()["uptime"], 0)

    def test_health_tells_how_many_rooms_are_stored(self) -> None:
        """What is in the database is counted by status."""
        stored = {"active": 2, "hibernating": 1}
        self.root.putChild(
            b"health",
            Health(
                "1.2.3",
                clock=self.clock,
                storage=lambda: StorageHealth(is_up=True, stored=stored),
            ),
        )

        self.assertEqual(
            self.health()["database"],
            {
                "status": "up",
                "lagSeconds": 0.0,
                "waitingBytes": 0,
                "stuckRooms": 0,
                "rooms": stored,
            },
        )


class StorageHealthTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Put the health of a Node that keeps Rooms below a root."""
        self.storage = StorageHealth(is_up=True)
        self.root = Root()
        health = Health("1", clock=Clock(), storage=lambda: self.storage)
        self.root.putChild(b"health", health)

    def told(self, path: bytes) -> tuple[int, dict[str, Any]]:
        """Ask, and return the status and what is said."""
        answer = ask(self.root, b"GET", path)
        return answer.status, json.loads(answer.body)

    def test_all_is_well(self) -> None:
        """A Node whose database answers is healthy, and says how much waits."""
        self.storage = StorageHealth(is_up=True, lag=0.01234, waiting=7, stuck=3)
        status, document = self.told(b"/health")

        self.assertEqual((status, document["status"]), (200, "ok"))
        database = document["database"]
        self.assertEqual((database["status"], database["lagSeconds"]), ("up", 0.012))
        self.assertEqual((database["waitingBytes"], database["stuckRooms"]), (7, 3))
        self.assertEqual(self.told(b"/health/ready")[0], 200)
        self.assertEqual(self.told(b"/health/live")[0], 200)

    def test_database_is_away_for_a_moment(self) -> None:
        """The Node says what is wrong; it lives, and people may come."""
        self.storage = StorageHealth(is_up=False, cause="it does not answer")
        status, document = self.told(b"/health")

        self.assertEqual(status, 503)
        self.assertNotEqual(document["status"], "ok")
        self.assertEqual(document["database"]["cause"], "it does not answer")
        self.assertEqual(self.told(b"/health/ready")[0], 200)
        self.assertEqual(self.told(b"/health/live")[0], 200)

    def test_nobody_should_come(self) -> None:
        """While joins must not come the Node is not ready, and says why; it lives."""
        self.storage = StorageHealth(is_up=False, refuses="the node is starting")
        status, document = self.told(b"/health/ready")

        self.assertEqual(status, 503)
        self.assertIn("the node is starting", json.dumps(document))
        self.assertEqual(self.told(b"/health/live")[0], 200)
