"""The kill tests at length: `NEXUS_KILLS` says how often a Node is killed, else 30."""

from __future__ import annotations

from tests.scenario.kill import test_kill, test_server


class LongKillTests(test_kill.KillTests):
    """Many kills."""


class LongServerTests(test_server.ServerTests):
    """Many faults of a server."""
