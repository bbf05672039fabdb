"""Tests of `nexus.room.clock.rhythm`: when patches are sent, and steps are run."""

from __future__ import annotations

from typing import Any

from nexus.sim import Step
from tests.room.clock.scoring import RhythmTestCase, Score
from tests.support.table import NATIVE


class PatchTests(RhythmTestCase):
    def test_patches_come_with_the_interval(self) -> None:
        """Several changes go out as one patch, when it is time."""
        guest = self.seated({"patch_interval": 0.1})
        state = guest.actor.room.state
        state.points = 1
        state.points = 2
        self.table.beat(0.09)
        self.assertEqual(self.points(guest), 0)

        self.table.beat(0.02)

        self.assertEqual(self.points(guest), 2)
        self.assertEqual(len(guest.socket.sent), 3)

    def test_nothing_changed_nothing_sent(self) -> None:
        """A patch that would be empty is not sent."""
        guest = self.seated()
        before = len(guest.socket.sent)

        self.table.beat(times=20)

        self.assertEqual(len(guest.socket.sent), before)

    def test_patches_by_hand(self) -> None:
        """Without an interval only `broadcast_patch` patches; the clock runs on."""
        guest = self.seated({"patch_interval": None})
        fired: list[int] = []
        guest.actor.room.clock.call_later(0.5, fired.append, 1)
        guest.actor.room.state.points = 3

        self.table.beat(times=20)
        self.assertEqual((self.points(guest), fired), (0, [1]))
        told = guest.actor.room.broadcast_patch()

        self.assertTrue(told)
        self.assertFalse(guest.actor.room.broadcast_patch())
        self.assertEqual(self.points(guest), 3)

    def test_interval_can_change(self) -> None:
        """Another interval holds from the next beat on."""
        guest = self.seated({"patch_interval": 0.05})
        guest.actor.room.patch_interval = 1.0
        self.table.beat(0.05)
        guest.actor.room.state.points = 4

        self.table.beat(0.5)
        self.assertEqual(self.points(guest), 0)
        self.table.beat(0.5)

        self.assertEqual(self.points(guest), 4)

    def test_before_patch_may_change(self) -> None:
        """What `on_before_patch` writes goes out with that very patch."""

        def count(_: Any, state: Score) -> None:
            state.points += 1

        guest = self.seated(on_before_patch=count)

        self.table.beat(times=3)

        self.assertEqual(self.points(guest), 3)

    def test_crowd_of_newcomers_shares_a_patch(self) -> None:
        """Only the first of many newcomers has its state before the next patch."""
        first = self.seated()
        others = [self.table.sit(**NATIVE) for _ in range(4)]
        self.assertEqual([len(each.states) for each in others], [0] * 4)

        self.table.beat()

        self.assertEqual([len(each.states) for each in [first, *others]], [1] * 5)

    def test_message_behind_the_patch(self) -> None:
        """A message can wait for the next patch, and comes right behind it."""
        guest = self.seated()
        room = guest.actor.room
        room.state.points = 7
        room.broadcast("all", after_next_patch=True)
        guest.client.send("one", after_next_patch=True)
        self.assertEqual(guest.messages("all"), [])

        self.table.beat()

        kinds = [type(each).__name__ for each in guest.frames[-3:]]
        self.assertEqual(kinds, ["Patch", "Message", "Message"])

    def test_message_behind_the_patch_without_a_state(self) -> None:
        """It comes with the next beat in a Room without State, too."""
        guest = self.seated(on_create=lambda *_: None)
        late = self.table.sit()
        guest.actor.room.broadcast("all", but=late.client, after_next_patch=True)

        self.table.beat()

        self.assertEqual(len(guest.messages("all")), 1)
        self.assertEqual(late.messages("all"), [])

    def test_newcomer_that_returned_is_not_told_before_it_asks(self) -> None:
        """A state that was due for an old socket waits for the new one to ask."""
        first = self.seated(on_drop=lambda r, c, _: r.allow_reconnection(c, 9))
        waiting = self.table.sit(**NATIVE)
        again = waiting.back()

        self.table.beat()
        self.assertEqual(len(again.frames), 1)
        again.ack()
        self.table.beat()

        self.assertEqual((len(first.states), len(again.states)), (1, 1))


class StepTests(RhythmTestCase):
    def test_step_gets_what_really_passed(self) -> None:
        """A timestep is told the seconds since the last one."""
        guest, steps = self.seated(), []
        guest.actor.room.set_timestep(steps.append, 0.1)

        self.table.beat(0.1, times=2)
        self.table.beat(0.35)

        self.assertEqual([round(each, 6) for each in steps], [0.1, 0.1, 0.35])

    def test_step_drives_the_clock(self) -> None:
        """Timers go by the timestep, once and not twice."""
        guest, fired = self.seated(), []
        room = guest.actor.room
        room.set_timestep(lambda _: None, 0.02)
        room.clock.every(0.1, lambda: fired.append(room.clock.now))

        self.table.beat(0.01, times=100)

        self.assertIn(len(fired), (9, 10))

    def test_new_step_replaces_the_old(self) -> None:
        """There is one timestep; None ends it."""
        guest, first, second = self.seated(), [], []
        room = guest.actor.room
        room.set_timestep(first.append, 0.1)
        room.set_timestep(second.append, 0.1)
        self.table.beat(0.1)
        room.set_timestep(None)
        self.table.beat(0.1, times=5)

        self.assertEqual((len(first), len(second)), (0, 1))

    def test_step_that_raises_goes_on(self) -> None:
        """A step that fails is logged, and the next one comes."""
        guest, steps = self.seated(), []

        def step(elapsed: float) -> None:
            steps.append(elapsed)
            raise KeyError("step")

        guest.actor.room.set_timestep(step, 0.1)
        self.table.beat(0.1, times=3)

        self.assertEqual(len(steps), 3)
        self.assertEqual(len(self.logged(KeyError)), 3)

    def test_fixed_steps_are_counted(self) -> None:
        """Fixed steps have numbers, and never are more than five in a row."""
        guest, ticks = self.seated(), []

        def step(said: Step) -> None:
            ticks.append((said.tick, said.dt))

        guest.actor.room.set_fixed_timestep(step, hz=10)
        self.table.beat(0.1, times=2)
        self.table.beat(10.0)

        self.assertEqual(ticks, [(number, 0.1) for number in range(7)])

    def test_failing_fixed_step_is_still_counted(self) -> None:
        """A fixed step that raises does not stop the count."""
        guest, ticks = self.seated(), []

        def step(said: Step) -> None:
            ticks.append(said.tick)
            raise KeyError("step")

        guest.actor.room.set_fixed_timestep(step, hz=10)
        self.table.beat(0.1, times=3)

        self.assertEqual(ticks, [0, 1, 2])
        self.logged(KeyError)

    def test_timer_that_raises_hurts_no_other(self) -> None:
        """A timer that fails is logged with its name; others fire."""
        guest, fired = self.seated(), []
        clock = guest.actor.room.clock
        clock.call_later(0.1, lambda: 1 / 0)
        clock.call_later(0.1, fired.append, 1)

        self.table.beat(0.05, times=4)

        self.assertEqual(fired, [1])
        self.assertEqual(len(self.logged(ZeroDivisionError)), 1)

    def test_async_timer_that_raises(self) -> None:
        """So is one that is an `async def`."""
        guest = self.seated()

        async def late() -> None:
            await guest.actor.room.clock.sleep(0.1)
            raise KeyError("late")

        guest.actor.room.clock.call_later(0.1, late)
        self.table.beat(0.05, times=8)

        self.assertEqual(self.logged(KeyError), ["'late'"])
