"""Tests of `nexus.bucket`."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.bucket import Bucket, Buckets


class BucketTests(SynchronousTestCase):
    def test_burst_is_had_at_once_and_once(self) -> None:
        """A new bucket gives its burst, at any time of the clock, and no more."""
        for now in (0.0, 1_700_000_000.0):
            bucket = Bucket(rate=10, burst=3)

            taken = [bucket.take(now) for _ in range(5)]

            self.assertEqual(taken, [True, True, True, False, False])

    def test_tokens_come_back_with_time(self) -> None:
        """An empty bucket gets its rate back, up to its burst."""
        bucket = Bucket(rate=2, burst=4)
        bucket.take(0, cost=4)

        self.assertFalse(bucket.take(0.4))
        self.assertTrue(bucket.take(0.5))
        self.assertFalse(bucket.take(100, cost=4.1))
        self.assertTrue(bucket.take(100, cost=4))

    def test_clock_that_was_set_back_brings_nothing(self) -> None:
        """Time that runs twice fills the bucket by what passes, not by what was."""
        bucket = Bucket(rate=1, burst=1)
        bucket.take(1000)

        self.assertFalse(bucket.take(10))
        self.assertFalse(bucket.take(10.5))
        self.assertTrue(bucket.take(11))

    def test_senseless_buckets_are_refused(self) -> None:
        """A bucket that never fills, or holds nothing, is a mistake."""
        for rate, burst in ((0, 1), (-1, 1), (1, 0)):
            with self.assertRaises(ValueError):
                Bucket(rate, burst)

    @given(
        st.floats(0.5, 50),
        st.integers(1, 20),
        st.lists(st.tuples(st.floats(0, 3), st.integers(1, 5)), max_size=60),
    )
    def test_no_span_gets_more_than_its_share(
        self, rate: float, burst: int, wishes: list[tuple[float, int]]
    ) -> None:
        """Between any two moments, no more is had than the burst and the rate give."""
        bucket = Bucket(rate, burst)
        now = 5.0
        had: list[tuple[float, int]] = []
        for pause, cost in wishes:
            now += pause
            if bucket.take(now, cost):
                had.append((now, cost))

        for start in range(len(had)):
            total = 0
            for when, cost in had[start:]:
                total += cost
                share = burst + (when - had[start][0]) * rate
                self.assertLessEqual(total, share * (1 + 1e-9))


class BucketsTests(SynchronousTestCase):
    def test_each_key_has_its_own(self) -> None:
        """What one key takes, another one still has."""
        buckets = Buckets(rate=1, burst=1)

        taken = [buckets.take(key, 0.0) for key in "aabb"]

        self.assertEqual(taken, [True, False, True, False])

    def test_full_buckets_are_forgotten(self) -> None:
        """Keys that were not used for long leave nothing behind."""
        buckets = Buckets(rate=1, burst=2)
        for key in range(100):
            buckets.take(key, 0.0)
        self.assertEqual(len(buckets), 100)

        for key in range(100, 200):
            buckets.take(key, 50.0)

        self.assertEqual(len(buckets), 100)
        self.assertEqual(set(buckets._buckets), set(range(100, 200)))

    def test_there_are_never_more_than_the_limit(self) -> None:
        """With all in use, the one that was longest unused makes room."""
        buckets = Buckets(rate=0.001, burst=1, limit=10)
        buckets.take("old", 0.0)
        buckets.take("busy", 0.0)
        for key in range(8):
            buckets.take(key, 0.0)
        self.assertFalse(buckets.take("busy", 0.0))

        buckets.take("new", 0.0)

        self.assertEqual(len(buckets), 10)
        self.assertFalse(buckets.take("busy", 0.0))
        self.assertTrue(buckets.take("old", 0.0))
        for key in range(1000):
            buckets.take(f"more {key}", 0.0)
            self.assertLessEqual(len(buckets), 10)
