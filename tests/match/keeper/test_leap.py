"""Tests of `nexus.match.keeper.leap`: clocks that are set, or that nobody can set."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from nexus.match.keeper.leap import Leaps

START = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOUR = 3600.0
DAY = 24 * HOUR


class LeapTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Have a clock on the wall, and a steady one."""
        self.wall, self.steady = Clock(), Clock()
        self.wall.advance(START.timestamp())
        self.steady.advance(77.0)
        self.leaps = Leaps(self.wall, self.steady.seconds)
        self.told: list[dict[str, Any]] = []
        globalLogPublisher.addObserver(self.told.append)
        self.addCleanup(globalLogPublisher.removeObserver, self.told.append)

    def pass_(self, seconds: float, leap: float = 0.0) -> None:
        """Let time pass, set the clock on the wall, and look."""
        self.steady.advance(seconds)
        self.wall.rightNow += seconds + leap
        self.leaps.look()

    def warnings(self) -> list[str]:
        """Return what those were warned of who read the log."""
        return [
            str(each["log_format"])
            for each in self.told
            if each["log_level"].name == "warn"
        ]

    def test_time_that_goes_by(self) -> None:
        """What gets old in time gets no grace, however often nobody looks."""
        self.leaps.begin(START)
        for seconds in (1.0, HOUR, 30 * DAY):
            self.pass_(seconds)

        self.assertEqual((self.leaps.grace(DAY), self.told), (0.0, []))

    def test_clock_that_is_set_a_little(self) -> None:
        """Some seconds are no leap: clocks are never quite right."""
        self.leaps.begin(START)
        self.pass_(HOUR, 299.0)
        self.pass_(HOUR, -299.0)

        self.assertEqual((self.leaps.grace(DAY), self.told), (0.0, []))

    def test_leap(self) -> None:
        """All gets as much grace until it is as old as it looks; people are told."""
        self.leaps.begin(START)
        self.pass_(HOUR, 50 * HOUR)
        self.assertEqual(self.leaps.grace(DAY), 50 * HOUR)
        self.assertEqual(len(self.warnings()), 1)
        self.assertIn("ROOM_ABANDON_HOURS", self.warnings()[0])
        for _ in range(23):
            self.pass_(HOUR)
        self.assertEqual(self.leaps.grace(DAY), 50 * HOUR)
        self.pass_(HOUR)

        self.assertEqual(self.leaps.grace(DAY), 0.0)
        self.assertEqual(self.leaps.grace(2 * DAY), 50 * HOUR)
        self.assertEqual(len(self.warnings()), 1)

    def test_clock_that_is_set_right_again(self) -> None:
        """Then nothing looks older than it is any more."""
        self.leaps.begin(START)
        self.pass_(HOUR, 50 * HOUR)
        self.pass_(HOUR, -20 * HOUR)
        self.assertEqual(self.leaps.grace(DAY), 30 * HOUR)
        self.pass_(HOUR, -40 * HOUR)

        self.assertEqual(self.leaps.grace(DAY), 0.0)

    def test_several_leaps(self) -> None:
        """They add up."""
        self.leaps.begin(START)
        self.pass_(HOUR, 5 * HOUR)
        self.pass_(HOUR, 7 * HOUR)

        self.assertEqual(self.leaps.grace(DAY), 12 * HOUR)

    def test_time_in_which_nothing_happened(self) -> None:
        """What nobody could come back to is not older for that when a Node starts."""
        self.wall.advance(50 * HOUR)
        self.leaps.begin(START)
        self.leaps.look()
        self.assertEqual(self.leaps.grace(DAY), 50 * HOUR)
        self.assertEqual((len(self.told), self.warnings()), (1, []))
        self.pass_(DAY)

        self.assertEqual(self.leaps.grace(DAY), 0.0)

    def test_nothing_is_known_of_before(self) -> None:
        """An empty database, or times to come, are no reason for anything."""
        for newest in (None, datetime(2099, 1, 1, tzinfo=UTC)):
            self.leaps.begin(newest)
            self.assertEqual((self.leaps.grace(DAY), self.told), (0.0, []))
