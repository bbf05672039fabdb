"""Tests of `nexus.service`."""

from __future__ import annotations

import contextlib
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ServerFactory
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import LogLevel, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.server import Site

from nexus.app import App
from nexus.config import Config
from nexus.errors import Close, Code, Refused
from nexus.room.pool import Pool
from nexus.service import Listener, Rooms, make_node
from nexus.store.location import FileLocation
from tests.net.pair import MemoryTransport, frames_in, masked, request
from tests.support.room import Gate, scripted
from tests.support.table import Table

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


class RoomsTests(SynchronousTestCase):
    def serve(self, seconds: float = 30.0, **script: Any) -> Rooms:
        """Make a Node in memory, somebody in a Room, and the service of its end."""
        self.table = Table()
        self.room = scripted(script=script)
        self.table.define(self.room)
        self.guest = self.table.sit()
        self.app = App()
        return Rooms(self.table.matchmaker, self.app, seconds, self.table.clock)

    def test_stop_ends_all_rooms(self) -> None:
        """A Node that stops closes its Rooms with 4001, and makes no new ones."""
        stopped = self.serve().stopService()

        self.assertTrue(stopped.called)
        self.assertEqual(self.guest.code, Close.SHUTDOWN)
        refusal = self.assertRaises(Refused, self.table.reserve)
        self.assertEqual(refusal.code, Code.STOPPING)
        self.assertEqual(self.table.clock.getDelayedCalls(), [])

    def test_app_without_rooms_is_told_of(self) -> None:
        """A Node that has nothing to be joined says so, and one that has does not."""
        for kinds, lines in ((0, 1), (1, 0)):
            rooms = self.serve()
            if kinds:
                self.app.define("room", self.room)
            events: list[dict[str, object]] = []
            globalLogPublisher.addObserver(events.append)
            self.addCleanup(globalLogPublisher.removeObserver, events.append)

            rooms.startService()

            said = [each for each in events if "--app" in str(each.get("log_format"))]
            self.assertEqual(len(said), lines)
            rooms.stopService()

    def test_app_is_called_before_and_after(self) -> None:
        """Hooks of the app run around the end of the Rooms, whatever they raise."""
        rooms = self.serve()
        seen: list[object] = []

        async def before() -> None:
            seen.append(self.guest.code)
            raise ValueError("no matter")

        self.app.on_before_shutdown(before)
        self.app.on_shutdown(lambda: seen.append(self.guest.code))

        stopped = rooms.stopService()

        self.assertTrue(stopped.called)
        self.assertEqual(seen, [None, Close.SHUTDOWN])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_hook_that_never_ends_is_not_waited_for(self) -> None:
        """A hook has as long as the Rooms have."""
        rooms = self.serve(5.0)
        self.app.on_before_shutdown(Gate().wait)

        stopped = rooms.stopService()
        self.assertIsNone(self.guest.code)
        self.table.clock.advance(5.0)

        self.assertTrue(stopped.called)
        self.assertEqual(self.guest.code, Close.SHUTDOWN)

    def test_stop_waits_for_slow_good_byes(self) -> None:
        """The Node goes on until its Rooms have ended."""
        gate = Gate()
        stopped = self.serve(on_dispose=gate.wait).stopService()

        self.assertFalse(stopped.called)
        gate.open()

        self.assertTrue(stopped.called)

    def test_stop_waits_for_a_game_to_end(self) -> None:
        """A Room may end when its game is over, and the Node waits for that."""

        def later(room: Any) -> None:
            room.clock.call_later(5.0, room.disconnect)

        stopped = self.serve(on_before_shutdown=later).stopService()
        self.table.beat(0.05, times=90)
        self.assertFalse(stopped.called)
        self.assertIsNone(self.guest.code)
        self.table.beat(0.05, times=20)

        self.assertTrue(stopped.called)
        self.assertEqual(self.guest.code, Close.CONSENTED)

    def test_stop_waits_for_rooms_that_were_closing(self) -> None:
        """A Room that was saying good-bye already is waited for as well."""
        gate = Gate()
        rooms = self.serve(on_dispose=gate.wait)
        self.guest.leave()

        stopped = rooms.stopService()

        self.assertFalse(stopped.called)
        gate.open("saved")
        self.assertTrue(stopped.called)

    def test_stop_has_a_deadline(self) -> None:
        """Rooms that do not end in time are cut off; their clients are told."""
        stopped = self.serve(10.0, on_before_shutdown=lambda _: None).stopService()

        self.table.beat(9.9)
        self.assertFalse(stopped.called)
        self.table.beat(0.2)

        self.assertTrue(stopped.called)
        self.assertEqual(self.guest.code, Close.SHUTDOWN)
        self.assertEqual(self.room.diary[-1], ("on_dispose",))

    def test_work_that_ignores_its_end_is_not_waited_for(self) -> None:
        """A hook that goes on after it was cancelled keeps no Node alive."""

        async def stubborn(*_: Any) -> None:
            for _ in range(3):
                with contextlib.suppress(CancelledError):
                    await Deferred()

        rooms = self.serve(2.0, on_dispose=stubborn)
        stopped = rooms.stopService()

        self.table.beat(1.0, times=5)

        self.assertTrue(stopped.called)
        self.flushLoggedErrors()

    def test_shutdown_hook_that_raises(self) -> None:
        """A Room whose `on_before_shutdown` fails is closed all the same."""
        stopped = self.serve(on_before_shutdown=lambda _: 1 / 0).stopService()

        self.assertTrue(stopped.called)
        self.assertEqual(self.guest.code, Close.SHUTDOWN)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
