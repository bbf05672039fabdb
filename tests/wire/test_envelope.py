"""Tests of `nexus.wire.envelope`."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.wire import envelope
from nexus.wire.envelope import contents, open_small, seal, seal_all, seal_deflated
from tests.net.pair import frames_in, masked

_MASKS = st.binary(min_size=4, max_size=4)


class SealTests(SynchronousTestCase):
    def test_length_is_written_in_the_shortest_way(self) -> None:
        """A frame begins as RFC 6455 wants it, at each border between two ways."""
        for size, head in (
            (0, "82 00"),
            (125, "82 7d"),
            (126, "82 7e 00 7e"),
            (65_535, "82 7e ff ff"),
            (65_536, "82 7f 00 00 00 00 00 01 00 00"),
        ):
            payload = b"x" * size

            self.assertEqual(seal(payload), bytes.fromhex(head) + payload)

    def test_compressed_frame_differs_by_a_bit(self) -> None:
        """What was compressed is marked in the first byte."""
        self.assertEqual(seal_deflated(b"abc"), b"\xc2\x03abc")

    @given(st.binary(max_size=200), st.lists(st.integers(0, 70_000), max_size=4))
    def test_many_are_sealed_at_once(self, head: bytes, sizes: list[int]) -> None:
        """Each message has the same beginning, and is sealed as by itself."""
        bodies = [bytes([size % 251]) * size for size in sizes]

        sealed = seal_all(head, bodies)

        self.assertEqual(sealed, [seal(head + body) for body in bodies])
        with patch.object(envelope, "parts", None):
            self.assertEqual(seal_all(head, bodies), sealed)

    def test_contents_are_what_was_sealed(self) -> None:
        """The payload of a frame of any size is found again, without a copy."""
        for size in (0, 1, 125, 126, 65_535, 65_536, 100_000):
            payload = bytes(place % 251 for place in range(size))
            frame = seal(payload)

            self.assertEqual(bytes(contents(frame)), payload)
            self.assertIs(contents(frame).obj, frame)
            self.assertEqual(frames_in(frame), [(0x82, payload)])


class OpenSmallTests(SynchronousTestCase):
    @given(st.lists(st.tuples(st.binary(min_size=1, max_size=125), _MASKS)))
    def test_small_frames_are_read(self, sent: list[tuple[bytes, bytes]]) -> None:
        """All small frames of a chunk are unmasked, and nothing is left."""
        chunk = b"".join(masked(payload, mask=mask) for payload, mask in sent)

        payloads, end, is_begun = open_small(chunk)

        self.assertEqual(payloads, [payload for payload, _ in sent])
        self.assertEqual((end, is_begun), (len(chunk), True))

    @given(st.binary(min_size=1, max_size=125), st.data())
    def test_begun_frame_is_left(self, payload: bytes, data: st.DataObject) -> None:
        """A small frame that is cut off anywhere waits for the next chunk."""
        whole = masked(b"whole")
        frame = masked(payload)
        cut = data.draw(st.integers(0, len(frame) - 1))

        found = open_small(whole + frame[:cut])

        self.assertEqual(found, ([b"whole"], len(whole), True))

    def test_everything_else_is_left(self) -> None:
        """What is not the plain case is not touched, and said to be no beginning."""
        whole = masked(b"whole")
        for other in (
            masked(b""),
            masked(b"x" * 126),
            masked(b"x", 0x02),
            masked(b"x", 0x80),
            masked(b"x", 0x81),
            masked(b"x", 0x88),
            masked(b"x", 0xC2),
            b"\x82\x01x",
            b"\x82\x7f",
            b"\x82\x80",
            b"\x82\xfe",
            b"\x00",
        ):
            self.assertEqual(open_small(other), ([], 0, False), other)
            found = open_small(whole + other + whole)
            self.assertEqual(found, ([b"whole"], len(whole), False), other)

    @given(st.binary(max_size=300))
    def test_no_bytes_hurt(self, chunk: bytes) -> None:
        """Any bytes are read up to somewhere, and the rest is where it says."""
        payloads, end, _ = open_small(chunk)

        self.assertLessEqual(end, len(chunk))
        self.assertEqual(sum(len(one) + 6 for one in payloads), end)
