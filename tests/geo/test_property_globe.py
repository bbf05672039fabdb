"""On the earth, too, Cells find what looking at everything finds.

Positions lie at the poles, on the antimeridian, on borders of Cells, and at opposite
ends of the earth; circles are points, or larger than the earth.
"""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from twisted.trial.unittest import SynchronousTestCase

from nexus.geo import EARTH, Globe, box, destination, distance
from nexus.sim.nearby import nearest, nearest_each, within, within_each
from nexus.sim.placement import Placement
from tests import examples

_LATS = st.one_of(
    st.sampled_from([-90.0, -89.999999, 0.0, 45.0, 89.9999, 90.0]),
    st.integers(-90, 90).map(float),
    st.floats(-90, 90),
)
_LONS = st.one_of(
    st.sampled_from([-180.0, -179.999999, 0.0, 179.9999, 180.0]),
    st.integers(-180, 180).map(float),
    st.floats(-180, 180),
)
_PLACES = st.tuples(_LATS, _LONS)
_POINTS = st.lists(_PLACES, max_size=30)
_RADII = st.one_of(
    st.sampled_from([0.0, 1.0, 10_007_557.0, 20_015_115.0, 3e7, 1e12]),
    st.floats(0, 2.1e7),
    st.floats(0, 1e5),
)
_GLOBES = st.sampled_from([700e3, 1e6, 3.3e6, 9e6, 2e7, 1e9]).map(Globe)


def columns(
    points: list[tuple[float, float]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points as latitudes and longitudes."""
    lat, lon = np.array(points, np.float64).reshape(-1, 2).T
    return lat, lon


class GlobeTests(SynchronousTestCase):
    @given(_GLOBES, _PLACES, _RADII)
    @settings(max_examples=examples(test=200, soak=5_000))
    def test_circles_touch_the_cells_they_are_near_to(
        self, globe: Globe, place: tuple[float, float], radius: float
    ) -> None:
        """No Cell is missing, none is too many, and the order is that of distance."""
        far = globe.distance(np.arange(globe.count), *place)
        cells = globe.around(*place, radius)

        self.assertLessEqual(
            set(np.flatnonzero(far <= radius).tolist()), set(cells.tolist())
        )
        self.assertTrue((far[cells] <= radius + 0.01).all())
        self.assertTrue((np.diff(far[cells]) >= 0).all())
        self.assertEqual(np.unique(cells).size, cells.size)

    @given(_GLOBES, _POINTS, _PLACES)
    @settings(max_examples=examples(test=300, soak=10_000))
    def test_cells_are_never_farther_than_what_is_in_them(
        self,
        globe: Globe,
        points: list[tuple[float, float]],
        place: tuple[float, float],
    ) -> None:
        """The distance of a Cell is a lower bound."""
        lat, lon = columns(points)
        bound = globe.distance(globe.cells(lat, lon), *place)

        self.assertTrue((bound <= distance(lat, lon, *place) + 1e-4).all())

    @given(_GLOBES, _PLACES, st.data())
    @settings(max_examples=examples(test=200, soak=5_000))
    def test_cells_are_as_near_as_what_is_nearest_in_them(
        self, globe: Globe, place: tuple[float, float], data: st.DataObject
    ) -> None:
        """The distance of a Cell is that of its nearest point, not just some bound."""
        cell = data.draw(st.integers(0, globe.count - 1))
        south, west, north, east = globe.square(cell)
        lat, lon = np.meshgrid(
            np.linspace(south, north, 101).clip(-90, 90), np.linspace(west, east, 101)
        )
        steps = (north - south + east - west) / 100 * EARTH * np.pi / 180
        near = float(distance(lat, lon.clip(-180, 180), *place).min())

        self.assertLessEqual(near, float(globe.distance([cell], *place)[0]) + steps)

    @given(_GLOBES, _POINTS, _POINTS, _RADII, st.integers(1, 40))
    @settings(max_examples=examples(test=200, soak=5_000))
    def test_rows_are_those_that_brute_force_finds(
        self,
        globe: Globe,
        points: list[tuple[float, float]],
        centres: list[tuple[float, float]],
        radius: float,
        count: int,
    ) -> None:
        """Within a radius, and the nearest, one by one or at once."""
        lat, lon = columns(points + points[:4])
        at_lat, at_lon = columns(centres + points[:2])
        placement = Placement(globe)
        placement.place(np.arange(lat.size), globe.cells(lat, lon))
        inside = within_each(placement, lat, lon, at_lat, at_lon, radius)
        first = nearest_each(placement, lat, lon, at_lat, at_lon, count)

        for number in range(at_lat.size):
            place = float(at_lat[number]), float(at_lon[number])
            far = distance(lat, lon, *place)
            near = np.flatnonzero(far <= radius).tolist()
            best = np.lexsort((np.arange(lat.size), far))[:count].tolist()
            self.assertEqual(inside[number].tolist(), near)
            self.assertEqual(within(placement, lat, lon, *place, radius).tolist(), near)
            self.assertEqual(first[number].tolist(), best)
            self.assertEqual(nearest(placement, lat, lon, *place, count).tolist(), best)


class BoxTests(SynchronousTestCase):
    @given(_PLACES, st.floats(0, 2.1e7), st.floats(0, 360), st.floats(0, 1))
    @settings(max_examples=examples(test=500, soak=20_000))
    @example((0.0, 180.0), 1000.0, 90.0, 1.0)
    def test_a_box_holds_its_circle(
        self, place: tuple[float, float], radius: float, bearing: float, share: float
    ) -> None:
        """What lies in the circle, or on it, lies in its box."""
        lat, lon = destination(*place, bearing, radius * share)

        self.assertTrue(box(*place, radius).contains(lat, lon), (lat, lon))

    @given(st.floats(-80, 80), _LONS, st.floats(1, 1e6))
    @settings(max_examples=examples(test=200, soak=5_000))
    def test_a_box_is_as_small_as_can_be(
        self, lat: float, lon: float, radius: float
    ) -> None:
        """All four of its sides touch the circle."""
        around = box(lat, lon, radius)
        rim = destination(lat, lon, np.linspace(0, 360, 3601), radius)
        beside = (rim[1] - lon + 180) % 360 - 180
        wide = (around.east - around.west) % 360

        self.assertLess(abs(around.north - rim[0].max()), 1e-4)
        self.assertLess(abs(around.south - rim[0].min()), 1e-4)
        self.assertLess(abs(wide / 2 - beside.max()), 1e-4 * (1 + wide))


class WayTests(SynchronousTestCase):
    @given(_PLACES, st.floats(-360, 720), st.floats(0, EARTH * np.pi))
    @settings(max_examples=examples(test=500, soak=20_000))
    def test_one_is_as_far_away_as_one_went(
        self, place: tuple[float, float], bearing: float, way: float
    ) -> None:
        """Wherever one starts and in whatever direction, up to the opposite end."""
        there = destination(*place, bearing, way)

        self.assertLess(abs(distance(*place, *there) - way), 1e-3)
        self.assertLess(abs(distance(*there, *place) - way), 1e-3)
