"""Tests of frames that the compiled parts make, and give to the kernel."""

from __future__ import annotations

import os
import socket
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.support.compiled import MISSING, parts_of

parts: Any = parts_of()


class ShipTests(SynchronousTestCase):
    skip = MISSING or None

    def pair(self) -> tuple[socket.socket, socket.socket]:
        """Return two sockets that are connected and wait for nothing."""
        made = socket.socketpair()
        for each in made:
            each.settimeout(0)
            self.addCleanup(each.close)
        return made

    def test_each_goes_its_way(self) -> None:
        """What is whole is not spoken of; there is a frame for each descriptor."""
        pairs = [self.pair() for _ in range(3)]
        frames = [b"one", b"", b"three" * 100]

        left = parts.ship([near.fileno() for near, _ in pairs], frames)

        self.assertEqual(left, [])
        self.assertEqual(pairs[0][1].recv(99), b"one")
        self.assertEqual(pairs[2][1].recv(999), b"three" * 100)

    def test_what_the_kernel_does_not_take(self) -> None:
        """It is told how much went; nothing did where there is no way."""
        full, far = self.pair()
        full.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        gone, other = self.pair()
        other.close()
        closed = os.dup(gone.fileno())
        os.close(closed)
        frames = [b"x" * 1_000_000, b"y", b"z", b"w", b"v" * 10]

        left = parts.ship(
            [full.fileno(), -1, closed, gone.fileno(), full.fileno()], frames
        )

        went = far.recv(2_000_000)
        self.assertEqual(left, [(0, len(went)), (1, 0), (2, 0), (3, 0), (4, 0)])
        self.assertEqual(went, b"x" * len(went))

    def test_what_it_is_given_is_checked(self) -> None:
        """Two lists as long, of numbers and bytes; else nothing goes at all."""
        near, far = self.pair()
        door = near.fileno()
        for wrong in (
            ([door], [b"a", b"b"]),
            ([door, door], [b"a", "b"]),
            ([door, 1 << 40], [b"a", b"b"]),
            ([door, 1 << 80], [b"a", b"b"]),
            ([door, None], [b"a", b"b"]),
            ((door,), [b"a"]),
            ([door], (b"a",)),
            ([door],),
        ):
            with self.assertRaises((TypeError, OverflowError)):
                parts.ship(*wrong)
        with self.assertRaises(BlockingIOError):
            far.recv(1)


class SealTests(SynchronousTestCase):
    skip = MISSING or None

    def test_what_it_is_given_is_checked(self) -> None:
        """Bytes, and a list of bytes: anything else raises."""
        self.assertEqual(parts.seal(b"a", [b"", b"b"]), [b"\x82\x01a", b"\x82\x02ab"])
        for wrong in (
            ("a", [b"b"]),
            (b"a", (b"b",)),
            (b"a", [b"b", "c"]),
            (b"a", [bytearray(b"b")]),
            (b"a",),
        ):
            with self.assertRaises(TypeError):
                parts.seal(*wrong)
