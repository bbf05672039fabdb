"""Token buckets: so much a second, and so much at once."""

from __future__ import annotations

from collections.abc import Hashable

from attrs import define, field
from attrs.validators import ge, gt

__all__ = ["Bucket", "Buckets"]


@define(eq=False)
class Bucket:
    """Holds `burst` tokens at most, and gets `rate` of them back a second.

    Attributes:
        rate: Tokens a second.
        burst: How many it holds, and holds at first.
    """

    rate: float
    burst: float
    _tokens: float = field(init=False)
    _since: float = field(init=False, default=0.0)

    # By validators this would take as long as three other buckets: there are three for
    # each socket.
    def __attrs_post_init__(self) -> None:
        """Be full.

        Raises:
            ValueError: There would never be anything in it.
        """
        if not (self.rate > 0 and self.burst > 0):
            raise ValueError(f"a bucket of {self.burst} that gets {self.rate} back")
        self._tokens = self.burst

    def take(self, now: float, cost: float = 1.0) -> bool:
        """Take `cost` tokens, or none if there are not so many.

        Args:
            now: Seconds of any clock; one that was set back brings no tokens.
            cost: How many; more than `burst` are never there.
        """
        # As `_refill` does it: this is done twice for each message.
        passed, tokens = now - self._since, self._tokens
        self._since = now
        if passed > 0:
            tokens += passed * self.rate
            if tokens > self.burst:
                tokens = self.burst
        if tokens < cost:
            self._tokens = tokens
            return False
        self._tokens = tokens - cost
        return True

    def is_full(self, now: float) -> bool:
        """Say whether the bucket is as good as new."""
        self._refill(now)
        return self._tokens >= self.burst

    def _refill(self, now: float) -> None:
        passed = now - self._since
        self._since = now
        if passed > 0:
            self._tokens = min(self.burst, self._tokens + passed * self.rate)


@define(eq=False)
class Buckets:
    """A bucket for each key, such as an address; those that are full are forgotten.

    There are never more than `limit`. Beyond it the one that was longest not used is
    forgotten, full or not: whoever has so many addresses gains nothing by one more.
    """

    _rate: float = field(validator=gt(0))
    _burst: float = field(validator=gt(0))
    _limit: int = field(default=10_000, validator=ge(1))
    _buckets: dict[Hashable, Bucket] = field(factory=dict, init=False)

    def __len__(self) -> int:
        """Count the buckets that are remembered."""
        return len(self._buckets)

    def take(self, key: Hashable, now: float, cost: float = 1.0) -> bool:
        """Take `cost` tokens from the bucket of a key, or none."""
        bucket = self._buckets.pop(key, None)
        if bucket is None:
            bucket = Bucket(self._rate, self._burst)
            self._forget(now)
        # It goes to the end, so that the first one is always the longest unused.
        self._buckets[key] = bucket
        return bucket.take(now, cost)

    def _forget(self, now: float) -> None:
        """Make room for one, and forget two that are full: it never grows for long."""
        for _ in range(2):
            key = next(iter(self._buckets), None)
            if key is None:
                return
            full = self._buckets[key].is_full(now)
            if not full and len(self._buckets) < self._limit:
                return
            del self._buckets[key]
