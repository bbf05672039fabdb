"""Laws of the short way out of a socket."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from nexus.api.resource import Root, Site
from nexus.net.factory import SocketFactory
from nexus.net.limit import SocketLimits
from nexus.net.resource import Upgrading
from nexus.net.transport import NowServer
from nexus.wire.envelope import seal
from tests import examples
from tests.net.kernel import Kernel, Watch
from tests.net.pair import Host, SocketCase, masked, request

_OFFER = {"Sec-WebSocket-Extensions": "permessage-deflate"}

_STEPS = st.one_of(
    st.tuples(st.just("frame"), st.integers(0, 300)),
    st.tuples(st.just("frame"), st.integers(0, 300)),
    st.tuples(st.just("frame"), st.integers(0, 300)),
    st.tuples(st.just("room"), st.integers(1, 900)),
    st.tuples(st.just("heard"), st.integers(0, 200).map(lambda n: masked(b"z" * n))),
    st.sampled_from([("turn",), ("turn",), ("probe",), ("break",), ("lost",)]),
    st.sampled_from(
        [
            ("close",),
            ("abort",),
            ("heard", masked(b"\x03\xe8", 0x88)),
            ("heard", b"\xff\xff\xff"),
        ]
    ),
)


class _Served:
    """One socket on a transport that sends at once, with a kernel of our own."""

    def __init__(self, *, is_short: bool, is_compressed: bool) -> None:
        self.is_short = is_short
        self.clock = Clock()
        host = Host()
        limits = SocketLimits(compress_from=100, max_waiting=2_000)
        factory = SocketFactory(host.accept, clock=self.clock, limits=limits)
        site = Site(Upgrading(factory, Root()), reactor=self.clock)
        channel: Any = site.buildProtocol(IPv4Address("TCP", "127.0.0.1", 1))
        self.kernel, self.watch = Kernel(room=1_000), Watch()
        kernel: Any = self.kernel
        watch: Any = self.watch
        port: Any = None
        self.server: Any = NowServer(kernel, channel, ("127.0.0.1", 1), port, 0, watch)
        channel.makeConnection(self.server)
        self.hear(request(headers=_OFFER if is_compressed else {}))
        self.socket: Any = host.owners[0].socket
        #: How many frames went the short way.
        self.went = 0

    def hear(self, data: bytes) -> None:
        """Let the peer send something."""
        if self.server.connected:
            self.kernel.data = data
            self.end(self.server.doRead())

    def end(self, why: Any) -> None:
        """End as the reactor does, if there is a reason."""
        if why is not None and self.server.connected:
            self.server.connectionLost(Failure(why))

    def send(self, frame: bytes) -> None:
        """Send as a Room does."""
        if self.is_short and self.socket.outlet.take(frame):
            self.went += 1
        else:
            self.socket.deliver(frame)

    def play(self, step: tuple[Any, ...]) -> None:
        """Do one thing."""
        match step:
            case ("frame", size):
                self.send(seal(b"y" * size))
            case ("room", size):
                self.kernel.room += size
            case ("heard", data):
                self.hear(data)
            case ("turn",):
                later, self.watch.later = self.watch.later, []
                for _, call, *arguments in later:
                    call(*arguments)
                if self.watch.writers and (self.kernel.room or self.kernel.error):
                    self.end(self.server.doWrite())
            case ("probe",):
                self.socket.probe(lambda: None)
            case ("break",):
                self.kernel.error = 32
            case ("lost",):
                self.end(ConnectionError("lost"))
            case ("close",):
                self.socket.close(4005, "asked to")
            case ("abort",):
                self.socket.abort()


class OutletTests(SynchronousTestCase):
    @settings(max_examples=examples(test=300, soak=20_000))
    @given(st.lists(_STEPS, max_size=14), st.booleans())
    def test_short_way_equals_the_long_one(
        self, steps: list[tuple[Any, ...]], is_compressed: bool
    ) -> None:
        """The kernel is given the same bytes; who is not open has no short way."""
        short = _Served(is_short=True, is_compressed=is_compressed)
        long = _Served(is_short=False, is_compressed=is_compressed)
        for step in steps:
            short.play(step)
            long.play(step)

            self.assertEqual(short.kernel.taken, long.kernel.taken)
            is_open = short.socket.state == short.socket.STATE_OPEN
            is_clear = is_open and not short.socket.waiting
            self.assertEqual(bool(short.socket.outlet.most), is_clear)
        _ = self.flushLoggedErrors(ConnectionError)

    def test_short_way_is_taken(self) -> None:
        """What is small goes there, and what is to be compressed does not."""
        for is_compressed in (False, True):
            served = _Served(is_short=True, is_compressed=is_compressed)
            served.play(("frame", 40))
            served.play(("frame", 200))

            self.assertEqual(served.went, 1 if is_compressed else 2)


class ClosedOutletTests(SocketCase):
    def test_transport_that_waits_has_none(self) -> None:
        """On a transport of somebody else nothing goes at once."""
        _, owner = self.connect()

        self.assertEqual(owner.socket.outlet.most, 0)
        self.assertFalse(owner.socket.outlet.take(b"frame"))
