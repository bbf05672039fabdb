"""What a Placement is given: rows and Cells that are named, and whether they may be."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "NOWHERE",
    "expect_once",
    "expect_order",
    "expect_placed",
    "known_cell",
    "sealed",
    "targets",
    "whole",
]

#: The Cell of a row that was not placed.
NOWHERE: Final = -1


def expect_order(old: NDArray[np.integer], new: NDArray[np.integer]) -> None:
    """Refuse new indices that do not ascend, or are above the old ones."""
    if (new > old).any() or (new[1:] <= new[:-1]).any() or (new < 0).any():
        raise ValueError("new indices ascend, and none is above the old one")


def targets(cells: ArrayLike, count: int) -> NDArray[np.int32]:
    """Return Cells that exist."""
    where = whole(cells)
    if where.size and not (where.min() >= 0 and where.max() < count):
        raise IndexError(f"cells are numbered 0..{count - 1}")
    return where.astype(np.int32, copy=False)


def known_cell(cell: int, count: int) -> int:
    """Return a Cell that exists."""
    if not 0 <= cell < count:
        raise IndexError(f"cells are numbered 0..{count - 1}")
    return cell


def expect_placed(cells: NDArray[np.int32], rows: NDArray[np.intp]) -> None:
    """Refuse rows that stand nowhere."""
    if not rows.size:
        return
    if rows.min() < 0 or rows.max() >= cells.size:
        raise ValueError(f"rows {rows.min()}..{rows.max()} are not all placed")
    if (cells[rows] == NOWHERE).any():
        lost = rows[cells[rows] == NOWHERE][0]
        raise ValueError(f"row {lost} is nowhere; place it first")


def expect_once(scratch: NDArray[np.int32], rows: NDArray[np.intp]) -> None:
    """Refuse rows that are named twice; what is in `scratch` stays as it is."""
    # Of two that write to the same place one does not find there what it wrote.
    kept = scratch[rows]
    marks = np.arange(rows.size, dtype=np.int32)
    scratch[rows] = marks
    twice = scratch[rows] != marks
    scratch[rows] = kept
    if twice.any():
        raise ValueError(f"row {rows[twice][0]} is named twice")


def whole(values: ArrayLike) -> NDArray[np.integer]:
    """Return whole numbers in one row.

    Raises:
        TypeError: They are something else.
    """
    numbers = np.ravel(values)
    if numbers.size and numbers.dtype.kind not in "iu":
        raise TypeError(f"rows and cells are whole numbers, not {numbers.dtype}")
    return numbers if numbers.size else numbers.astype(np.intp)


def sealed(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array that can be read only."""
    view = array.view()
    view.flags.writeable = False
    return view
