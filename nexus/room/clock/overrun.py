"""Overrun: ticks that took longer than they may."""

from __future__ import annotations

from attrs import frozen

__all__ = ["Overrun"]


@frozen(kw_only=True)
class Overrun:
    """What a Room is told when it does not keep up, once a second at most.

    Attributes:
        seconds: What the longest of these ticks took, with timers, spread work and the
            patches since the tick before.
        budget: What that one may have taken.
        ticks: How many ticks took too long since this was told the last time.
        dropped: How many fixed steps were left out since then, to catch up.
    """

    seconds: float
    budget: float
    ticks: int
    dropped: int
