"""Tests of `nexus.wire.frame`."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import PeerError
from nexus.wire import frame as frames
from nexus.wire.dialect import CURRENT, DIALECTS
from nexus.wire.frame import Opcode, Status, read_client, read_server

types = st.one_of(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=300),
    st.integers(0, 2**32 - 1),
)
#: What a room may send, with the way in which it is written.
sent = st.one_of(
    st.tuples(types, st.binary(max_size=9)).map(
        lambda of: (frames.Message(*of), frames.encode_message(*of))
    ),
    st.tuples(types, st.binary(max_size=9)).map(
        lambda of: (frames.Bytes(*of), frames.encode_bytes(*of))
    ),
    st.tuples(st.integers(0, 2**16), st.text(st.characters(codec="utf-8"))).map(
        lambda of: (frames.Failure(*of), frames.encode_error(*of))
    ),
    st.tuples(
        st.integers(0, 2**32 - 1), st.sampled_from(Status), st.binary(max_size=9)
    ).map(lambda of: (frames.Response(*of), frames.encode_response(*of))),
)


class WrittenTests(SynchronousTestCase):
    @given(sent)
    def test_what_is_written_is_read(self, pair: tuple[frames.Frame, bytes]) -> None:
        """A client reads the very frame that the Node wrote."""
        frame, data = pair

        self.assertEqual(read_server(data, CURRENT), frame)

    @given(st.binary(max_size=300))
    def test_join_is_read(self, handshake: bytes) -> None:
        """JOIN_ROOM carries token, format and handshake, in every version."""
        for dialect in DIALECTS.values():
            data = frames.encode_join(dialect, "token", "schema", handshake)

            self.assertEqual(
                read_server(data, dialect),
                frames.JoinRoom("token", "schema", handshake),
            )

    def test_known_bytes(self) -> None:
        """Frames are written as Colyseus' SDKs read them."""
        self.assertEqual(frames.encode_message("hi", b"\x01"), b"\x0d\xa2hi\x01")
        self.assertEqual(frames.encode_message(7, b""), b"\x0d\x07")
        self.assertEqual(frames.encode_bytes("hi", b"\xff"), b"\x11\xa2hi\xff")
        self.assertEqual(frames.encode_error(525, "no"), b"\x0b\xcd\x0d\x02\xa2no")
        self.assertEqual(
            frames.encode_response(3, Status.REJECTED, b"\xc0"), b"\x16\x03\x01\xc0"
        )
        self.assertEqual(
            frames.encode_join(CURRENT, "ab", "none", b""), b"\x0a\x02ab\x04none\x00"
        )
        self.assertEqual(
            frames.encode_join(DIALECTS["16"], "ab", "none", b""), b"\x0a\x02ab\x04none"
        )


class ReadTests(SynchronousTestCase):
    @given(st.binary(max_size=40))
    @example(b"")
    @example(b"\x0a\xff")
    @example(b"\x0a\x01\xff\x01\xff")
    @example(b"\x15\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00\xa1m")
    @example(b"\x0b\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00\xa1m")
    @example(b"\x0b\xca\x7f\xc0\x00\x00\xa1m")
    @example(b"\x16\x01")
    def test_no_bytes_break_a_reader(self, data: bytes) -> None:
        """Any bytes are a frame, nothing that we know, or a PeerError."""
        for read in (
            read_client,
            lambda data: read_server(data, CURRENT),
            lambda data: read_server(data, DIALECTS["16"]),
        ):
            try:
                read(data)
            except PeerError:
                continue

    def test_clients_frames(self) -> None:
        """What a client sends is read by its opcode."""
        self.assertEqual(read_client(b"\x0a"), frames.Acknowledge())
        self.assertEqual(read_client(b"\x0c"), frames.Leave())
        self.assertEqual(read_client(b"\x12"), frames.Ping())
        self.assertEqual(read_client(b"\x0d\xa1m\xc0"), frames.Message("m", b"\xc0"))
        self.assertEqual(read_client(b"\x11\xa1m\xc0"), frames.Bytes("m", b"\xc0"))
        self.assertEqual(
            read_client(b"\x15\x05\xa1m\xc0"), frames.Request(5, "m", b"\xc0")
        )
        for data in (b"", b"\x00", b"\x1f", b"\x0e\x01"):
            self.assertIsNone(read_client(data))

    def test_requests(self) -> None:
        """What a client asks is read as it was written."""
        for number, type_, payload in ((0, "ask", b""), (300, 7, b"\x01")):
            data = frames.encode_request(number, type_, payload)

            self.assertEqual(
                frames.read_client(data), frames.Request(number, type_, payload)
            )

    def test_modifiers_do_not_hide_the_opcode(self) -> None:
        """The upper bits of the first byte are no part of the opcode."""
        self.assertEqual(read_client(b"\xed\xa1m"), frames.Message("m", b""))

    def test_number_of_a_request_has_32_bits(self) -> None:
        """A request whose number is none, or too large, is the client's mistake."""
        for number in (b"", b"\xff", b"\xca\x3f\xc0\x00\x00", b"\xcf" + b"\xff" * 8):
            self.assertRaises(PeerError, read_client, b"\x15" + number + b"\xa1m")

    def test_state_and_patch_are_passed_on(self) -> None:
        """What a format wrote stays as it is."""
        self.assertEqual(read_server(b"\x0eab", CURRENT), frames.Snapshot(b"ab"))
        self.assertEqual(read_server(b"\x0fab", CURRENT), frames.Patch(b"ab"))

    def test_opcodes_are_those_of_the_protocol(self) -> None:
        """Numbers on the wire never change."""
        self.assertEqual(
            [each.value for each in Opcode], [10, 11, 12, 13, 14, 15, 17, 18, 21, 22]
        )
