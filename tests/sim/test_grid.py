"""Tests of `nexus.sim.grid`."""

from __future__ import annotations

from math import inf, nan

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.grid import Grid

#: Eight Cells side by side, four above each other; the last column reaches over.
GRID = Grid(cell=10, bounds=(0, 0, 75, 40))


class CellTests(SynchronousTestCase):
    def test_cells_are_numbered_row_by_row(self) -> None:
        """The first row comes first, and a border belongs to the Cell after it."""
        cells = GRID.cells([0, 9.99, 10, 74, 0, 35], [0, 9.99, 0, 5, 10, 39.9])

        self.assertEqual(cells.tolist(), [0, 0, 1, 7, 8, 27])
        self.assertEqual(cells.dtype, np.int32)
        self.assertEqual((GRID.columns, GRID.rows, GRID.count), (8, 4, 32))

    def test_what_lies_outside_belongs_to_the_border(self) -> None:
        """However far outside a position is, it has the nearest Cell."""
        cells = GRID.cells([-1, 1e300, -inf, inf], [5, 1e300, inf, -1])

        self.assertEqual(cells.tolist(), [0, 31, 24, 7])

    def test_one_position_has_the_cell_that_many_have(self) -> None:
        """A position has the same Cell alone and among others."""
        chance = np.random.default_rng(3)
        x, y = chance.uniform(-20, 100, 200), chance.uniform(-20, 60, 200)

        self.assertEqual(
            [GRID.cell(*each) for each in zip(x.tolist(), y.tolist(), strict=True)],
            GRID.cells(x, y).tolist(),
        )

    def test_positions_are_numbers(self) -> None:
        """NaN is nowhere."""
        for x, y in ((nan, 1.0), (1.0, nan)):
            with self.assertRaisesRegex(ValueError, "not NaN"):
                GRID.cell(x, y)
            with self.assertRaisesRegex(ValueError, "not NaN"):
                GRID.cells([1.0, x], [2.0, y])

    def test_squares_hold_their_positions(self) -> None:
        """A Cell is as wide as all others, at the border too."""
        self.assertEqual(GRID.square(0), (0, 0, 10, 10))
        self.assertEqual(GRID.square(31), (70, 30, 80, 40))
        for cell in (-1, 32):
            with self.assertRaisesRegex(IndexError, r"0\.\.31"):
                GRID.square(cell)

    def test_grids_that_cannot_be_are_refused(self) -> None:
        """Sides, bounds and numbers of Cells beyond reason are refused."""
        for cell in (0, -1, nan, inf):
            with self.assertRaisesRegex(ValueError, "more than 0 wide"):
                Grid(cell, (0, 0, 1, 1))
        for bounds in ((0, 0, 0, 1), (0, 2, 1, 1), (0, nan, 1, 1), (0, 0, inf, 1)):
            with self.assertRaisesRegex(ValueError, "x0 < x1"):
                Grid(1, bounds)
        for side in (1e-7, 1e-3):
            with self.assertRaisesRegex(ValueError, "choose larger"):
                Grid(side, (0, 0, 1000, 1000))

    def test_rounding_adds_no_column(self) -> None:
        """Three tenths are three Cells of a tenth."""
        self.assertEqual(Grid(0.1, (0, 0, 0.3, 0.7)).columns, 3)
        self.assertEqual(Grid(0.1, (0, 0, 0.3, 0.7)).rows, 7)


class CircleTests(SynchronousTestCase):
    def test_cells_around_come_nearest_first(self) -> None:
        """The own Cell comes first; of Cells as near as each other the lower number."""
        self.assertEqual(GRID.around(15, 15, 0).tolist(), [9])
        self.assertEqual(GRID.around(15, 15, 5).tolist(), [9, 1, 8, 10, 17])
        self.assertEqual(GRID.around(14, 15, 5).tolist(), [9, 8, 1, 17])
        self.assertEqual(
            GRID.around(15, 15, 8).tolist(), [9, 1, 8, 10, 17, 0, 2, 16, 18]
        )

    def test_a_circle_touches_what_it_meets_in_one_point(self) -> None:
        """On a corner four Cells meet, be the circle only a point."""
        self.assertEqual(GRID.around(20, 20, 0).tolist(), [9, 10, 17, 18])

    def test_cells_at_the_border_reach_outwards(self) -> None:
        """From outside, the Cells at the border are as near as if one stood in them."""
        self.assertEqual(GRID.around(-500, 15, 3).tolist(), [8])
        self.assertEqual(GRID.distance([8, 9, 0], -500, 15).tolist(), [0, 510, 5])
        self.assertEqual(GRID.around(500, 500, 0).tolist(), [31])

    def test_all_cells_are_within_a_huge_circle(self) -> None:
        """A circle of any size is fine."""
        for radius in (1e3, 1e200, inf):
            self.assertEqual(sorted(GRID.around(15, 15, radius)), list(range(32)))

    def test_large_circles_in_fine_grids_are_right(self) -> None:
        """Beyond the table of distances the same holds."""
        grid = Grid(1, (0, 0, 700, 1))

        self.assertEqual(grid.around(0.5, 0, 600.4).tolist(), list(range(601)))

    def test_many_circles_are_looked_at_at_once(self) -> None:
        """Each circle has its own radius, and its Cells by number."""
        cells, begins = GRID.touching([15, 500, 20], [15, 500, 20], [5, 0, 0])

        self.assertEqual(begins.tolist(), [0, 5, 6, 10])
        self.assertEqual(cells.tolist(), [1, 8, 9, 10, 17, 31, 9, 10, 17, 18])

    def test_circles_that_cannot_be_are_refused(self) -> None:
        """A centre is finite, and a radius is not negative."""
        for look in (GRID.around, GRID.touching):
            for x, y in ((nan, 0.0), (0.0, inf), (1e200, 0.0)):
                with self.assertRaisesRegex(ValueError, "finite"):
                    look(x, y, 1.0)
            for radius in (-1.0, nan):
                with self.assertRaisesRegex(ValueError, "0 or more"):
                    look(0.0, 0.0, radius)
        with self.assertRaisesRegex(ValueError, "finite"):
            GRID.distance([0], nan, 0.0)
