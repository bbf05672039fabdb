"""Search: who is near in the database, whether or not it is in memory.

On a plane, or on the earth: then x is a latitude and y a longitude in degrees, and
distances are metres of great circles, as `nexus.geo` measures them. The answers are the
same wherever they come from. With PostGIS they are found by an index; elsewhere each
entity of the world is looked at, in the database.
"""

from __future__ import annotations

from math import inf, pi, sqrt
from operator import index
from typing import Any, Final, SupportsFloat, SupportsIndex

from attrs import define, field, frozen

from nexus.geo.distance import EARTH, degrees_of, reach_of
from nexus.store.port import Database, Dialect, Value
from nexus.store.writeback.spelling import Spelling

__all__ = ["MOST_FOUND", "Neighbour", "Search"]

# ruff: noqa: S608  -- what is put into SQL here are names, never values

#: So many are found at once, at most.
MOST_FOUND: Final = 500

#: What is farther away no index knows, and nobody looks for.
_FARTHEST: Final = 1e30
_ON_PLANE: Final = (
    f"x BETWEEN {-_FARTHEST} AND {_FARTHEST} AND y BETWEEN {-_FARTHEST} AND {_FARTHEST}"
)
#: On the earth, so many metres are no distance.
_ROUNDING: Final = 1e-6
#: Where distances give no order, who is near is looked for in so many metres, and then
#: in so many times as many.
_FIRST_RADIUS: Final = 1000.0
_GROWTH: Final = 2.0
_ON_EARTH: Final = "x BETWEEN -90 AND 90 AND y BETWEEN -180 AND 180"

#: No angle is so small that PostgreSQL would refuse what comes of it; nor so far from
#: what it is that anybody could tell.
_GRAIN: Final = 1e-30
#: The haversine of an angle, and that of the angle to the opposite end.
_HERE: Final = f"""power(sin(radians(? - (x + {_GRAIN})) / 2), 2)
    + cos(radians(x + {_GRAIN})) * cos(radians(?))
    * power(sin(radians(? - (y + {_GRAIN})) / 2), 2)"""
_THERE: Final = f"""power(sin(radians(? + (x + {_GRAIN})) / 2), 2)
    + cos(radians(x + {_GRAIN})) * cos(radians(?))
    * power(cos(radians(? - (y + {_GRAIN})) / 2), 2)"""


@frozen
class Neighbour:
    """An entity in the database, as it was when it was written last.

    Attributes:
        id: What the world calls it.
        region: Where it belongs.
        distance: How far it is from where was asked.
        values: Its fields.
    """

    id: int
    region: int
    distance: float
    values: dict[str, Any]


@frozen
class _Way:
    """How distances are found in SQL.

    Attributes:
        distance: An expression, and what it asks for: x and y as often as it says.
        asks: Which of (x, y) these are.
        near: What those fulfil who are within a radius, and maybe others.
        near_asks: Which of (x, y, radius, degrees) these are.
        is_square: Whether the distance still is to be drawn the root of.
        is_indexed: Whether an index gives them in the order of their distances, and of
            nothing else.
    """

    distance: str
    asks: str
    near: str
    near_asks: str
    is_square: bool = False
    is_indexed: bool = False


_NEAR_PLANE: Final = (
    f"{_ON_PLANE} AND x BETWEEN ? - ? AND ? + ? AND y BETWEEN ? - ? AND ? + ?"
)
_NEAR_EARTH: Final = f"{_ON_EARTH} AND x BETWEEN ? - ? AND ? + ?"
_WAYS: Final[dict[tuple[str, bool], _Way]] = {
    ("sqlite", False): _Way(
        "(x - ?) * (x - ?) + (y - ?) * (y - ?)",
        "xxyy",
        _NEAR_PLANE,
        "xrxryryr",
        is_square=True,
    ),
    ("postgresql", False): _Way(
        "point(x, y) <-> point(?, ?)", "xy", _NEAR_PLANE, "xrxryryr"
    ),
    # It is a function of ours, as SQLite need not have any of an angle.
    ("sqlite", True): _Way("earth_distance(x, y, ?, ?)", "xy", _NEAR_EARTH, "xdxd"),
    ("postgresql", True): _Way(
        f"{2 * EARTH} * atan2(sqrt({_HERE}), sqrt({_THERE}))",
        "xxyxxy",
        _NEAR_EARTH,
        "xdxd",
    ),
    ("postgis", False): _Way(
        "ST_MakePoint(x, y) <-> ST_MakePoint(?, ?)",
        "xy",
        f"{_ON_PLANE} AND ST_DWithin(ST_MakePoint(x, y), ST_MakePoint(?, ?), ?)",
        "xyr",
        is_indexed=True,
    ),
    ("postgis", True): _Way(
        "ST_MakePoint(y, x)::geography <-> ST_MakePoint(?, ?)::geography",
        "yx",
        f"{_ON_EARTH} AND ST_DWithin(ST_MakePoint(y, x)::geography,"
        " ST_MakePoint(?, ?)::geography, ?, false)",
        "yxr",
        is_indexed=True,
    ),
}


@define(eq=False)
class Search:
    """Finds entities of one world in a database by where they are.

    Args:
        database: The database.
        world: What the world is called.
        spelling: How their fields are spelt.
        earth: Whether positions are latitudes and longitudes.
    """

    _database: Database
    _world: str
    _spelling: Spelling
    _earth: bool
    _way: _Way = field(init=False)

    def __attrs_post_init__(self) -> None:
        where = self._database.dialect.value
        if self._database.dialect is Dialect.POSTGRESQL and self._database.has_postgis:
            where = "postgis"
        self._way = _WAYS[where, self._earth]

    async def within(
        self, x: float, y: float, radius: float, most: int
    ) -> list[Neighbour]:
        """Return who is within a radius, the nearest first.

        Raises:
            FieldError: The Table has no such fields for a position.
            TypeError: Something else than numbers is given.
            ValueError: That is no position, no radius, or too many are asked for.
            Damaged: One of them cannot be read.
        """
        given, most = self._given(x, y), _count(most)
        radius = _number("radius", radius)
        if not 0 <= radius < inf:
            raise ValueError(f"a radius is 0 or more, and not without end: {radius}")
        return await self._within(given, radius, most)

    async def nearest(self, x: float, y: float, count: int) -> list[Neighbour]:
        """Return the nearest ones, the nearest first.

        Raises:
            FieldError: The Table has no such fields for a position.
            TypeError: Something else than numbers is given.
            ValueError: That is no position, or too many are asked for.
            Damaged: One of them cannot be read.
        """
        given, count = self._given(x, y), _count(count)
        if not self._earth:
            return await self._ask(given, _ON_PLANE, [], count)
        if not self._way.is_indexed:
            return await self._ask(given, _ON_EARTH, [], count)
        # In what order PostGIS's index has them is wrong now and then, as where one
        # stands at longitude 180 and another at -180; who is within a radius never is.
        radius = _FIRST_RADIUS
        while True:
            found = await self._within(given, radius, count)
            if len(found) == count or radius > pi * EARTH:
                return found
            radius *= _GROWTH

    async def _within(
        self, given: dict[str, Value], radius: float, most: int
    ) -> list[Neighbour]:
        radius = min(radius, 4 * _FARTHEST)
        if self._earth:
            radius += _ROUNDING
            given["d"] = reach_of(radius)
        given["r"] = radius
        asks = [given[each] for each in self._way.near_asks]
        found = await self._ask(given, self._way.near, asks, most)
        return [each for each in found if each.distance <= radius]

    async def _ask(
        self, given: dict[str, Value], which: str, asks: list[Value], most: int
    ) -> list[Neighbour]:
        """Return the nearest of those who fulfil something."""
        way = self._way
        sql = (
            f"SELECT id, region, x, y, kind, attributes, {way.distance} AS distance"
            f" FROM npcs WHERE world = ? AND {which} ORDER BY distance"
        )
        if way.is_indexed and not asks:
            sql = f"SELECT * FROM ({sql} LIMIT ?) AS near ORDER BY distance, id"
        else:
            sql += ", id LIMIT ?"
        rows = await self._database.query(
            sql,
            *(given[each] for each in way.asks),
            self._world,
            *asks,
            most,
        )
        values = self._spelling.values(rows)
        return [
            Neighbour(row["id"], row["region"], self._far(row["distance"]), each)
            for row, each in zip(rows, values, strict=True)
        ]

    def _given(self, x: float, y: float) -> dict[str, Value]:
        """Return what a query asks for."""
        self._spelling.expect_place()
        x, y = _number("x", x), _number("y", y)
        if self._earth:
            _ = degrees_of(x, y)
        elif not (abs(x) <= _FARTHEST and abs(y) <= _FARTHEST):
            raise ValueError(
                f"a position is two numbers up to {_FARTHEST}, not ({x}, {y})"
            )
        return {
            name: each if abs(each) > _GRAIN else 0.0
            for name, each in (("x", x), ("y", y))
        }

    def _far(self, distance: float) -> float:
        return sqrt(distance) if self._way.is_square else distance


def _number(name: str, value: Any) -> float:
    """Return a number of any kind as a float."""
    if isinstance(value, bool | str | bytes) or not isinstance(value, SupportsFloat):
        raise TypeError(f"{name} is a number, not {value!r}")
    return float(value)


def _count(value: Any) -> int:
    """Return how many are to be found."""
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        raise TypeError(f"a whole number of entities is found, not {value!r}")
    count = index(value)
    if not 1 <= count <= MOST_FOUND:
        raise ValueError(f"1 to {MOST_FOUND} entities are found, not {count}")
    return count
