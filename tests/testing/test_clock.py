"""Tests of `nexus.testing.clock`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.testing.clock import VirtualClock


class ClockTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Begin at the beginning."""
        self.clock = VirtualClock()
        self.start = self.clock.seconds()
        self.called: list[tuple[str, float]] = []

    def later(self, seconds: float, name: str) -> None:
        """Note a name when so much time has passed."""
        self.clock.callLater(
            seconds, lambda: self.called.append((name, self.clock.passed))
        )

    def step(self, seconds: float = 100.0) -> bool:
        """Take one step, not beyond some seconds from the beginning."""
        return self.clock.step(self.start + seconds)

    def test_each_call_finds_the_time_at_which_it_was_due(self) -> None:
        """Time jumps from one due call to the next, in their order."""
        self.later(2, "b")
        self.later(1, "a")

        while self.step():
            pass

        self.assertEqual(self.called, [("a", 1.0), ("b", 2.0)])

    def test_calls_of_one_moment_keep_their_order(self) -> None:
        """What is due at the same time is called in the order in which it was asked."""
        for name in "abc":
            self.later(1, name)

        self.step()

        self.assertEqual([name for name, _ in self.called], ["a", "b", "c"])

    def test_step_stops_at_its_limit(self) -> None:
        """What is due later is left, and time is not moved."""
        self.later(3, "a")

        self.assertFalse(self.step(2.9))
        self.assertEqual(self.clock.passed, 0)
        self.assertTrue(self.step(3))

    def test_cancelled_call_is_not_made(self) -> None:
        """Not even when it is cancelled by another one of the same moment."""
        self.clock.callLater(1, lambda: second.cancel())
        second = self.clock.callLater(1, self.fail)

        self.step()

        self.assertFalse(second.active())
        self.assertFalse(self.step())

    def test_call_can_be_put_off(self) -> None:
        """A call that was reset is made at its new time, earlier or later."""
        for move in (0.5, 4):
            called: list[float] = []
            call = self.clock.callLater(2, lambda to=called: to.append(1))
            begin = self.clock.seconds()
            call.reset(move)

            self.assertFalse(self.clock.step(begin + move - 0.1))
            self.assertTrue(self.clock.step(begin + move))
            self.assertEqual(called, [1])

    def test_call_can_be_put_off_at_the_last_moment(self) -> None:
        """A call of the same moment may still move one that was to follow it."""
        self.clock.callLater(1, lambda: second.reset(3))
        second = self.clock.callLater(1, lambda: self.called.append(("b", 0)))

        self.step()
        self.assertEqual(self.called, [])
        self.step()

        self.assertEqual((self.called, self.clock.passed), ([("b", 0)], 4))

    def test_time_does_not_go_back(self) -> None:
        """Where it stands is the latest moment that was ever meant."""
        self.clock.stand(self.start + 2)
        self.clock.stand(self.start + 1)

        self.assertEqual(self.clock.passed, 2)

    def test_calls_without_end_are_an_error(self) -> None:
        """Calls of no delay that ask for each other do not hang a test."""

        def again() -> None:
            self.clock.callLater(0, again)

        again()

        with self.assertRaisesRegex(RuntimeError, "time stands still"):
            while self.step():
                pass

    def test_past_cannot_be_called(self) -> None:
        """A delay below zero, or none at all, is refused."""
        for delay in (-1.0, float("nan")):
            with self.assertRaises(ValueError):
                self.clock.callLater(delay, self.fail)

    def test_calls_are_known(self) -> None:
        """What is to be called is listed, but not what was cancelled."""
        call = self.clock.callLater(1, self.fail)
        self.clock.callLater(2, self.fail).cancel()

        self.assertEqual(self.clock.getDelayedCalls(), [call])
