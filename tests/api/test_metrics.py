"""Tests of `nexus.api.metrics`."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from nexus.api.metrics import MetricsPage
from nexus.api.resource import Root
from nexus.metrics import Metrics
from tests.support.http import ask


class MetricsPageTests(SynchronousTestCase):
    def test_counters_are_told_as_text(self) -> None:
        """The page is what the metrics render, in Prometheus' type."""
        metrics = Metrics()
        metrics.counter("nexus_things_total", "Things").inc(3)
        root = Root()
        root.putChild(b"metrics", MetricsPage(metrics))

        reply = ask(root, b"GET", b"/metrics")

        self.assertEqual(reply.status, 200)
        self.assertTrue(reply.headers[b"content-type"].startswith(b"text/plain"))
        self.assertIn(b"nexus_things_total 3", reply.body)

    def test_counters_are_told_as_json(self) -> None:
        """Whoever asks for JSON gets the same as a document."""
        metrics = Metrics()
        metrics.counter("nexus_things_total", "Things").inc(3)
        root = Root()
        root.putChild(b"metrics", MetricsPage(metrics))

        headers = (b"Host: test", b"Accept: application/json")
        reply = ask(root, b"GET", b"/metrics", headers=headers)

        self.assertEqual(reply.headers[b"content-type"], b"application/json")
        self.assertEqual(json.loads(reply.body), metrics.document())
        self.assertIn(b"nexus_things_total", reply.body)
