"""Tests of `nexus.room.clock.timer`, on the clock of a Room."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.room.clock.timing import Stage


class TimerTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Start a Timer of two seconds, of which one is over."""
        self.stage = Stage()
        self.clock = self.stage.clock
        self.timer = self.clock.call_later(2, self.stage.call)
        self.clock.advance(0.5)

    def test_pause_stops_counting(self) -> None:
        """A paused Timer waits, and counts on from there."""
        self.timer.pause()
        self.clock.advance(10)
        states = (self.timer.active, self.timer.paused, self.timer.elapsed)
        self.timer.resume()
        self.clock.advance(1.25)
        before = list(self.stage.calls)
        self.clock.advance(0.25)

        self.assertEqual(states, (True, True, 0.5))
        self.assertEqual((before, self.stage.calls), ([], [(12.0,)]))

    def test_reset_counts_anew(self) -> None:
        """A reset Timer waits its whole time again."""
        self.timer.reset()
        elapsed = self.timer.elapsed
        self.clock.advance(1.75)
        before = list(self.stage.calls)
        self.clock.advance(0.25)

        self.assertEqual((elapsed, before, self.stage.calls), (0.0, [], [(2.5,)]))

    def test_reset_of_a_paused_timer_keeps_it_paused(self) -> None:
        """It counts its whole time once it is resumed."""
        self.timer.pause()
        self.timer.reset()
        self.clock.advance(5)
        paused = (self.timer.paused, self.timer.elapsed)
        self.timer.resume()
        self.clock.advance(2)

        self.assertEqual((paused, self.stage.calls), ((True, 0.0), [(7.5,)]))

    def test_ended_timer_stays_ended(self) -> None:
        """Nothing that is asked of a Timer that fired does anything."""
        self.clock.advance(2)
        for ask in (
            self.timer.pause,
            self.timer.resume,
            self.timer.reset,
            self.timer.cancel,
        ):
            ask()
        self.clock.advance(10)

        self.assertEqual(len(self.stage.calls), 1)
        self.assertEqual(
            (self.timer.active, self.timer.paused, self.timer.elapsed),
            (False, False, 2.0),
        )

    def test_cancelled_timer_never_fires(self) -> None:
        """A cancelled Timer is gone, and keeps what it had counted."""
        self.timer.cancel()
        self.clock.advance(10)

        self.assertEqual(self.stage.calls, [])
        self.assertEqual((self.timer.active, self.timer.elapsed), (False, 0.5))
        self.assertEqual(self.clock.timers, 0)


class IntervalTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a clock."""
        self.stage = Stage()
        self.clock = self.stage.clock

    def test_interval_fires_each_period(self) -> None:
        """It fires once a period, without drifting off its rhythm."""
        self.clock.every(0.1, self.stage.call)
        for _ in range(1000):
            self.clock.advance(0.07)

        self.assertEqual(len(self.stage.calls), 700)

    def test_missed_periods_are_caught_up_to_a_bound(self) -> None:
        """One long advance fires five times at most, and then on in its rhythm."""
        self.clock.every(1, self.stage.call)
        self.clock.advance(10.5)
        self.clock.advance(0.4)
        behind = len(self.stage.calls)
        self.clock.advance(0.1)

        self.assertEqual((behind, len(self.stage.calls)), (5, 6))

    def test_periods_mingle_with_other_timers(self) -> None:
        """Each of several periods of one advance fires in its own place."""
        self.clock.every(1, self.stage.call, "tick")
        self.clock.call_later(1.5, self.stage.call, "once")
        self.clock.advance(2)

        self.assertEqual(
            [name for _, name in self.stage.calls], ["tick", "once", "tick"]
        )

    def test_interval_that_ends_itself_fires_no_more(self) -> None:
        """Periods that are due in the same advance are left out."""

        def once() -> None:
            self.stage.call()
            timer.cancel()

        timer = self.clock.every(1, once)
        self.clock.advance(3)

        self.assertEqual((self.stage.calls, self.clock.timers), ([(3.0,)], 0))
