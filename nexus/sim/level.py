"""Level: how finely a Region is run, and which one it deserves."""

from __future__ import annotations

from enum import IntEnum

from attrs import field, frozen

__all__ = ["Detail", "Level"]


class Level(IntEnum):
    """How finely a Region is run."""

    #: Its rows stand still; what is asked about it is answered from its Summary.
    AGGREGATE = 0
    #: Its rows advance every so manieth Tick.
    COARSE = 1
    #: Its rows advance at every Tick.
    FULL = 2


@frozen(kw_only=True)
class Detail:
    """Which Level a Region deserves, by how far the nearest watcher is.

    Each Level is entered at one distance and left at a larger one, so that a watcher
    who walks to and fro at a border changes nothing.

    Attributes:
        full: So near a Region becomes full.
        full_until: It stays so up to here.
        coarse: So near a Region becomes coarse.
        coarse_until: It stays so up to here.
        stay: For so many Ticks it keeps a Level before it sinks.
        every: A coarse Region advances every so manieth Tick.
        most_full: So many rows are run at full at most. The nearest Regions come first;
            of the others none is more than coarse. This comes before `stay`.
        most_woken: So many rows catch up in a Tick at most, of those that stood still.
    """

    full: float
    full_until: float
    coarse: float
    coarse_until: float
    stay: int = 20
    every: int = 20
    most_full: int = field(default=1 << 40)
    most_woken: int = 2000

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.full < self.full_until <= self.coarse_until:
            raise ValueError("0 <= full < full_until <= coarse_until does not hold")
        if not self.full <= self.coarse < self.coarse_until:
            raise ValueError("full <= coarse < coarse_until does not hold")
        if not (self.stay >= 0 and self.every >= 1):
            raise ValueError("a level is kept for 0 ticks or more, run every 1 or more")
        if not (self.most_full >= 0 and self.most_woken >= 1):
            raise ValueError("0 rows or more are full, and 1 or more wake in a tick")
