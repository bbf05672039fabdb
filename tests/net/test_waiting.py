"""Tests of `nexus.net.waiting`."""

from __future__ import annotations

from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from nexus.net.waiting import waiting_in


class WaitingTests(SynchronousTestCase):
    def test_strange_transport_counts_as_empty(self) -> None:
        """A transport that we do not know has nothing waiting."""
        transport = StringTransport()
        transport.write(b"abc")

        self.assertEqual(waiting_in(transport), 0)
