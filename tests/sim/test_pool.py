"""Tests of `nexus.sim.pool`."""

from __future__ import annotations

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.pool import Pool, order_of, room_of


class PoolTests(SynchronousTestCase):
    def test_orders_hold_what_they_are_for(self) -> None:
        """A block is the smallest power of two that is enough, and none for none."""
        counts = np.arange(1, 3000)
        rooms = room_of(order_of(counts))

        self.assertEqual(
            room_of(order_of(np.array([0, 1, 2, 3]))).tolist(), [0, 2, 2, 4]
        )
        self.assertTrue((rooms >= counts).all())
        self.assertTrue((rooms < np.maximum(2 * counts, 3)).all())

    def test_blocks_do_not_overlap(self) -> None:
        """Each slot is lent once."""
        pool = Pool(32)
        starts = [*pool.take(2, 3), *(pool.take(3, 2))]
        ends = [*(start + 4 for start in starts[:3]), *(s + 8 for s in starts[3:])]

        self.assertEqual((starts, ends), ([0, 4, 8, 12, 20], [4, 8, 12, 20, 28]))

    def test_what_was_given_back_is_lent_again(self) -> None:
        """Before new slots are lent, old blocks of the same order are."""
        pool = Pool(16)
        starts = pool.take(2, 4)
        self.assertFalse(pool.fits(np.array([0, 0, 1])))
        pool.give(2, starts[1:3])

        self.assertTrue(pool.fits(np.array([9, 0, 2])))
        self.assertFalse(pool.fits(np.array([0, 0, 3])))
        self.assertFalse(pool.fits(np.array([0, 1])))
        self.assertEqual(sorted(pool.take(2, 2).tolist()), [4, 8])

    def test_what_was_given_back_costs_nothing(self) -> None:
        """It is noted where nobody else writes: in the block itself."""
        pool = Pool(4096)
        before = pool.nbytes
        starts = pool.take(1, 2000)
        pool.give(1, starts)
        pool.give(1, starts[:0])

        self.assertEqual(pool.nbytes, before)
        self.assertEqual({*pool.take(1, 2000).tolist()}, {*starts.tolist()})
        self.assertEqual(pool.take(1, 1).tolist(), [4000])
