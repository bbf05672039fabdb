"""Distances on the earth: great circles between positions in degrees."""

from __future__ import annotations

from math import asin, atan2, cos, isfinite, radians, sin, sqrt

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "EARTH",
    "Box",
    "arc",
    "box",
    "degrees_of",
    "destination",
    "distance",
    "great_circle",
    "reach_of",
]

#: The mean radius of the earth in metres.
EARTH = 6_371_008.8
#: Degrees that a box is wider than its circle, for what rounding does: 0.1 mm.
_MARGIN = 1e-9


def degrees_of(
    lat: ArrayLike, lon: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return latitudes and longitudes as arrays of degrees.

    Raises:
        ValueError: One of them is not on the earth.
    """
    lats, lons = np.asarray(lat, np.float64), np.asarray(lon, np.float64)
    # Comparisons are false for NaN as well.
    for name, values, most in (("latitude", lats, 90), ("longitude", lons, 180)):
        wrong = ~((values >= -most) & (values <= most))
        if wrong.any():
            raise ValueError(
                f"a {name} is within -{most}..{most} degrees, not {values[wrong][0]}"
            )
    return lats, lons


def distance(
    lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike
) -> NDArray[np.float64]:
    """Measure great circles in metres, between positions or arrays of them.

    The earth is taken as a ball of its mean radius. Against the ellipsoid of WGS84 a
    distance is wrong by at most 0.56 %; the sum itself is right to 0.1 mm, for near
    positions and for such as lie at opposite ends of the earth.

    Raises:
        ValueError: A latitude or longitude is NaN or out of its range.
    """
    return arc(*degrees_of(lat1, lon1), *degrees_of(lat2, lon2))


def arc(
    lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike
) -> NDArray[np.float64]:
    """Measure great circles in metres, of positions known to be on the earth."""
    north1, north2 = np.radians(lat1), np.radians(lat2)
    half = np.radians(np.subtract(lon2, lon1)) / 2
    both = np.cos(north1) * np.cos(north2)
    # The haversine of the angle, and that of the angle to the opposite end: the root
    # of one minus the first is worth nothing where the first is near one.
    here = np.sin((north2 - north1) / 2) ** 2 + both * np.sin(half) ** 2
    there = np.sin((north2 + north1) / 2) ** 2 + both * np.cos(half) ** 2
    metres: NDArray[np.float64] = np.arctan2(np.sqrt(here), np.sqrt(there))
    return metres * (2 * EARTH)


def great_circle(
    lat1: float | None, lon1: float | None, lat2: float, lon2: float
) -> float | None:
    """Measure one great circle in metres, as `arc` does; None: there is no position.

    For one at a time, as SQLite asks: numpy takes ten times as long for that.
    """
    if lat1 is None or lon1 is None:
        return None
    north1, north2 = radians(lat1), radians(lat2)
    half = radians(lon2 - lon1) / 2
    both = cos(north1) * cos(north2)
    here = sin((north2 - north1) / 2) ** 2 + both * sin(half) ** 2
    there = sin((north2 + north1) / 2) ** 2 + both * cos(half) ** 2
    return atan2(sqrt(here), sqrt(there)) * (2 * EARTH)


def destination(
    lat: ArrayLike, lon: ArrayLike, bearing: ArrayLike, metres: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Go so many metres along a great circle, and return latitude and longitude.

    Args:
        lat: Where one starts.
        lon: Where one starts.
        bearing: The direction in degrees, clockwise from north; any finite number.
        metres: How far, any finite number.

    Raises:
        ValueError: A position that is not on the earth, or no way.
    """
    lats, lons = degrees_of(lat, lon)
    course = np.radians(np.asarray(bearing, np.float64))
    angle = np.asarray(metres, np.float64) / EARTH
    if not (np.isfinite(course).all() and np.isfinite(angle).all()):
        raise ValueError("a bearing and a way are finite numbers")
    north = np.radians(lats)
    ahead = np.cos(north) * np.cos(angle) - np.sin(north) * np.sin(angle) * np.cos(
        course
    )
    aside = np.sin(course) * np.sin(angle)
    up = np.sin(north) * np.cos(angle) + np.cos(north) * np.sin(angle) * np.cos(course)
    east = lons + np.degrees(np.arctan2(aside, ahead))
    # The root keeps its digits at the poles, where an arc sine would lose half of them.
    return np.degrees(np.arctan2(up, np.hypot(ahead, aside))), (east + 180) % 360 - 180


@frozen
class Box:
    """A part of the earth between two latitudes and two longitudes.

    Where `west` is more than `east`, it lies across the antimeridian.
    """

    south: float
    west: float
    north: float
    east: float

    def contains(self, lat: ArrayLike, lon: ArrayLike) -> NDArray[np.bool_]:
        """Say of each position whether it lies in the box; its border does."""
        lats, lons = degrees_of(lat, lon)
        west, east = lons >= self.west, lons <= self.east
        across = self.west > self.east
        beside = west | east if across else west & east
        if abs(self.west) == 180 or abs(self.east) == 180:
            # The antimeridian has two names.
            beside |= np.abs(lons) == 180
        inside: NDArray[np.bool_] = np.asarray(
            (lats >= self.south) & (lats <= self.north)
        )
        # All meridians meet at a pole.
        inside &= beside | (np.abs(lats) == 90)
        return inside


def box(lat: float, lon: float, metres: float) -> Box:
    """Return the smallest Box around a circle, but for a tenth of a millimetre.

    A circle that holds a pole reaches through all longitudes.

    Raises:
        ValueError: A centre that is not on the earth, or a radius below 0.
    """
    degrees_of(lat, lon)
    angle = reach_of(metres)
    south, north = lat - angle - _MARGIN, lat + angle + _MARGIN
    if south <= -90 or north >= 90:
        return Box(max(south, -90.0), -180.0, min(north, 90.0), 180.0)
    # The outermost meridians touch the circle; they do not meet it beside its centre.
    sine = sin(radians(angle)) / cos(radians(lat))
    wide = float(np.degrees(asin(min(sine, 1.0)))) + _MARGIN / cos(
        radians(max(north, -south))
    )
    if wide >= 180:
        return Box(south, -180.0, north, 180.0)
    west, east = lon - wide, lon + wide
    return Box(
        south,
        west + 360 if west < -180 else west,
        north,
        east - 360 if east > 180 else east,
    )


def reach_of(metres: float) -> float:
    """Return a radius in degrees, at most half around the earth.

    Raises:
        ValueError: It is negative or NaN.
    """
    if not metres >= 0:
        raise ValueError(f"a radius is 0 or more metres, not {metres}")
    return float(np.degrees(min(metres / EARTH, np.pi))) if isfinite(metres) else 180.0
