"""A factory of sockets that accepts everybody, and how its answers are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.net.counter import SocketCounters
from nexus.net.factory import SocketFactory
from nexus.net.limit import SocketLimits
from nexus.net.port import Arrival
from tests.net.pair import Count, Host

__all__ = ["HandshakeCase"]


class HandshakeCase(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Accept everybody."""
        self.clock = Clock()
        self.host = Host()
        self.refused = Count()

    def factory(
        self, check: Callable[[Arrival], Any] | None = None, **limits: Any
    ) -> SocketFactory:
        """Make a factory with these limits."""
        return SocketFactory(
            self.host.accept,
            clock=self.clock,
            check=check,
            limits=SocketLimits(**limits),
            counters=SocketCounters(refused=self.refused),
        )

    def status(self, answer: bytes) -> int:
        """Read the status of an answer; a refusal must be JSON that says the same."""
        status = int(answer.split()[1])
        if status != 101:
            head, _, body = answer.partition(b"\r\n\r\n")
            document = json.loads(body)
            self.assertEqual(document["code"], status)
            self.assertIn(b"Content-Length: %d\r\n" % len(body), head)
            self.assertIn(b"Content-Type: application/json\r\n", head)
            self.assertIn(b"Connection: close", head)
        return status
