"""Tests of `nexus.service`."""

from __future__ import annotations

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ServerFactory
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import LogLevel, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.server import Site

from nexus.config import Config
from nexus.service import Listener, make_node


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

        Listener("127.0.0.1", 0, ServerFactory(), network).privilegedStartService()

        self.assertEqual(network.calls, [(0, "127.0.0.1")])
        self.assertEqual(self.events[-1]["url"], "http://127.0.0.1:41234")
        self.assertIs(self.events[-1]["log_level"], LogLevel.info)

    def test_ipv6_address_stands_in_brackets(self) -> None:
        """The URL of an IPv6 address can be pasted into a browser."""
        network = Network(Port(IPv6Address("TCP", "::1", 5000)))

        Listener("::1", 5000, ServerFactory(), network).privilegedStartService()

        self.assertEqual(self.events[-1]["url"], "http://[::1]:5000")

    def test_port_in_use_stops_the_start(self) -> None:
        """A port that cannot be had ends the process and says which and why."""
        listener = Listener("127.0.0.1", 5000, ServerFactory(), Network(None))

        error = self.assertRaises(SystemExit, listener.privilegedStartService)

        self.assertEqual(error.code, 1)
        self.assertEqual(self.events[-1]["url"], "http://127.0.0.1:5000")
        self.assertEqual(self.events[-1]["reason"], "in use")

    def test_stop_closes_the_port(self) -> None:
        """A Node that stops takes no more connections."""
        port = Port(IPv4Address("TCP", "127.0.0.1", 5000))
        listener = Listener("127.0.0.1", 5000, ServerFactory(), Network(port))
        listener.privilegedStartService()
        listener.startService()

        listener.stopService()

        self.assertFalse(port.open)

    def test_stop_without_start_does_nothing(self) -> None:
        """A Listener whose start never came can be stopped."""
        listener = Listener("127.0.0.1", 5000, ServerFactory(), Network(None))

        self.assertIsNone(listener.stopService())


class MakeNodeTests(SynchronousTestCase):
    def test_node_listens_where_the_config_says(self) -> None:
        """A Node that starts opens exactly one port, the configured one."""
        reactor = MemoryReactorClock()
        config = Config(host="127.0.0.1", port=7001, log_level="info")
        node = make_node(config, reactor=reactor, clock=reactor)

        node.privilegedStartService()

        [(port, factory, _backlog, interface)] = reactor.tcpServers
        self.assertEqual((port, interface), (7001, "127.0.0.1"))
        self.assertIsInstance(factory, Site)
