"""Tests of `nexus.sim.need`."""

from __future__ import annotations

from typing import Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.need import Gauge, Need, Needs
from tests.sim.crowd import apart, busy, crowd

FOOD = Need(name="food", fall=0.01, rise=0.1, low=0.3)
REST = Need(name="rest", fall=0.02, rise=0.05, low=0.2, others={"food": 0.5})


def one(**values: float) -> dict[str, Any]:
    """Make the columns of one entity."""
    held: dict[str, Any] = {
        name: np.array([value], np.float32) for name, value in values.items()
    }
    held["activity"] = held["activity"].astype(np.uint8)
    return held


class NeedTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Have two needs."""
        self.needs = Needs(FOOD, REST)
        self.chance = np.random.default_rng(1)

    def step(self, held: dict[str, Any], dt: float = 1.0) -> list[float]:
        """Let a time pass for one entity, and return what it has and does."""
        self.needs.step(held, dt, self.chance)
        return [round(float(held[name][0]), 4) for name in ("food", "rest", "activity")]

    def test_needs_fall_while_nothing_is_served(self) -> None:
        """A free entity loses of each need what that falls."""
        held = one(food=0.8, rest=0.7, activity=0)

        self.assertEqual(self.step(held), [0.79, 0.68, 0])

    def test_low_need_is_served_from_the_moment_on_at_which_it_was_low(self) -> None:
        """A need that is low half a second ago has risen for half a second."""
        held = one(food=0.305, rest=0.7, activity=0)

        self.assertEqual(self.step(held), [0.35, 0.68, 1])

    def test_full_need_sets_free(self) -> None:
        """Who has what it wants is free from that moment on."""
        held = one(food=0.95, rest=0.7, activity=1)

        self.assertEqual(self.step(held), [0.995, 0.68, 0])

    def test_serving_one_changes_the_fall_of_others(self) -> None:
        """Who rests needs half as much food."""
        held = one(food=0.8, rest=0.5, activity=2)

        self.assertEqual(self.step(held), [0.795, 0.55, 2])

    def test_most_urgent_need_comes_first(self) -> None:
        """Of two low needs the one that is lower by its own measure is served."""
        held = one(food=0.2, rest=0.1, activity=0)

        self.assertEqual(self.step(held)[2], 2)

    def test_of_two_that_are_empty_the_first_is_served(self) -> None:
        """Looking back makes none of two needs at 0 more urgent than the other."""
        self.needs = Needs(
            FOOD, REST, Need(name="social", fall=0.03, rise=0.1, low=0.3)
        )
        held = one(food=0.99, rest=0.0, social=0.0, activity=1)

        self.assertEqual(self.step(held)[2], 2)

    def test_next_need_follows_at_once(self) -> None:
        """Who is done with one need and has another that is low turns to that."""
        held = one(food=0.98, rest=0.1, activity=1)

        self.assertEqual(self.step(held)[2], 2)

    def test_needs_stay_within_their_range(self) -> None:
        """Nothing is more than full or less than empty."""
        held = one(food=0.001, rest=0.999, activity=2)
        for _ in range(5):
            food, rest, _activity = self.step(held)
            self.assertTrue(0 <= food <= 1 and 0 <= rest <= 1)

    def test_gauge_falls_while_a_need_is_poor(self) -> None:
        """Health suffers from a poor need, and comes back when it is met."""
        self.needs = Needs(
            Need(name="food", fall=0.01, rise=0.1, low=0.3, poor=0.2),
            REST,
            gauges=[Gauge(name="health", rise=0.02, falls={"food": 0.05})],
        )
        held = one(food=0.1, rest=0.9, health=0.5, activity=1)

        self.step(held)
        after_one = float(held["health"][0])
        self.step(held)

        self.assertAlmostEqual(after_one, 0.52, places=5)
        held = one(food=0.1, rest=0.1, health=0.5, activity=2)
        self.step(held)
        self.assertAlmostEqual(float(held["health"][0]), 0.45, places=5)

    def test_length_of_a_step_makes_no_difference(self) -> None:
        """Five minutes in steps of a second are those in steps of a twentieth."""
        needs = busy()
        short, long = (dict(crowd(needs, 1000).columns) for _ in range(2))
        for _ in range(6000):
            needs.step(short, 0.05, self.chance)
        for _ in range(300):
            needs.step(long, 1.0, self.chance)

        for name in needs.names:
            self.assertLess(apart(short[name], long[name]), 0.02, name)
            self.assertLess(abs(short[name].mean() - long[name].mean()), 0.01)

    def test_steps_may_differ_by_entity(self) -> None:
        """One array of times does what one time after the other does."""
        both = {
            name: np.repeat(array, 2)
            for name, array in one(food=0.8, rest=0.7, activity=0).items()
        }

        self.needs.step(both, np.array([1.0, 2.0]), self.chance)

        np.testing.assert_allclose(both["food"], [0.79, 0.78], rtol=1e-6)

    def test_of_very_many_each_looks_in_its_turn(self) -> None:
        """A crowd that is too large for one look has looked after a few."""
        count = 600_000
        held = {
            "food": np.full(count, 0.25, np.float32),
            "rest": np.full(count, 0.9, np.float32),
            "activity": np.zeros(count, np.uint8),
        }

        seen = []
        for _ in range(3):
            self.needs.step(held, 0.05, self.chance)
            seen.append(int(np.count_nonzero(held["activity"])))

        self.assertTrue(0 < seen[0] < seen[1] < count)
        self.assertEqual(seen[2], count)

    def test_step_that_float32_cannot_hold_is_refused(self) -> None:
        """A need that takes days to fall says that it wants a finer column."""
        slow = Needs(Need(name="food", fall=1e-6, rise=0.1))
        held = {
            "food": np.ones(1, np.float32),
            "activity": np.zeros(1, np.uint8),
        }

        with self.assertRaisesRegex(ValueError, "food falls by .* float64 column"):
            slow.step(held, 0.05, self.chance)
        held["food"] = np.ones(1)
        slow.step(held, 0.05, self.chance)
        self.assertAlmostEqual(held["food"][0], 1 - 5e-8, places=12)

    def test_what_makes_no_sense_is_refused(self) -> None:
        """Needs and gauges beyond reason say what is wrong."""
        for wrong, words in (
            ({"fall": -1.0}, "falls by 0"),
            ({"rise": 0.0}, "falls by 0"),
            ({"low": 0.0}, "low < full"),
            ({"low": 1.0}, "low < full"),
            ({"poor": 2.0}, "poor lies"),
            ({"others": {"rest": -1.0}}, "factor of 0"),
        ):
            with self.assertRaisesRegex(ValueError, words):
                Need(**{"name": "food", "fall": 0.1, "rise": 0.1, **wrong})
        with self.assertRaisesRegex(ValueError, "by 0 or more"):
            Gauge(name="health", rise=-1.0, falls={})
        for needs in ((), (FOOD, FOOD)):
            with self.assertRaisesRegex(ValueError, "1 to 254"):
                Needs(*needs)
        with self.assertRaisesRegex(ValueError, "no other need"):
            Needs(REST)
