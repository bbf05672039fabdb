"""Tests of how a connection is judged, by examples that both clients read."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from nexus.client.quality import Quality
from tests import ROOT

_VECTORS = json.loads((ROOT / "tests/vectors/client/quality.json").read_text("utf-8"))


class QualityTests(SynchronousTestCase):
    def test_examples(self) -> None:
        """It is judged as the shared examples say."""
        for case in _VECTORS["cases"]:
            quality = Quality()
            for step in case["steps"]:
                self.step(quality, f"{case['note']}: {step}", *step)

    def step(self, quality: Quality, where: str, verb: str, *said: float) -> None:
        """Do one step of an example, and compare."""
        if verb == "sent":
            quality.sent(int(said[0]), said[1])
        elif verb == "answered":
            number, at, expected = said
            self.assertEqual(quality.answered(number, at), expected, where)
        elif verb == "lost":
            quality.lost()
        elif verb == "returned":
            quality.returned()
        else:
            now, level, latency, loss = said
            reading = quality.at(now)
            self.assertEqual((reading.level, reading.latency), (level, latency), where)
            self.assertAlmostEqual(reading.loss, loss, 9, where)

    def test_waits_for_what_was_not_answered(self) -> None:
        """A ping waits until its answer comes, or the connection is lost."""
        quality = Quality()
        self.assertFalse(quality.is_waiting)

        quality.sent(1, 5.0)
        quality.sent(2, 6.0)
        self.assertEqual((quality.sent_at(1), quality.sent_at(3)), (5.0, None))
        quality.answered(1, 7.0)
        self.assertTrue(quality.is_waiting)
        quality.lost()

        self.assertFalse(quality.is_waiting)
        self.assertIsNone(quality.sent_at(1))
