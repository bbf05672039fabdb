"""Tests of `nexus.net.deflate`."""

from __future__ import annotations

import random
import zlib

from autobahn.websocket.compress import PerMessageDeflateOffer
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.net.deflate import Deflater, accept_offer, compresses_well
from nexus.wire.envelope import seal
from tests.net.pair import SocketCase, frames_in, masked


class OfferTests(SynchronousTestCase):
    def test_first_offer_is_accepted_leanly(self) -> None:
        """Contexts are left out, and windows are small where the peer lets us."""
        lean = PerMessageDeflateOffer(accept_max_window_bits=True)
        plain = PerMessageDeflateOffer(accept_max_window_bits=False)
        for offer, theirs in ((lean, 11), (plain, 0)):
            accepted = accept_offer([offer, lean])

            assert accepted is not None
            self.assertIs(accepted.offer, offer)
            self.assertTrue(accepted.no_context_takeover)
            self.assertTrue(accepted.request_no_context_takeover)
            self.assertEqual(accepted.window_bits, 11)
            self.assertEqual(accepted.request_max_window_bits, theirs)

    def test_smaller_window_of_the_peer_is_kept(self) -> None:
        """A peer that can only hold a smaller window gets that."""
        for asked, bits in ((9, 9), (11, 11), (15, 11)):
            accepted = accept_offer(
                [PerMessageDeflateOffer(request_max_window_bits=asked)]
            )

            assert accepted is not None
            self.assertEqual(accepted.window_bits, bits)

    def test_nothing_is_accepted_without_an_offer(self) -> None:
        """Other extensions are not ours."""
        self.assertIsNone(accept_offer([]))
        self.assertIsNone(accept_offer([object()]))


class SenderTests(SynchronousTestCase):
    def test_who_writes_over_its_messages_is_not_let_compress(self) -> None:
        """SDKs 0.16 and 0.17 outside of browsers would send what they never meant."""
        for path, query, headers, well in (
            ("/v16/node/room", {}, {}, False),
            ("/game/v17/node/room", {}, {}, False),
            ("/node/room", {"nexus-sdk": "17"}, {}, False),
            ("/v16/node/room", {}, {"origin": "http://localhost"}, True),
            ("/v18/node/room", {}, {}, True),
            ("/node/v160", {}, {}, True),
            ("/node/room", {}, {}, True),
        ):
            with self.subTest(path=path, query=query):
                self.assertIs(compresses_well(path, query, headers), well)


class DeflaterTests(SynchronousTestCase):
    def inflate(self, frame: bytes, bits: int) -> bytes:
        """Read a compressed frame as a peer does."""
        [(first, body)] = frames_in(frame)
        self.assertEqual(first, 0xC2)
        return zlib.decompressobj(-bits).decompress(body + b"\x00\x00\xff\xff")

    @given(st.binary(min_size=1, max_size=50), st.integers(9, 15))
    def test_peer_reads_what_was_sealed(self, part: bytes, bits: int) -> None:
        """What is compressed for a window is read with that window."""
        payload = part * 100

        frame = Deflater().deflate(seal(payload), bits)

        self.assertEqual(self.inflate(frame, bits), payload)

    def test_same_frame_is_compressed_once(self) -> None:
        """Peers with the same window are sent the very same bytes."""
        deflater = Deflater()
        frame, other = seal(b"x" * 1000), seal(b"y" * 1000)

        first = deflater.deflate(frame, 11)

        self.assertIs(deflater.deflate(frame, 11), first)
        self.assertIsNot(deflater.deflate(frame, 9), first)
        self.assertIs(deflater.deflate(frame, 11), first)
        self.assertEqual(self.inflate(deflater.deflate(other, 11), 11), b"y" * 1000)
        self.assertEqual(self.inflate(deflater.deflate(frame, 11), 11), b"x" * 1000)

    def test_what_does_not_shrink_stays_as_it_is(self) -> None:
        """Bytes by chance are sent as they were."""
        frame = seal(random.Random(1).randbytes(2000))

        self.assertIs(Deflater().deflate(frame, 11), frame)


class SocketTests(SocketCase):
    def test_large_messages_are_compressed_when_offered(self) -> None:
        """A peer that offers compression gets it for large messages, and only those."""
        offer = {"Sec-WebSocket-Extensions": "permessage-deflate"}
        peer, owner = self.connect(headers=offer, compress_from=100)

        owner.socket.deliver(seal(b"x" * 99))
        owner.socket.deliver(seal(b"x" * 100))

        [plain, (first, body)] = peer.take()
        self.assertEqual(plain, (0x82, b"x" * 99))
        self.assertEqual(first, 0xC2)
        inflated = zlib.decompressobj(-15).decompress(body + b"\x00\x00\xff\xff")
        self.assertEqual(inflated, b"x" * 100)

    def test_compressed_messages_are_received(self) -> None:
        """Who offered compression may send compressed messages, within the limit."""
        offer = {"Sec-WebSocket-Extensions": "permessage-deflate"}

        def deflated(payload: bytes) -> bytes:
            body = zlib.compressobj(wbits=-15)
            squeezed = body.compress(payload) + body.flush(zlib.Z_SYNC_FLUSH)
            return masked(squeezed[:-4], 0xC2)

        peer, owner = self.connect(headers=offer, max_message=10_000)
        peer.send(deflated(b"y" * 10_000) + masked(b"small"))
        peer.send(deflated(b"bomb" * 1_000_000))

        self.assertEqual(owner.heard, [b"y" * 10_000, b"small"])
        self.assertEqual(peer.take_close(), 1009)

    def test_broken_compression_ends(self) -> None:
        """What cannot be inflated closes, and what follows it is not kept."""
        offer = {"Sec-WebSocket-Extensions": "permessage-deflate"}
        peer, owner = self.connect(headers=offer)

        peer.send(masked(b"\xff" * 50, 0xC2))
        self.assertEqual(peer.take_close(), 1007)
        for _ in range(50):
            peer.send(b"\xff" * 65_536)
            peer.settle()

        self.assertFalse(peer.transport.connected)
        self.assertEqual(len(owner.heard), 1)

    def test_compression_can_be_off(self) -> None:
        """With 0, an offer is not accepted."""
        offer = {"Sec-WebSocket-Extensions": "permessage-deflate"}
        peer, owner = self.connect(headers=offer, compress_from=0)

        owner.socket.deliver(seal(b"x" * 5_000))

        self.assertEqual(peer.take(), [(0x82, b"x" * 5_000)])
