"""Tests of `nexus.net.inlet`, and of transports that are read by it."""

from __future__ import annotations

import socket
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import directlyProvides

from nexus.net.inlet import Inlet
from nexus.net.transport import NowServer
from tests import examples
from tests.net.loopback import REACTOR, Place, until
from tests.net.pair import masked, request
from tests.net.wired import ACTS, COUNT, STEPS, Room, Wire


class InletTests(SynchronousTestCase):
    @settings(max_examples=examples(test=300, soak=20_000))
    @given(
        st.lists(st.lists(ACTS, max_size=4), min_size=COUNT, max_size=COUNT),
        st.lists(STEPS, max_size=30),
    )
    def test_all_is_heard_by_whom_it_is_for(
        self, acts: list[list[tuple[str, int]]], steps: list[tuple[Any, ...]]
    ) -> None:
        """In order and whole, never by who is paused or gone, and each ends once."""
        room = Room(self, acts)
        try:
            for step in steps:
                room.play(step)
            for _ in range(3):
                for wire in room.wires:
                    room.act("resume", wire.number)
                for _ in range(4):
                    room.turn()

            self.assertEqual(room.wrong, [])
            for wire in room.wires:
                self._judge(wire)
            self.assertEqual(
                room.inlet in room.watch.readers,
                any(wire.server.connected for wire in room.wires),
            )
            logged = self.flushLoggedErrors(ValueError)
            self.assertEqual(len(logged), room.failed)
        finally:
            room.close()
        self.assertEqual(room.watch.readers, set())

    def _judge(self, wire: Wire) -> None:
        is_open = not wire.ear.ends
        event(f"ends: {[each.__name__ for each in wire.ear.ends]}")
        self.assertTrue(wire.said.startswith(wire.heard))
        if is_open:
            self.assertEqual(wire.heard, wire.said)
            self.assertFalse(wire.is_ended)
            self.assertNotEqual(wire.peer.fileno(), -1)
            return
        [end] = wire.ear.ends
        if end is ConnectionAborted:
            self.assertTrue(wire.is_ended)
        elif not wire.is_ended and end is not ValueError:
            # The peer left: whatever it had said before was heard.
            self.assertIn(end, (ConnectionDone, ConnectionLost))
            self.assertEqual(wire.peer.fileno(), -1)
            self.assertEqual(wire.heard, wire.said)

    def test_all_are_read_before_the_first_is_heard(self) -> None:
        """Nobody's handler runs between two calls to the kernel."""
        room = Room(self, [[], []])
        self.addCleanup(room.close)
        order: list[str] = []

        class Spy:
            def __init__(self, inner: Any) -> None:
                self.inner = inner

            def recv(self, size: int) -> bytes:
                order.append("read")
                data: bytes = self.inner.recv(size)
                return data

            def __getattr__(self, name: str) -> Any:
                return getattr(self.inner, name)

        for wire in room.wires:
            wire.server.socket = Spy(wire.server.socket)
            wire.ear.hears = lambda data: order.append("heard")
            wire.say(3)
        room.turn()

        self.assertEqual(order, ["read", "read", "heard", "heard"])

    def test_paused_connection_ends_when_it_is_resumed(self) -> None:
        """A peer that left is noticed by who reads, though it was read already."""
        room = Room(self, [[("pause", 1)], []])
        self.addCleanup(room.close)
        first, second = room.wires
        first.say(1)
        second.peer.close()

        room.turn()
        before = list(second.ear.ends)
        room.act("resume", 1)
        room.turn()

        self.assertEqual((before, second.ear.ends), ([], [ConnectionDone]))

    def test_half_closed_connection_is_told_once(self) -> None:
        """Who stays when its peer has said all is read no more."""
        room = Room(self, [[]])
        self.addCleanup(room.close)
        [wire] = room.wires
        told: list[str] = []
        ear: Any = wire.ear
        ear.readConnectionLost = lambda: told.append("read")
        ear.writeConnectionLost = lambda: told.append("write")
        directlyProvides(ear, IHalfCloseableProtocol)

        wire.peer.shutdown(socket.SHUT_WR)
        for _ in range(3):
            room.turn()

        self.assertEqual((told, wire.ear.ends), (["read"], []))
        self.assertEqual(room.watch.readers, set())

    def test_stopped_reactor_ends_all(self) -> None:
        """A reactor that stops tells the Inlet, and the Inlet tells everybody."""
        room = Room(self, [[], []])
        self.addCleanup(room.close)

        room.inlet.connectionLost(Failure(ConnectionLost()))

        self.assertEqual([each.ear.ends for each in room.wires], [[ConnectionLost]] * 2)
        self.assertEqual(room.watch.readers, set())

    def test_aborted_connection_cannot_be_resumed(self) -> None:
        """Who was aborted hears nothing more, though somebody resumes it."""
        room = Room(self, [[("abort", 1)], []])
        self.addCleanup(room.close)
        first, second = room.wires
        first.say(1)
        second.say(1)
        hear = first.hear

        def both(data: bytes) -> None:
            hear(data)
            second.server.resumeProducing()

        first.ear.hears = both
        for _ in range(3):
            room.turn()

        self.assertEqual(second.heard, b"")
        self.assertEqual(second.ear.ends, [ConnectionAborted])


def _watched() -> list[Any]:
    """Return what of ours the reactor reads."""
    found = REACTOR.getReaders()
    return [each for each in found if isinstance(each, Inlet | NowServer)]


class PortTests(TestCase):
    async def test_open_sockets_are_read_by_their_port(self) -> None:
        """The reactor watches one thing for all of them, and nothing when they left."""
        place = Place()
        await place.listen("tcp:0:interface=127.0.0.1")
        port: Any = place.port
        clients: list[socket.socket] = []
        for _ in range(5):
            client = socket.create_connection(("127.0.0.1", port.getHost().port))
            clients.append(client)
            client.sendall(request())
        await until(lambda: len(place.host.owners) == 5)

        watched = _watched()
        for client in clients:
            client.sendall(masked(b"x"))
        await until(lambda: all(each.heard == [b"x"] for each in place.host.owners))
        for client in clients:
            client.close()
        await until(lambda: place.sockets.admission.count == 0)
        left = _watched()
        await place.close()

        self.assertEqual(watched, [port.inlet])
        self.assertEqual(left, [])
