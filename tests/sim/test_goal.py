"""Tests of `nexus.sim.goal`."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.goal import Goal, Trips
from tests import examples

HOME = Goal(x="home_x", y="home_y", stay=60)
WORK = Goal(x="work_x", y="work_y", stay=90)
SHOP = Goal(x="shop_x", y="shop_y", stay=0)


def people(count: int, seed: int = 5) -> dict[str, Any]:
    """Make people on their way home from anywhere, and some at work."""
    chance = np.random.default_rng(seed)
    held: dict[str, Any] = {
        name: chance.random(count) * 300
        for name in (
            "home_x",
            "home_y",
            "work_x",
            "work_y",
            "shop_x",
            "shop_y",
            "x",
            "y",
        )
    }
    held["leg"] = np.zeros(count, np.uint8)
    held["wait"] = np.zeros(count)
    half = count // 2
    held["leg"][:half] = 3
    held["x"][:half], held["y"][:half] = held["work_x"][:half], held["work_y"][:half]
    held["wait"][:half] = chance.random(half) * 90
    return held


class TripsTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Have somebody who lives a hundred steps from work."""
        self.trips = Trips(HOME, WORK, speed=2)
        self.held: dict[str, Any] = {
            "home_x": np.zeros(1),
            "home_y": np.zeros(1),
            "work_x": np.full(1, 100.0),
            "work_y": np.zeros(1),
            "x": np.full(1, 10.0),
            "y": np.zeros(1),
            "leg": np.zeros(1, np.uint8),
            "wait": np.zeros(1),
        }
        self.chance = np.random.default_rng(1)

    def now(self) -> tuple[float, int, float]:
        """Return where it is, on what leg, and how long it still waits."""
        return tuple(self.held[name][0] for name in ("x", "leg", "wait"))  # type: ignore[return-value]  # three of them

    def test_it_walks_stays_and_walks_on(self) -> None:
        """A way takes its length, a stay its time, and nothing is lost in between."""
        seen = []
        for _ in range(4):
            self.trips.step(self.held, 4.0, self.chance)
            seen.append(self.now())
        for _ in range(14):
            self.trips.step(self.held, 4.0, self.chance)

        self.assertEqual(seen[:2], [(2.0, 0, 0.0), (0.0, 1, 57.0)])
        self.assertEqual(seen[3], (0.0, 1, 49.0))
        self.assertEqual(self.now(), (14.0, 2, 0.0))

    def test_leap_knows_where_it_is(self) -> None:
        """After five seconds it is at home, a minute later it leaves, and so on."""
        for span, expected in (
            (4.0, (2.0, 0, 0.0)),
            (6.0, (0.0, 1, 59.0)),
            (75.0, (20.0, 2, 0.0)),
            (125.0, (100.0, 3, 80.0)),
            (5 + 250 * 1000 + 10.0, (0.0, 1, 50.0)),
        ):
            self.setUp()
            self.trips.leap(self.held, np.array([span]), self.chance)
            np.testing.assert_allclose(
                self.now(), expected, atol=1e-6, err_msg=f"{span}"
            )

    @settings(max_examples=examples(test=40, soak=2_000))
    @given(st.integers(0, 999), st.floats(0, 5000), st.sampled_from([0.5, 7.0, 40.0]))
    def test_leap_is_all_the_steps(self, seed: int, span: float, dt: float) -> None:
        """Whatever the time, a leap ends where steps of any length do."""
        trips = Trips(HOME, WORK, SHOP, speed=1.5)
        span = span // dt * dt
        once, often = people(20, seed), people(20, seed)
        trips.leap(once, np.full(20, span), self.chance)
        for _ in range(round(span / dt)):
            trips.step(often, dt, self.chance)
        # A step reaches one goal at most: a long one may have to make up for it.
        for _ in range(40):
            trips.step(often, 0.0, self.chance)

        for name in ("x", "y"):
            np.testing.assert_allclose(once[name], often[name], atol=1e-3)
        self.assertTrue((once["wait"] >= 0).all())

    def test_goals_that_are_one_place_are_no_trouble(self) -> None:
        """Somebody who works at home never leaves."""
        self.held["work_x"][:] = 0
        self.trips.leap(self.held, np.array([1e6]), self.chance)

        self.assertEqual(self.now()[0], 0)

    def test_what_makes_no_sense_is_refused(self) -> None:
        """A trip has two goals, a speed, and stays that are no less than nothing."""
        with self.assertRaisesRegex(ValueError, "2 to 127 goals"):
            Trips(HOME, speed=1)
        with self.assertRaisesRegex(ValueError, "speeds are above 0"):
            Trips(HOME, WORK, speed=0)
        with self.assertRaisesRegex(ValueError, "speeds are above 0"):
            Trips(HOME, Goal(x="x", y="y", stay=-1), speed=1)
