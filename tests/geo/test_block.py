"""Tests of `nexus.geo.block`."""

from __future__ import annotations

from typing import Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.geo import Blocks


def drawn(*rows: str, **said: Any) -> Blocks:
    """Read a map as people draw it: the first row is the highest."""
    cells = np.array([[each == "#" for each in row] for row in reversed(rows)])
    return Blocks(cells, **said)


class BlockTests(SynchronousTestCase):
    def test_place_is_blocked_or_free(self) -> None:
        """A cell holds its lower edges and not its upper ones."""
        blocks = drawn("..", "#.", cell=2.0, origin=(10.0, -4.0))

        self.assertEqual(
            [blocks.at(x, -4.0) for x in (9.99, 10.0, 11.99, 12.0)],
            [False, True, True, False],
        )
        self.assertEqual(
            [blocks.at(10.0, y) for y in (-4.01, -4.0, -2.01, -2.0)],
            [False, True, True, False],
        )

    def test_outside_is_free_however_far(self) -> None:
        """What the map does not show is free, also where numbers end."""
        blocks = drawn("#", cell=0.25)

        for far in (-1e308, -1.0, 1.0, 1e308):
            self.assertFalse(blocks.at(far, 0.1))
            self.assertFalse(blocks.at(0.1, far))

    def test_wall_stops_every_direction(self) -> None:
        """A way is stopped by a wall, whichever way it leads through."""
        blocks = drawn("...", ".#.", "...")
        ways = [((0.5, 1.5), (2.5, 1.5)), ((1.5, 0.5), (1.5, 2.5))]
        ways += [((0.5, 0.5), (2.5, 2.5)), ((0.5, 2.5), (2.5, 0.5))]
        for start, end in ways:
            self.assertTrue(blocks.between(*start, *end), (start, end))
            self.assertTrue(blocks.between(*end, *start), (end, start))

    def test_way_beside_a_wall_is_free(self) -> None:
        """To walk along a wall, on the edge that is not its own, is no offence."""
        blocks = drawn("...", ".#.", "...")

        self.assertFalse(blocks.between(2.0, 0.0, 2.0, 3.0))
        self.assertFalse(blocks.between(0.0, 2.0, 3.0, 2.0))
        self.assertTrue(blocks.between(1.0, 0.0, 1.0, 3.0))
        self.assertTrue(blocks.between(0.0, 1.0, 3.0, 1.0))

    def test_nobody_slips_through_a_corner(self) -> None:
        """Two blocked cells that touch at a corner leave no gap."""
        for blocks, way in (
            (drawn("#.", ".#"), (0.5, 0.5, 1.5, 1.5)),
            (drawn(".#", "#."), (0.5, 1.5, 1.5, 0.5)),
        ):
            x0, y0, x1, y1 = way
            self.assertTrue(blocks.between(x0, y0, x1, y1))
            self.assertTrue(blocks.between(x1, y1, x0, y0))

    def test_one_blocked_cell_beside_a_corner_lets_through(self) -> None:
        """A way from free cell to free cell may touch the corner of a blocked one."""
        blocks = drawn("#.", "..")

        self.assertFalse(blocks.between(0.5, 0.5, 1.5, 1.5))

    def test_who_is_walled_in_gets_out(self) -> None:
        """The cell that a way begins in does not count, and where it ends does."""
        blocks = drawn("#.")

        self.assertFalse(blocks.between(0.5, 0.5, 1.5, 0.5))
        self.assertFalse(blocks.between(0.2, 0.5, 0.8, 0.5))
        self.assertTrue(blocks.between(1.5, 0.5, 0.5, 0.5))

    def test_door_opens(self) -> None:
        """The map may change at any time."""
        cells = np.array([[False, True, False]])
        blocks = Blocks(cells)
        self.assertTrue(blocks.between(0.5, 0.5, 2.5, 0.5))

        cells[0, 1] = False

        self.assertFalse(blocks.between(0.5, 0.5, 2.5, 0.5))

    def test_long_way_is_looked_at_where_the_map_is(self) -> None:
        """Only cells of the map cost time, however far a way leads beyond it."""
        blocks = drawn("...", ".#.", "...")

        self.assertTrue(blocks.between(-1e12, 1.5, 1e12, 1.5))
        self.assertFalse(blocks.between(-1e12, 3.5, 1e12, 3.5))
        self.assertTrue(blocks.between(1.5, 1e12, 1.5, -1e12))

    def test_what_makes_no_sense_is_refused(self) -> None:
        """Maps that are none, and cells without an extent, are refused."""
        wrong: list[Any] = [[[True]], np.zeros(3, bool), np.zeros((2, 2))]
        for cells in wrong:
            with self.assertRaisesRegex(TypeError, "numpy array of bool"):
                Blocks(cells)
        for cell in (0.0, -1.0, float("nan"), float("inf")):
            with self.assertRaisesRegex(ValueError, "larger than nothing"):
                Blocks(np.zeros((2, 2), bool), cell)
