"""What is found through Cells is what is found by looking at everything.

Positions lie on borders of Cells, on corners, on each other, and outside the bounds.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.grid import Grid
from nexus.sim.nearby import nearest, nearest_each, within, within_each
from nexus.sim.placement import Placement
from tests import examples

#: Whole numbers and tenths meet borders; the others come between.
_PLACES = st.one_of(
    st.integers(-20, 60).map(float),
    st.integers(-200, 600).map(lambda tenths: tenths / 10),
    st.floats(-1e6, 1e6, allow_nan=False),
    st.floats(-20, 60, allow_nan=False),
)
_POINTS = st.lists(st.tuples(_PLACES, _PLACES), max_size=40)
_RADII = st.one_of(
    st.just(0.0),
    st.integers(0, 60).map(float),
    st.floats(0, 100, allow_nan=False),
    st.just(1e9),
)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    """Draw a Grid of few Cells or of many."""
    side = draw(st.sampled_from([0.1, 0.7, 1.0, 3.0, 10.0, 100.0]))
    x0, y0 = draw(st.integers(-20, 20)), draw(st.integers(-20, 20))
    wide, high = draw(st.floats(0.5, 30)), draw(st.floats(0.5, 30))
    return Grid(side, (x0, y0, x0 + wide * side, y0 + high * side))


def columns(
    points: list[tuple[float, float]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points as two columns."""
    x, y = np.array(points, np.float64).reshape(-1, 2).T
    return x, y


def placed(grid: Grid, x: NDArray[np.float64], y: NDArray[np.float64]) -> Placement:
    """Place all rows."""
    placement = Placement(grid)
    placement.place(np.arange(x.size), grid.cells(x, y))
    return placement


class GridTests(SynchronousTestCase):
    @given(grids(), _PLACES, _PLACES, _RADII)
    @settings(max_examples=examples(test=200, soak=5_000))
    def test_circles_touch_the_cells_they_are_near_to(
        self, grid: Grid, x: float, y: float, radius: float
    ) -> None:
        """No Cell is missing, none is too many, and the order is that of distance."""
        far = grid.distance(np.arange(grid.count), x, y)
        cells = grid.around(x, y, radius)
        # So far rounding reaches, as a part of the largest number in sight.
        slack = 1e-12 * (abs(x) + abs(y) + grid.side + 200)

        self.assertLessEqual(
            set(np.flatnonzero(far <= radius - slack).tolist()), set(cells.tolist())
        )
        self.assertTrue((far[cells] <= radius + slack).all())
        self.assertTrue((np.diff(far[cells]) >= -slack).all())
        self.assertEqual(np.unique(cells).size, cells.size)
        many, begins = grid.touching([x, x], [y, y], [radius, radius])
        self.assertLessEqual(set(cells.tolist()), set(many[begins[1] :].tolist()))
        self.assertEqual(many[: begins[1]].tolist(), many[begins[1] :].tolist())

    @given(grids(), _POINTS, _PLACES, _PLACES)
    @settings(max_examples=examples(test=200, soak=5_000))
    def test_cells_are_never_farther_than_what_is_in_them(
        self, grid: Grid, points: list[tuple[float, float]], x: float, y: float
    ) -> None:
        """The distance of a Cell is a lower bound, outside the bounds too."""
        xs, ys = columns(points)
        bound = grid.distance(grid.cells(xs, ys), x, y)

        self.assertTrue((bound <= grid.apart(xs, ys, x, y) * (1 + 1e-9) + 1e-8).all())

    @given(grids(), _POINTS, _POINTS, _RADII, st.booleans())
    @settings(max_examples=examples(test=200, soak=5_000))
    def test_rows_within_are_those_that_brute_force_finds(
        self,
        grid: Grid,
        points: list[tuple[float, float]],
        centres: list[tuple[float, float]],
        radius: float,
        single: bool,
    ) -> None:
        """One by one or at once, in columns of single or of double precision."""
        x, y = columns(points)
        if single:
            x, y = x.astype(np.float32), y.astype(np.float32)
        px, py = columns(centres + points[:3])
        placement = placed(grid, x, y)
        found = within_each(placement, x, y, px, py, radius)

        for number, rows in enumerate(found):
            at = float(px[number]), float(py[number])
            brute = np.flatnonzero(grid.apart(x, y, *at) <= radius)
            self.assertEqual(rows.tolist(), brute.tolist())
            one = within(placement, x, y, *at, radius)
            self.assertEqual(one.tolist(), brute.tolist())

    @given(grids(), _POINTS, _POINTS, st.integers(1, 50))
    @settings(max_examples=examples(test=200, soak=5_000))
    def test_nearest_rows_are_those_that_brute_force_finds(
        self,
        grid: Grid,
        points: list[tuple[float, float]],
        centres: list[tuple[float, float]],
        count: int,
    ) -> None:
        """One by one or at once; of rows as near as each other the first."""
        x, y = columns(points + points[:5])
        px, py = columns(centres + points[:3])
        placement = placed(grid, x, y)
        found = nearest_each(placement, x, y, px, py, count)

        for number, rows in enumerate(found):
            at = float(px[number]), float(py[number])
            brute = np.lexsort((np.arange(x.size), grid.apart(x, y, *at)))[:count]
            self.assertEqual(rows.tolist(), brute.tolist())
            one = nearest(placement, x, y, *at, count)
            self.assertEqual(one.tolist(), brute.tolist())
