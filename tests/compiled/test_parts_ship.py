"""Tests of frames that are given to the kernel by the compiled parts."""

from __future__ import annotations

import os
import socket
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.support.compiled import MISSING, parts_of, whole

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


class StampTests(SynchronousTestCase):
    skip = MISSING or None

    @given(
        st.lists(st.integers(-300, 299), max_size=600),
        st.sampled_from([np.int32, np.int64]),
        st.integers(-(2**63), 2**63 - 1),
    )
    def test_stamp_is_what_numpy_does(
        self, places: list[int], kind: Any, number: int
    ) -> None:
        """Places count from the end, too, and may come twice."""
        wanted = np.arange(300)
        found, at = wanted.copy(), np.array(places, kind)

        wanted[at] = number
        parts.stamp(found, at, number)

        self.assertEqual(found.tolist(), wanted.tolist())

    def test_what_stamp_is_given_is_checked(self) -> None:
        """Places that are not there, and other arrays, raise."""
        sealed = whole(1, 2)
        sealed.flags.writeable = False
        for wrong in (
            (whole(1, 2), whole(2), 1),
            (whole(1, 2), whole(-3), 1),
            (whole(1, 2), np.zeros(1, np.uint64), 1),
            (whole(1, 2), np.zeros(1, np.int16), 1),
            (whole(1, 2), np.zeros(1), 1),
            (np.zeros(2), whole(1), 1),
            (np.zeros(2, np.int32), whole(1), 1),
            (whole(1, 2, 3, 4)[::2], whole(1), 1),
            (sealed, whole(1), 1),
            (whole(1, 2), whole(1), 1 << 70),
            (whole(1, 2), whole(1), "x"),
            (whole(1, 2), whole(1)),
        ):
            with self.assertRaises(
                (TypeError, ValueError, BufferError, IndexError, OverflowError)
            ):
                parts.stamp(*wrong)


class TallyTests(SynchronousTestCase):
    skip = MISSING or None

    @given(st.lists(st.integers(0, 255), max_size=300))
    def test_tally_counts(self, numbers: list[int]) -> None:
        """Each number that comes has its count, in the order of the numbers."""
        found = parts.tally(np.array(numbers, np.uint8))

        counts = {each: numbers.count(each) for each in sorted(set(numbers))}
        self.assertEqual(list(found.items()), list(counts.items()))

    def test_what_tally_is_given_is_checked(self) -> None:
        """Only numbers of eight bits without a sign are counted."""
        for wrong in (
            whole(1),
            np.zeros(2, np.int8),
            np.zeros(2, np.bool_),
            [1],
            b"1"[0],
        ):
            with self.assertRaises((TypeError, ValueError)):
                parts.tally(wrong)
