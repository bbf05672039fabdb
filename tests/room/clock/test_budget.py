"""Tests of `nexus.room.clock.budget`."""

from __future__ import annotations

from typing import Any

from nexus.errors import Close
from nexus.room import Room
from nexus.room.clock.overrun import Overrun
from tests.support.room import Gate, scripted
from tests.support.table import TableTestCase


class BudgetTestCase(TableTestCase):
    def seated(self, **said: Any) -> Room[Any]:
        """Sit in a Room that takes down what it is told of overruns."""
        self.told: list[Overrun] = []

        def on_overrun(room: Any, overrun: Overrun) -> None:
            self.told.append(overrun)

        self.table.define(scripted(**{"on_overrun": on_overrun, **said}))
        return self.table.sit().actor.room

    def busy(self, *seconds: float) -> Any:
        """Return a step that takes so long, one time after the other, then nothing."""
        left = list(seconds)

        def step(_: object) -> None:
            self.table.clock.rightNow += left.pop(0) if left else 0.0

        return step

    def counted(self, name: str) -> float:
        """Return what a counter of this kind of Room has."""
        family = getattr(self.table.around.meters, name)
        value: float = family.labels("room").value
        return value


class OverrunTests(BudgetTestCase):
    def test_tick_within_its_budget_is_no_overrun(self) -> None:
        """A tick that takes as long as one step lasts is in time."""
        room = self.seated()
        room.set_timestep(self.busy(0.09), 0.1)

        self.table.beat(0.1, times=3)

        self.assertEqual(self.told, [])
        self.assertEqual(self.counted("tick_overruns"), 0)

    def test_tick_that_takes_longer_is_told(self) -> None:
        """The Room learns what the tick took and what it may take; it is counted."""
        room = self.seated(tick_budget=0.02)
        room.set_timestep(self.busy(0.05), 0.1)

        self.table.beat(0.1)

        [overrun] = self.told
        self.assertAlmostEqual(overrun.seconds, 0.05)
        self.assertEqual((overrun.budget, overrun.ticks), (0.02, 1))
        self.assertEqual(self.counted("tick_overruns"), 1)

    def test_budget_may_change(self) -> None:
        """An instance may allow itself more, or less, at any time."""
        room = self.seated()
        room.set_timestep(self.busy(0.05, 0.05), 0.1)
        self.table.beat(0.1)

        room.tick_budget = 0.04
        self.table.beat(0.1)

        self.assertEqual([each.budget for each in self.told], [0.04])

    def test_timers_and_patches_count(self) -> None:
        """What a tick waits for is its own work: timers, and the patch before it."""
        busy = self.busy(0.03, 0.04)
        room = self.seated(
            tick_budget=0.06,
            script={"on_before_patch": lambda *_: busy(None)},
            patch_interval=0.15,
        )
        room.set_timestep(lambda _: None, 0.2)
        room.clock.call_later(0.2, busy, None)

        self.table.beat(0.05, times=4)

        [overrun] = self.told
        self.assertAlmostEqual(overrun.seconds, 0.07)

    def test_each_of_several_fixed_steps_may_take_as_much(self) -> None:
        """Steps that catch up have the budget of as many ticks."""
        room = self.seated(tick_budget=0.03)
        room.set_fixed_timestep(self.busy(0.02, 0.02, 0.02, 0.03, 0.05), hz=10)

        self.table.beat(0.3)
        self.assertEqual(self.told, [])
        self.table.beat(0.2)

        [overrun] = self.told
        self.assertAlmostEqual(overrun.seconds, 0.08)
        self.assertEqual(overrun.budget, 0.06)

    def test_dropped_steps_are_told(self) -> None:
        """Steps that are left out are an overrun, too, whoever took the time."""
        room = self.seated()
        room.set_fixed_timestep(lambda _: None, hz=10)

        self.table.beat(1.2)

        [overrun] = self.told
        self.assertEqual((overrun.ticks, overrun.dropped), (0, 7))
        self.assertEqual(self.counted("ticks_dropped"), 7)
        self.assertEqual(self.counted("tick_overruns"), 0)

    def test_room_is_told_once_a_second(self) -> None:
        """What happens meanwhile is told together, with the longest, and not later."""
        room = self.seated(tick_budget=0.02)
        room.set_timestep(self.busy(0.03, 0.04, 0.06, 0.05), 0.1)

        self.table.beat(0.1, times=8)
        self.assertEqual(len(self.told), 1)
        self.table.beat(0.1, times=20)

        [_, overrun] = self.told
        self.assertAlmostEqual(overrun.seconds, 0.06)
        self.assertEqual(overrun.ticks, 3)
        self.assertEqual(self.counted("tick_overruns"), 4)

    def test_clock_that_is_set_back_is_no_excuse(self) -> None:
        """A time before the last telling does not silence the Room."""
        room = self.seated(tick_budget=0.02)
        room.set_timestep(self.busy(0.03, -50.0, 0.03), 0.1)

        self.table.beat(0.1, times=3)
        self.table.beat(60.0)

        self.assertEqual(sum(each.ticks for each in self.told), 2)

    def test_hook_that_raises_is_a_fault(self) -> None:
        """What `on_overrun` raises is logged, and the ticks go on."""

        def on_overrun(room: Any, overrun: Overrun) -> None:
            raise KeyError("overrun")

        ticks: list[float] = []
        room = self.seated(tick_budget=0.02, on_overrun=on_overrun)
        busy = self.busy(0.05)

        def step(elapsed: float) -> None:
            ticks.append(elapsed)
            busy(elapsed)

        room.set_timestep(step, 0.1)
        self.table.beat(0.1, times=3)

        self.assertEqual(self.logged(KeyError), ["'overrun'"])
        self.assertEqual(len(ticks), 3)

    def test_hook_may_wait(self) -> None:
        """An `async` hook that still runs is not called again."""
        gate, calls = Gate(), []

        async def on_overrun(room: Any, overrun: Overrun) -> None:
            calls.append(overrun)
            await gate.wait()

        room = self.seated(tick_budget=0.02, on_overrun=on_overrun)
        room.set_timestep(self.busy(*[0.03] * 30), 0.1)

        self.table.beat(0.1, times=20)

        self.assertEqual(len(calls), 1)
        gate.open()

    def test_room_that_ends_is_not_told(self) -> None:
        """A Room that closes in its tick has no budget any more."""
        room = self.seated(tick_budget=0.02)
        busy = self.busy(0.05)

        def step(elapsed: float) -> None:
            busy(elapsed)
            self.table.background.spawn(room.disconnect(Close.CONSENTED), "end")

        room.set_timestep(step, 0.1)
        self.table.beat(0.1)

        self.assertEqual(self.told, [])

    def test_room_without_timestep_has_no_ticks(self) -> None:
        """Where there is no timestep nothing is an overrun."""
        busy = self.busy(0.5, 0.5)
        self.seated(tick_budget=0.02, script={"on_before_patch": lambda *_: busy(None)})

        self.table.beat(0.1, times=5)

        self.assertEqual(self.told, [])
