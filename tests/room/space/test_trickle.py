"""Tests of `nexus.room.space.trickle`."""

from __future__ import annotations

from typing import Any

from attrs import define, field
from twisted.trial.unittest import SynchronousTestCase

from nexus.room.space.trickle import Trickle
from nexus.sim.interest import Glance

_ALL = 1 << 62
_MASK = 5


@define(eq=False)
class FakeLayer:
    """A Layer whose Cells have ten rows each, of one byte, that change all the time."""

    #: What was told: the Cell, from which row on, and how many.
    told: list[tuple[int, int, int]] = field(factory=list)
    dropped: list[list[int]] = field(factory=list)
    #: What it was told to expect, and how many bytes of that.
    expected: list[tuple[list[int], int]] = field(factory=list)

    def expect_some(
        self, wants: list[tuple[int, tuple[int, int]]], size: int, mask: int
    ) -> None:
        """Take note of what will be asked for."""
        assert mask == _MASK
        self.expected.append(([cell for cell, _ in wants], size))

    def some(
        self, cell: int, since: tuple[int, int], size: int, mask: int
    ) -> tuple[bytes, tuple[int, int] | None]:
        """Tell the next rows of a Cell."""
        assert mask == _MASK
        first = since[1] if 0 <= since[1] < 10 else 0
        count = min(max(1, size), 10 - first)
        self.told.append((cell, first, count))
        ends = None if first + count == 10 else (since[0], first + count)
        return bytes(count), ends

    def drop(self, cells: list[int]) -> bytes:
        """Take Cells away."""
        self.dropped.append(cells)
        return b"-"


def _trickle(cells: dict[int, int]) -> tuple[Trickle, FakeLayer]:
    layer: Any = FakeLayer()
    return Trickle([layer], cells), layer


class TrickleTests(SynchronousTestCase):
    def test_half_is_for_the_nearest(self) -> None:
        """Half goes to the nearest Cell, the other to the one that waits longest."""
        trickle, layer = _trickle({1: 5, 2: 5, 3: 2})

        trickle.take([1, 2, 3], 9, 12, [_MASK])

        self.assertEqual(layer.told, [(1, 0, 6), (3, 0, 6)])
        # The one that was told in part waits longest, and is not known.
        self.assertEqual(layer.expected, [([1, 2, 3], 12), ([3, 1, 2], 6)])

    def test_what_was_begun_goes_on(self) -> None:
        """A Cell that was told in part goes on behind that, and then is known."""
        trickle, layer = _trickle({1: 5})
        trickle.take([1], 9, 6, [_MASK])
        self.assertFalse(trickle.is_done(9))

        trickle.take([1], 9, 40, [_MASK])

        self.assertEqual([first for _, first, _ in layer.told], [0, 3, 6])
        self.assertTrue(trickle.is_done(9))
        self.assertFalse(trickle.is_done(10))

    def test_what_is_known_is_not_told(self) -> None:
        """At rest nothing is told again."""
        trickle, layer = _trickle({1: 9})

        self.assertEqual(trickle.take([1], 9, 100, [_MASK]), [])
        self.assertEqual(layer.told, [])
        self.assertEqual(layer.expected, [([], 100), ([], 100)])

    def test_cells_come_and_go(self) -> None:
        """Of what it left it forgets, if it held any of it; what is new is to come."""
        trickle, layer = _trickle({1: 9})
        trickle.step(Glance(entered=(2,), left=()))
        self.assertFalse(trickle.is_done(9))

        out = trickle.step(Glance(entered=(), left=(1, 2)))

        self.assertEqual((out, layer.dropped), ([b"-"], [[1]]))
        self.assertTrue(trickle.is_done(9))
