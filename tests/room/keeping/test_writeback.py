"""Tests of Rooms whose entities are written back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import StateError
from nexus.room import Room
from nexus.room.keeping.durability import Durability
from nexus.state import State, Table, field, float32
from nexus.store.writeback import WriteBack
from nexus.testing import Harness
from tests.store.inline import InlineDatabase


class Npc(State):
    """An entity."""

    x: float32
    y: float32
    food: float32


class Village(State):
    """What there is."""

    npcs: Table[Npc] = field(transient=True)
    birds: Table[Npc]


class Town(Room[Village]):
    """A Room that keeps its entities, though nothing else."""

    back: WriteBack
    came = 0

    async def on_create(self, options: dict[str, Any]) -> None:
        """Go on with what is there."""
        self.state = Village()
        self.back = self.write_back(
            self.state.npcs, "town", region=lambda x, _: np.floor(x / 10)
        )
        self.came = await self.back.load(0)


class KeptTown(Town):
    """One that is kept, and sleeps when it is empty."""

    durability: Durability = "saved"  # type: ignore[misc]  # a ClassVar above
    hibernate_seconds = 5.0

    async def on_restore(self, info: Any) -> None:
        """Go on with what is there."""
        self.back = self.write_back(
            self.state.npcs, "town", region=lambda x, _: np.floor(x / 10)
        )
        self.came = await self.back.load(0)


class TownTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a database."""
        self.database = InlineDatabase()
        self.successResultOf(Deferred.fromCoroutine(self.database.start()))

    def house(self, room: type[Room[Any]] = Town) -> Harness:
        """Begin with a Node whose database that is."""
        house = Harness(room)
        self.addCleanup(house.close)
        house.matchmaker.around.database = self.database
        return house

    def town(self, house: Harness) -> Any:
        """Return the one Room that there is."""
        return house.rooms[0].room

    def foods(self) -> dict[float, float]:
        """Return the food that is written, by x."""
        reading = self.database.query("SELECT x, attributes FROM npcs")
        rows = self.successResultOf(Deferred.fromCoroutine(reading))
        return {row["x"]: json.loads(row["attributes"])["food"] for row in rows}

    def test_entities_outlive_their_room(self) -> None:
        """What changed last is written as the Room ends, and the next one has it."""
        house = self.house()
        ada = house.join_or_create()
        self.town(house).state.npcs.add(x=[1.0, 2.0, 11.0], food=0.5)
        house.advance(2.0)
        self.assertEqual(self.foods(), {1.0: 0.5, 2.0: 0.5, 11.0: 0.5})
        self.town(house).state.npcs.put(0, food=0.25)

        ada.leave()
        house.advance(0.1)

        self.assertEqual((house.rooms, self.foods()[1.0]), ([], 0.25))
        bob = house.join_or_create()
        self.assertEqual(self.town(house).came, 2)
        house.advance(0.1)
        self.assertEqual({bob.state.npcs[id_].x for id_ in bob.state.npcs}, {1.0, 2.0})

    def test_regions_are_told_to_clients(self) -> None:
        """Clients see a Region come and go."""
        house = self.house()
        ada = house.join_or_create()
        town = self.town(house)
        town.state.npcs.add(x=[11.0, 12.0, 25.0])
        house.advance(0.1)
        self.assertEqual(len(ada.state.npcs), 3)

        _ = town.back.unload(1)
        house.advance(1.0)
        self.assertEqual(len(ada.state.npcs), 1)
        _ = town.back.load(1)
        house.advance(1.0)
        self.assertEqual(len(ada.state.npcs), 3)

    def test_kept_room_rests_and_goes_on(self) -> None:
        """A Room that sleeps has written its entities, and loads them when it wakes."""
        house = self.house(KeptTown)
        ada = house.join_or_create()
        room_id = house.rooms[0].room_id
        self.town(house).state.npcs.add(x=[1.0], food=0.5)
        self.town(house).state.birds.add(x=[7.0])
        ada.leave()
        house.advance(30.0)
        self.assertEqual((house.rooms, self.foods()), ([], {1.0: 0.5}))

        house.join_by_id(room_id)

        town = self.town(house)
        self.assertEqual((town.came, len(town.state.npcs)), (1, 1))
        self.assertEqual(town.state.birds.column("x").tolist(), [7.0])

    def test_end_while_the_database_is_away(self) -> None:
        """A Room does not wait for ever to write what is dirty; the log says so."""
        house = self.house()
        ada = house.join_or_create()
        self.town(house).state.npcs.add(x=[1.0])
        self.database.away = 10**6

        ada.leave()
        house.advance(9.0)
        self.assertEqual(len(house.matchmaker.registry.closing), 1)
        house.advance(2.0)

        self.assertEqual(len(house.matchmaker.registry.closing), 0)
        self.database.away = 0
        house.advance(5.0)
        self.assertEqual(self.foods(), {})

    def test_room_that_is_cut_off_writes_nothing(self) -> None:
        """A Room that is not ours any more leaves its entities alone."""
        house = self.house()
        house.join_or_create()
        town = self.town(house)
        town.state.npcs.add(x=[1.0])

        town.actor.cut_off("somebody else runs it")
        house.advance(5.0)

        self.assertEqual(self.foods(), {})

    def test_what_is_refused(self) -> None:
        """Names, times and Tables that cannot be are refused, and say what can."""
        house = self.house(KeptTown)
        house.join_or_create()
        town = self.town(house)
        refused: Any = (("", None), ("a\nb", None), ("x" * 201, None), ("a", 0.01))
        for world, every in refused:
            with self.assertRaises(ValueError):
                town.write_back(town.state.birds, world, every=every)
        with self.assertRaisesRegex(StateError, "transient"):
            town.write_back(town.state.birds, "other")
        with self.assertRaisesRegex(StateError, "already"):
            town.write_back(town.state.npcs, "other")
        house.matchmaker.around.database = None
        with self.assertRaisesRegex(StateError, "DATABASE_URL"):
            town.write_back(town.state.birds, "other")
