"""Tests of `nexus.match.keeper.refilling`: rows of Tables come back with their Room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.app import App
from nexus.archive.kept import KeptRoom
from nexus.archive.port import Status
from nexus.errors import Refused
from nexus.journal.chain import DamagedJournal
from nexus.limit import Limits
from nexus.room import Room
from nexus.room.keeping.restoring import Restoring
from nexus.state import Map, State, Table, field, float32, int16, quantized, uint8
from nexus.testing import Harness


class Npc(State):
    x: float32
    food: Annotated[float, quantized(0, 1, 8)] = 0.5


class Town(State):
    npcs: Table[Npc]
    birds: Table[Npc] = field(transient=True)


class Village(Room[Town]):
    durability = "saved"
    hibernate_seconds = 20.0

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Begin with two thousand entities."""
        self.state = Town()
        self.state.npcs.add(x=np.arange(2000, dtype=np.float32))
        self.state.birds.add(5)


class OtherNpc(State):
    food: Annotated[float, quantized(0, 1, 8)] = 0.5
    age: int16 = 30


class OtherTown(State):
    """A Town as it is later: what it has has other numbers."""

    formerly = ("Town",)

    names: Map[str, str]
    day: uint8
    npcs: Table[OtherNpc]


class Later(Room[OtherTown]):
    durability = "saved"

    @override
    def on_restore(self, info: Restoring) -> None:
        """Take down what became of it."""
        self.info = info


def housed(**limits: int) -> tuple[App, Harness]:
    """Return a Node on which there is a kind of Room."""
    app = App(limits=Limits(**limits))
    app.define("village", Village)
    return app, Harness(app)


class RefillingTests(SynchronousTestCase):
    def kept(self, house: Harness) -> KeptRoom:
        """Return what is kept of the only Room."""
        [kept] = house.archive.rooms.values()
        return kept

    def test_wakes(self) -> None:
        """A Room that slept has its rows, and the archive has them in chunks."""
        _, house = housed()
        with house:
            guest = house.join_or_create()
            ids = house.rooms[0].state.npcs.ids.tolist()
            guest.leave()
            house.advance(60)
            self.assertEqual(house.rooms, [])
            kept = self.kept(house)
            self.assertEqual(kept.card.status, Status.HIBERNATING)
            self.assertEqual(sum(c.rows for c in kept.chunks.values()), 2000)
            self.assertEqual(kept.readable, '{"npcs":{"$rows":2000}}')
            again = house.join_by_id(guest.room_id)
            house.tick()
            town = house.rooms[0].state

            self.assertEqual(town.npcs.ids.tolist(), ids)
            self.assertEqual(town.npcs.column("x").tolist(), [*range(2000)])
            self.assertEqual(len(town.birds), 0)
            self.assertEqual(len(again.state.npcs), 2000)

    def test_stop_just_after_a_table_came(self) -> None:
        """Rows of a Table that no commit has seen yet are there after a stop."""

        class Street(State):
            towns: Map[str, Town]

        class Longer(Room[Street]):
            durability = "saved"

            @override
            def on_create(self, options: Mapping[str, Any]) -> None:
                """Begin with nothing."""
                self.state = Street()

        app = App()
        app.define("street", Longer)
        with Harness(app) as house:
            house.join_or_create("street")
            house.advance(1)
            house.rooms[0].state.towns["a"] = Town()
            ids = house.rooms[0].state.towns["a"].npcs.add(3)
            house.restart()

            npcs = house.rooms[0].state.towns["a"].npcs
            self.assertEqual(npcs.ids.tolist(), ids.tolist())

    def test_nothing_is_told_again(self) -> None:
        """Rows that came back and did not change are not saved a second time."""
        _, house = housed()
        with house:
            house.join_or_create()
            house.restart()
            house.advance(5)
            entries = self.kept(house).entries.values()
            size = sum(len(each.payload) for each in entries if each.epoch == 2)

            self.assertLess(size, 2000)

    def test_classes_that_changed(self) -> None:
        """Rows of a new class are told anew, and so is the State."""
        app, house = housed()
        with house:
            house.join_or_create()
            ids = house.rooms[0].state.npcs.ids.tolist()
            house.advance(3)
            app.catalog._kinds["village"] = evolve(
                app.catalog.get("village"), room=Later
            )
            house.crash()
            room = house.rooms[0].room
            self.assertEqual(
                room.info.defaulted,
                {"OtherTown.names": 1, "OtherTown.day": 1, "OtherNpc.age": 2000},
            )
            self.assertEqual(
                room.info.dropped, {"OtherTown.birds": 1, "OtherNpc.x": 2000}
            )
            room.state.day, room.state.names["a"] = 4, "b"
            room.state.npcs.put(0, age=31)
            self.assertNotIn(room.state.npcs.add(1)[0], ids)
            house.advance(3)
            for _ in range(2):
                house.crash()
                state = house.rooms[0].state

                self.assertEqual((state.day, dict(state.names)), (4, {"a": "b"}))
                self.assertEqual(state.npcs.ids.tolist()[:-1], ids)
                self.assertEqual(state.npcs.column("age").tolist()[:2], [31, 30])
                self.assertEqual(house.rooms[0].room.info.dropped, {})

    def test_damaged_rows(self) -> None:
        """A Room whose rows are damaged is set aside, and only that one."""
        _, house = housed()
        with house:
            guest = house.join_or_create()
            other = house.create("village")
            guest.leave()
            house.advance(60)
            kept = house.archive.rooms[guest.room_id]
            place = next(iter(kept.chunks))
            chunk = kept.chunks[place]
            kept.chunks[place] = evolve(chunk, payload=b"\1" + chunk.payload[1:])
            with self.assertRaises(Refused):
                house.join_by_id(guest.room_id)
            [failed] = house.failures
            self.assertIsInstance(failed.error, DamagedJournal)

            self.assertEqual(kept.card.status, Status.QUARANTINED)
            self.assertIn("checksum", kept.card.reason)
            again = house.join_by_id(other.room_id)
            self.assertEqual(again.room_id, other.room_id)

    def test_journal_that_was_thrown_away(self) -> None:
        """What was told of rows is told again when the database is back."""
        _, house = housed()
        with house:
            house.join_or_create()
            house.advance(3)
            actor = house.rooms[0].room.actor
            npcs = house.rooms[0].state.npcs
            with house.outage():
                npcs.remove(npcs.ids[:500])
                npcs.put(npcs.rows, x=np.float32(7))
                house.advance(3)
                backlog = actor.around.keeping.writer._backlog
                backlog.lose(backlog.lanes[actor.room_id])
                npcs.remove(npcs.ids[-500:])
                house.advance(3)
            house.advance(10)
            house.crash()
            npcs = house.rooms[0].state.npcs

            self.assertEqual(npcs.column("x").tolist(), [7.0] * 1000)

    def test_rows_count_as_stored(self) -> None:
        """A Room whose rows take more of the disk than it may is set aside."""
        _, house = housed(stored_bytes=100_000)
        with house:
            house.join_or_create()
            house.rooms[0].state.npcs.add(8000)
            house.advance(5)

            self.assertEqual(self.kept(house).card.status, Status.QUARANTINED)
            self.assertIn("stored_bytes", self.kept(house).card.reason)

    def test_many_ids(self) -> None:
        """No id is given twice, however many were given just before a death."""
        _, house = housed()
        with house:
            house.join_or_create()
            npcs = house.rooms[0].state.npcs
            npcs.remove(npcs.add(1_500_000))
            house.advance(0.2)
            [last] = npcs.add(1)
            house.crash()

            self.assertGreater(house.rooms[0].state.npcs.add(1)[0], last)
