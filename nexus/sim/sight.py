"""Sight: how far a watcher sees, and how often it hears of what is farther away."""

from __future__ import annotations

from attrs import Factory, field, frozen

__all__ = ["Band", "Sight"]


@frozen
class Band:
    """How often a watcher hears of what is near, or of what is farther away.

    Attributes:
        within: Up to which distance.
        every: It hears of every so manieth change of version.
    """

    within: float
    every: int


@frozen
class Sight:
    """How far a watcher sees.

    Attributes:
        radius: All Cells within it are seen.
        slack: A Cell that is seen stays so for this much farther, and keeps its Band.
        bands: From near to far; beyond the last one its rate holds.
    """

    radius: float
    slack: float = field(default=Factory(lambda self: self.radius / 8, takes_self=True))
    bands: tuple[Band, ...] = ()

    def __attrs_post_init__(self) -> None:
        if not self.radius > 0 or not self.slack >= 0:
            raise ValueError("a radius is above 0, and its slack 0 or more")
        far, often = 0.0, 0
        for band in self.bands:
            if not (band.within > far and band.every >= max(often, 1)):
                raise ValueError(
                    "bands go from near to far, and each is heard of less often: "
                    f"{self.bands}"
                )
            far, often = band.within, band.every

    @property
    def slowest(self) -> int:
        """How often is heard of what is farthest away."""
        return self.bands[-1].every if self.bands else 1

    def every(self, distance: float) -> int:
        """Return how often is heard of what is so far away."""
        often = 1
        for band in self.bands:
            often = band.every
            if distance <= band.within:
                break
        return often
