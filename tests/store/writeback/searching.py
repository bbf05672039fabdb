"""What a search for who is near finds, whichever the database is."""

from __future__ import annotations

from math import hypot, inf, nan
from random import Random
from typing import Any

import numpy as np

from nexus.errors import FieldError
from nexus.geo import destination, distance
from nexus.state import State, Table, float32, uint16
from nexus.store.port import Damaged
from nexus.store.writeback import Neighbour
from tests.store.writeback import contract
from tests.store.writeback.life import Job, Life

__all__ = ["Places", "SearchContract"]

#: What rounding may add to a distance: a part of it, and a part of a millimetre.
_PART = 1e-7
_LEAST = 1e-4


class Spot(State):
    """An entity that is somewhere."""

    x: float
    y: float
    kind: Job
    is_open: bool
    number: uint16
    weight: float32 = 0.1


class Ship(State):
    """An entity whose position has other names."""

    lat: float
    lon: float


class Ships(State):
    """Where they are."""

    npcs: Table[Ship]


class Places(State):
    """Where they are."""

    npcs: Table[Spot]


class SearchContract(contract.RealCase):
    """What a search finds, whichever the database is."""

    def places(self, **more: Any) -> Life:
        """Begin a life of a world in which all are in one Region."""
        return self.lives(root=Places(), region=None, **more)

    def agree(
        self,
        found: list[Neighbour],
        far: dict[int, float],
        radius: float,
        most: int,
    ) -> None:
        """Compare what was found with how far all are."""
        distances = [each.distance for each in found]
        self.assertEqual(distances, sorted(distances))
        self.assertEqual(len({each.id for each in found}), len(found))
        for each in found:
            self.assertLess(
                abs(each.distance - far[each.values["number"]]),
                _LEAST + _PART * far[each.values["number"]],
            )
        slack = _LEAST + _PART * radius if radius < inf else 0.0
        surely = sorted(each for each in far.values() if each < radius - slack)
        maybe = sum(each <= radius + slack for each in far.values())
        self.assertTrue(min(most, len(surely)) <= len(found) <= min(most, maybe))
        for one, other in zip(distances, surely, strict=False):
            self.assertLess(abs(one - other), _LEAST + _PART * other)

    async def test_plane(self) -> None:
        """On a plane all are found who are near, and nobody else, the nearest first."""
        random, life = Random(3), self.places()
        other = self.places(world="elsewhere")
        where = [
            (random.gauss(0, 10 ** random.uniform(-1, 4)), random.gauss(50, 100))
            for _ in range(400)
        ]
        where += [*where[:20], (5e-324, 1e-200), (1e-170, 50.0), (-1e30, 1e29)]
        life.npcs.add(x=[1e31, 0.0, 1e308], y=[0.0, -1e150, -1e308], number=9999)
        x, y = zip(*where, strict=True)
        life.npcs.add(x=x, y=y, number=np.arange(len(x)))
        other.npcs.add(x=x[:50], y=y[:50])
        await life.back.flush()
        await other.back.flush()
        for turn in range(60):
            at = random.gauss(0, 100), random.gauss(0, 100)
            at = where[turn] if turn < 20 else at
            far = {
                number: hypot(each[0] - at[0], each[1] - at[1])
                for number, each in enumerate(where)
            }
            radius, most = 10 ** random.uniform(-2, 4), random.choice([1, 7, 500])

            self.agree(
                await life.back.within(*at, radius, most=most), far, radius, most
            )
            self.agree(await life.back.nearest(*at, most), far, inf, most)

    async def test_earth(self) -> None:
        """Neither the poles nor the antimeridian are in the way."""
        random, life = Random(4), self.places(earth=True)
        centres = [(0, 0), (51.5, -0.1), (-16.9, 180), (90, 0), (-89.99, 20), (7, -179)]
        where = []
        for centre in centres * 50:
            lat, lon = destination(
                *centre, random.uniform(0, 360), 10 ** random.uniform(0, 7.3)
            )
            where.append((float(lat), float(lon)))
        where += [(5e-324, -1e-310), (-1e-200, 1e-180), (-90.0, 180.0), (0.0, -180.0)]
        where += [(10.0, 180.0), (10.0, -180.0), (0.0, 10.0), (1e-20, 10.0)] * 2
        x, y = zip(*where, strict=True)
        life.npcs.add(x=x, y=y, number=np.arange(len(x)))
        await life.back.flush()
        for turn in range(80):
            at = centres[turn % 6] if turn < 12 else where[random.randrange(len(where))]
            far = dict(enumerate(distance(np.array(x), np.array(y), *at).tolist()))
            radius, most = 10 ** random.uniform(0, 7.4), random.choice([1, 7, 500])

            self.agree(
                await life.back.within(*at, radius, most=most), far, radius, most
            )
            self.agree(await life.back.nearest(*at, most), far, inf, most)

    async def test_what_is_found_is_whole(self) -> None:
        """Who is found has its fields as an author has them, be it loaded or not."""
        life = self.places()
        life.npcs.add(x=[3.0, 8.0], y=4.0, kind=[Job.SMITH, Job.FARMER], is_open=True)
        await life.back.flush()
        await life.back.unload(0)

        found = await life.back.nearest(0, 0)

        values = {"x": 3.0, "y": 4.0, "kind": Job.SMITH, "is_open": True, "number": 0}
        values["weight"] = float(np.float32(0.1))
        [row] = await self.database.query("SELECT id FROM npcs WHERE x = ?", 3.0)
        self.assertEqual(found, [Neighbour(row["id"], 0, 5.0, values)])
        self.assertIs(type(found[0].values["is_open"]), bool)

    async def test_who_stands_there_is_found(self) -> None:
        """Within a radius of nothing is who stands at that very place."""
        for earth in (False, True):
            life = self.places(world=str(earth), earth=earth)
            places = [(0.0, 0.0), (51.25, -0.125), (-17.5, 180.0)]
            life.npcs.add(x=[x for x, _ in places], y=[y for _, y in places])
            await life.back.flush()
            for place in places:
                self.assertEqual(len(await life.back.within(*place, 0)), 1)

    async def test_numbers_of_any_kind(self) -> None:
        """Numbers may be numpy's; what is none is refused by its name."""
        life = self.places()
        life.npcs.add(x=[3.0], y=4.0)
        await life.back.flush()
        zero, five = np.float32(0), np.float64(5.5)
        for radius in (five, np.float32(6), np.int64(6), 6, 10**25):
            found = await life.back.within(zero, zero, radius, most=np.int64(3))
            self.assertEqual(len(found), 1)
        for wrong, said in (
            (("3", 0, 1), "x is a number"),
            ((0, None, 1), "y is a number"),
            ((0, 0, True), "radius is a number"),
        ):
            error = await self.assertFailure(life.back.within(*wrong), TypeError)
            self.assertIn(said, str(error))
        for count in (1.5, True, "1"):
            error = await self.assertFailure(life.back.nearest(0, 0, count), TypeError)
            self.assertIn("a whole number of entities", str(error))

    async def test_a_position_has_fields(self) -> None:
        """Who forgot to name them is told, rather than that nobody is there."""
        life = self.lives(root=Ships(), region=None, earth=True)

        error = await self.assertFailure(life.back.nearest(0, 0), FieldError)

        self.assertIn("no field 'x' for a position", str(error))

    async def test_other_worlds_are_not_in_the_way(self) -> None:
        """Each world has its own nearest ones, however many others stand there."""
        for earth in (False, True):
            crowd = self.places(world=f"crowd {earth}", earth=earth)
            few = self.places(world=f"few {earth}", earth=earth)
            crowd.npcs.add(x=np.linspace(0, 1, 900), y=0.0)
            few.npcs.add(x=[80.0, 40.0], y=[170.0, 20.0])
            await crowd.back.flush()
            await few.back.flush()

            found = await few.back.nearest(0, 0, 5)

            self.assertEqual([each.values["x"] for each in found], [40.0, 80.0])
            none = self.places(world=f"none {earth}", earth=earth)
            self.assertEqual(await none.back.nearest(0, 0, 5), [])

    async def test_values_that_cannot_be(self) -> None:
        """What somebody wrote by hand is refused, as it is when it is loaded."""
        life = self.places()
        life.npcs.add(x=[3.0], y=4.0)
        await life.back.flush()
        for text in ('{"is_open":"false"}', '{"number":"abc"}', '{"weight":1e300}'):
            await self.database.transact(
                lambda t, text=text: t.execute("UPDATE npcs SET attributes = ?", text)
            )
            await self.assertFailure(life.back.nearest(0, 0), Damaged)

    async def test_what_is_nowhere_is_not_found(self) -> None:
        """Entities without a position are not, nor what is not on the earth."""
        plane, earth = self.places(), self.places(world="earth", earth=True)
        for life in (plane, earth):
            life.npcs.add(x=[95.0, 0.5], y=[10.0, -200.0])
            await life.back.flush()
        await self.database.transact(_strip)

        self.assertEqual(len(await plane.back.nearest(0, 0, 9)), 1)
        self.assertEqual(len(await plane.back.within(0, 0, 1e9)), 1)
        self.assertEqual(await earth.back.nearest(0, 0, 9), [])
        self.assertEqual(await earth.back.within(0, 0, 3e7), [])

    async def test_what_cannot_be_is_refused(self) -> None:
        """No position, no radius and too many are refused, with what would be right."""
        plane, earth = self.places(), self.places(world="earth", earth=True)
        for back, search, said in (
            (plane.back, (nan, 0, 1), "two numbers up to 1e+30"),
            (plane.back, (0, inf, 1), "two numbers up to 1e+30"),
            (plane.back, (0, 0, -1), "0 or more"),
            (plane.back, (0, 0, inf), "without end"),
            (earth.back, (91, 0, 1), "latitude is within -90..90"),
            (earth.back, (0, 181, 1), "longitude is within -180..180"),
            (earth.back, (0, 0, nan), "0 or more"),
        ):
            error = await self.assertFailure(back.within(*search), ValueError)
            self.assertIn(said, str(error))
        for count in (0, 501):
            error = await self.assertFailure(
                plane.back.nearest(0, 0, count), ValueError
            )
            self.assertIn("1 to 500 entities", str(error))
            await self.assertFailure(plane.back.within(0, 0, 1, most=count), ValueError)


async def _strip(transaction: Any) -> None:
    """Take the positions away of those at y = -200 on the plane."""
    await transaction.execute(
        "UPDATE npcs SET x = NULL WHERE world = 'town' AND y = -200"
    )
