"""Tests of `nexus.net.protocol`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.logger import LogEvent, globalLogPublisher
from typing_extensions import override

from nexus.net.port import Socket
from nexus.wire.envelope import seal
from tests.net.pair import Owner, SocketCase, masked


class ReceiveTests(SocketCase):
    def test_messages_of_every_size_arrive(self) -> None:
        """A message arrives as it was sent, however its length is written."""
        peer, owner = self.connect()
        messages = [b"x" * size for size in (0, 1, 125, 126, 65_535, 65_536)]

        for message in messages:
            peer.send(masked(message))

        self.assertEqual(owner.heard, messages)
        self.assertTrue(all(type(data) is bytes for data in owner.heard))

    def test_many_frames_come_in_one_chunk(self) -> None:
        """Frames of all kinds in one chunk are read in their order."""
        peer, owner = self.connect()

        peer.send(
            masked(b"1")
            + masked(b"2")
            + masked(b"hello", 0x89)
            + masked(b"3")
            + masked(b"ign\xc3\xb6red", 0x81)
            + masked(b"4", 0x02)
            + masked(b"5", 0x80)
            + masked(b"6")
        )

        self.assertEqual(owner.heard, [b"1", b"2", b"3", b"45", b"6"])
        self.assertEqual(peer.take(), [(0x8A, b"hello")])

    def test_frame_may_be_cut_anywhere(self) -> None:
        """Small and large frames arrive whole wherever their chunks are cut."""
        stream = masked(b"one") + masked(b"y" * 300) + masked(b"two")
        for cut in range(1, len(stream)):
            peer, owner = self.connect()

            peer.send(stream[:cut])
            peer.send(stream[cut:])

            self.assertEqual(owner.heard, [b"one", b"y" * 300, b"two"])

    def test_chunk_may_look_like_something_else(self) -> None:
        """What comes inside of a frame or a message is never taken for a new frame."""
        inner = masked(b"inner")
        ping = masked(inner, 0x89)
        for chunks, heard, sent in (
            ([masked(b"a", 0x02), inner], [], 0x88),
            ([masked(b"", 0x02), inner], [], 0x88),
            ([ping[:6], ping[6:]], [], 0x8A),
            ([b"\x89\x8b\0\0\0\0", inner], [], 0x8A),
            ([b"\x82\x8b\0\0\0\0" + inner[:1], inner[1:]], [inner], None),
            ([b"\x82\xfe\0\xc8\0\0\0\0" + b"x" * 189, inner], [b"x" * 189 + inner], 0),
        ):
            peer, owner = self.connect()

            for chunk in chunks:
                peer.send(chunk)

            self.assertEqual(owner.heard, heard)
            self.assertEqual([first for first, _ in peer.take()], [sent] * bool(sent))

    def test_nothing_is_received_after_the_end(self) -> None:
        """What follows in the same chunk is not received once the owner closed."""
        for end in (lambda s: s.close(4000, ""), lambda s: s.abort()):

            class Brief(Owner):
                @override
                def receive(
                    self, data: bytes, end: Callable[[Socket], None] = end
                ) -> None:
                    Owner.receive(self, data)
                    end(self.socket)

            for more in (masked(b"2"), masked(b"z" * 200), masked(b"", 0x82)):
                peer, owner = self.connect(Brief)

                peer.send(masked(b"1") + more)
                peer.send(more)

                self.assertEqual(owner.heard, [b"1"])

    def test_wrong_frames_close_with_their_codes(self) -> None:
        """Each mistake of a peer closes the socket with the code of RFC 6455."""
        for frames, code in (
            (b"\x82\x03abc", 1002),  # not masked
            (masked(b"abc", 0x83), 1002),  # an opcode that is none
            (masked(b"abc", 0xC2), 1002),  # compressed, without an agreement
            (masked(b"abc", 0x92), 1002),  # a reserved bit
            (masked(b"abc", 0x80), 1002),  # the end of what did not begin
            (masked(b"a", 0x02) + masked(b"b"), 1002),  # two at a time
            (masked(b"abc", 0x09), 1002),  # a ping in parts
            (masked(b"x" * 126, 0x89), 1002),  # a long ping
            (b"\x82\xfe\x00\x05abcdhello", 1002),  # a length that is written too long
            (masked(b"x", 0x88), 1002),  # half a code
            (masked(b"\x03\xed", 0x88), 1002),  # a code that is never sent
            (masked(b"\xff\xff", 0x81), 1007),  # a text that is none
            (masked(b"x" * 1001), 1009),  # too large
            (masked(b"x" * 600, 0x02) + masked(b"x" * 600, 0x80), 1009),
            (b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04", 1009),
        ):
            peer, owner = self.connect(max_message=1000)

            peer.send(frames)

            self.assertEqual(peer.take_close(), code, frames)
            peer.send(masked(code.to_bytes(2, "big"), 0x88))
            self.clock.pump([2.0, 0])
            [(what, lost_code, _)] = owner.heard
            self.assertEqual((what, lost_code), ("lost", code))

    def test_refused_frames_take_no_memory(self) -> None:
        """Whoever goes on after a mistake is not kept, and is gone in time."""
        for frame in (
            b"\x89\xff" + (1 << 40).to_bytes(8, "big") + b"mask",
            b"\x82\xff" + (1 << 40).to_bytes(8, "big") + b"mask",
        ):
            peer, owner = self.connect()
            socket: Any = owner.socket
            peer.send(frame)

            for _ in range(100):
                peer.send(b"x" * 65_536)

            self.assertLessEqual(len(socket.data), 65_536)
            self.assertFalse(getattr(socket, "control_frame_data", None))
            self.assertFalse(socket.frame_data if frame[0] == 0x82 else None)
            self.clock.pump([2.0, 0])
            self.assertFalse(peer.transport.connected)
            self.assertEqual(len(owner.heard), 1)

    def test_endless_empty_frames_end(self) -> None:
        """Tiny parts of a message, pings and texts come to an end."""
        for first, begin, payload in (
            (0x00, 0x02, b""),
            (0x00, 0x02, b"x"),
            (0x89, None, b""),
            (0x8A, None, b""),
            (0x81, None, b"x"),
        ):
            peer, owner = self.connect()
            if begin is not None:
                peer.send(masked(b"", begin))

            peer.send(masked(payload, first) * 1_000)

            self.assertEqual(peer.take_close(), 4002)
            self.assertLess(len(getattr(owner.socket, "message_data", None) or ()), 30)

    def test_peer_that_goes_on_after_a_close_is_cut_off(self) -> None:
        """Who is told to go may end what it was saying, but not go on for long."""
        peer, owner = self.connect()
        owner.socket.close(4000, "")

        peer.send(masked(b"x") * 900)
        peer.settle()
        self.assertTrue(peer.transport.connected)
        peer.send(masked(b"x") * 200)
        peer.settle()

        self.assertFalse(peer.transport.connected)
        self.assertEqual(owner.heard, [("lost", 1006, "it goes on after the close")])

    def test_large_message_may_come_in_parts(self) -> None:
        """Parts of some size are no trouble, however many they are."""
        peer, owner = self.connect()

        peer.send(masked(b"x" * 1_024, 0x02))
        for _ in range(62):
            peer.send(masked(b"x" * 1_024, 0x00))
        peer.send(masked(b"end", 0x80))

        self.assertEqual(owner.heard, [b"x" * (63 * 1_024) + b"end"])

    def test_some_pings_are_answered(self) -> None:
        """A peer may ping now and then, for ever."""
        peer, _ = self.connect(ping_interval=0)

        for _ in range(100):
            peer.send(masked(b"?", 0x89))
            self.clock.advance(0.5)

        self.assertEqual(peer.take(), [(0x8A, b"?")] * 100)

    def test_nothing_is_logged(self) -> None:
        """Neither messages nor mistakes of peers write a line."""
        events: list[LogEvent] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)

        for frames in (masked(b"1"), masked(b"x" * 500), b"\x82\x00", b"\x00" * 99):
            peer, owner = self.connect()
            peer.send(frames)
            owner.socket.deliver(seal(b"answer"))
            peer.drop()

        self.assertEqual(events, [])


class DeliverTests(SocketCase):
    def test_frames_are_sent_as_they_are(self) -> None:
        """What is delivered goes out at once, in order with what Autobahn sends."""
        peer, owner = self.connect()

        owner.socket.deliver(seal(b"1"))
        peer.send(masked(b"?", 0x89))
        owner.socket.deliver(seal(b"x" * 70_000))
        owner.socket.close(4000, "bye")

        self.assertEqual(
            peer.take(),
            [
                (0x82, b"1"),
                (0x8A, b"?"),
                (0x82, b"x" * 70_000),
                (0x88, b"\x0f\xa0bye"),
            ],
        )

    def test_closing_socket_takes_frames_silently(self) -> None:
        """After a close, an abort or the loss, a frame goes nowhere."""
        for end in (
            lambda _, owner: owner.socket.close(4000, ""),
            lambda _, owner: owner.socket.abort(),
            lambda peer, _: peer.drop(),
        ):
            peer, owner = self.connect()
            end(peer, owner)
            peer.take()

            owner.socket.deliver(seal(b"late"))
            owner.socket.close(4001, "again")
            owner.socket.abort()

            self.assertEqual(peer.take(), [])
