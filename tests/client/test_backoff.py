"""Tests of the wait before an attempt, by examples that both clients read."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from nexus.client.backoff import delay_of
from tests import ROOT

_VECTORS = json.loads((ROOT / "tests/vectors/client/backoff.json").read_text("utf-8"))


class BackoffTests(SynchronousTestCase):
    def test_examples(self) -> None:
        """Each wait is as the shared examples say."""
        for attempt, delay, limit, chance, wait in _VECTORS["cases"]:
            self.assertEqual(delay_of(attempt, delay, limit, chance), wait)
