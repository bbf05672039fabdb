"""Tests of `nexus.net.delay`."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from nexus.net import delay
from nexus.net.delay import Delay
from nexus.net.port import Arrival, Receiver, Socket
from nexus.wire.envelope import seal
from tests.support.socket import MemorySocket


class Owner:
    """Listens to a socket, and notes what it hears."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def receive(self, data: bytes) -> None:
        """Note a message, or fail at it."""
        if data == b"fail":
            raise KeyError("a mistake")
        self.heard.append(data)

    def lost(self, code: int, reason: str) -> None:
        """Note the end."""
        self.heard.append(code)

    def measured(self, seconds: float) -> None:
        """Note a round trip."""
        self.heard.append(seconds)


class DelayTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Let a socket in from a second away."""
        self.clock = Clock()
        self.owner, self.socket = Owner(), MemorySocket()
        self.near: list[Socket] = []

        def accept(arrival: Arrival, socket: Socket) -> Receiver:
            self.near.append(socket)
            return self.owner

        arrival = Arrival(path="/", query={}, headers={}, address="", secure=False)
        far = Delay(accept, self.clock, 1.0)
        self.receiver = far.accept(arrival, self.socket)

    def test_frames_take_half_the_time_each_way(self) -> None:
        """What is sent and what is received comes half a round trip later, in order."""
        for frame in (b"a", b"b"):
            self.near[0].deliver(seal(frame))
            self.receiver.receive(frame)
            self.clock.advance(0.2)
        self.assertEqual((self.socket.sent, self.owner.heard), ([], []))

        self.clock.advance(0.1)
        self.assertEqual((self.socket.sent, self.owner.heard), ([b"a"], [b"a"]))
        self.clock.advance(0.2)
        self.assertEqual((self.socket.sent, self.owner.heard), ([b"a", b"b"],) * 2)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_an_echo_takes_the_whole_way(self) -> None:
        """A probe goes behind what was delivered, and is back a round trip later."""
        echoes: list[float] = []
        self.near[0].deliver(seal(b"a"))
        self.near[0].probe(lambda: echoes.append(self.clock.seconds()))
        self.clock.advance(0.5)
        self.assertEqual((self.socket.sent, echoes), ([b"a"], []))

        self.socket.probes.pop()()
        self.clock.advance(0.5)

        self.assertEqual(echoes, [1.0])

    def test_ends_come_behind_the_rest(self) -> None:
        """Neither end of a socket overtakes what was said before."""
        self.near[0].deliver(seal(b"bye"))
        self.near[0].close(4000, "over")
        self.receiver.receive(b"bye")
        self.receiver.lost(4001, "")
        self.assertIsNone(self.socket.closed)

        self.clock.advance(0.5)

        self.assertEqual(
            (self.socket.sent, self.socket.closed), ([b"bye"], (4000, "over"))
        )
        self.assertEqual(self.owner.heard, [b"bye", 4001])

    def test_abort_waits_for_nothing(self) -> None:
        """What is cut off is cut off at once, and what was on its way is lost."""
        self.near[0].deliver(seal(b"late"))

        self.near[0].abort()
        self.clock.advance(1)

        self.assertEqual(self.socket.closed, (1006, "aborted"))
        self.assertEqual(self.socket.sent, [])

    def test_round_trip_is_longer(self) -> None:
        """What is measured has the delay in it."""
        self.receiver.measured(0.02)

        self.assertEqual(self.owner.heard, [1.02])

    def test_code_is_checked_at_once(self) -> None:
        """A code that cannot be sent is the caller's mistake."""
        self.assertRaises(ValueError, self.near[0].close, 1006, "")

    def test_mistake_closes_the_socket(self) -> None:
        """What the owner raises is logged and closes, as without a delay."""
        self.receiver.receive(b"fail")
        self.receiver.receive(b"more")

        self.clock.advance(0.5)

        self.assertEqual(self.socket.closed, (4002, "internal error"))
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_what_waits_is_bounded(self) -> None:
        """Who sends more than may wait is cut off; its owner still hears of the end."""
        self.patch(delay, "_MOST", 1000)

        self.receiver.receive(bytes(900))
        self.assertEqual(self.socket.closed, (1006, "aborted"))
        self.receiver.lost(1006, "")
        self.clock.advance(0.5)

        self.assertEqual(self.owner.heard, [1006])
