"""Tests of `nexus.room.clock.rhythm`: Rooms that nobody is in beat slowly."""

from __future__ import annotations

from typing import Any

from nexus.room import RoomActor
from tests.room.clock.scoring import RhythmTestCase, scored
from tests.support.room import Gate, scripted
from tests.support.table import NATIVE, result


class RestTests(RhythmTestCase):
    def alone(self, said: Any = None, **script: Any) -> RoomActor:
        """Make a Room with a State that nobody is in, and let it beat."""
        script.setdefault("on_create", scored)
        self.table.define(scripted(script=script, auto_dispose=False, **(said or {})))
        made = result(self.table.matchmaker.create_room("room"))
        actor = self.table.actor(made.room_id)
        self.table.beat(times=3)
        return actor

    def pace(self, actor: RoomActor) -> float:
        """Return how long the next beat is away at most."""
        return actor.rhythm._patch_pulse.interval

    def test_room_that_nobody_is_in_rests(self) -> None:
        """A Room with nobody to tell and nothing to do beats once a second."""
        for said in ({}, {"patch_interval": None}, {"patch_interval": 5.0}):
            actor = self.alone(said)
            self.table.beat(5.0)
            self.assertEqual(
                self.pace(actor), max(1.0, said.get("patch_interval") or 0)
            )
            self.table.catalog.remove("room")

    def test_newcomer_wakes_it(self) -> None:
        """Whoever joins is told of changes as often as ever, and it rests behind it."""
        actor = self.alone()

        guest = self.table.sit(**NATIVE)
        actor.room.state.points = 3
        self.table.beat()

        self.assertEqual(self.points(guest), 3)
        self.assertEqual(self.pace(actor), 0.05)
        guest.leave()
        self.table.beat(times=2)
        self.assertEqual(self.pace(actor), 1.0)

    def test_slow_join_keeps_it_awake(self) -> None:
        """Who is joining still counts as somebody."""
        gate = Gate()
        actor = self.alone(on_join=gate.wait)

        self.table.knock()
        self.table.beat(times=3)

        self.assertEqual(self.pace(actor), 0.05)
        gate.open()

    def test_its_time_goes_on(self) -> None:
        """Whoever looks at the clock meanwhile sees the time that it is."""
        actor = self.alone()
        clock = actor.room.clock
        before = clock.now
        for _ in range(3):
            self.table.beat(0.37)
            self.table.beat(0.2)
            self.assertAlmostEqual(clock.now - before, 0.57, places=6)
            before = clock.now
            self.table.beat(0.05)
            before += 0.05

    def test_timer_that_is_started_meanwhile_is_on_time(self) -> None:
        """A Timer counts from when it was started, not from the last beat."""
        actor = self.alone()
        fired: list[float] = []
        self.table.beat(0.9)

        actor.room.clock.call_later(0.5, lambda: fired.append(actor.room.clock.now))
        self.table.beat(times=9)
        self.assertEqual(fired, [])
        self.table.beat(times=2)

        self.assertEqual(len(fired), 1)

    def test_what_waits_for_a_beat_keeps_it_awake(self) -> None:
        """Timers, steps, hooks before patches, and changes get the beats they need."""
        waits: list[Any] = [
            lambda room, _: room.clock.every(9, list),
            lambda room, _: room.clock.call_later(9, list).pause(),
            lambda room, _: room.set_timestep(lambda _: None, 9),
        ]
        for wait in waits:
            self.assertEqual(self.pace(self.alone(on_create=wait)), 0.05)
            self.table.catalog.remove("room")
        actor = self.alone(on_before_patch=lambda *_: None)
        self.assertEqual(self.pace(actor), 0.05)

    def test_step_that_is_set_meanwhile_loses_no_time(self) -> None:
        """The time until a Room gets a timestep is time, too."""
        actor = self.alone()
        clock = actor.room.clock
        before = clock.now
        self.table.beat()
        self.table.beat(0.7)

        actor.room.set_timestep(lambda _: None, 0.05)
        self.table.beat()

        self.assertAlmostEqual(clock.now - before, 0.8, places=6)

    def test_changes_are_told_within_a_second(self) -> None:
        """What others write to the State of a Room at rest reaches its listeners."""
        actor = self.alone()
        told: list[Any] = []
        assert actor.tree is not None
        actor.tree.on_change("points", lambda *_: told.append(1))

        actor.room.state.points = 4
        self.table.beat(1.0)

        self.assertEqual(told, [1])
        self.assertEqual(self.pace(actor), 0.05)

    def test_return_wakes_it(self) -> None:
        """Who was lost and comes back gets what was written while the Room rested."""
        guest = self.seated(
            {"auto_dispose": False},
            on_drop=lambda room, client, _: room.allow_reconnection(client, None),
        )
        self.points(guest)
        guest.drop()
        self.table.beat(times=3)
        self.assertEqual(self.pace(guest.actor), 1.0)
        guest.actor.room.state.points = 5

        back = guest.back().ack()

        self.assertEqual(back.follow(guest).state.points, 5)
        self.assertEqual(self.pace(guest.actor), 0.05)
