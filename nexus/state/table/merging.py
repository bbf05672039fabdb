"""Merging: what rows a Table has after all that was saved of them, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from attrs import frozen

from nexus.state.table.block import Block, Shelf
from nexus.state.table.column import Values

__all__ = ["CHUNK", "Slice", "chunks_of", "merged", "parted"]

#: A chunk holds the rows of so many ids, one after the other, as a power of two: with
#: as many columns as there may be it still is no more than 256 KiB.
_BITS: Final = 9
CHUNK: Final = 1 << _BITS

_NONE: Final = np.zeros(0, np.int64)


@frozen(eq=False)
class Slice:
    """Some of what became of the rows of a Table, as one record of a journal has it.

    Attributes:
        blocks: Rows that are new or hold other values.
        gone: Ids of rows that were removed, ascending.
        low: From this id
        high: to this one there are just the rows that are named; below `low`: this says
            nothing of others.
    """

    blocks: Sequence[Block]
    gone: Values = _NONE
    low: int = 0
    high: int = -1

    def between(self, first: int, last: int) -> Slice:
        """Return what it says of ids from one to another."""
        blocks = [each.part(_within(each.ids, first, last)) for each in self.blocks]
        return Slice(
            [each for each in blocks if len(each)],
            self.gone[_within(self.gone, first, last)],
            max(self.low, first),
            min(self.high, last),
        )


def _within(ids: Values, first: int, last: int) -> slice:
    start, end = np.searchsorted(ids, (first, last + 1))
    return slice(int(start), int(end))


def merged(slices: Iterable[Slice]) -> list[Block]:
    """Return all rows that are there in the end, by which columns they have.

    Args:
        slices: What became of them, in order.
    """
    slices = list(slices)
    parts: list[tuple[int, Values, Block | None]] = []
    for at, each in enumerate(slices):
        if len(each.gone):
            parts.append((at, each.gone, None))
        parts += [(at, block.ids, block) for block in each.blocks if len(block)]
    if not parts:
        return []
    ids = np.concatenate([ids for _, ids, _ in parts])
    counts = [len(ids) for _, ids, _ in parts]
    order = np.argsort(ids, kind="stable")
    ids = ids[order]
    # Of what was said of one row the last counts.
    is_last = np.ones(len(ids), np.bool_)
    np.not_equal(ids[1:], ids[:-1], out=is_last[:-1])
    order, ids = order[is_last], ids[is_last]
    part = np.repeat(np.arange(len(parts), dtype=np.int32), counts)[order]
    is_there = np.array([block is not None for _, _, block in parts])[part]
    when = np.array([at for at, _, _ in parts])[part]
    for at, each in enumerate(slices):
        if each.low <= each.high:
            span = _within(ids, each.low, each.high)
            is_there[span] &= when[span] >= at
    order, part = order[is_there], part[is_there]
    return _gathered([block for _, _, block in parts], counts, order, part)


def _gathered(
    blocks: Sequence[Block | None], counts: Sequence[int], order: Values, part: Values
) -> list[Block]:
    """Return the rows that are meant, by which columns they have.

    Args:
        blocks: Where they are; None: nothing is there.
        counts: How many rows each of these has.
        order: The places of those that are meant, counted through all.
        part: In which of them each is.
    """
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    shelves: dict[Shelf, list[int]] = {}
    for at, block in enumerate(blocks):
        if block is not None:
            shelves.setdefault(block.shelf, []).append(at)
    made = []
    for shelf, held in shelves.items():
        offsets = np.full(len(blocks), -1, np.int64)
        mine = [block for at in held if (block := blocks[at]) is not None]
        ends = np.cumsum([len(block) for block in mine])
        offsets[held] = np.concatenate([[0], ends[:-1]]) - starts[held]
        here = order
        if len(shelves) > 1:
            chosen = np.isin(part, held)
            here, part_here = order[chosen], part[chosen]
        else:
            part_here = part
        if not len(here):
            continue
        rows = here + offsets[part_here]
        columns = [
            np.concatenate([block.columns[number] for block in mine])[rows]
            for number in range(len(shelf.names))
        ]
        ids = np.concatenate([block.ids for block in mine])[rows]
        made.append(Block(shelf, ids, columns))
    return made


def chunks_of(each: Slice) -> Values:
    """Return the numbers of the chunks of all ids that are named."""
    named = [*[block.ids for block in each.blocks], each.gone]
    return np.unique(np.concatenate(named) >> _BITS) if named else _NONE


def parted(blocks: Iterable[Block]) -> dict[int, list[Block]]:
    """Return rows by the number of their chunk."""
    found: dict[int, list[Block]] = {}
    for block in blocks:
        numbers = block.ids >> _BITS
        starts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
        for start, end in pairwise(starts):
            number = int(numbers[start])
            found.setdefault(number, []).append(block.part(slice(start, end)))
    return found
