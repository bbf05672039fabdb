"""Picking: what a column holds at some rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nexus.compiled import parts

__all__ = ["picked"]


def picked(column: NDArray[Any], rows: Any) -> NDArray[Any]:
    """Return what a column holds at some rows, as `column[rows]` does.

    Of rows that lie anywhere most of the time is spent on waiting for memory; C asks
    for more of it at once.
    """
    if parts is None or not (_is_plain(column) and _is_list(rows)):
        found: NDArray[Any] = column[rows]
        return found
    out = np.empty(len(rows), column.dtype)
    parts.pick(column, np.ascontiguousarray(rows, np.intp), out)
    return out


def _is_plain(column: NDArray[Any]) -> bool:
    """Tell whether C can read a column: numbers, side by side."""
    dtype, flags = column.dtype, column.flags
    is_number = dtype.kind in "biuf" and dtype.itemsize <= 8 and dtype.isnative
    return is_number and column.ndim == 1 and flags.c_contiguous and flags.aligned


def _is_list(rows: Any) -> bool:
    """Tell whether rows are named by a list of indices."""
    return isinstance(rows, np.ndarray) and rows.ndim == 1 and rows.dtype.kind in "iu"
