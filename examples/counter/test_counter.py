"""Plays the counter in memory: `python -m unittest examples.counter.test_counter`."""

from __future__ import annotations

from unittest import TestCase

from examples.counter import app
from nexus.testing import Harness, RequestError


class CounterTests(TestCase):
    def test_all_see_what_somebody_adds(self) -> None:
        """What one client adds, the other sees with the next patch."""
        with Harness(app) as house:
            ada = house.join_or_create()
            bob = house.join_or_create()

            ada.send("add", 5)
            bob.send("add")
            house.tick()

            self.assertEqual(ada.state.count, 6)
            self.assertEqual(bob.state.count, 6)

    def test_who_asks_is_answered(self) -> None:
        """A request is answered with the count as it is now, before any patch."""
        with Harness(app) as house:
            ada = house.join_or_create()

            self.assertEqual(ada.request("add", 2), 2)
            self.assertEqual(ada.state.count, 0)

    def test_nobody_adds_too_much(self) -> None:
        """A number that is too large is refused, and changes nothing."""
        with Harness(app) as house:
            ada = house.join_or_create()

            with self.assertRaises(RequestError) as caught:
                ada.request("add", 101)

            self.assertEqual(caught.exception.name, "invalid_payload")
            self.assertEqual(ada.room.state.count, 0)

    def test_count_ends_with_its_room(self) -> None:
        """When everybody has left, the next one begins at nothing."""
        with Harness(app) as house:
            ada = house.join_or_create()
            ada.request("add", 7)
            ada.leave()
            house.tick()

            bob = house.join_or_create()

            self.assertEqual(bob.state.count, 0)
