"""Laws of the short way out of a socket."""

from __future__ import annotations

import socket
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.net import outlet as module
from nexus.net.outlet import Outlet, send_all
from tests import examples
from tests.net.pair import SocketCase, masked
from tests.net.served import Served

_STEPS = st.one_of(
    st.tuples(st.just("frame"), st.integers(0, 300)),
    st.tuples(st.just("frame"), st.integers(0, 300)),
    st.tuples(st.just("frame"), st.integers(0, 300)),
    st.tuples(st.just("room"), st.integers(1, 900)),
    st.tuples(st.just("heard"), st.integers(0, 200).map(lambda n: masked(b"z" * n))),
    st.sampled_from([("turn",), ("turn",), ("probe",), ("break",), ("lost",)]),
    st.sampled_from(
        [
            ("close",),
            ("abort",),
            ("heard", masked(b"\x03\xe8", 0x88)),
            ("heard", b"\xff\xff\xff"),
        ]
    ),
)


class OutletTests(SynchronousTestCase):
    @settings(max_examples=examples(test=300, soak=20_000))
    @given(st.lists(_STEPS, max_size=14), st.booleans())
    def test_short_way_equals_the_long_one(
        self, steps: list[tuple[Any, ...]], is_compressed: bool
    ) -> None:
        """The kernel is given the same bytes; who is not open has no short way."""
        short = Served(is_short=True, is_compressed=is_compressed)
        long = Served(is_short=False, is_compressed=is_compressed)
        for step in steps:
            short.play(step)
            long.play(step)

            self.assertEqual(short.kernel.taken, long.kernel.taken)
            is_open = short.socket.state == short.socket.STATE_OPEN
            is_clear = is_open and not short.socket.waiting
            self.assertEqual(bool(short.socket.outlet.most), is_clear)
        _ = self.flushLoggedErrors(ConnectionError)

    def test_short_way_is_taken(self) -> None:
        """What is small goes there, and what is to be compressed does not."""
        for is_compressed in (False, True):
            served = Served(is_short=True, is_compressed=is_compressed)
            served.play(("frame", 40))
            served.play(("frame", 200))

            self.assertEqual(served.went, 1 if is_compressed else 2)

    def test_nothing_is_not_waited_for(self) -> None:
        """Twisted drops empty writes, and tells nobody when they are done."""
        served = Served(is_short=True, is_compressed=False)

        served.server.write(b"")
        served.server.writeSequence([])

        self.assertTrue(served.socket.outlet.most)


class ClosedOutletTests(SocketCase):
    def test_transport_that_waits_has_none(self) -> None:
        """On a transport of somebody else nothing goes at once."""
        _, owner = self.connect()

        self.assertEqual(owner.socket.outlet.most, 0)
        self.assertFalse(owner.socket.outlet.take(b"frame"))


class _Way:
    """An Outlet to a socket that takes little, and what comes out of it."""

    def __init__(self, *, is_doorless: bool) -> None:
        self.near, self.far = socket.socketpair()
        for each in (self.near, self.far):
            each.settimeout(0)
        self.near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4608)
        self.outlet = Outlet()
        self.outlet.open(100_000)
        self.outlet.send = self.near.send
        self.outlet.write = self.keep
        self.outlet.door = -1 if is_doorless else self.near.fileno()
        self.kept: list[bytes] = []

    def keep(self, frame: bytes) -> None:
        """Take what is to be sent later; nothing may overtake it."""
        self.kept.append(frame)
        self.outlet.block()

    def read(self) -> bytes:
        """Return what came, and then what waits."""
        found = []
        try:
            while data := self.far.recv(1 << 16):
                found.append(data)
        except BlockingIOError:
            pass
        found += self.kept
        self.kept = []
        self.outlet.clear()
        return b"".join(found)

    def end(self) -> None:
        """Close both ends."""
        self.near.close()
        self.far.close()


_ROUND = st.lists(st.integers(0, 30_000), min_size=4, max_size=4)


class SendAllTests(SynchronousTestCase):
    @settings(max_examples=examples(test=100, soak=5_000))
    @given(
        st.lists(_ROUND, max_size=6), st.lists(st.booleans(), min_size=4, max_size=4)
    )
    def test_all_at_once_equals_one_by_one(
        self, rounds: list[list[int]], doorless: list[bool]
    ) -> None:
        """Each peer gets its frames in order, or they are given back."""
        ways = [_Way(is_doorless=each) for each in doorless]
        plain = [_Way(is_doorless=each) for each in doorless]
        try:
            for number, sizes in enumerate(rounds):
                frames = [bytes([65 + number]) * size for size in sizes]
                here = [way for way in ways if way.outlet.most]
                there = [way for way in plain if way.outlet.most]
                over = send_all([way.outlet for way in here], frames[: len(here)])
                with patch.object(module, "parts", None):
                    outlets = [way.outlet for way in there]
                    self.assertEqual(send_all(outlets, frames[: len(there)]), over)
                self.assertEqual(over[1], [])
                if number % 3 == 2:
                    self.check(ways, plain)
            self.check(ways, plain)
        finally:
            for way in (*ways, *plain):
                way.end()

    def check(self, ways: list[_Way], plain: list[_Way]) -> None:
        """Compare what came out."""
        for one, other in zip(ways, plain, strict=True):
            self.assertEqual(one.read(), other.read())

    def test_frame_without_room_is_given_back(self) -> None:
        """Of what the kernel takes nothing, and what has no way, is told."""
        way = _Way(is_doorless=False)
        self.addCleanup(way.end)
        while not send_all([way.outlet], [b"x" * 1000])[0] and way.outlet.most:
            way.outlet.clear()

        way.outlet.clear()
        other = _Way(is_doorless=True)
        self.addCleanup(other.end)
        outlets = [way.outlet, other.outlet, Outlet()]
        over, failed = send_all(outlets, [b"a", b"b", b"c"])

        self.assertEqual((over, failed), ([0, 2], []))
        self.assertEqual(other.read(), b"b")
