"""Tests of `nexus.sim.nearby`."""

from __future__ import annotations

from unittest import mock

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.geo import Globe
from nexus.sim import nearby
from nexus.sim.grid import Grid
from nexus.sim.nearby import nearest, nearest_each, within, within_each
from nexus.sim.placement import Placement

X = np.array([1, 12, 14, 55, 200, 14], np.float32)
Y = np.array([1, 12, 12, 35, 200, 12], np.float32)


def placed() -> Placement:
    """Place rows on a Grid, two of them at one point and one far outside."""
    grid = Grid(cell=10, bounds=(0, 0, 80, 40))
    placement = Placement(grid)
    placement.place(np.arange(X.size), grid.cells(X, Y))
    return placement


class NearbyTests(SynchronousTestCase):
    def test_rows_within_a_radius_are_found_in_order(self) -> None:
        """Who stands just on the circle is within it."""
        placement = placed()

        self.assertEqual(within(placement, X, Y, 12, 12, 2).tolist(), [1, 2, 5])
        self.assertEqual(within(placement, X, Y, 12, 12, 1.99).tolist(), [1])
        self.assertEqual(within(placement, X, Y, 14, 12, 0).tolist(), [2, 5])
        self.assertEqual(within(placement, X, Y, 190, 200, 10).tolist(), [4])
        self.assertEqual(within(placement, X, Y, 0, 0, 1e9).size, 6)

    def test_nearest_rows_come_by_distance_then_by_row(self) -> None:
        """There are as many as are asked for, or all."""
        placement = placed()

        self.assertEqual(nearest(placement, X, Y, 13, 12, 3).tolist(), [1, 2, 5])
        self.assertEqual(nearest(placement, X, Y, 14, 12, 2).tolist(), [2, 5])
        self.assertEqual(nearest(placement, X, Y, 300, 300, 1).tolist(), [4])
        self.assertEqual(
            nearest(placement, X, Y, 14, 12, 99).tolist(), [2, 5, 1, 0, 3, 4]
        )

    def test_many_points_are_asked_for_at_once(self) -> None:
        """Each point has its rows, in one array."""
        found = within_each(placed(), X, Y, [12, 70, 200], [12, 0, 200], [2, 5, 0])

        self.assertEqual(found.rows.tolist(), [1, 2, 5, 4])
        self.assertEqual(found.offsets.tolist(), [0, 3, 3, 4])
        self.assertEqual([each.tolist() for each in found], [[1, 2, 5], [], [4]])
        self.assertEqual((len(found), found[-1].tolist()), (3, [4]))
        first = nearest_each(placed(), X, Y, [13, 300], [12, 300], 2)
        self.assertEqual([each.tolist() for each in first], [[1, 2], [4, 3]])

    def test_many_points_are_taken_in_parts(self) -> None:
        """However few distances are measured at once, the answers are the same."""
        chance = np.random.default_rng(2)
        px, py = chance.uniform(0, 80, 20), chance.uniform(0, 40, 20)
        whole = (
            within_each(placed(), X, Y, px, py, 30),
            nearest_each(placed(), X, Y, px, py, 3),
        )
        with mock.patch.object(nearby, "_AT_ONCE", 3):
            parts = (
                within_each(placed(), X, Y, px, py, 30),
                nearest_each(placed(), X, Y, px, py, 3),
            )

        for one, other in zip(whole, parts, strict=True):
            self.assertEqual(one.rows.tolist(), other.rows.tolist())
            self.assertEqual(one.offsets.tolist(), other.offsets.tolist())

    def test_rounding_hides_nobody(self) -> None:
        """Who stands on a border of Cells, and just on the circle, is found."""
        for side in (0.1, 0.7):
            grid = Grid(side, (0, 0, 30 * side, side))
            x, y = np.arange(1, 30) * side, np.zeros(29)
            placement = Placement(grid)
            placement.place(np.arange(29), grid.cells(x, y))
            for px in (0.05, 0.55):
                for row, place in enumerate(x.tolist()):
                    far = abs(place - px)
                    self.assertIn(row, within(placement, x, y, px, 0.0, far))
                    many = within_each(placement, x, y, px, 0.0, far)
                    self.assertIn(row, many.rows)

    def test_nobody_is_found_where_nobody_is(self) -> None:
        """An empty world, and no points, are fine."""
        empty = Placement(Grid(1, (0, 0, 9, 9)))

        self.assertEqual(within(empty, [], [], 1, 1, 5).size, 0)
        self.assertEqual(nearest(empty, [], [], 1, 1, 5).size, 0)
        self.assertEqual(len(nearest_each(empty, [], [], [1, 2], [1, 2], 5)), 2)
        self.assertEqual(len(within_each(placed(), X, Y, [], [], [])), 0)

    def test_less_than_one_row_is_refused(self) -> None:
        """None is no number of neighbours."""
        for count in (0, -1):
            with self.assertRaisesRegex(ValueError, "at least one"):
                nearest(placed(), X, Y, 1, 1, count)

    def test_few_rows_on_the_whole_earth_are_found(self) -> None:
        """Where there are many more Cells than rows, these are looked at instead."""
        globe = Globe(cell=50_000)
        lat, lon = np.array([60.2, -41.3, 89.9]), np.array([24.9, 174.8, -10.0])
        placement = Placement(globe)
        placement.place([0, 1, 2], globe.cells(lat, lon))

        self.assertEqual(nearest(placement, lat, lon, -40, -175, 2).tolist(), [1, 2])
        self.assertEqual(within(placement, lat, lon, 88, 170, 300e3).tolist(), [2])
