"""Tests of `nexus.api.channel`."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http import Request
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from typing_extensions import override

from nexus.api.channel import Channel, Turned
from nexus.api.health import Health
from nexus.api.resource import Root, Site
from nexus.metrics import Counter
from nexus.net.admission import Admission
from nexus.net.crowd import Crowd
from nexus.wire.request import Exchange, PlainRequest

_GET = b"GET /health HTTP/1.1\r\nHost: test\r\n\r\n"


class Taken(Resource):
    """Takes the connection over, as sockets do."""

    def render_GET(self, request: Request) -> int:  # noqa: N802 -- found by its name
        """Leave nothing to HTTP."""
        request.channel.transport = None
        return NOT_DONE_YET


class Endless(Resource):
    """Is never done with its answer."""

    def render_GET(self, request: Request) -> int:  # noqa: N802 -- found by its name
        """Answer later."""
        return NOT_DONE_YET


class _Soon:
    """Answers plain requests that send something, in half a second."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def take_plain(self, request: PlainRequest, exchange: Exchange) -> bool:
        """Answer later."""
        if request.method != "POST":
            return False
        head = b"HTTP/1.1 204 No Content\r\n"
        self.clock.callLater(0.5, exchange.respond, head, b"")
        return True


class ChannelTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Build a site that waits ten seconds, for two connections an address."""
        self.clock = Clock()
        self.slow = Counter()
        self.admission = Admission(3, 2)
        self.site = self.build()

    def build(self) -> Site:
        """Build the site."""
        root = Root()
        root.putChild(b"health", Health("1", clock=self.clock))
        root.putChild(b"taken", Taken())
        root.putChild(b"endless", Endless())
        crowd = Crowd(self.admission)
        return Site(
            root, seconds=10.0, enter=crowd.enter, slow=self.slow, reactor=self.clock
        )

    def arrive(self, host: str = "192.0.2.1") -> tuple[StringTransport, Protocol]:
        """Connect from an address."""
        protocol = self.site.buildProtocol(IPv4Address("TCP", host, 1))
        transport = StringTransport()
        protocol.makeConnection(transport)
        return transport, protocol

    def connect(self) -> tuple[StringTransport, Channel]:
        """Connect where there is a place."""
        transport, protocol = self.arrive()
        assert isinstance(protocol, Channel), protocol
        return transport, protocol

    def test_request_has_to_be_there_in_time(self) -> None:
        """A request that trickles in is cut off, however often a byte comes."""
        transport, channel = self.connect()
        for byte in _GET[:9]:
            channel.dataReceived(bytes([byte]))
            self.clock.advance(1)
        self.assertFalse(transport.disconnected)

        self.clock.advance(1)

        self.assertTrue(transport.disconnected)
        self.assertEqual(self.slow.value, 1)

    def test_time_runs_for_who_stays_after_the_first_read(self) -> None:
        """Of what is read at once only those are timed who are there after that."""
        for sent, waits in ((b"", 10), (_GET[:9], 10), (_GET, 10)):
            protocol: Any = self.site.buildProtocol(IPv4Address("TCP", "192.0.2.1", 1))
            transport: Any = StringTransport()
            transport.is_new, transport.protocol = True, protocol
            protocol.makeConnection(transport)
            if sent:
                protocol.dataReceived(sent)
            self.assertEqual(self.clock.getDelayedCalls(), [])
            protocol.settle()
            self.clock.advance(waits - 1)
            self.assertFalse(transport.disconnected)

            self.clock.advance(1)

            self.assertTrue(transport.disconnected)
            protocol.connectionLost()
            self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_answer_that_takes_long_is_not_timed_after_the_first_read(self) -> None:
        """A request that was read at once, and waits for its answer, is not slow."""
        protocol: Any = self.site.buildProtocol(IPv4Address("TCP", "192.0.2.1", 1))
        transport: Any = StringTransport()
        transport.is_new, transport.protocol = True, protocol
        protocol.makeConnection(transport)
        protocol.dataReceived(_GET.replace(b"health", b"endless"))
        protocol.settle()
        self.clock.advance(100)

        self.assertFalse(transport.disconnected)
        protocol.connectionLost()

    def test_transport_within_another_is_timed_at_once(self) -> None:
        """Where somebody else is told who stays, nobody waits for that."""
        protocol: Any = self.site.buildProtocol(IPv4Address("TCP", "192.0.2.1", 1))
        transport: Any = StringTransport()
        transport.is_new, transport.protocol = True, object()
        protocol.makeConnection(transport)
        self.clock.advance(10)

        self.assertTrue(transport.disconnected)

    def test_time_begins_with_the_first_byte(self) -> None:
        """Who was silent for a while has the whole time for its request."""
        transport, channel = self.connect()
        self.clock.advance(9)
        channel.dataReceived(_GET[:9])
        self.clock.advance(9)

        channel.dataReceived(_GET[9:])

        self.assertIn(b"200 OK", transport.value())
        self.assertFalse(transport.disconnected)

    def test_each_request_has_its_time(self) -> None:
        """A connection may be used for long, if its requests come in time."""
        transport, channel = self.connect()
        for _ in range(10):
            self.clock.advance(6)
            channel.dataReceived(_GET)

        self.assertEqual(transport.value().count(b"200 OK"), 10)
        self.clock.advance(10)
        self.assertTrue(transport.disconnected)

    def test_peer_that_reads_no_answer_is_cut_off(self) -> None:
        """Who takes nothing of its answers for too long is cut off."""
        for reads in (False, True):
            transport, channel = self.connect()
            channel.dataReceived(_GET.replace(b"health", b"endless"))
            channel.pauseProducing()
            self.clock.advance(39)
            self.assertFalse(transport.disconnected)
            if reads:
                channel.resumeProducing()

            self.clock.advance(1)

            self.assertEqual(transport.disconnected, not reads)
            channel.connectionLost()
            self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_peer_that_reads_no_last_answer_is_cut_off(self) -> None:
        """Who asked for the end, and then reads nothing, does not stay for ever."""
        for method in (b"GET", b"POST"):
            transport, channel = self.connect()
            channel.plain = _Soon(self.clock)
            channel.dataReceived(
                _GET.replace(b"GET", method).replace(
                    b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"
                )
            )
            self.clock.advance(1)
            self.assertIn(b"Connection: close\r\n", transport.value())
            self.assertTrue(transport.disconnecting)
            self.assertFalse(transport.disconnected)

            self.clock.advance(40)

            self.assertTrue(transport.disconnected)
            channel.connectionLost()
            self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_length_that_nobody_reads_is_refused(self) -> None:
        """A length with thousands of digits is a bad request, and no failure."""
        transport, channel = self.connect()

        channel.dataReceived(
            b"POST /health HTTP/1.1\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n",
        )

        self.assertTrue(transport.value().startswith(b"HTTP/1.1 400 "))

    def test_connection_without_a_place_is_cut_off(self) -> None:
        """Who finds no place is cut off, and may come again when somebody went."""
        _, first = self.connect()
        self.connect()
        transport, third = self.arrive()
        self.assertIsInstance(third, Turned)
        self.assertTrue(transport.disconnected)

        first.connectionLost()

        self.connect()

    def test_connection_that_was_taken_over_is_not_counted(self) -> None:
        """A connection that became a socket is none of HTTP any more."""
        transport, channel = self.connect()
        self.assertEqual(self.admission.count, 1)

        channel.dataReceived(_GET.replace(b"health", b"taken"))

        self.assertEqual(self.admission.count, 0)
        self.clock.advance(100)
        self.assertFalse(transport.disconnected)
        channel.connectionLost()
        self.assertEqual(self.admission.count, 0)
