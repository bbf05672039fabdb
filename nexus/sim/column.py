"""Columns: what the simulation reads and writes, one array a field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

__all__ = [
    "ArrayColumns",
    "Columns",
    "Indices",
    "Seconds",
    "Values",
    "pieces",
    "plain",
    "spans_of",
]

#: A column, or what was taken from one.
Values = NDArray[Any]
#: Which rows: their indices without repetition, or all of them as a slice.
Indices = NDArray[np.integer[Any]] | slice
#: How much time passes: for all rows alike, or for each.
Seconds = float | NDArray[Any]


#: So many values of a few columns stay in the processor's cache.
_PIECE: Final = 1 << 17


def pieces(count: int) -> Iterator[slice]:
    """Part so many rows into pieces, each of which several operations follow on.

    One operation after the other over a million rows would fetch each value from memory
    as often as there are operations.
    """
    for start in range(0, count, _PIECE):
        yield slice(start, min(start + _PIECE, count))


def plain(values: Values, *types: type[np.generic]) -> bool:
    """Tell whether C may take values: numbers of one of some types, side by side."""
    flags = values.flags
    return values.dtype in types and flags.c_contiguous and flags.aligned


def spans_of(dt: Seconds) -> Values:
    """Return how much time passes: one number for all rows, or one for each."""
    return np.require(dt, np.float32, ["C", "ALIGNED"])


class Columns(Protocol):
    """Alike entities as columns of one length; a `Table` is one.

    Their rows are numbered from 0. Some may belong to nobody: those may be written, and
    mean nothing.
    """

    @property
    def columns(self) -> Mapping[str, Values]:
        """All columns to read, by name."""

    def put(self, rows: Any, **values: Any) -> None:
        """Write values into the named columns at these rows."""

    def edit(self, *names: str) -> AbstractContextManager[list[Values]]:
        """Give whole columns to write into."""


class ArrayColumns(Columns):
    """Columns that are arrays and nothing else, of which nobody is told."""

    __slots__ = ("_arrays",)

    def __init__(self, **arrays: Values) -> None:
        if len({len(array) for array in arrays.values()}) > 1:
            raise ValueError("columns have one length")
        self._arrays = arrays

    @property
    @override
    def columns(self) -> Mapping[str, Values]:
        return self._arrays

    @override
    def put(self, rows: Any, **values: Any) -> None:
        for name, value in values.items():
            self._arrays[name][rows] = value

    @contextmanager
    @override
    def edit(self, *names: str) -> Iterator[list[Values]]:
        yield [self._arrays[name] for name in names]
