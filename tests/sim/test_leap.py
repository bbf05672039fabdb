"""Tests of `nexus.sim.leap`."""

from __future__ import annotations

from math import nextafter
from typing import Any
from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim import leap
from nexus.sim.need import Need, Needs
from tests import examples
from tests.sim.crowd import apart, busy, crowd, idle

#: More ends than any of these tests comes to: all is followed, nothing left out.
_ALL = 100_000


def leapt(needs: Needs, count: int, elapsed: Any) -> dict[str, Any]:
    """Let a time pass for a crowd in one go."""
    held = dict(crowd(needs, count).columns)
    leap.leap(needs, held, np.broadcast_to(elapsed, count).astype(np.float64))
    return held


class LeapTests(SynchronousTestCase):
    def test_no_time_changes_nothing(self) -> None:
        """A leap of no seconds leaves all as it is."""
        held, before = leapt(busy(), 100, 0.0), crowd(busy(), 100).columns

        for name, values in before.items():
            np.testing.assert_array_equal(held[name], values)

    def test_an_hour_in_one_go_is_an_hour_in_steps(self) -> None:
        """Entity by entity, all but a few whose needs were as urgent as each other."""
        needs, held = busy(), dict(crowd(busy(), 500).columns)
        for _ in range(7200):
            needs.step(held, 0.5, np.random.default_rng(1))

        once = leapt(needs, 500, 3600.0)

        for name in needs.names:
            same = np.abs(once[name] - held[name]) < 0.02
            self.assertGreater(same.mean(), 0.99, name)

    def test_needs_that_are_served_in_no_time(self) -> None:
        """What is full as soon as it is low makes rounds of no length, not numbers."""
        lows, falls = {"a": 0.9, "b": 0.5578636348336432}, {"a": 0.0, "b": 0.01}
        needs = Needs(
            *(
                Need(name=n, fall=falls[n], rise=0.3, low=low, full=nextafter(low, 2))
                for n, low in lows.items()
            )
        )
        held: dict[str, Any] = {
            "a": np.array([0.9, 0.2]),
            "b": np.array([1.0, 0.9]),
            "activity": np.array([2, 0], np.uint8),
        }

        needs.leap(held, np.full(2, 600.0), np.random.default_rng(1))

        for name in ("a", "b"):
            self.assertTrue(((held[name] >= 0) & (held[name] <= 1)).all(), name)

    def test_rounds_that_are_left_out_are_not_missed(self) -> None:
        """Half a day with rounds left out ends where all of it would have led."""
        needs = busy()
        short = leapt(needs, 400, 40_000.0)
        with patch.object(leap, "ENDS", _ALL), patch.object(leap, "_BEGIN", ()):
            whole = leapt(needs, 400, 40_000.0)

        for name in needs.names:
            self.assertLess(apart(short[name], whole[name]), 0.02, name)

    def test_needs_that_seldom_meet_go_on_alone(self) -> None:
        """Rounds that never close move each need on by what they moved it before."""
        needs = idle()
        lived = dict(crowd(needs, 1000).columns)
        since = np.random.default_rng(2).uniform(10_000, 12_000, 1000)
        leap.leap(needs, lived, since)
        short = {name: values.copy() for name, values in lived.items()}
        leap.leap(needs, short, np.full(1000, 86_400.0))
        with patch.object(leap, "ENDS", _ALL), patch.object(leap, "_BEGIN", ()):
            leap.leap(needs, lived, np.full(1000, 86_400.0))

        for name in needs.names:
            self.assertLess(abs(short[name].mean() / lived[name].mean() - 1), 0.02)
            self.assertLess(apart(short[name], lived[name]), 0.05, name)

    def test_work_is_bounded(self) -> None:
        """A year costs no more ends than a week."""
        counts = []
        for days in (7, 365):
            with patch.object(
                leap._Course, "advance", autospec=True, side_effect=_ADVANCE
            ) as advance:
                leapt(busy(), 50, days * 86_400.0)
            counts.append(advance.call_count)

        self.assertLess(max(counts), 2 * leap.ENDS)

    def test_each_has_its_own_time(self) -> None:
        """Entities that leap together leap as if each were alone."""
        spans = np.array([0.0, 10.0, 1000.0, 86_400.0])
        needs = busy()
        together = leapt(needs, 4, spans)
        for number, span in enumerate(spans):
            alone = {
                name: values[number : number + 1].copy()
                for name, values in crowd(needs, 4).columns.items()
            }
            leap.leap(needs, alone, np.array([span]))
            for name in needs.writes:
                self.assertEqual(alone[name][0], together[name][number])

    @settings(max_examples=examples(test=60, soak=2_000))
    @given(
        st.lists(st.floats(0, 1, width=32), min_size=5, max_size=5),
        st.integers(0, 3),
        st.floats(0, 1e6),
        st.floats(0, 2000),
    )
    def test_two_leaps_are_one(
        self, start: list[float], activity: int, first: float, second: float
    ) -> None:
        """Where a leap is cut makes no difference, as long as nothing is left out."""
        needs = busy()
        held: dict[str, Any] = {
            name: np.array([value])
            for name, value in zip(needs.names, start, strict=True)
        }
        held["activity"] = np.array([activity], np.uint8)
        first %= 2000
        twice = {name: values.copy() for name, values in held.items()}
        with patch.object(leap, "ENDS", _ALL), patch.object(leap, "_BEGIN", ()):
            leap.leap(needs, held, np.array([first + second]))
            leap.leap(needs, twice, np.array([first]))
            leap.leap(needs, twice, np.array([second]))

        for name in needs.names:
            self.assertTrue(0 <= held[name][0] <= 1)
            self.assertAlmostEqual(held[name][0], twice[name][0], places=4)


_ADVANCE = leap._Course.advance
