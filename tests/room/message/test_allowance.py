"""Tests of `nexus.room.message.allowance`."""

from __future__ import annotations

from hypothesis import event, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.bucket import Bucket
from nexus.errors import LimitError
from nexus.limit import Limits
from nexus.room.message.allowance import Allowance
from tests import examples

_RATES = st.floats(0.5, 1_000.0)


class AllowanceTests(SynchronousTestCase):
    @settings(max_examples=examples(test=200, soak=20_000))
    @given(
        _RATES,
        st.integers(1, 50),
        _RATES,
        st.integers(125, 1_000),
        st.lists(st.tuples(st.floats(-1.0, 3.0), st.integers(1, 1_000)), max_size=60),
    )
    def test_it_equals_two_buckets(
        self,
        rate: float,
        burst: int,
        bytes_rate: float,
        most: int,
        steps: list[tuple[float, int]],
    ) -> None:
        """What is let through and what is refused, and for which limit, is the same."""
        limits = Limits(
            messages_per_second=rate,
            messages_burst=burst,
            bytes_per_second=bytes_rate,
            message_bytes=most,
        )
        allowance = Allowance(limits)
        messages = Bucket(rate, burst)
        space = Bucket(bytes_rate, max(bytes_rate, most))
        now = 1_000.0
        for passed, size in steps:
            now += passed
            fine, room = messages.take(now), space.take(now, 0)
            assert room
            expected = None
            if not fine:
                expected = "messages_per_second"
            elif not space.take(now, size):
                expected = "bytes_per_second"
            found = None
            try:
                allowance.take(now, size)
            except LimitError as error:
                found = error.limit
            event(str(found))

            self.assertEqual(found, expected)
