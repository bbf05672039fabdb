"""Sheaf: bodies of many Cells in one piece of bytes, in the order of the Cells.

Whoever looks around sees Cells that stand side by side, and what is told of a run of
them is one piece: seven slices for a client, instead of one for each of forty Cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
from attrs import define, evolve
from numpy.typing import NDArray

from nexus.compiled import parts
from nexus.wire.native.ragged import Ragged

__all__ = ["Draft", "Sheaf", "lay"]

_Array = NDArray[Any]
#: So many times as many Cells are counted rather than each one searched for.
_LOOKED_UP: Final = 16


@define(eq=False)
class Draft:
    """Bodies that are yet to be put in order with others.

    Attributes:
        cells: The Cell of each, ascending.
        bodies: The bytes of each.
    """

    cells: _Array
    bodies: Ragged

    def moved(self, by: int) -> Draft:
        """Return the same bodies for Cells whose numbers are higher."""
        return evolve(self, cells=self.cells + by) if by else self


@define(eq=False)
class Sheaf:
    """Bodies of many Cells.

    Attributes:
        cells: The Cell of each, ascending; one Cell may have several.
        ends: Where each body begins, and the last one ends.
        content: All of them.
    """

    cells: _Array
    ends: _Array
    content: bytes

    def parts(self, bounds: _Array, ends: _Array) -> list[bytes]:
        """Return the bodies of many runs of Cells, by the part that a run belongs to.

        Args:
            bounds: Of each run its first Cell, and the one behind its last.
            ends: After how many runs each part ends.
        """
        at = self._begins(bounds)
        if parts is not None:
            return parts.cut(self.content, at, ends)
        starts, stops = at[::2], at[1::2]
        full = starts < stops
        passed = np.zeros(len(full) + 1, np.intp)
        full.cumsum(out=passed[1:])
        content = self.content
        both = zip(starts[full].tolist(), stops[full].tolist(), strict=True)
        pieces = [content[start:stop] for start, stop in both]
        lasts = passed[ends].tolist()
        return [
            b"".join(pieces[a:b]) if a != b else b"" for a, b in pairwise([0, *lasts])
        ]

    def of(self, cell: int) -> bytes:
        """Return what there is of one Cell."""
        return self.parts(np.array([cell, cell + 1]), np.ones(1, np.intp))[0]

    def _begins(self, cells: _Array) -> _Array:
        """Return where the bodies of each of some Cells begin, or would."""
        top = int(self.cells[-1]) + 1 if len(self.cells) else 0
        if top > _LOOKED_UP * len(cells):
            return self.ends[self.cells.searchsorted(cells)]
        if parts is not None and top:
            found = parts.begins(self.cells, self.ends, cells)
            return np.frombuffer(found, np.intp)
        below = np.zeros(top + 1, np.intp)
        np.cumsum(np.bincount(self.cells, minlength=top), out=below[1:])
        return self.ends[below].take(cells, mode="clip")

    def items(self) -> Iterator[tuple[int, bytes]]:
        """Yield each Cell and its body."""
        start, content = 0, self.content
        for cell, end in zip(self.cells.tolist(), self.ends[1:].tolist(), strict=True):
            yield cell, content[start:end]
            start = end


def lay(drafts: Iterable[Draft]) -> Sheaf:
    """Put bodies in the order of their Cells; of one Cell in that of the drafts."""
    drafts = [draft for draft in drafts if len(draft.cells)]
    if not drafts:
        return Sheaf(np.zeros(0, np.int64), np.zeros(1, np.intp), b"")
    cells = np.concatenate([draft.cells for draft in drafts])
    content = b"".join([draft.bodies.data.data for draft in drafts])
    sizes, first = np.empty(len(cells), np.intp), 0
    for draft in drafts:
        last = first + len(draft.cells)
        sizes[first:last] = draft.bodies.sizes
        first = last
    if len(drafts) > 1 and (cells[1:] < cells[:-1]).any():
        order = cells.argsort(kind="stable")
        content = _ordered(content, sizes, order)
        cells, sizes = cells[order], sizes[order]
    ends = np.zeros(len(cells) + 1, np.intp)
    sizes.cumsum(out=ends[1:])
    return Sheaf(cells, ends, content)


def _ordered(content: bytes, sizes: _Array, order: _Array) -> bytes:
    """Put bodies into an order; those that stay side by side are copied as one piece.

    To copy pieces takes half as long as an array operation that finds each byte.
    """
    breaks = np.flatnonzero(np.diff(order) != 1) + 1
    ends = sizes.cumsum()
    firsts = order[np.concatenate([[0], breaks])]
    lasts = order[np.append(breaks, len(order)) - 1]
    if parts is not None:
        at = np.empty((len(firsts), 2), np.intp)
        at[:, 0], at[:, 1] = (ends - sizes)[firsts], ends[lasts]
        return parts.cut(content, at, np.array([len(firsts)], np.intp))[0]
    starts, stops = (ends - sizes)[firsts].tolist(), ends[lasts].tolist()
    return b"".join([content[a:b] for a, b in zip(starts, stops, strict=True)])
