"""Catching up is as good as having been there: a day."""

from __future__ import annotations

from tests.sim.likeness import LikenessCase


class LongSpanTests(LikenessCase):
    def test_a_day(self) -> None:
        """A day of full simulation and one leap end alike."""
        self.assert_alike(86_400, 1.0, 10_000)
