"""Tests of `nexus.client.applied`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.client.applied import Applied


class AppliedTests(SynchronousTestCase):
    def test_first_is_told_at_once(self) -> None:
        """The first version is told without a wait, and only once."""
        applied = Applied()
        applied.note(3, 100)

        self.assertEqual(applied.wait(1000), 0)
        self.assertEqual(applied.take(1000), 3)
        self.assertIsNone(applied.take(5000))
        self.assertIsNone(applied.wait(5000))

    def test_many_versions_are_told_as_one(self) -> None:
        """Within a fifth of a second only the newest version is told."""
        applied = Applied()
        applied.note(1, 10)
        applied.take(1000)
        for version in (2, 3, 4):
            applied.note(version, 10)

        self.assertEqual(applied.wait(1050), 150)
        self.assertIsNone(applied.take(1199))
        self.assertEqual(applied.take(1200), 4)

    def test_many_bytes_are_told_at_once(self) -> None:
        """When much came the Node is to know it at once, so that it sends on."""
        applied = Applied()
        applied.note(1, 10)
        applied.take(1000)

        applied.note(2, 16_000)
        self.assertIsNone(applied.take(1001))
        applied.note(3, 384)

        self.assertEqual(applied.take(1001), 3)

    def test_lost_socket(self) -> None:
        """What came by a socket that is gone is not told by the next one."""
        applied = Applied()
        applied.note(1, 10)

        applied.forget()

        self.assertIsNone(applied.wait(1000))
        self.assertIsNone(applied.take(1000))

    def test_clock_that_is_set_back(self) -> None:
        """Nobody waits longer than the interval, whatever the clock does."""
        applied = Applied()
        applied.note(1, 10)
        applied.take(100_000)
        applied.note(2, 10)

        self.assertEqual(applied.wait(0), 200)
