"""Tests of `nexus.net.protocol`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.logger import LogEvent, globalLogPublisher
from typing_extensions import override

from nexus.errors import PeerError, Refused
from nexus.net.factory import SocketFactory
from nexus.net.port import Arrival, Receiver, Socket
from nexus.wire.envelope import seal
from tests.net.pair import Owner, Peer, SocketCase, masked


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


class EndTests(SocketCase):
    def test_peer_closes(self) -> None:
        """The owner learns the code and the reason of the peer, which is answered."""
        for payload, code, reason in (
            (b"\x03\xe8", 1000, ""),
            (b"\x03\xe9", 1001, ""),
            (b"\x0f\xa0bye \xc3\xa4", 4000, "bye ä"),
            (b"", 1005, ""),
        ):
            peer, owner = self.connect()

            peer.send(masked(payload, 0x88))
            answer = peer.take()
            peer.settle()

            self.assertEqual(answer, [(0x88, payload)])
            self.assertEqual(owner.heard, [("lost", code, reason)])
            self.assertFalse(peer.transport.connected)

    def test_we_close(self) -> None:
        """Our code counts, whatever the peer answers."""
        peer, owner = self.connect()

        owner.socket.close(4123, "thanks")
        peer.send(masked(b"\x0f\xa0", 0x88))
        peer.settle()

        self.assertEqual(owner.heard, [("lost", 4123, "thanks")])

    def test_peer_that_does_not_answer_is_aborted(self) -> None:
        """An orderly close waits two seconds for its answer."""
        peer, owner = self.connect()
        owner.socket.close(4000, "bye")

        self.clock.advance(1.99)
        self.assertTrue(peer.transport.connected)
        self.clock.pump([0.01, 0])

        self.assertTrue(peer.transport.aborting)
        [(_, code, _)] = owner.heard
        self.assertEqual(code, 1006)

    def test_peer_that_does_not_read_its_close_is_aborted(self) -> None:
        """A peer that closed but takes nothing any more cannot keep the connection."""
        peer, owner = self.connect()
        peer.transport.is_stuck = True
        peer.send(masked(b"\x03\xe8", 0x88))

        self.clock.pump([2.0, 0])

        self.assertFalse(peer.transport.connected)
        self.assertEqual(len(owner.heard), 1)

    def test_abort_is_an_abnormal_end(self) -> None:
        """A connection that breaks is lost with 1006, once, and no timer stays."""

        def close_and_drop(peer: Peer, owner: Owner) -> None:
            owner.socket.close(4000, "")
            peer.drop()

        for end, reason in (
            (close_and_drop, "the connection was lost"),
            (lambda _, owner: owner.socket.abort(), "aborted"),
            (lambda peer, _: peer.drop(), "the connection was lost"),
        ):
            peer, owner = self.connect(ping_interval=30.0)

            end(peer, owner)
            peer.settle()

            self.assertEqual(owner.heard, [("lost", 1006, reason)])
            self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual((self.counted("opened"), self.counted("lost")), (3, 3))

    def test_codes_that_may_not_be_sent_are_refused(self) -> None:
        """A code outside of 1000 and 3000 to 4999 is a mistake of the caller."""
        peer, owner = self.connect()

        for code in (0, 999, 1001, 1005, 1006, 1011, 2999, 5000):
            with self.assertRaises(ValueError):
                owner.socket.close(code, "")

        self.assertEqual(peer.take(), [])

    def test_long_and_odd_reasons_are_cut(self) -> None:
        """A reason of any length and any characters is made to fit."""
        peer, owner = self.connect()

        owner.socket.close(4000, "\ud800" + "ä" * 100)

        [(_, payload)] = peer.take()
        self.assertEqual(payload[2:].decode("utf-8"), "?" + "ä" * 61)

    def test_silent_peer_is_lost(self) -> None:
        """A peer that answers pings is measured; one that stops to is aborted."""
        peer, owner = self.connect(ping_interval=30.0)
        pings: list[bytes] = []
        for _ in range(60):
            self.clock.advance(1.0)
            for first, payload in peer.take():
                self.assertEqual(first, 0x89)
                self.clock.advance(0.25)
                peer.send(masked(payload, 0x8A))
                pings.append(payload)
        self.assertEqual(len(pings), 2)
        self.assertEqual(owner.heard, [("measured", 0.25)] * 2)

        self.clock.pump([1.0] * 62)

        self.assertFalse(peer.transport.connected)
        self.assertEqual(owner.heard[2:], [("lost", 1006, "heartbeat")])
        self.assertEqual(self.counted("silent"), 1)


class GuardTests(SocketCase):
    def test_bug_of_the_owner_closes_the_socket(self) -> None:
        """What the owner raises is logged and told by an id alone."""

        class Broken(Owner):
            @override
            def receive(self, data: bytes) -> None:
                raise KeyError("secret")

            @override
            def measured(self, seconds: float) -> None:
                raise KeyError("secret")

        def fail() -> None:
            raise KeyError("secret")

        def echo(peer: Peer) -> bytes:
            owner.socket.probe(fail)
            return masked(peer.take()[0][1], 0x8A)

        def pong(peer: Peer) -> bytes:
            self.clock.pump([1.0] * 30)
            return masked(peer.take()[0][1], 0x8A)

        for wake in (
            lambda _: masked(b"small"),
            lambda _: masked(b"x" * 200),
            pong,
            echo,
        ):
            peer, owner = self.connect(Broken)

            peer.send(wake(peer))

            [(first, payload)] = peer.take()
            self.assertEqual((first, payload[:2]), (0x88, b"\x0f\xa2"))
            self.assertRegex(payload[2:], rb"^internal error [0-9a-f]{8}$")
            self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_mistake_of_the_peer_is_told_and_not_logged(self) -> None:
        """A PeerError or a refusal closes with its own sentence."""
        for error in (PeerError("no such opcode"), Refused("no such opcode")):

            class Strict(Owner):
                @override
                def receive(self, data: bytes, error: Exception = error) -> None:
                    raise error

            peer, _ = self.connect(Strict)

            peer.send(masked(b"x"))

            self.assertEqual(peer.take(), [(0x88, b"\x0f\xa2no such opcode")])
        self.assertEqual(self.counted("wrong"), 2)

    def test_bug_in_accept_closes_the_socket(self) -> None:
        """A socket that gets no owner is closed, and ends without one."""

        def accept(_arrival: Arrival, _socket: Socket) -> Receiver:
            raise KeyError("secret")

        peer = Peer(SocketFactory(accept, clock=self.clock), self.clock)
        answer = peer.ask()

        self.assertIn(b"internal error", answer)
        self.assertNotIn(b"secret", answer)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        peer.send(masked(b"x") + masked(b"", 0x88))
        peer.settle()
        self.assertFalse(peer.transport.connected)

    def test_bug_in_lost_stays_there(self) -> None:
        """What the owner raises at the end is logged, and everything is freed."""

        class Broken(Owner):
            @override
            def lost(self, code: int, reason: str) -> None:
                raise KeyError("secret")

        peer, owner = self.connect(Broken)
        socket: Any = owner.socket

        peer.drop()

        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        self.assertEqual(socket.factory.admission.count, 0)

    def test_handshake_is_forgotten(self) -> None:
        """An open socket keeps nothing of its request."""
        peer, owner = self.connect(headers={"Cookie": "secret" * 1000})

        self.assertIsNone(peer.transport.producer)
        kept = {**vars(owner.socket), "_receiver": None}
        self.assertNotIn("secret", repr(kept))
