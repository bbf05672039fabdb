"""Pace: how fast what waited while a client was away goes out."""

from __future__ import annotations

from attrs import define, field

__all__ = ["Pace"]


@define(eq=False)
class Pace:
    """How much may go already: so many at once, and then so many a second.

    It counts in thousandths, so that whole milliseconds give whole numbers.

    Args:
        since: The time in milliseconds, as for all that asks for it here.
        rate: How many may go a second.
        byte_rate: Of how many bytes.
    """

    _since: float
    _rate: int
    _byte_rate: int
    _left: float = field(init=False)
    _bytes: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._left = 1000 * self._rate
        self._bytes = 1000 * self._byte_rate

    def lets_go(self, size: int, now: float) -> bool:
        """Count one of so many bytes if it may go."""
        if self.wait(now) > 0:
            return False
        self._left -= 1000
        self._bytes -= 1000 * size
        return True

    def wait(self, now: float) -> float:
        """Return in how many milliseconds the next may go."""
        passed = max(0.0, now - self._since)
        self._since = now
        self._left = min(self._left + passed * self._rate, 1000 * self._rate)
        self._bytes = min(
            self._bytes + passed * self._byte_rate, 1000 * self._byte_rate
        )
        return max(
            0.0, (1000 - self._left) / self._rate, -self._bytes / self._byte_rate
        )
