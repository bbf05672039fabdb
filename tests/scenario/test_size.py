"""Tests of Rooms whose State grows beyond what can be read again."""

from __future__ import annotations

from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.app import App
from nexus.archive import quota
from nexus.archive.port import Status
from nexus.errors import Refused
from nexus.journal import kept
from nexus.room import Room
from nexus.state import Map, State
from nexus.testing import Harness


class Wall(State):
    notes: Map[str, str]


class Board(Room[Wall]):
    durability = "saved"

    @override
    def on_create(self, options: object) -> None:
        """Begin with nothing."""
        self.state = Wall()


class TooLargeTests(SynchronousTestCase):
    def test_warned_and_set_aside(self) -> None:
        """It is warned of before, set aside beyond, and its size is the reason."""
        for module in (kept, quota):
            self.patch(module, "MAX_PAYLOAD", 10_000)
        app = App()
        app.define("board", Board)
        with capturedLogs() as events, Harness(app) as house:
            house.join_or_create()
            room = house.rooms[0].room
            room_id = room.room_id
            room.state.notes["a"] = "x" * 8500
            house.advance(600)
            [stored] = house.archive.rooms.values()
            self.assertIs(stored.card.status, Status.ACTIVE)
            warned = [each for each in events if each.get("act") == "quota"]
            self.assertEqual([each["room_id"] for each in warned], [room_id])

            room.state.notes["b"] = "x" * 2000
            house.advance(600)
            [stored] = house.archive.rooms.values()
            self.assertIs(stored.card.status, Status.QUARANTINED)
            self.assertIn("no rows of Tables", stored.card.reason)
            error = self.assertRaises(Refused, house.join_by_id, room_id)

        self.assertEqual(str(error), "the room is set aside")
        self.assertEqual(self.flushLoggedErrors(), [])
