"""Tests of `nexus.net.inlet`, and of transports that are read by it."""

from __future__ import annotations

import contextlib
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
from nexus.net.limit import SocketLimits
from nexus.net.transport import NowServer
from nexus.wire.envelope import seal
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
        # Of a story that failed, if this is a shorter one.
        _ = self.flushLoggedErrors(ValueError)
        try:
            for step in steps:
                room.play(step)
            for _ in range(3):
                for wire in room.wires:
                    room.act("resume", wire.number)
                for turn in range(200):
                    room.turn()
                    for wire in room.wires:
                        wire.drain()
                    if turn > 3 and not room.watch.writers:
                        break

            self.assertEqual(room.wrong, [])
            for wire in room.wires:
                self._judge(wire)
            is_any = any(wire.server.connected for wire in room.wires)
            self.assertEqual(room.watch.readers, {room.inlet} if is_any else set())
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
        room = Room(self, [[], [], []])
        self.addCleanup(room.close)
        first, *others = room.wires

        def fail(_: Any) -> None:
            raise SystemExit("a mistake")

        first.ear.is_over = fail
        room.watch.readers.clear()
        room.inlet.connectionLost(Failure(ConnectionLost()))

        self.assertEqual([each.ear.ends for each in others], [[ConnectionLost]] * 2)
        self.assertEqual(len(self.flushLoggedErrors(SystemExit)), 1)
        self.assertEqual(room.watch.readers, set())
        # Whoever comes then is read again.
        late = Wire(room, 0)
        room.wires.append(late)
        late.say(3)
        room.turn()
        self.assertEqual(late.heard, late.said)

    def test_end_that_fails_hurts_nobody_else(self) -> None:
        """What is raised when a connection ends as it is read reaches no other one."""
        room = Room(self, [[("lose", 0)], []])
        self.addCleanup(room.close)
        first, second = room.wires

        def fail(_: Any) -> None:
            raise SystemExit("a mistake")

        first.ear.is_over = fail
        for wire in room.wires:
            wire.say(3)
        room.turn()

        self.assertEqual(second.heard, second.said)
        self.assertFalse(first.server.connected)
        self.assertEqual(len(self.flushLoggedErrors(SystemExit)), 1)

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

    async def test_last_words_are_heard(self) -> None:
        """What a peer said is heard though it left, and did not read what waited."""
        place = Place(limits=SocketLimits(max_waiting=1 << 24))
        await place.listen("tcp:0:interface=127.0.0.1")
        port: Any = place.port
        clients: list[socket.socket] = []
        # More than are read before the first is heard.
        for many in range(1, 81):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", port.getHost().port))
            clients.append(client)
            client.sendall(request())
            if many % 20 == 0:
                await until(lambda many=many: len(place.host.owners) == many)
        for owner in place.host.owners:
            owner.socket.deliver(seal(bytes(1 << 22)))
            self.assertGreater(owner.socket.waiting, 0)
        for client in clients:
            client.sendall(masked(b"last words"))
            client.close()
        await until(lambda: place.sockets.admission.count == 0)
        await place.close()

        for owner in place.host.owners:
            self.assertEqual(owner.heard[0], b"last words")
            self.assertEqual(owner.heard[1][:2], ("lost", 1006))

    async def test_who_writes_is_read_by_the_reactor(self) -> None:
        """Both are watched together while something waits, and apart behind it."""
        place = Place(limits=SocketLimits(max_waiting=1 << 24))
        await place.listen("tcp:0:interface=127.0.0.1")
        port: Any = place.port
        client = socket.create_connection(("127.0.0.1", port.getHost().port))
        client.setblocking(False)
        client.sendall(request())
        await until(lambda: place.host.owners)
        [owner] = place.host.owners
        transport: Any = owner.socket
        transport = transport.transport

        owner.socket.deliver(seal(bytes(1 << 23)))
        while_it_waits = _watched()
        client.sendall(masked(b"meanwhile"))
        await until(lambda: owner.heard == [b"meanwhile"])

        def read() -> bool:
            with contextlib.suppress(BlockingIOError):
                while client.recv(1 << 20):
                    pass
            return owner.socket.waiting == 0

        await until(read)
        behind_it = _watched()
        client.sendall(masked(b"later"))
        await until(lambda: owner.heard == [b"meanwhile", b"later"])
        client.close()
        await until(lambda: place.sockets.admission.count == 0)
        await place.close()

        self.assertEqual(while_it_waits, [transport])
        self.assertEqual(behind_it, [port.inlet])
