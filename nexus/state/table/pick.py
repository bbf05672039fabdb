"""Picking: what a column holds at some rows; and stamping, what it is to hold there."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nexus.compiled import parts

__all__ = ["picked", "stamp"]

_SIGNED: Final = np.dtype(np.int64), np.dtype(np.int32)


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


def stamp(column: NDArray[np.int64], rows: Any, number: int) -> None:
    """Write a number into a column at some rows, as `column[rows] = number` does."""
    if parts is None or not _is_list(rows) or rows.dtype not in _SIGNED:
        column[rows] = number
    else:
        parts.stamp(column, np.ascontiguousarray(rows), number)


def _is_plain(column: NDArray[Any]) -> bool:
    """Tell whether C can read a column: numbers, side by side."""
    dtype, flags = column.dtype, column.flags
    is_number = dtype.kind in "biuf" and dtype.itemsize <= 8 and dtype.isnative
    return is_number and column.ndim == 1 and flags.c_contiguous and flags.aligned


def _is_list(rows: Any) -> bool:
    """Tell whether rows are named by a list of indices."""
    return isinstance(rows, np.ndarray) and rows.ndim == 1 and rows.dtype.kind in "iu"
