"""Tests of the time at the server, by examples that both clients read."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from nexus.client.offset import ServerClock
from tests import ROOT

_VECTORS = json.loads((ROOT / "tests/vectors/client/clock.json").read_text("utf-8"))


class ServerClockTests(SynchronousTestCase):
    def test_examples(self) -> None:
        """The time is as the shared examples say."""
        for case in _VECTORS["cases"]:
            clock = ServerClock()
            for verb, *said in case["steps"]:
                if verb == "sample":
                    clock.sample(*said)
                else:
                    local, server = said
                    self.assertAlmostEqual(clock.now(local), server, 6, case["note"])
