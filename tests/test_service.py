"""Tests of `nexus.service`: where a Node listens, and what it is made of."""

from __future__ import annotations

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ServerFactory
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import LogLevel, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.server import Site

from nexus.app import App
from nexus.config import Config
from nexus.errors import Refused
from nexus.room.work.pool import Pool
from nexus.service import Listener, Rooms, make_node
from nexus.store.location import FileLocation
from tests.net.pair import MemoryTransport, frames_in, masked, request

ENDPOINT = "tcp:5000:interface=127.0.0.1"


class Port:
    """A port that notes whether it is open."""

    def __init__(self, address: IAddress) -> None:
        self.address = address
        self.open = True

    def getHost(self) -> IAddress:  # noqa: N802 -- as Twisted calls it
        """Return where it listens."""
        return self.address

    def stopListening(self) -> None:  # noqa: N802 -- as Twisted calls it
        """Close it."""
        self.open = False


class Network:
    """A reactor that opens one Port, or cannot."""

    def __init__(self, port: Port | None) -> None:
        self.port = port
        self.calls: list[tuple[int, str]] = []

    def listenTCP(  # noqa: N802 -- as Twisted calls it
        self, port: int, factory: ServerFactory, backlog: int = 50, interface: str = ""
    ) -> Port:
        """Note what is asked for."""
        self.calls.append((port, interface))
        if self.port is None:
            raise CannotListenError(interface, port, OSError(98, "in use"))
        return self.port


class ListenerTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Keep what is logged."""
        self.events: list[dict[str, object]] = []
        globalLogPublisher.addObserver(self.events.append)
        self.addCleanup(globalLogPublisher.removeObserver, self.events.append)

    def test_url_is_logged_with_the_port_that_was_opened(self) -> None:
        """The one line that is logged names the real port, also when it was 0."""
        network = Network(Port(IPv4Address("TCP", "127.0.0.1", 41234)))

        Listener(
            "tcp:0:interface=127.0.0.1", ServerFactory(), network
        ).privilegedStartService()

        self.assertEqual(network.calls, [(0, "127.0.0.1")])
        self.assertEqual(self.events[-1]["url"], "http://127.0.0.1:41234")
        self.assertIs(self.events[-1]["log_level"], LogLevel.info)

    def test_ipv6_address_stands_in_brackets(self) -> None:
        """The URL of an IPv6 address can be pasted into a browser."""
        network = Network(Port(IPv6Address("TCP", "::1", 5000)))

        Listener(
            "tcp6:5000:interface=\\:\\:1", ServerFactory(), network
        ).privilegedStartService()

        self.assertEqual(self.events[-1]["url"], "http://[::1]:5000")

    def test_port_in_use_stops_the_start(self) -> None:
        """A port that cannot be had ends the process and says which and why."""
        listener = Listener(ENDPOINT, ServerFactory(), Network(None))

        error = self.assertRaises(SystemExit, listener.privilegedStartService)

        self.assertEqual(error.code, 1)
        self.assertEqual(self.events[-1]["endpoint"], ENDPOINT)
        self.assertEqual(self.events[-1]["reason"], "in use")

    def test_endpoint_that_is_none_stops_the_start(self) -> None:
        """A LISTEN that names no endpoint ends the process and says so."""
        for endpoint in ("nothing:1", "tcp:x", "ssl:1:privateKey=none.pem", "tcp"):
            listener = Listener(endpoint, ServerFactory(), Network(None))

            error = self.assertRaises(SystemExit, listener.privilegedStartService)

            self.assertEqual(error.code, 1)
            self.assertEqual(self.events[-1]["endpoint"], endpoint)

    def test_stop_closes_the_port(self) -> None:
        """A Node that stops takes no more connections."""
        port = Port(IPv4Address("TCP", "127.0.0.1", 5000))
        listener = Listener(ENDPOINT, ServerFactory(), Network(port))
        listener.privilegedStartService()
        listener.startService()

        listener.stopService()

        self.assertFalse(port.open)

    def test_stop_without_start_does_nothing(self) -> None:
        """A Listener whose start never came can be stopped."""
        listener = Listener(ENDPOINT, ServerFactory(), Network(None))

        self.assertIsNone(listener.stopService())


class MakeNodeTests(SynchronousTestCase):
    def test_node_listens_where_the_config_says(self) -> None:
        """A Node that starts opens exactly one port, the configured one."""
        reactor = MemoryReactorClock()
        config = Config(host="127.0.0.1", port=7001, log_level="info")
        node = make_node(config, App(), reactor=reactor, clock=reactor)

        node.privilegedStartService()

        [(port, factory, _backlog, interface)] = reactor.tcpServers
        self.assertEqual((port, interface), (7001, "127.0.0.1"))
        self.assertIsInstance(factory, Site)

    def test_listen_stands_above_host_and_port(self) -> None:
        """An endpoint that is named takes the place of host and port."""
        reactor = MemoryReactorClock()
        config = Config(
            host="127.0.0.1",
            port=1,
            listen="tcp:7002:interface=127.0.0.2",
            log_level="info",
        )

        make_node(
            config, App(), reactor=reactor, clock=reactor
        ).privilegedStartService()

        [(port, _factory, _backlog, interface)] = reactor.tcpServers
        self.assertEqual((port, interface), (7002, "127.0.0.2"))

    def test_rooms_have_threads_until_the_node_stops(self) -> None:
        """A Node gives its Rooms threads, which begin nothing once it has ended."""
        reactor = MemoryReactorClock()
        config = Config(host="127.0.0.1", port=7001, log_level="info")
        app = App()
        node = make_node(config, app, reactor=reactor, clock=reactor)
        threads = app.matchmaker.around.threads
        rooms = next(each for each in node if isinstance(each, Rooms))

        self.assertIsInstance(threads, Pool)
        stopped = rooms.stopService()
        reactor.pump([0.1] * 60)

        self.assertTrue(stopped.called)
        with self.assertRaisesRegex(Refused, "stopping"):
            threads.call(list)

    def test_sockets_are_as_far_away_as_the_app_says(self) -> None:
        """A probe of a Node that simulates a latency measures that."""
        reactor = MemoryReactorClock()
        config = Config(host="127.0.0.1", port=7001, log_level="info")
        far = App(simulated_latency=0.4)
        make_node(config, far, reactor=reactor, clock=reactor).privilegedStartService()
        protocol = reactor.tcpServers[0][1].buildProtocol(None)
        transport = MemoryTransport(reactor, IPv4Address("TCP", "192.0.2.7", 40_000))
        transport.protocol = protocol
        protocol.makeConnection(transport)
        protocol.dataReceived(request())
        transport.clear()

        transport.protocol.dataReceived(masked(b"\x12"))
        answers = []
        for _ in range(2):
            reactor.advance(0.2)
            answers.append(frames_in(transport.value()))

        self.assertEqual(answers, [[], [(0x82, b"\x12")]])

    def test_sockets_that_come_before_the_rooms(self) -> None:
        """While a Node starts whoever returns is answered 503, which is no refusal."""
        reactor = MemoryReactorClock()
        place = FileLocation(":memory:")
        config = Config(host="127.0.0.1", port=1, log_level="info", database=place)
        node = make_node(config, App(), reactor=reactor, clock=reactor)
        node.privilegedStartService()
        protocol = reactor.tcpServers[0][1].buildProtocol(None)
        transport = MemoryTransport(reactor, IPv4Address("TCP", "192.0.2.7", 40_000))
        transport.protocol = protocol
        protocol.makeConnection(transport)

        protocol.dataReceived(request("/node/room?sessionId=a&reconnectionToken=b"))

        answer = transport.value()
        self.assertTrue(answer.startswith(b"HTTP/1.1 503 "), answer)
        self.assertIn(b"the node is starting", answer)
