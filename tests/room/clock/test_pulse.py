"""Tests of `nexus.room.clock.pulse`."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from nexus.room.clock.pulse import Pulse


class PulseTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a pulse on a clock of ours."""
        self.clock = Clock()
        self.beats: list[float] = []
        self.pulse = Pulse(
            self.clock, lambda passed: self.beats.append(round(passed, 6))
        )

    def test_beats_do_not_drift(self) -> None:
        """A beat that was late does not move those after it."""
        self.pulse.start(0.1)

        for step in (0.14, 0.06, 0.1, 0.1):
            self.clock.advance(step)

        self.assertEqual(self.beats, [0.14, 0.06, 0.1, 0.1])

    def test_missed_beats_are_not_made_up(self) -> None:
        """After a long stop there is one beat, and then the rhythm again."""
        self.pulse.start(0.1)

        self.clock.advance(5.0)
        self.clock.advance(0.1)

        self.assertEqual(self.beats, [5.0, 0.1])

    def test_clock_that_is_set_back(self) -> None:
        """Time that runs backwards is no time, and the pulse goes on."""
        self.pulse.start(0.1)
        self.clock.advance(0.1)
        self.clock.rightNow -= 3600.0
        for call in self.clock.getDelayedCalls():
            call.reset(0.1)

        self.clock.advance(0.1)
        self.clock.advance(0.1)

        self.assertEqual(self.beats[0], 0.1)
        self.assertTrue(all(0.0 <= beat <= 0.2 for beat in self.beats), self.beats)
        self.assertGreaterEqual(len(self.beats), 2)

    def test_stop_is_final(self) -> None:
        """A pulse that was stopped beats no more, and can be stopped again."""
        self.pulse.start(0.1)
        self.pulse.stop()
        self.pulse.stop()

        self.clock.advance(1.0)

        self.assertEqual((self.beats, self.pulse.interval), ([], 0.0))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_beat_may_stop_or_restart_its_pulse(self) -> None:
        """What is called may change the pulse that calls it."""
        pulse = Pulse(self.clock, lambda _: pulse.start(1.0))
        pulse.start(0.1)
        self.clock.advance(0.1)
        self.assertEqual(pulse.interval, 1.0)
        ending = Pulse(self.clock, lambda _: ending.stop())
        ending.start(0.1)
        self.clock.advance(0.1)
        pulse.stop()

        self.assertEqual(self.clock.getDelayedCalls(), [])
