"""Runs: Cells that stand side by side, as what is told of them does, too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

__all__ = ["Runs", "add_runs", "concatenate"]


@frozen(eq=False)
class Runs:
    """Cells that stand side by side.

    Attributes:
        bounds: Of each run its first Cell, and the one behind its last.
        rated: How many of the runs are not among all Cells, which come last.
        count: How many there are.
    """

    bounds: NDArray[np.int64]
    rated: int
    count: int


def concatenate(runs: Sequence[Runs]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Put the runs of several watchers together.

    Returns:
        The bounds of all, and after how many runs both parts of each end.
    """
    sizes = [size for each in runs for size in (each.rated, each.count - each.rated)]
    return np.concatenate([each.bounds for each in runs]), np.cumsum(sizes)


def add_runs(bounds: list[int], cells: Iterable[int], by: int) -> None:
    """Add the first Cell of each run of Cells, and the one behind its last."""
    behind = -1
    for cell in sorted(cells):
        if cell != behind:
            if behind >= 0:
                bounds.append(behind + by)
            bounds.append(cell + by)
        behind = cell + 1
    if behind >= 0:
        bounds.append(behind + by)
