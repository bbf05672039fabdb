"""Tests of `nexus.sim.timestep`."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim import FixedTimestep
from tests import examples

_TIMES = st.lists(st.floats(0, 2, allow_nan=False), max_size=50)
_RATES = st.one_of(st.integers(1, 240), st.floats(0.5, 240, allow_nan=False))


class TimestepTests(SynchronousTestCase):
    def test_whole_ticks_are_run_and_the_rest_is_kept(self) -> None:
        """What is left over counts the next time."""
        timestep = FixedTimestep(10)

        self.assertEqual([timestep.steps(0.25) for _ in range(4)], [2, 3, 2, 3])
        self.assertEqual((timestep.tick, timestep.dropped), (10, 0))

    def test_backlog_is_dropped(self) -> None:
        """Beyond the cap Ticks are dropped and counted, and the rest is kept."""
        timestep = FixedTimestep(10, max_steps=3)

        self.assertEqual(timestep.steps(1.05), 3)
        self.assertEqual((timestep.tick, timestep.dropped), (3, 7))
        self.assertEqual(timestep.steps(0.05), 1)

    def test_it_knows_the_length_of_a_tick(self) -> None:
        """A Tick of 20 Hz takes a twentieth of a second."""
        self.assertEqual((FixedTimestep(20).dt, FixedTimestep(20).hz), (0.05, 20))

    def test_half_an_hour_at_60_hz_loses_no_tick(self) -> None:
        """Frames of a sixtieth, which no float is, add up to as many Ticks."""
        timestep = FixedTimestep(60)
        ticks = sum(timestep.steps(1 / 60) for _ in range(108_000))

        self.assertEqual((ticks, timestep.dropped), (108_000, 0))

    def test_slow_rates_are_rates(self) -> None:
        """Two Ticks in three seconds are possible."""
        timestep = FixedTimestep(2 / 3)

        self.assertEqual([timestep.steps(1.5) for _ in range(4)], [1, 1, 1, 1])

    def test_what_makes_no_sense_is_refused(self) -> None:
        """Rates, caps and times beyond reason are refused."""
        for hz in (0, -1, 1001, float("nan"), float("inf")):
            with self.assertRaisesRegex(ValueError, "ticks a second"):
                FixedTimestep(hz)
        with self.assertRaisesRegex(ValueError, "at least one tick"):
            FixedTimestep(10, max_steps=0)
        for elapsed in (-0.1, float("nan"), float("inf")):
            with self.assertRaisesRegex(ValueError, "cannot have passed"):
                FixedTimestep(10).steps(elapsed)

    @settings(max_examples=examples(test=200, soak=20_000))
    @given(_RATES, st.integers(1, 8), _TIMES)
    def test_no_tick_is_lost_and_the_cap_holds(
        self, hz: float, cap: int, times: list[float]
    ) -> None:
        """Ticks run and dropped are those of the whole time, and never too many."""
        timestep = FixedTimestep(hz, cap)
        counts = [timestep.steps(elapsed) for elapsed in times]

        self.assertLessEqual(max(counts, default=0), cap)
        self.assertEqual(sum(counts), timestep.tick)
        # Each time is rounded to whole nanoseconds.
        slack = Fraction(len(times), 10**9) + sum(map(Fraction, times)) / 10**6
        whole = sum(map(Fraction, times)) * Fraction(hz)
        ran = timestep.tick + timestep.dropped
        self.assertLessEqual((whole - slack * Fraction(hz)) // 1, ran)
        self.assertGreaterEqual((whole + slack * Fraction(hz)) // 1, ran)
