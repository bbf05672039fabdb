"""Bundling: few groups of rows in which the same fields are told, instead of many.

Rows that change a little differ in which of their fields did. Of each such group
something is told of each Cell, and that has a head; a byte more of some rows is cheaper
than a head for few.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from attrs import define, field, frozen

from nexus.compiled import parts
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
#: Of so many masks it is known how many bytes their fields are.
_KNOWN: Final = 4096


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
    #: The bytes of all fields of a mask, for those masks that were asked about.
    _widths: dict[int, int] = field(factory=dict, init=False, eq=False, repr=False)

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

    def of(self, masks: Values) -> tuple[Values, list[int]]:
        """Say for rows which fields are told, given those that were written.

        Returns:
            What is told of each row, and what that is of any of them, ascending.
        """
        if masks.itemsize * 8 <= _NARROW:
            chosen = self.chosen(_counted(masks))
            several = sorted({*chosen.values()})
            if len(several) <= 1:
                return np.full_like(masks, sum(several)), several
            told = np.zeros(max(chosen) + 1, masks.dtype)
            told[list(chosen)] = list(chosen.values())
            return told[masks], several
        there, where, counts = np.unique(masks, return_inverse=True, return_counts=True)
        chosen = self.chosen(_paired(there, counts))
        told = np.array([chosen[mask] for mask in there.tolist()], masks.dtype)
        return told[where], sorted({*chosen.values()})

    def _width(self, mask: int) -> int:
        known = self._widths.get(mask)
        if known is None:
            if len(self._widths) >= _KNOWN:
                self._widths.clear()
            widths = [width for bit, width in self.widths.items() if bit & mask]
            known = self._widths[mask] = sum(widths)
        return known


def _counted(masks: Values) -> dict[int, int]:
    """Return how many rows have each of some narrow masks."""
    if parts is not None and masks.itemsize == 1:
        return parts.tally(masks)
    found = np.bincount(masks)
    there = np.flatnonzero(found)
    return _paired(there, found[there])


def _paired(masks: Values, counts: Values) -> dict[int, int]:
    return dict(zip(masks.tolist(), counts.tolist(), strict=True))
