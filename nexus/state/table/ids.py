"""Ids: what rows are called, as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from nexus.state.table.column import Values

__all__ = ["NO_IDS", "ids_array"]

NO_IDS: Values = np.zeros(0, np.int64)


def ids_array(ids: Any) -> Values:
    """Return ids that an author names as an array."""
    wanted = np.asarray(ids)
    if wanted.size and wanted.dtype.kind not in "iu":
        raise TypeError("ids are whole numbers")
    return wanted.astype(np.int64, copy=False).ravel()
