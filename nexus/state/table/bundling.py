"""Bundling: few groups of rows in which the same fields are told, instead of many.

Rows that change a little differ in which of their fields did. Of each such group
something is told of each Cell, and that has a head; a byte more of some rows is cheaper
than a head for few.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from attrs import define, frozen

from nexus.state.table.column import Values

__all__ = ["Bundles"]

#: What a group costs in each Cell, in bytes, and in how many Cells it is at most.
_HEAD: Final = 12
_MOST: Final = 1024
#: Masks of so many bits are counted in a table of all of them.
_NARROW: Final = 16
#: So many masks, those of the most rows, are weighed against each other; what is left
#: is told together.
_WEIGHED: Final = 256


@define(eq=False)
class _Bundle:
    """Rows in which the same fields are told."""

    #: Those that clients get, and all that were written.
    told: int
    written: int
    count: int


@frozen
class Bundles:
    """Says which fields of rows are told together.

    Attributes:
        widths: How many bytes each field takes that clients get, by its bit.
    """

    widths: Mapping[int, int]

    def chosen(self, counts: Mapping[int, int]) -> dict[int, int]:
        """Say for each mask of fields which are told instead: these, and maybe others.

        Args:
            counts: In how many rows just these fields were written.
        """
        sent, bundles, found = sum(self.widths), [_Bundle(0, 0, 0)], {}
        ordered = sorted(counts, key=lambda each: (-counts[each], each))
        for mask in ordered[:_WEIGHED]:
            told, count = mask & sent, counts[mask]
            # Where clients are told nothing it costs nothing, either.
            best, least = bundles[0], _HEAD * min(count, _MOST) if told else 0
            for each in bundles[1:] if told else ():
                more = count * self._width(each.told & ~told)
                more += each.count * self._width(told & ~each.told)
                if more < least:
                    best, least = each, more
            if told and best is bundles[0]:
                best = _Bundle(told, 0, 0)
                bundles.append(best)
            best.told |= told
            best.written |= mask
            best.count += count
            found[mask] = best
        rest = _Bundle(0, 0, 0)
        for mask in ordered[_WEIGHED:]:
            best = rest if mask & sent else bundles[0]
            best.written |= mask
            found[mask] = best
        return {mask: best.written for mask, best in found.items()}

    def of(self, masks: Values) -> Values:
        """Return for each row which fields are told, given those that were written."""
        if masks.itemsize * 8 <= _NARROW:
            counts = np.bincount(masks)
            there = np.flatnonzero(counts)
            chosen = self.chosen(_paired(there, counts[there]))
            told = np.zeros(len(counts), masks.dtype)
            told[there] = [chosen[mask] for mask in there.tolist()]
            return told[masks]
        there, where, counts = np.unique(masks, return_inverse=True, return_counts=True)
        chosen = self.chosen(_paired(there, counts))
        return np.array([chosen[mask] for mask in there.tolist()], masks.dtype)[where]

    def _width(self, mask: int) -> int:
        return sum(width for bit, width in self.widths.items() if bit & mask)


def _paired(masks: Values, counts: Values) -> dict[int, int]:
    return dict(zip(masks.tolist(), counts.tolist(), strict=True))
