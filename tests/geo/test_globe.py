"""Tests of `nexus.geo.globe`."""

from __future__ import annotations

from math import inf, nan

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.geo import Globe, distance

GLOBE = Globe(cell=500_000)


class GlobeTests(SynchronousTestCase):
    def test_cells_are_nearly_square_everywhere(self) -> None:
        """But at the poles themselves, a Cell is about as wide as high."""
        for cell in range(GLOBE.count):
            south, west, north, east = GLOBE.square(cell)
            middle = (south + north) / 2
            if abs(middle) > 85:
                continue
            high = float(distance(south, west, north, west))
            # At the poles three Cells share a ring that is as wide as pi.
            wide = (east - west) / 360 * 40_030_228 * np.cos(np.radians(middle))
            self.assertTrue(0.8 < wide / high < 1.25, (cell, wide, high))

    def test_each_cell_holds_its_middle(self) -> None:
        """The middle of each square has the number of the Cell."""
        cells = np.arange(GLOBE.count)
        south, west, north, east = np.array([GLOBE.square(cell) for cell in cells]).T

        found = GLOBE.cells((south + north) / 2, (west + east) / 2)

        self.assertEqual(found.tolist(), cells.tolist())
        self.assertEqual(found.dtype, np.int32)

    def test_poles_and_antimeridian_have_cells(self) -> None:
        """The antimeridian has one Cell under both its names."""
        self.assertEqual(GLOBE.cell(-90, -180), 0)
        self.assertEqual(GLOBE.cell(90, 179.9), GLOBE.count - 1)
        self.assertEqual(GLOBE.cell(12, 180), GLOBE.cell(12, -180))

    def test_cells_around_come_nearest_first(self) -> None:
        """Across the antimeridian too."""
        cells = GLOBE.around(2.0, 179.9, 400_000)
        far = GLOBE.distance(cells, 2.0, 179.9)

        self.assertEqual(cells[0], GLOBE.cell(2.0, 179.9))
        self.assertIn(GLOBE.cell(2.0, -179.9), cells)
        self.assertEqual(far.tolist(), sorted(far))

    def test_each_cell_may_be_far_from_a_position_of_its_own(self) -> None:
        """In whatever numbers these are given; but they are on the earth."""
        lats, lons = np.array([[2.0, -45.3], [179.9, 12.1]], np.float32)
        cells = np.array([0, 9])

        far = GLOBE.distance(cells, lats, lons)

        for number in range(2):
            place = float(lats[number]), float(lons[number])
            self.assertEqual(far[number], GLOBE.distance([cells[number]], *place)[0])
        with self.assertRaises(ValueError):
            GLOBE.distance([0], 91, 0)

    def test_all_cells_are_within_half_the_way_around(self) -> None:
        """A circle larger than the earth holds it all."""
        for radius in (20_100e3, 1e9, inf):
            cells = GLOBE.around(47, 8, radius)
            self.assertEqual(sorted(cells.tolist()), list(range(GLOBE.count)))

    def test_a_globe_may_be_one_cell(self) -> None:
        """Cells larger than the earth are the earth."""
        whole = Globe(cell=1e9)

        self.assertEqual((whole.count, whole.cell(90, 180)), (1, 0))
        self.assertEqual(whole.distance([0], -90, 5).tolist(), [0])

    def test_what_cannot_be_is_refused(self) -> None:
        """Sides, positions, radii and Cells that cannot be are refused."""
        for side in (0, 499, nan, inf):
            with self.assertRaisesRegex(ValueError, "500 metres"):
                Globe(cell=side)
        for ask in (GLOBE.cell, GLOBE.cells, lambda *at: GLOBE.around(*at, 1)):
            for lat, lon in ((91, 0), (nan, 0)):
                with self.assertRaisesRegex(ValueError, r"-90\.\.90"):
                    ask(lat, lon)
            with self.assertRaisesRegex(ValueError, r"-180\.\.180"):
                ask(0, 181)
        with self.assertRaisesRegex(ValueError, "0 or more"):
            GLOBE.around(0, 0, -1)
        for cell in (-1, GLOBE.count):
            with self.assertRaisesRegex(IndexError, "numbered"):
                GLOBE.square(cell)
