"""Tests of `nexus.testing.loop`."""

from __future__ import annotations

from typing import Any

from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase

from nexus import Room
from nexus.testing import Harness, StillWaiting
from tests.testing.arena import Arena


class LoopTests(SynchronousTestCase):
    def test_room_cannot_let_time_pass(self) -> None:
        """The code of a Room that plays its own test is told so."""
        with Harness(Arena) as house:
            room = house.create().room
            room.listen("loop", lambda client, body: house.tick())

            house.join(house.rooms[0]).send("loop")

            [failed] = house.failures
            self.assertIsInstance(failed.error, RuntimeError)
            self.assertIn("no time passes in here", str(failed.error))

    def test_hook_that_waits_for_ever_is_named(self) -> None:
        """What waits for the real world is an error that says which hook it is."""
        for hook in ("on_create", "on_auth", "on_join"):
            with Harness(Arena, patience=2) as house:
                with self.assertRaisesRegex(
                    StillWaiting, f"{hook} of Arena still waits after 2 s of virtual"
                ):
                    house.join_or_create(stuck=hook)
                self.assertEqual(house.failures, [])

    def test_static_hook_that_waits_for_a_thread_is_named(self) -> None:
        """A thread is of the real world."""

        class Slow(Room[Any]):
            @staticmethod
            async def on_auth_static(token: str, options: Any, context: Any) -> Any:
                return await deferToThread(lambda: True)

        with (
            Harness(Slow) as house,
            self.assertRaisesRegex(StillWaiting, "on_auth_static of Slow"),
        ):
            house.join_or_create()
