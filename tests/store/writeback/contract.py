"""What a database keeps of entities, whichever it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import Enum
from math import inf, nan
from random import Random
from typing import Annotated, Any

import numpy as np
from twisted.internet import reactor  # noqa: TID251  # for real input and output
from twisted.trial.unittest import TestCase

from nexus.state import (
    State,
    Table,
    field,
    int32,
    quantized,
    uint8,
    uint64,
)
from nexus.store.port import Database
from nexus.store.writeback import TakenOver
from tests.store.writeback.life import Life

__all__ = ["NpcContract", "RealCase"]


class Mood(Enum):
    """How a creature feels."""

    GLAD = "g"
    SAD = "s"


class Creature(State):
    """An entity with a field of each kind."""

    x: Annotated[float, quantized(-5, 5, 16)]
    y: int32
    real: float
    odd: float = field(special=True)
    big: uint64
    seen: datetime
    asleep: bool
    mood: Mood
    path: uint8 = field(transient=True)


class Zoo(State):
    """Where creatures are."""

    npcs: Table[Creature]


class RealCase(TestCase):
    """A test on a real database, through its port alone."""

    database: Database

    def make_database(self) -> Database:
        """Make one that is not started."""
        raise NotImplementedError

    async def setUp(self) -> None:
        """Start it."""
        self.database = self.make_database()
        await self.database.start()
        self.addCleanup(self.database.close)

    def lives(self, **more: Any) -> Life:
        """Begin a life of a world."""
        life = Life(self.database, reactor, **more)
        self.addCleanup(life.back.stop)
        return life


class NpcContract(RealCase):
    """What a database keeps of entities."""

    async def test_fields_of_all_kinds_come_back(self) -> None:
        """Each value comes back bit by bit, and can be read in SQL."""
        moment = datetime(2026, 1, 2, 3, 4, 5, 6000, tzinfo=UTC)
        values: dict[str, Any] = {
            "x": np.array([-5.0, 1.2345, 4.9]),
            "y": [-(2**31), 0, 2**31 - 1],
            "real": [0.1, -1e300, 5e-324],
            "odd": [nan, -inf, 0.1],
            "big": np.array([2**64 - 1, 0, 1], np.uint64),
            "seen": moment,
            "asleep": [True, False, True],
            "mood": [Mood.SAD, Mood.GLAD, Mood.SAD],
            "path": 3,
        }
        first = self.lives(root=Zoo(), region=None)
        first.npcs.add(**values)
        await first.back.flush()
        rows = first.npcs.rows
        before = {name: each[rows] for name, each in first.npcs.columns.items()}
        second = self.lives(root=Zoo(), region=None)

        self.assertEqual(await second.back.load(0), 3)

        rows = second.npcs.rows
        for name, column in second.npcs.columns.items():
            expected = before[name] if name != "path" else np.zeros(3)
            np.testing.assert_array_equal(column[rows], expected, name)
        found = await self.database.query("SELECT x, attributes FROM npcs ORDER BY id")
        read = json.loads(found[1]["attributes"])
        self.assertEqual((read["mood"], float(read["real"])), ("GLAD", -1e300))
        self.assertEqual(found[0]["x"], -5.0)

    async def test_positions_come_back(self) -> None:
        """A position is what it was, however small or large."""
        first = self.lives(region=None)
        first.npcs.add(x=[3e38, 0.1], y=[1e-40, -0.3])
        await first.back.flush()
        second = self.lives(region=None)
        await second.back.load(0)

        for name in "xy":
            held, given = (
                each.npcs.column(name)[:2].tolist() for each in (second, first)
            )
            self.assertEqual(held, given)

    async def test_entities_are_updated_and_deleted(self) -> None:
        """Rounds, Regions and deletions leave what a dict would hold."""
        random = Random(5)
        life = self.lives(every=0.05)
        ids = life.npcs.add(x=[random.uniform(0, 30) for _ in range(1300)])
        await life.back.flush()
        life.npcs.put(life.npcs.find(ids[::3]), food=2.0)
        life.npcs.remove(ids[1::3])
        expected = life.foods()
        gone = sum([await life.back.unload(region) for region in range(3)])
        self.assertEqual((gone, len(life.npcs)), (len(expected), 0))

        came = sum([await life.back.load(region) for region in range(3)])

        self.assertEqual((came, life.foods()), (gone, expected))
        await life.back.flush()
        self.assertEqual(life.back.dirty, 0)

    async def test_the_newest_alone_writes(self) -> None:
        """Who lost the world writes nothing."""
        first, second = self.lives(), self.lives()
        first.npcs.add(x=[1.0])
        await first.back.flush()
        await second.back.flush()
        first.npcs.add(x=[2.0])

        await self.assertFailure(first.back.flush(), TakenOver)

        [row] = await self.database.query("SELECT COUNT(*) AS n FROM npcs")
        self.assertEqual(row["n"], 1)
