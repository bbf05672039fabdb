"""Cells of the whole earth: bands of latitude, each parted into near squares."""

from __future__ import annotations

from math import isfinite, pi
from typing import Final

import numpy as np
from attrs import field, frozen
from numpy.typing import ArrayLike, NDArray

from nexus.geo.distance import EARTH, arc, degrees_of
from nexus.geo.span import spans

__all__ = ["Globe"]

#: Metres by which Cells count as nearer than they are, for what rounding does.
_SLACK: Final = 1e-3
#: With smaller Cells their numbers would not fit an int32.
_SMALLEST: Final = 500.0


def _bands(side: float) -> int:
    """Return how many bands of so many metres lie between the poles."""
    return max(1, round(pi * EARTH / side))


@frozen(eq=False)
class Globe:
    """Parts the earth (WGS84, in degrees) into Cells that are nearly square.

    Bands of the same height lie between the poles. Each is parted into as many Cells as
    keep them about as wide as they are high: many at the equator, three at a pole. They
    are numbered band by band from the south, and eastwards from the antimeridian.

        globe = Globe(cell=5_000)
        globe.cells([52.5, -33.9], [13.4, 151.2])

    It answers as a `Grid` does, with latitude and longitude in place of x and y and
    with metres for distances, so that a `Placement` and the queries take either.

    Args:
        cell: How wide and high a Cell is, about, in metres; at least 500.

    Attributes:
        side: The same.
        count: How many Cells there are.
    """

    side: float = field(alias="cell")
    count: int = field(init=False)
    _height: float = field(init=False)
    _widths: NDArray[np.int64] = field(init=False, repr=False)
    _firsts: NDArray[np.int64] = field(init=False, repr=False)

    @side.validator
    def _check(self, _: object, side: float) -> None:
        if not (isfinite(side) and side >= _SMALLEST):
            raise ValueError(f"a cell of a globe has 500 metres or more, not {side}")

    def __attrs_post_init__(self) -> None:
        bands = _bands(self.side)
        height = 180 / bands
        middle = np.radians((np.arange(bands) + 0.5) * height - 90)
        around = np.cos(middle) * (2 * pi * EARTH / self.side)
        widths = np.maximum(1, np.rint(around)).astype(np.int64)
        firsts = np.concatenate([[0], np.cumsum(widths)])
        for name, value in (
            ("_height", height),
            ("_widths", widths),
            ("_firsts", firsts),
            ("count", int(firsts[-1])),
        ):
            object.__setattr__(self, name, value)

    def cells(self, lat: ArrayLike, lon: ArrayLike) -> NDArray[np.int32]:
        """Return the Cell of each position; both names of the antimeridian are one.

        Raises:
            ValueError: A latitude or longitude is NaN or out of its range.
        """
        lats, lons = degrees_of(lat, lon)
        bands = self._band(lats)
        widths = self._widths[bands]
        columns = ((lons + 180) / 360 * widths).astype(np.int64) % widths
        return (self._firsts[bands] + columns).astype(np.int32)

    def cell(self, lat: float, lon: float) -> int:
        """Return the Cell of one position.

        Raises:
            ValueError: The latitude or longitude is NaN or out of its range.
        """
        return int(self.cells(lat, lon))

    def square(self, cell: int) -> tuple[float, float, float, float]:
        """Return where a Cell ends: south, west, north, east."""
        if not 0 <= cell < self.count:
            raise IndexError(f"cells are numbered 0..{self.count - 1}, not {cell}")
        band = int(np.searchsorted(self._firsts, cell, "right")) - 1
        width = 360 / int(self._widths[band])
        west = (cell - int(self._firsts[band])) * width - 180
        south = band * self._height - 90
        return south, west, south + self._height, west + width

    def distance(
        self, cells: ArrayLike, lat: ArrayLike, lon: ArrayLike
    ) -> NDArray[np.float64]:
        """Measure how far each Cell is from a position, or from one of its own.

        In metres; within a Cell that is 0.

        Raises:
            ValueError: A latitude or longitude is NaN or out of its range.
        """
        lats, lons = degrees_of(lat, lon)
        return self._distance(np.asarray(cells, np.int64), lats, lons)

    def around(self, lat: float, lon: float, radius: float) -> NDArray[np.int32]:
        """Return the Cells that a circle touches, nearest first, then by number.

        Raises:
            ValueError: The centre is not on the earth, or the radius is below 0.
        """
        cells, _ = self.touching(lat, lon, radius)
        order = self.distance(cells, lat, lon).argsort(kind="stable")
        return cells[order]

    def touching(
        self, lat: ArrayLike, lon: ArrayLike, radius: ArrayLike
    ) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
        """Return the Cells that each of many circles touches, by number.

        Returns:
            The Cells of all circles one after the other, and at which of them each
            circle begins and the last one ends.

        Raises:
            ValueError: A centre is not on the earth, or a radius is below 0.
        """
        lats, lons, reach = np.broadcast_arrays(*degrees_of(lat, lon), radius)
        lats, lons, reach = np.ravel(lats), np.ravel(lons), np.ravel(reach)
        if not (reach >= 0).all():
            raise ValueError("a radius is 0 or more metres")
        reach = np.minimum(reach, pi * EARTH) + _SLACK
        high = np.degrees(reach / EARTH)
        south = self._band(np.maximum(lats - high, -90))
        count = self._band(np.minimum(lats + high, 90)) - south + 1
        circle = np.repeat(np.arange(lats.size), count)
        bands = spans(south, count)
        first, count = self._columns(bands, lats[circle], lons[circle], high[circle])
        circle, bands = np.repeat(circle, count), np.repeat(bands, count)
        cells = self._firsts[bands] + spans(first, count) % self._widths[bands]
        near = self._distance(cells, lats[circle], lons[circle]) <= reach[circle]
        cells, circle = cells[near].astype(np.int32), circle[near]
        order = np.lexsort((cells, circle))
        return cells[order], np.searchsorted(circle, np.arange(lats.size + 1))

    def apart(
        self, lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike
    ) -> NDArray[np.float64]:
        """Measure how far positions are apart, in metres along great circles."""
        return arc(lat1, lon1, lat2, lon2)

    def _band(self, lats: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the band of each latitude; the north pole belongs to the last one."""
        bands = ((lats + 90) / self._height).astype(np.int64)
        return np.minimum(bands, self._widths.size - 1)

    def _columns(
        self,
        bands: NDArray[np.intp],
        lats: NDArray[np.float64],
        lons: NDArray[np.float64],
        high: NDArray[np.float64],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where in each band a circle begins to touch Cells, and how many.

        Some may be too many, and the first may lie west of the antimeridian.
        """
        widths = self._widths[bands]
        sine = np.sin(np.radians(np.minimum(high, 90))) / np.maximum(
            np.cos(np.radians(lats)), 1e-300
        )
        half = np.degrees(np.arcsin(np.minimum(sine, 1)))
        # A circle that holds a pole meets every meridian.
        half[np.abs(lats) + high >= 90] = 180
        west = np.floor((lons - half + 180) / 360 * widths - 1e-6).astype(np.int64)
        east = np.floor((lons + half + 180) / 360 * widths + 1e-6).astype(np.int64)
        return west, np.minimum(east - west + 1, widths)

    def _distance(
        self, cells: NDArray[np.int64], lat: ArrayLike, lon: ArrayLike
    ) -> NDArray[np.float64]:
        """Measure how far Cells are from a position, or each from one of its own."""
        bands = np.searchsorted(self._firsts, cells, "right") - 1
        south = bands * self._height - 90
        north = np.minimum(south + self._height, 90)
        half = 180 / self._widths[bands]
        middle = (cells - self._firsts[bands]) * (2 * half) + half - 180
        beside = np.abs((np.subtract(lon, middle) + 180) % 360 - 180) - half
        beside = np.maximum(beside, 0)
        # What is nearest lies on the nearer meridian: where the great circle through
        # the position meets it squarely, or else at one of its ends.
        up, turn = np.radians(lat), np.radians(beside)
        best = np.degrees(np.arctan2(np.sin(up), np.cos(up) * np.cos(turn)))
        below = np.cos(np.radians(south - best)) > np.cos(np.radians(north - best))
        end = np.where(below, south, north)
        nearest = np.where((best >= south) & (best <= north), best, end)
        return arc(nearest, beside, lat, 0.0)
