"""Tests of `nexus.reload.handover`."""

from __future__ import annotations

import os
import socket

from twisted.internet import reactor  # noqa: TID251  # real sockets and processes
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase
from typing_extensions import override

from nexus.reload import Handover, KeptPort
from nexus.reload.handover import VARIABLE


class Coming(Factory):
    """Waits for whoever comes first."""

    def __init__(self) -> None:
        self.first: Deferred[None] = Deferred()

    @override
    def buildProtocol(self, addr: IAddress | None) -> Protocol | None:
        """Take note, and let go."""
        self.first.callback(None)
        return None


class HandoverTests(TestCase):
    def setUp(self) -> None:
        """Start from a program that was not started again."""
        self.environment: dict[str, str] = {}
        self.calls: list[tuple[str, list[str]]] = []
        self.handover = Handover.take(self.environment, os.getcwd())

    def finish(self) -> None:
        """End the program."""
        self.handover.finish(
            self.environment,
            command=["-m", "game"],
            execute=lambda path, words: self.calls.append((path, words)),
        )

    async def test_program_that_just_ends_is_followed_by_none(self) -> None:
        """Only a restart that was prepared takes place."""
        self.finish()

        self.assertEqual((self.calls, self.environment), ([], {}))
        self.assertEqual((self.handover.began, self.handover.descriptor), (None, None))

    async def test_port_stays_open_from_one_program_to_the_next(self) -> None:
        """Who connects in between is served by the next program, on the same port."""
        kept = KeptPort(reactor)
        port = kept.listenTCP(0, Factory.forProtocol(Protocol), interface="127.0.0.1")
        address = port.getHost()
        self.handover.prepare(kept, 12.5)
        await port.stopListening()
        between = socket.create_connection(("127.0.0.1", address.port))
        self.addCleanup(between.close)

        self.finish()
        next_ = Handover.take(self.environment, os.getcwd())

        self.assertEqual(self.calls[0][1][1:], ["-m", "game"])
        self.assertEqual(next_.began, 12.5)
        self.assertNotIn(VARIABLE, self.environment)
        assert next_.descriptor is not None
        self.assertFalse(os.get_inheritable(next_.descriptor))
        served = Coming()
        resumed = KeptPort(reactor, next_.descriptor).listenTCP(0, served)
        self.addCleanup(resumed.stopListening)
        self.assertEqual(resumed.getHost(), address)
        await served.first

    async def test_restart_without_a_port_is_told(self) -> None:
        """Where no TCP port was opened, the next program opens what it opens."""
        self.handover.prepare(KeptPort(reactor), 1.0)

        self.finish()
        next_ = Handover.take(self.environment, os.getcwd())

        self.assertEqual((next_.began, next_.descriptor), (1.0, None))
