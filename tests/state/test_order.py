"""Tests of `nexus.state.order`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.state.order import Order


class OrderTests(SynchronousTestCase):
    def test_keys_go_back_where_they_were(self) -> None:
        """One that was put at the end stands between the others again."""
        order = Order("abc")
        mark = order.mark()
        held = {"a": 1, "c": 3, "b": 2}
        order.back(held, mark)

        self.assertEqual(list(held.items()), [("a", 1), ("b", 2), ("c", 3)])

    def test_the_latest_adding_counts(self) -> None:
        """What was removed and came back before the mark stands where it came last."""
        order = Order("abc")
        order.add("a")
        mark = order.mark()
        order.add("b")
        held = dict.fromkeys("abc")
        order.back(held, mark)

        self.assertEqual(list(held), ["b", "c", "a"])

    def test_keys_that_are_gone_are_passed_over(self) -> None:
        """They need not be taken out when they go."""
        order = Order("abcd")
        held = dict.fromkeys("dab")
        order.back(held, order.mark())

        self.assertEqual(list(held), ["a", "b", "d"])

    def test_it_grows_too_long(self) -> None:
        """It is made anew when most of it is of no use any more."""
        order = Order("a")
        self.assertFalse(order.is_long(1))
        for _ in range(66):
            order.add("a")

        self.assertTrue(order.is_long(1))
