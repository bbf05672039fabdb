"""Tests of `nexus.api.health`."""

from __future__ import annotations

import json

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.api.health import Health
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
