"""How long a client waits before it tries to come back."""

from __future__ import annotations

from math import floor
from typing import Final

__all__ = ["delay_of"]

#: Doubled more often than this, any delay is beyond any limit; and a float ends there.
_MOST_DOUBLINGS: Final = 1000


def delay_of(attempt: int, delay: float, max_delay: float, chance: float) -> int:
    """Return the wait before an attempt, in milliseconds.

    It doubles with each attempt, and half of it is left to chance, so that those who
    were lost together do not all come back at the same moment.

    Args:
        attempt: Which one, from 1 on.
        delay: What is doubled.
        max_delay: It is doubled no further.
        chance: From 0 to 1.
    """
    doubled = delay * 2.0 ** min(attempt, _MOST_DOUBLINGS)
    return floor(min(max_delay, doubled) * (0.5 + 0.5 * chance))
