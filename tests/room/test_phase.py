"""Tests of `nexus.room.phase`: how a Room ends, whatever its hooks are busy with."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import Close, Refused
from nexus.room import Seat
from nexus.room.phase import NEXT, RoomPhase
from tests.support.room import Gate, scripted
from tests.support.table import Guest, TableTestCase, begin


class TableOfPhasesTests(SynchronousTestCase):
    def test_every_phase_leads_to_the_end(self) -> None:
        """No phase is left out, and from each there is a way to the last one."""
        self.assertEqual(set(NEXT), set(RoomPhase))
        for phase in RoomPhase:
            while NEXT[phase]:
                phase = NEXT[phase][-1]  # walks on
            self.assertIs(phase, RoomPhase.CLOSED)


class EndTestCase(TableTestCase):
    def seated(self, said: Any = None, **script: Any) -> Guest:
        """Sit in a Room of a kind of its own."""
        self.room = scripted(script=script, **(said or {}))
        self.table.define(self.room)
        return self.table.sit()

    def events(self) -> list[str]:
        """Note what happens to Rooms from now on."""
        events: list[str] = []
        self.table.matchmaker.registry.watch(lambda event, _, __: events.append(event))
        return events


class CloseTests(EndTestCase):
    def test_everybody_leaves_before_the_end(self) -> None:
        """All clients leave with the code, and then the Room is cleaned up."""
        events = self.events()
        first = self.seated()
        second = self.table.sit()

        begin(first.actor.room.disconnect(4001))

        self.assertEqual([first.code, second.code], [4001, 4001])
        self.assertEqual(
            self.room.diary[-3:],
            [("on_leave", 4001), ("on_leave", 4001), ("on_dispose",)],
        )
        self.assertEqual(events[-3:], ["dispose", "leave", "leave"])

    def test_end_waits_for_all_at_once(self) -> None:
        """Slow good-byes run side by side, and the end waits for all of them."""
        gate = Gate()
        first = self.seated(on_leave=gate.wait)
        others = [self.table.sit() for _ in range(3)]
        ending = begin(first.actor.room.disconnect())

        self.assertEqual(len(gate.waiting), 4)
        self.assertFalse(ending.called)
        self.assertNotIn(("on_dispose",), self.room.diary)
        gate.open()

        self.assertTrue(ending.called)
        self.assertEqual([each.code for each in others], [4000] * 3)

    def test_end_waits_for_who_is_leaving_already(self) -> None:
        """A Room is not cleaned up while an `on_leave` still runs."""
        gate = Gate()
        first = self.seated(on_leave=gate.wait)
        self.table.sit()
        first.leave()

        begin(first.actor.room.disconnect())

        self.assertNotIn(("on_dispose",), self.room.diary)
        gate.open()
        self.assertEqual(self.room.diary[-1], ("on_dispose",))

    def test_who_is_away_has_left(self) -> None:
        """A Room that ends waits for nobody to return."""
        guest = self.seated(
            on_drop=lambda room, client, _: room.allow_reconnection(client, None)
        )
        self.table.sit()
        guest.drop(1006)

        begin(guest.actor.room.disconnect(4001))

        self.assertIn(("on_leave", 1006), self.room.diary)
        self.assertEqual(guest.back().code, Close.NOT_REJOINED)

    def test_closing_room_is_not_found(self) -> None:
        """A Room that says good-bye is in no listing, and takes nobody in."""
        gate = Gate()
        guest = self.seated(on_leave=gate.wait)
        begin(guest.actor.room.disconnect())

        self.assertEqual(self.table.matchmaker.query(), [])
        self.assertRaises(Refused, guest.actor.reserve, Seat("late", {}))
        gate.open()

    def test_all_who_close_wait_for_the_end(self) -> None:
        """Closing twice is closing once, and both return when it is over."""
        gate = Gate()
        guest = self.seated(on_dispose=gate.wait)

        endings = [begin(guest.actor.room.disconnect()) for _ in range(2)]
        self.assertEqual([each.called for each in endings], [False, False])
        gate.open()

        self.assertEqual([each.called for each in endings], [True, True])
        self.assertEqual(self.room.diary.count(("on_dispose",)), 1)
        self.assertTrue(begin(guest.actor.room.disconnect()).called)

    def test_hooks_may_wait_for_the_end_that_waits_for_them(self) -> None:
        """`await self.disconnect()` in a hook does not wait for itself."""
        for hook in ("on_join", "on_leave", "on_drop", "on_reconnect", "on_dispose"):

            async def close(room: Any, *_: Any) -> None:
                await room.disconnect(4001)

            self.table.catalog.remove("room")
            script = {"on_drop": lambda r, c, _: r.allow_reconnection(c, 9)}
            room = scripted(script={**script, hook: close})
            self.table.define(room)
            guest = self.table.knock().ack()
            if hook in ("on_drop", "on_reconnect"):
                guest.drop()
            if hook == "on_reconnect":
                guest.back()
            guest.leave()
            if hook == "on_dispose":
                begin(guest.actor.close())

            self.assertEqual(self.table.rooms, [], hook)
            self.assertEqual(room.diary.count(("on_dispose",)), 1, hook)
            self.assertEqual(self.table.matchmaker.registry.closing, set(), hook)

    def test_room_cannot_be_closed_while_it_opens(self) -> None:
        """`disconnect` in `on_create` is a mistake, and fails the creation."""

        async def close(room: Any, _: Any) -> None:
            await room.disconnect()

        self.table.define(scripted(script={"on_create": close}))

        self.assertRaises(Refused, self.table.reserve)
        self.assertEqual(self.table.rooms, [])

    def test_on_dispose_that_raises_ends_the_room(self) -> None:
        """What goes wrong at the end is logged, and the end comes."""
        guest = self.seated(on_dispose=lambda *_: 1 / 0)

        guest.leave()

        self.assertEqual(len(self.logged(ZeroDivisionError)), 1)
        self.assertEqual(self.table.clock.getDelayedCalls(), [])

    def test_on_dispose_that_hangs_is_given_up(self) -> None:
        """An `on_dispose` that never returns does not keep the Room for ever."""
        guest = self.seated({"message_seconds": 5.0}, on_dispose=Gate().wait)
        ending = begin(guest.actor.room.disconnect())

        self.table.beat(5.0)

        self.assertTrue(ending.called)
        self.logged(Exception)

    def test_hooks_of_the_end_can_sleep(self) -> None:
        """The Room's clock runs until everything is cleaned up."""

        async def sleep(room: Any, *_: Any) -> None:
            await room.clock.sleep(0.3)

        guest = self.seated(on_leave=sleep, on_dispose=sleep)
        ending = begin(guest.actor.room.disconnect())

        self.table.beat(times=20)

        self.assertTrue(ending.called)
        self.assertEqual(self.logged(), [])

    def test_nothing_starts_in_a_room_that_ended(self) -> None:
        """Code that comes too late can start no timer and no step."""
        guest = self.seated()
        room = guest.actor.room
        guest.leave()

        self.assertRaises(Refused, room.clock.call_later, 1, print)
        self.assertRaises(Refused, room.set_timestep, print)
        room.broadcast("hello")
        room.set_metadata({"late": True})
        guest.client.send("late")
        guest.client.leave()

        self.assertEqual(self.table.clock.getDelayedCalls(), [])

    def test_timer_that_closes_the_room(self) -> None:
        """A Room that ends in its own beat does nothing after it."""
        guest = self.seated(on_before_patch=lambda *_: None)
        room = guest.actor.room
        room.clock.call_later(0.01, lambda: begin(room.disconnect()))

        self.table.beat()

        self.assertEqual(self.room.diary[-1], ("on_dispose",))
        self.assertEqual(guest.code, 4000)

    def test_step_that_closes_the_room(self) -> None:
        """So does one that ends in its own step."""
        guest = self.seated()
        room = guest.actor.room
        steps: list[float] = []

        def step(elapsed: float) -> Deferred[None]:
            steps.append(elapsed)
            return begin(room.disconnect())

        room.set_timestep(step, 0.1)
        self.table.beat(0.1, times=5)

        self.assertEqual(len(steps), 1)
