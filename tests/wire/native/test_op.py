"""Tests of the operations' table."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.wire.native.op import SHAPES_OF, Op, row_weight, weight


class OpTests(SynchronousTestCase):
    def test_every_operation_on_a_container_has_shapes(self) -> None:
        """All operations that name a container say which ones they are for."""
        others = {Op.CREATE, Op.HIDE, Op.OWN}

        self.assertEqual(set(SHAPES_OF), set(Op) - others)

    def test_weight_grows_with_the_fields(self) -> None:
        """An entity weighs six, and one more for each eight fields."""
        self.assertEqual([weight(n) for n in (0, 7, 8, 63)], [6, 6, 7, 13])

    def test_rows_weigh_less(self) -> None:
        """A row weighs five, and one more for each eight fields."""
        self.assertEqual([row_weight(n) for n in (0, 7, 8, 63)], [5, 5, 6, 12])
