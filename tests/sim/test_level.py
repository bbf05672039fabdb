"""Tests of `nexus.sim.level`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.level import Detail, Level


class LevelTests(SynchronousTestCase):
    def test_levels_ascend(self) -> None:
        """The finer a Region is run, the higher its Level."""
        self.assertLess(Level.AGGREGATE, Level.COARSE)
        self.assertLess(Level.COARSE, Level.FULL)

    def test_what_makes_no_sense_is_refused(self) -> None:
        """Distances without hysteresis and budgets of nothing say so."""
        right = {"full": 1.0, "full_until": 2.0, "coarse": 3.0, "coarse_until": 4.0}
        for words, wrong in (
            ("full_until", {"full_until": 1.0}),
            ("full_until", {"full": -1.0}),
            ("full <= coarse", {"coarse": 0.5}),
            ("full <= coarse", {"coarse_until": 3.0}),
            ("0 ticks or more", {"stay": -1}),
            ("0 ticks or more", {"every": 0}),
            ("wake in a tick", {"most_woken": 0}),
        ):
            with self.assertRaisesRegex(ValueError, words):
                Detail(**{**right, **wrong})  # type: ignore[arg-type]  # on purpose
