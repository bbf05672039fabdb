"""Tests of `nexus.net.protocol`: how sockets end, and what ends them."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from nexus.errors import PeerError, Refused
from nexus.net.factory import SocketFactory
from nexus.net.port import Arrival, Receiver, Socket
from nexus.net.protocol import SocketProtocol
from tests.net.pair import Owner, Peer, SocketCase, masked


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
        slots = {name: getattr(owner.socket, name) for name in SocketProtocol.__slots__}
        kept = {**vars(owner.socket), **slots, "_receiver": None}
        self.assertNotIn("secret", repr(kept))
