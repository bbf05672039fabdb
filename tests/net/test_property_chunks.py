"""Property tests: the fast path hears and says what the slow one does."""

from __future__ import annotations

from typing import Any

from attrs import define
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.errors import PeerError
from nexus.net.factory import SocketFactory
from nexus.net.limit import SocketLimits
from nexus.net.protocol import SocketProtocol
from nexus.wire.envelope import seal
from tests import examples
from tests.net.pair import Host, Owner, Peer, masked


class SlowProtocol(SocketProtocol):
    """A socket without the fast path."""

    @override
    def dataReceived(self, data: bytes) -> None:
        """Leave everything to Autobahn."""
        self.receive_any(data)


class SlowFactory(SocketFactory):
    """Makes sockets without the fast path."""

    protocol_class = SlowProtocol


@define(eq=False)
class Moody(Owner):
    """An owner whom some messages make close, abort or fail."""

    @override
    def receive(self, data: bytes) -> None:
        """Obey the message."""
        super().receive(data)
        if data == b"close":
            self.socket.close(4005, "asked to")
        elif data == b"abort":
            self.socket.abort()
        elif data == b"fail":
            raise PeerError("asked to")
        elif data == b"echo":
            self.socket.deliver(seal(data))


_SMALL = st.one_of(
    st.binary(max_size=130),
    st.sampled_from([b"echo", b"echo", b"close", b"abort", b"fail"]),
)
_FRAMES = st.one_of(
    _SMALL.map(masked),
    _SMALL.map(masked),
    _SMALL.map(masked),
    st.builds(
        masked,
        st.binary(max_size=140),
        st.sampled_from([0x02, 0x80, 0x00, 0x81, 0x88, 0x89, 0x8A, 0xC2, 0x83, 0x01]),
        mask=st.binary(min_size=4, max_size=4),
    ),
    st.integers(140, 3_000).map(lambda size: masked(b"z" * size)),
    st.binary(max_size=12),
)


class PropertyTests(SynchronousTestCase):
    def play(
        self, kind: type[SocketFactory], chunks: list[bytes]
    ) -> tuple[list[Any], bytes, bool]:
        """Send the chunks to a socket; return what was heard, sent, and if it lives."""
        clock = Clock()
        host = Host(Moody)
        limits = SocketLimits(max_message=2_000)
        peer = Peer(kind(host.accept, clock=clock, limits=limits), clock)
        peer.open()
        for chunk in chunks:
            peer.send(chunk)
            peer.settle()
        alive = peer.transport.connected
        clock.pump([1.0] * 5)
        return host.owners[0].heard, peer.transport.value(), alive

    @settings(max_examples=examples(test=200, soak=20_000))
    @given(st.lists(st.tuples(_FRAMES, st.integers(0, 60), st.booleans()), max_size=14))
    def test_fast_path_equals_the_slow_one(
        self, parts: list[tuple[bytes, int, bool]]
    ) -> None:
        """Any bytes in any chunks are heard and answered alike with and without it.

        Each part is a frame or nonsense, a place to cut it, and whether to cut after.
        """
        chunks = [b""]
        for data, cut, is_last in parts:
            chunks[-1] += data[:cut] if cut else data
            if cut:
                chunks.append(data[cut:])
            if is_last:
                chunks.append(b"")
        chunks = [chunk for chunk in chunks if chunk]

        fast = self.play(SocketFactory, chunks)

        self.assertEqual(fast, self.play(SlowFactory, chunks))
