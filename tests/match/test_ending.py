"""Tests of `nexus.match.ending`."""

from __future__ import annotations

from typing import Any

from tests.support.room import Gate, scripted
from tests.support.table import TableTestCase, begin


class DisconnectAllTests(TableTestCase):
    def test_all_rooms_end(self) -> None:
        """Everybody is let go with the code, and it returns when all has ended."""
        gate = Gate()
        self.table.define(scripted(script={"on_dispose": gate.wait}, max_clients=1))
        guests = [self.table.sit() for _ in range(3)]
        done: list[Any] = []

        ending = begin(self.table.matchmaker.disconnect_all(4321))
        ending.addBoth(done.append)

        self.assertEqual([each.code for each in guests], [4321] * 3)
        self.assertEqual(done, [])
        gate.open()
        self.assertEqual(done, [None])
        self.assertEqual(self.table.rooms, [])

    def test_room_that_opens_is_left_alone(self) -> None:
        """A Room that is not open yet goes on; rooms can be made afterwards."""
        gate = Gate()
        self.table.define(scripted(script={"on_create": gate.wait}))
        made: list[Any] = []
        begin(self.table.matchmaker.create("room", {})).addBoth(made.append)
        done: list[Any] = []

        begin(self.table.matchmaker.disconnect_all()).addBoth(done.append)
        gate.open()

        self.assertEqual(done, [None])
        self.assertTrue(self.table.come(made[0]).joined)

    def test_hook_that_calls_it_does_not_wait_for_itself(self) -> None:
        """Somebody's leaving ends all Rooms, that one among them."""
        done: list[str] = []

        async def end(room: Any, *_: Any) -> None:
            await room.matchmaker.disconnect_all()
            done.append("left")

        self.table.define(scripted(script={"on_leave": end}, max_clients=1))
        guest, other = self.table.sit(), self.table.sit()

        guest.leave()
        self.table.beat(0.1, times=3)

        self.assertIn("left", done)
        self.assertIsNotNone(other.code)
        self.assertEqual(self.table.rooms, [])

    def test_code_is_checked(self) -> None:
        """A code that no socket is closed with ends nothing."""
        self.table.define(scripted())
        self.table.sit()
        got: list[Any] = []

        begin(self.table.matchmaker.disconnect_all(1011)).addErrback(got.append)

        self.assertIsNotNone(got[0].check(ValueError))
        self.assertEqual(len(self.table.rooms), 1)
