"""Tests of `nexus.sim.wander`."""

from __future__ import annotations

from typing import Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.wander import Wander
from tests.sim.crowd import apart

_BOUNDS = (0.0, 0.0, 100.0, 50.0)


def walkers(walk: Wander, count: int, x: float, y: float) -> dict[str, Any]:
    """Make entities that all begin at one place, and go east or anywhere."""
    chance = np.random.default_rng(3)
    vx, vy = walk.set_out(count, 1.5, chance)
    vx[::2], vy[::2] = 1.5, 0
    return {
        "x": np.full(count, x, np.float32),
        "y": np.full(count, y, np.float32),
        "vx": vx,
        "vy": vy,
        "home_x": np.full(count, x - 5, np.float32),
        "home_y": np.full(count, y + 5, np.float32),
    }


class WanderTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Have a fenced world."""
        self.walk = Wander(turn=8, bounds=_BOUNDS)
        self.chance = np.random.default_rng(4)

    def test_they_walk_at_their_speed(self) -> None:
        """A step leads as far as the speed says, and a turn keeps the speed."""
        held = walkers(self.walk, 1000, 50, 25)

        self.walk.step(held, 0.5, self.chance)

        way = np.hypot(held["x"] - 50, held["y"] - 25)
        np.testing.assert_allclose(way, 0.75, rtol=1e-3)
        np.testing.assert_allclose(np.hypot(held["vx"], held["vy"]), 1.5, rtol=1e-5)

    def test_they_stay_within_bounds(self) -> None:
        """Nobody is ever outside, be the step short or long, or a leap."""
        held = walkers(self.walk, 500, 99.5, 0.5)
        for dt in [0.05] * 50 + [1.0] * 50:
            self.walk.step(held, dt, self.chance)
            self.assert_inside(held)
        for span in (1.0, 100.0, 1e7):
            self.walk.leap(held, np.full(500, span), self.chance)
            self.assert_inside(held)

    def assert_inside(self, held: dict[str, Any]) -> None:
        """Fail if somebody has left the world."""
        self.assertTrue(held["x"].min() >= 0 and held["x"].max() <= 100)
        self.assertTrue(held["y"].min() >= 0 and held["y"].max() <= 50)

    def test_wall_turns_them_back(self) -> None:
        """Who walks into a wall goes the other way from it."""
        walk = Wander(turn=1e9, bounds=_BOUNDS)
        held = walkers(walk, 2, 99, 25)

        walk.step(held, 1.0, self.chance)

        self.assertAlmostEqual(float(held["x"][0]), 99.5, places=3)
        self.assertAlmostEqual(float(held["vx"][0]), -1.5, places=3)

    def test_they_stay_around_their_homes(self) -> None:
        """Each has a ground of its own."""
        walk = Wander(turn=8, homes=("home_x", "home_y"), reach=6)
        held = walkers(walk, 300, 1000, 1000)
        for _ in range(400):
            walk.step(held, 0.25, self.chance)
            self.assertLess(np.abs(held["x"] - held["home_x"]).max(), 6.01)
        walk.leap(held, np.full(300, 1e5), self.chance)

        self.assertLess(np.abs(held["y"] - held["home_y"]).max(), 6.01)
        self.assertGreater(np.abs(held["y"] - held["home_y"]).max(), 5)

    def test_leap_ends_where_steps_end(self) -> None:
        """After seconds and after minutes a leap spreads entities as steps do."""
        for span, dt in ((3.0, 0.05), (20.0, 0.1), (60.0, 0.25), (600.0, 0.5)):
            once, often = (walkers(self.walk, 4000, 40, 20) for _ in range(2))
            self.walk.leap(once, np.full(4000, span), self.chance)
            for _ in range(round(span / dt)):
                self.walk.step(often, dt, self.chance)

            for name in ("x", "y"):
                self.assertLess(apart(once[name], often[name]), 0.05, (name, span))

    def test_leap_of_a_year_forgets_the_beginning(self) -> None:
        """In the end all places are as likely as each other."""
        held = walkers(self.walk, 4000, 1, 1)

        self.walk.leap(held, np.full(4000, 3e7), self.chance)

        self.assertLess(apart(held["x"], np.linspace(0, 100, 4000)), 0.04)
        self.assertLess(apart(held["y"], np.linspace(0, 50, 4000)), 0.04)

    def test_of_very_many_some_turn_at_a_time(self) -> None:
        """A crowd turns in stretches, as much in the end as a few would."""
        walk = Wander(turn=8, bounds=(-1e6, -1e6, 1e6, 1e6))
        held = walkers(walk, 100_000, 0, 0)
        held["vx"][:], held["vy"][:] = 1, 0
        for _ in range(160):
            walk.step(held, 0.05, self.chance)

        # After `turn` seconds a direction is known by a third.
        self.assertLess(abs(float(held["vx"].mean()) - np.exp(-1)), 0.04)

    def test_same_chance_is_the_same_walk(self) -> None:
        """Chance is an argument: the same numbers lead to the same places."""
        ends = []
        for _ in range(2):
            held = walkers(self.walk, 50, 50, 25)
            self.walk.step(held, 0.05, np.random.default_rng(9))
            self.walk.leap(held, np.full(50, 99.0), np.random.default_rng(9))
            ends.append(held["x"])

        np.testing.assert_array_equal(*ends)

    def test_what_makes_no_sense_is_refused(self) -> None:
        """Grounds and turns beyond reason say what is wrong."""
        for words, wrong in (
            ("more than 0 s", {"turn": 0.0, "bounds": _BOUNDS}),
            ("bounds of all, or homes", {"turn": 1.0}),
            ("reach above 0", {"turn": 1.0, "homes": ("a", "b")}),
            ("x0 < x1", {"turn": 1.0, "bounds": (0.0, 0.0, 0.0, 1.0)}),
        ):
            with self.assertRaisesRegex(ValueError, words):
                Wander(**wrong)  # type: ignore[arg-type]  # wrong on purpose
