"""Tests of `nexus.room.fanout.pace`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.room.fanout.pace import FIRST_WINDOW, LEAST, Pace


class PaceTests(SynchronousTestCase):
    def slow(self) -> Pace:
        """Return one that took 10,000 bytes a second, and has them all."""
        pace = Pace()
        pace.sent(1, 100, 0.0)
        pace.applied(1, 0.1)
        pace.sent(2, 30_000, 1.0)
        pace.lag(1.0)
        pace.applied(2, 4.1)
        return pace

    def test_what_is_on_the_way(self) -> None:
        """What was sent is outstanding until the client has that version."""
        pace = Pace()
        for version in (1, 2, 3):
            pace.sent(version, 10 * version, 0.0)

        pace.applied(2, 0.1)

        self.assertEqual((pace.outstanding, pace.version), (30, 3))
        pace.applied(2, 0.2)
        pace.applied(1, 0.3)
        self.assertEqual(pace.outstanding, 30)

    def test_unknown_client_lags_behind(self) -> None:
        """One that answers nothing is sent the State, and so much more."""
        pace = Pace()
        pace.sent(1, 1_000_000, 0.0)

        while pace.keeps_up:
            pace.sent(pace.version + 1, 1000, 0.0)

        self.assertEqual(
            pace.outstanding, 1_000_000 + FIRST_WINDOW // 1000 * 1000 + 1000
        )

    def test_rate_is_what_went_while_it_waited(self) -> None:
        """The rate is measured where an answer tells that bytes waited."""
        pace = self.slow()

        self.assertTrue(pace.is_sure)
        self.assertAlmostEqual(pace.rate or 0, 10_000)
        self.assertEqual(pace.window, 5_000)

    def test_nobody_is_that_slow(self) -> None:
        """An answer that is late by a minute does not stop all that is to be sent."""
        pace = self.slow()
        pace.sent(3, 100, 5.0)
        for version in range(3, 30):
            pace.applied(version, 5.0 + version * 60)
            pace.sent(version + 1, 100, 5.0 + version * 60)

        self.assertGreaterEqual(pace.rate or 0, 8_000)
        self.assertGreaterEqual(pace.window, LEAST)

    def test_who_will_never_tell_is_sent_all(self) -> None:
        """A client that does not know how to tell lags for some time only."""
        pace = Pace()
        version = 0
        while pace.keeps_up:
            pace.sent(version := version + 1, 5000, 0.0)
        pace.lag(0.0)
        # As long as it may take to bring all that by a line of 64 kbit/s, and 10 s.
        least = 10 + pace.outstanding / 8000
        for _ in range(60):
            self.assertEqual(pace.budget(least), 0)
            pace.skip()

        self.assertGreater(pace.budget(least + 0.1), 10**6)
        pace.sent(version + 1, 9000, least + 0.1)
        self.assertTrue(pace.catch_up())
        self.assertTrue(pace.keeps_up)
        pace.applied(version + 1, least + 1)
        self.assertLess(pace.room, 10**6)

    def test_rate_is_at_least_what_it_took(self) -> None:
        """Who takes all at once that there is may take more."""
        pace = Pace()
        for tick in range(20):
            pace.sent(tick, 100, tick * 0.05)
            pace.applied(tick, tick * 0.05 + 0.02)

        self.assertFalse(pace.is_sure)
        self.assertGreaterEqual(pace.rate or 0, 100 / 0.05)
        self.assertGreaterEqual(pace.window, FIRST_WINDOW)

    def test_slow_client_gets_a_little_at_a_time(self) -> None:
        """What may go grows as time passes, up to what may be on the way."""
        pace = self.slow()
        pace.rate = 10_000.0
        pace.sent(3, 100, 5.0)

        pace.lag(5.0)

        self.assertEqual(pace.budget(5.0), 0)
        self.assertIn(pace.budget(5.1), (799, 800))
        pace.sent(4, 800, 5.1)
        self.assertEqual(pace.budget(5.1), 0)
        self.assertEqual(pace.budget(99.0), pace.window // 4)
        self.assertEqual(pace.room, pace.window - 900)

    def test_what_is_tried_when_nothing_waits(self) -> None:
        """To a slow client more is sent each time, until something waits."""
        pace = self.slow()
        before, now = pace.rate or 0, 10.0
        for version in range(3, 23):
            pace.sent(version, 100, now)
            pace.applied(version, now + 0.1)
            now += 0.5

        self.assertGreater(pace.rate or 0, 2 * before)

    def test_caught_up(self) -> None:
        """It keeps up again when little is on its way."""
        pace = self.slow()
        pace.sent(3, 10_000, 5.0)

        self.assertFalse(pace.catch_up())
        self.assertTrue(pace.is_slow)
        pace.applied(3, 5.1)

        self.assertTrue(pace.catch_up())
        self.assertTrue(pace.keeps_up)

    def test_client_that_tells_nothing(self) -> None:
        """What it received by a round trip counts where it never told what it has."""
        silent, telling = Pace(), Pace()
        telling.sent(1, 10, 0.0)
        telling.applied(1, 0.1)
        for pace in (silent, telling):
            pace.sent(2, 500, 1.0)
            pace.sent(3, 700, 2.0)

            pace.echoed(1.5, 2.5)

        self.assertEqual((silent.outstanding, telling.outstanding), (700, 1200))

    def test_another_socket(self) -> None:
        """Nothing is on the way by a new socket, and the way may be another."""
        pace = self.slow()
        pace.sent(3, 1000, 5.0)

        pace.forget()

        self.assertEqual(pace.outstanding, 0)
        self.assertFalse(pace.is_slow or pace.is_sure)
        self.assertEqual(pace.window, FIRST_WINDOW)

    def test_clock_that_is_set_back(self) -> None:
        """Time that goes back harms nothing."""
        pace = self.slow()
        pace.sent(3, 100, 5.0)
        pace.applied(3, 1.0)

        self.assertGreater(pace.rate or 0, 0)
        self.assertGreaterEqual(pace.budget(-10.0), LEAST)
