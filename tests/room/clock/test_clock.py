"""Tests of `nexus.room.clock.clock`."""

from __future__ import annotations

from functools import partial

from twisted.internet.defer import CancelledError, Deferred, fail
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import Refused
from nexus.room.clock.clock import RoomClock, SleepEnded
from tests.room.clock.timing import Stage


class ClockTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a clock."""
        self.stage = Stage()
        self.clock = self.stage.clock

    def test_time_adds_up(self) -> None:
        """The clock begins at zero and knows the latest step."""
        self.clock.advance(0.25)
        self.clock.advance(0.5)

        self.assertEqual((self.clock.now, self.clock.delta), (0.75, 0.5))

    def test_time_outside_is_that_of_the_latest_advance(self) -> None:
        """All that runs in one advance sees one time; it may be set back."""
        world = [1_000.0]
        clock = RoomClock(self.stage.failed, print, world=lambda: world[0])
        seen = [clock.unix]
        for now in (1_000.5, 1_001.0, 400.0):
            world[0] = now
            seen.append(clock.unix)
            clock.advance(0.5)
            seen.append(clock.unix)

        self.assertEqual(seen, [1000.0, 1000.0, 1000.5, 1000.5, 1001.0, 1001.0, 400.0])
        self.assertEqual(clock.now, 1.5)

    def test_time_does_not_drift(self) -> None:
        """Ten thousand steps of a tenth are exactly a thousand seconds."""
        for _ in range(10_000):
            self.clock.advance(0.1)

        self.assertEqual(self.clock.now, 1000.0)

    def test_due_timers_fire_by_deadline_then_creation(self) -> None:
        """One advance fires all that is due in order, and all see its end as now."""
        self.clock.call_later(2, self.stage.call, "late")
        self.clock.call_later(1, self.stage.call, "first")
        self.clock.call_later(1, self.stage.call, "second")
        self.clock.call_later(4, self.stage.call, "not yet")

        self.clock.advance(3)

        self.assertEqual(
            self.stage.calls, [(3.0, "first"), (3.0, "second"), (3.0, "late")]
        )

    def test_timer_fires_exactly_at_its_deadline(self) -> None:
        """Not a moment before, and once."""
        self.clock.call_later(1, self.stage.call)

        self.clock.advance(0.999999999)
        before = list(self.stage.calls)
        self.clock.advance(0.000000001)
        self.clock.advance(5)

        self.assertEqual((before, self.stage.calls), ([], [(1.0,)]))

    def test_what_a_callback_starts_fires_later(self) -> None:
        """A callback that starts itself anew at once does not keep the room."""

        def again() -> None:
            self.stage.call()
            self.clock.call_later(0, again)

        self.clock.call_later(0, again)
        self.clock.advance(1)
        self.clock.advance(1)

        self.assertEqual(self.stage.calls, [(1.0,), (2.0,)])

    def test_callback_can_cancel_what_is_due_with_it(self) -> None:
        """A Timer that is cancelled in the same advance does not fire."""
        self.clock.call_later(1, lambda: second.cancel())
        second = self.clock.call_later(1, self.stage.call)

        self.clock.advance(1)

        self.assertEqual((self.stage.calls, second.active), ([], False))

    def test_exception_stops_nobody_else(self) -> None:
        """What a callback raises is told with its name, and the others still fire."""
        self.clock.call_later(1, partial(self.broken, 1))
        self.clock.call_later(1, self.stage.call)

        self.clock.advance(1)

        [(name, failure)] = self.stage.failures
        self.assertEqual(name, "ClockTests.broken")
        self.assertIsInstance(failure.value, KeyError)
        self.assertEqual(len(self.stage.calls), 1)

    def broken(self, key: int) -> None:
        """Fail."""
        raise KeyError(key)

    def test_callback_without_a_name_is_told_by_its_class(self) -> None:
        """Any callable can be a callback."""

        class Broken:
            def __call__(self) -> None:
                raise KeyError

        self.clock.call_later(0, Broken())
        self.clock.advance(0)

        self.assertEqual([name for name, _ in self.stage.failures], ["Broken"])

    def test_coroutine_is_spawned(self) -> None:
        """The coroutine of an async callback goes to who runs it."""

        async def later(value: int) -> int:
            return value

        self.clock.call_later(1, later, 7)
        self.clock.advance(1)

        [work] = self.stage.spawned
        self.assertEqual(self.successResultOf(Deferred.fromCoroutine(work)), 7)

    def test_failed_deferred_is_told(self) -> None:
        """The failure of a Deferred that a callback returns is told, too."""
        self.clock.call_later(1, lambda: fail(KeyError("x")))
        self.clock.advance(1)

        self.assertEqual(len(self.stage.failures), 1)

    def test_clock_cannot_be_advanced_from_within(self) -> None:
        """A callback that advances the clock is told that it cannot."""
        self.clock.call_later(1, lambda: self.clock.advance(1))
        self.clock.advance(1)
        self.clock.advance(1)

        [(_, failure)] = self.stage.failures
        self.assertIsInstance(failure.value, RuntimeError)
        self.assertEqual(self.clock.now, 2.0)

    def test_times_that_are_none_are_refused(self) -> None:
        """Negative, endless and undefined times are refused and change nothing."""
        for seconds in (-1, float("nan"), float("inf"), -0.001):
            for start in (self.clock.call_later, self.clock.every):
                with self.assertRaises(ValueError):
                    start(seconds, self.stage.call)
            with self.assertRaises(ValueError):
                self.clock.advance(seconds)
            with self.assertRaises(ValueError):
                self.clock.sleep(seconds)
        with self.assertRaisesRegex(ValueError, "takes time, not 0 s"):
            self.clock.every(0, self.stage.call)

        self.assertEqual((self.clock.timers, self.clock.now), (0, 0.0))

    def test_timers_are_bounded(self) -> None:
        """One Timer too many is refused, until one has ended."""
        clock = Stage(limit=2).clock
        clock.call_later(1, print)
        timer = clock.every(1, print)

        with self.assertRaisesRegex(Refused, "at most 2 timers"):
            clock.call_later(1, print)
        with self.assertRaises(Refused):
            clock.sleep(1)
        timer.cancel()
        clock.call_later(1, lambda: None)

        self.assertEqual(clock.timers, 2)

    def test_dead_entries_do_not_pile_up(self) -> None:
        """Cancelled and reset Timers leave nothing behind that grows."""
        timer = self.clock.call_later(1000, self.stage.call)
        for _ in range(1000):
            self.clock.call_later(1000, self.stage.call).cancel()
            timer.reset()

        self.assertLess(len(self.clock._heap), 100)
        self.assertEqual(self.clock.timers, 1)


class SleepTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a clock."""
        self.clock = Stage().clock

    def test_sleeper_wakes(self) -> None:
        """A coroutine goes on when its time has passed."""
        slept = self.clock.sleep(1)
        self.clock.advance(0.5)
        self.assertNoResult(slept)
        self.clock.advance(0.5)

        self.assertIsNone(self.successResultOf(slept))
        self.assertEqual(self.clock.timers, 0)

    def test_clear_ends_all(self) -> None:
        """Nothing fires after it, and who sleeps is told that it is over."""
        stage = Stage()
        slept = stage.clock.sleep(1)
        stage.clock.every(1, stage.call)
        stage.clock.call_later(1, stage.call).pause()
        stage.clock.clear()
        stage.clock.advance(5)

        self.failureResultOf(slept, SleepEnded)
        self.assertEqual((stage.calls, stage.clock.timers), ([], 0))

    def test_clear_within_a_callback_ends_what_is_due(self) -> None:
        """What is due in the same advance is cleared as well."""
        stage = Stage()
        stage.clock.call_later(1, stage.clock.clear)
        stage.clock.call_later(1, stage.call)
        slept = stage.clock.sleep(1)
        stage.clock.advance(1)

        self.assertEqual(stage.calls, [])
        self.failureResultOf(slept, SleepEnded)

    def test_cancelled_sleep_frees_its_timer(self) -> None:
        """Who cancels a sleep leaves nothing behind."""
        slept = self.clock.sleep(1)
        slept.cancel()

        self.failureResultOf(slept, CancelledError)
        self.assertEqual(self.clock.timers, 0)
        self.clock.advance(2)

    def test_closed_clock_takes_no_timers(self) -> None:
        """A sleeper that is told of the end cannot sleep on."""

        async def stubborn() -> None:
            try:
                await self.clock.sleep(1)
            except SleepEnded:
                await self.clock.sleep(1)

        work = Deferred.fromCoroutine(stubborn())
        self.clock.close()

        self.failureResultOf(work, Refused)
        with self.assertRaisesRegex(Refused, "the room has ended"):
            self.clock.every(1, print)
