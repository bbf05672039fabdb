"""Catching up is as good as having been there: a minute and an hour.

How little full simulation depends on the length of its steps is shown by the tests
of needs, walks and trips; so an hour is run in steps of a second.
"""

from __future__ import annotations

from tests.sim.likeness import LikenessCase


class SpanTests(LikenessCase):
    def test_a_minute(self) -> None:
        """Twelve hundred Ticks and one leap end alike."""
        self.assert_alike(60, 0.05, 20_000)

    def test_an_hour(self) -> None:
        """An hour of full simulation and one leap end alike."""
        self.assert_alike(3600, 1.0, 10_000)
