"""Tests of `nexus.testing.order`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.client.error import RequestError
from nexus.testing.error import StillWaiting
from nexus.testing.failure import Failures
from nexus.testing.order import Orders
from nexus.wire.frame import Status
from nexus.wire.message import UNDEFINED


class OrdersTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Listen to somebody."""
        self.said: list[bytes] = []
        self.orders = Orders(self.said.append, Failures())

    def test_numbers_count_up(self) -> None:
        """Each command has the next number, also behind those of another client."""
        self.assertEqual(self.orders.give("a", UNDEFINED).id, 1)
        self.orders.count(7)
        self.orders.count(3)

        self.assertEqual(self.orders.give("a", [1]).id, 8)
        self.assertEqual(len(self.said), 2)

    def test_answers(self) -> None:
        """An answer belongs to one command, and comes to it once."""
        first, second = self.orders.give("a", UNDEFINED), self.orders.give("b", 1)
        self.orders.answered(2, Status.OK, 5)
        self.orders.answered(2, Status.OK, 6)
        self.orders.answered(9, Status.OK, 6)

        self.assertEqual((first.is_answered, second.answer), (False, 5))
        error = self.assertRaises(StillWaiting, lambda: first.answer)
        self.assertIn("'a'", str(error))
        self.orders.answered(1, Status.REJECTED, "no")
        rejected = self.assertRaises(RequestError, lambda: first.answer)
        self.assertEqual(rejected.reason, "no")

    def test_nothing_is_said_before_the_node_says_where_it_is(self) -> None:
        """After a return commands go out in order, but for those that were answered."""
        self.orders.give("a", UNDEFINED)
        self.orders.give("b", UNDEFINED)
        one, two = self.said
        self.orders.answered(1, Status.OK, UNDEFINED)
        self.orders.hold()
        self.orders.give("c", UNDEFINED)
        self.assertEqual(self.said, [one, two])
        self.orders.go_on()
        self.orders.go_on()

        self.assertEqual(self.said[2], two)
        self.assertEqual(len(self.said), 4)
