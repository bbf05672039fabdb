"""Runs of whole numbers, written out one after the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["spans"]


def spans(starts: NDArray[np.integer], counts: NDArray[np.integer]) -> NDArray[np.intp]:
    """Count from each start so many numbers upwards, and return them in one array."""
    ends = np.cumsum(counts, dtype=np.intp)
    if not ends.size:
        return ends
    return np.repeat(starts - (ends - counts), counts) + np.arange(ends[-1])
