"""Tests of `nexus.geo.distance`."""

from __future__ import annotations

import random
from math import atan, atan2, cos, hypot, inf, nan, pi, radians, sin, tan

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.geo import EARTH, Box, box, destination, distance
from nexus.geo.distance import great_circle


def geodesic(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Measure metres on the ellipsoid of WGS84, by Vincenty's formula."""
    major, flat = 6_378_137.0, 1 / 298.257223563
    minor = major * (1 - flat)
    low, high = (atan((1 - flat) * tan(radians(lat))) for lat in (lat1, lat2))
    turn = radians(lon2 - lon1)
    angle = turn
    for _ in range(200):
        sine = hypot(
            cos(high) * sin(angle),
            cos(low) * sin(high) - sin(low) * cos(high) * cos(angle),
        )
        cosine = sin(low) * sin(high) + cos(low) * cos(high) * cos(angle)
        arc = atan2(sine, cosine)
        tilt = cos(low) * cos(high) * sin(angle) / sine
        square = 1 - tilt * tilt
        middle = cosine - 2 * sin(low) * sin(high) / square
        c = flat / 16 * square * (4 + flat * (4 - 3 * square))
        bend = middle + c * cosine * (2 * middle * middle - 1)
        before, angle = angle, turn + (1 - c) * flat * tilt * (arc + c * sine * bend)
        if abs(angle - before) < 1e-13:
            break
    u = square * (major**2 - minor**2) / minor**2
    a = 1 + u / 16384 * (4096 + u * (u * (320 - 175 * u) - 768))
    b = u / 1024 * (256 + u * (u * (74 - 47 * u) - 128))
    cube = b / 6 * middle * (4 * sine * sine - 3) * (4 * middle * middle - 3)
    rest = b * sine * (middle + b / 4 * (cosine * (2 * middle**2 - 1) - cube))
    return minor * a * (arc - rest)


class DistanceTests(SynchronousTestCase):
    def test_error_against_the_ellipsoid_is_the_one_that_is_stated(self) -> None:
        """No distance differs from that on WGS84's ellipsoid by more than 0.56 %."""
        chance = random.Random(4)
        worst = 0.0
        for _ in range(2000):
            lat, lon = chance.uniform(-89, 89), chance.uniform(-180, 180)
            way = chance.choice([1e2, 1e4, 1e6, 1e7, 1.8e7]) * chance.random() + 10
            to = destination(lat, lon, chance.uniform(0, 360), way)
            far, east = float(to[0]), float(to[1])
            exact = geodesic(lat, lon, far, east)
            worst = max(worst, abs(float(distance(lat, lon, far, east)) / exact - 1))

        self.assertLess(worst, 0.0057)
        self.assertGreater(worst, 0.005)

    def test_small_and_largest_distances_keep_their_digits(self) -> None:
        """A micrometre and the way to nearly the opposite end are right to 0.1 mm."""
        tiny = 1e-11
        for lat in (0.0, 45.0, 89.0):
            here = float(distance(lat, 7, lat + tiny, 7))
            there = float(distance(lat, 7, -lat - 1e-9, -173))
            self.assertLess(abs(here - EARTH * np.radians(tiny)), 1e-6)
            self.assertLess(abs(there - EARTH * (pi - np.radians(1e-9))), 1e-4)

    def test_antimeridian_and_poles_are_no_borders(self) -> None:
        """A pole has all longitudes, and the antimeridian two names."""
        self.assertAlmostEqual(float(distance(10, 180, 10, -180)), 0, 6)
        self.assertAlmostEqual(float(distance(90, 12, 90, -100)), 0, 6)
        self.assertAlmostEqual(
            float(distance(0, 179.5, 0, -179.5)), EARTH * pi / 180, 4
        )

    def test_destination_is_as_far_as_one_went(self) -> None:
        """One comes to where the distance and the direction lead."""
        lat, lon = destination(0, 179, 90, EARTH * pi / 90)
        self.assertAlmostEqual(float(lat), 0, 9)
        self.assertAlmostEqual(float(lon), -179, 9)
        over, behind = destination(80, 20, 0, EARTH * pi / 9)
        self.assertAlmostEqual(float(over), 80, 9)
        self.assertAlmostEqual(float(behind), -160, 9)

    def test_what_is_not_on_the_earth_is_refused(self) -> None:
        """A wrong number is named, with the range it should have been in."""
        for lat in (90.1, -91, nan, inf):
            with self.assertRaisesRegex(ValueError, r"-90\.\.90"):
                distance(lat, 0, 0, 0)
        for lon in (180.1, -181, nan):
            with self.assertRaisesRegex(ValueError, r"-180\.\.180"):
                distance(0, 0, [0, 0], [0, lon])
        for way in (nan, inf):
            with self.assertRaisesRegex(ValueError, "finite"):
                destination(0, 0, 0, way)
            with self.assertRaisesRegex(ValueError, "finite"):
                destination(0, 0, way, 1)


class BoxTests(SynchronousTestCase):
    def test_box_lies_across_the_antimeridian(self) -> None:
        """Its west is then more than its east, and it holds what is on both sides."""
        around = box(0, 179.9, 50_000)

        self.assertGreater(around.west, around.east)
        held = around.contains([0, 0, 0, 0], [180, -180, -179.9, 0])
        self.assertEqual(held.tolist(), [True, True, True, False])
        self.assertTrue(box(0, -179.9, 50_000).contains(0, 179.9))

    def test_box_of_a_circle_with_a_pole_has_all_longitudes(self) -> None:
        """It reaches to the pole and all around."""
        north, south = box(89, 30, 200_000), box(-89.9, 30, 200_000)

        self.assertEqual((north.west, north.north, north.east), (-180, 90, 180))
        self.assertEqual((south.west, south.south, south.east), (-180, -90, 180))
        self.assertEqual(box(10, 20, inf), Box(-90, -180, 90, 180))

    def test_border_on_the_antimeridian_has_two_names(self) -> None:
        """A box that ends at 180 degrees holds -180 as well."""
        held = Box(-1, 170, 1, 180).contains([0, 0, 0], [-180, -179.9, 175])

        self.assertEqual(held.tolist(), [True, False, True])

    def test_radius_is_not_negative(self) -> None:
        """A circle has a radius of 0 or more."""
        for radius in (-1, nan):
            with self.assertRaisesRegex(ValueError, "0 or more"):
                box(0, 0, radius)


class GreatCircleTests(SynchronousTestCase):
    def test_one_is_measured_as_many_are(self) -> None:
        """What is measured without arrays is the same; nowhere is no distance."""
        chance = random.Random(7)
        for _ in range(2000):
            ends = [chance.uniform(-90, 90), chance.uniform(-180, 180)]
            ends += chance.choice(
                [
                    [chance.uniform(-90, 90), chance.uniform(-180, 180)],
                    [-ends[0], ends[1] - 180 if ends[1] > 0 else ends[1] + 180],
                    [ends[0], ends[1]],
                    [90.0, 0.0],
                ]
            )
            found = great_circle(*ends)
            assert found is not None
            self.assertAlmostEqual(found, float(distance(*ends)), delta=1e-4)
        self.assertIsNone(great_circle(None, 1.0, 2.0, 3.0))
        self.assertIsNone(great_circle(1.0, None, 2.0, 3.0))
