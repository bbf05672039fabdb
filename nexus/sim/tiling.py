"""What a division of the world into Cells can be asked."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Tiling"]


class Tiling(Protocol):
    """A `Grid` of a plane, or a `Globe`: positions are two numbers in either.

    They are x and y in the one, latitude and longitude in degrees in the other, where
    distances are metres.
    """

    @property
    def side(self) -> float:
        """How wide and high a Cell is, about."""

    @property
    def count(self) -> int:
        """How many Cells there are."""

    def cells(self, x: ArrayLike, y: ArrayLike, /) -> NDArray[np.int32]:
        """Return the Cell of each position."""

    def cell(self, x: float, y: float, /) -> int:
        """Return the Cell of one position."""

    def square(self, cell: int, /) -> tuple[float, float, float, float]:
        """Return where a Cell begins and ends, in both numbers."""

    def distance(
        self, cells: ArrayLike, x: ArrayLike, y: ArrayLike, /
    ) -> NDArray[np.float64]:
        """Measure how far each Cell is from a position, or from one of its own.

        Within a Cell that is 0.
        """

    def around(self, x: float, y: float, radius: float, /) -> NDArray[np.int32]:
        """Return the Cells that a circle touches, nearest first."""

    def touching(
        self, x: ArrayLike, y: ArrayLike, radius: ArrayLike, /
    ) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
        """Return the Cells that each of many circles touches, and where each begins."""

    def apart(
        self, x1: ArrayLike, y1: ArrayLike, x2: ArrayLike, y2: ArrayLike, /
    ) -> NDArray[np.float64]:
        """Measure how far positions are apart."""
