"""Tests of `nexus.net.listen`."""

from __future__ import annotations

from shutil import rmtree
from socket import create_connection
from tempfile import mkdtemp
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import (
    TCP4ClientEndpoint,
    TCP6ClientEndpoint,
    UNIXClientEndpoint,
)
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory, Protocol, ServerFactory
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import TestCase
from typing_extensions import override

from nexus.net.listen import NowTCP, listen
from nexus.net.transport import NowServer
from tests.net.loopback import REACTOR, until


class Told(Protocol):
    """Remembers its connections."""

    @override
    def connectionMade(self) -> None:
        """Remember."""
        self.factory.made.append(self.transport)

    @override
    def connectionLost(self, reason: Any = None) -> None:
        """Forget."""
        self.factory.made.remove(self.transport)


class Brief(Protocol):
    """Answers whatever comes, and ends with that."""

    @override
    def dataReceived(self, data: bytes) -> None:
        """Answer."""
        assert self.transport.end_with(b"answer") == b""

    @override
    def connectionLost(self, reason: Any = None) -> None:
        """Write it down."""
        self.factory.ends.append(reason.type)


class ListenTests(TestCase):
    async def connected(self, description: str) -> Any:
        """Listen and connect; return the server's transport."""
        factory = ServerFactory.forProtocol(Told)
        factory.made = []
        port = await listen(REACTOR, description, factory)
        self.addCleanup(port.stopListening)
        host: Any = port.getHost()
        endpoint = {
            "tcp": lambda: TCP4ClientEndpoint(REACTOR, host.host, host.port),
            "tcp6": lambda: TCP6ClientEndpoint(REACTOR, host.host, host.port),
            "unix": lambda: UNIXClientEndpoint(REACTOR, host.name),
        }[description.partition(":")[0]]()
        client = await endpoint.connect(Factory.forProtocol(Protocol))
        await until(lambda: factory.made)

        async def end() -> None:
            client.transport.abortConnection()
            await until(lambda: not factory.made)

        self.addCleanup(lambda: Deferred.fromCoroutine(end()))
        return factory.made[0]

    async def test_plain_ports_send_at_once(self) -> None:
        """TCP endpoints of both kinds make transports of ours."""
        for description in ("tcp:0:interface=127.0.0.1", "tcp6:0:interface=\\:\\:1"):
            transport = await self.connected(description)

            self.assertIsInstance(transport, NowServer)
            self.assertTrue(transport.send_now(b"x"))
            self.assertTrue(transport.getTcpNoDelay())

    async def test_what_came_with_a_connection_is_read_at_once(self) -> None:
        """Who is accepted with a request is answered, and gone, within the accept."""
        factory = ServerFactory.forProtocol(Brief)
        factory.ends = []
        port: Any = await listen(REACTOR, "tcp:0:interface=127.0.0.1", factory)
        self.addCleanup(port.stopListening)
        with create_connection(("127.0.0.1", port.getHost().port)) as client:
            client.sendall(b"?")
            # Nobody but the port has its turn.
            port.doRead()
            self.assertEqual(factory.ends, [ConnectionDone])
            answer = client.recv(100)
            rest = client.recv(100)

        self.assertEqual((answer, rest), (b"answer", b""))

    async def test_other_endpoints_are_as_they_were(self) -> None:
        """A UNIX socket has the transport that Twisted gives it."""
        folder = mkdtemp()  # the path of a socket has to be short
        self.addCleanup(rmtree, folder)

        transport = await self.connected(f"unix:{folder}/socket")

        self.assertNotIsInstance(transport, NowServer)

    def test_nonsense_is_refused(self) -> None:
        """An endpoint that is none raises."""
        for description in ("nonsense:1", "tcp:x:interface"):
            with self.assertRaises((ValueError, TypeError)):
                listen(REACTOR, description, ServerFactory())

    def test_reactor_without_real_sockets_is_asked_itself(self) -> None:
        """In memory, listening is what that reactor makes of it."""
        memory = MemoryReactorClock()

        NowTCP(memory).listenTCP(80, ServerFactory(), interface="127.0.0.1")

        [(port, _, backlog, interface)] = memory.tcpServers
        self.assertEqual((port, backlog, interface), (80, 50, "127.0.0.1"))
