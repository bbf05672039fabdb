"""Rows in Cells, as the arrays that tests give to the compiled parts."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["cell_arrays"]


def cell_arrays() -> list[Any]:
    """Return what three rows in two Cells of four are, each with a block."""
    ledger = np.zeros(63, np.int64)
    ledger[:31], ledger[-1] = -1, 4
    return [
        np.array([0, 0, 1], np.int32),  # cells
        np.array([0, 1, 0], np.int32),  # places
        np.array([0, 2, 0, 0], np.int32),  # starts
        np.array([2, 1, 0, 0], np.int32),  # counts
        np.array([1, 1, 0, 0], np.int8),  # order
        np.zeros(4, np.int32),  # tails
        np.array([0, 1, 2, -1, -1, -1], np.int32),  # slots
        ledger,
    ]
