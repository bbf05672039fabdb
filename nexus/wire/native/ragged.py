"""Ragged: the bytes of many bodies at a time, made and joined in array operations.

A crowd that looks at thousands of Cells needs thousands of bodies of twenty bytes for
each patch. One by one each costs microseconds, nearly all of it Python; so one piece of
all bodies is made after the other, and then they are put together in one go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from attrs import define
from numpy.typing import NDArray

__all__ = ["Ragged", "bins", "constant", "ids", "numbers", "padded", "put", "spread"]

_Array = NDArray[Any]

_BYTE: Final = np.uint8
#: From which value on a number takes a longer form, and what that begins with.
_LONGER: Final = np.array([1 << 7, 1 << 8, 1 << 16, 1 << 32], np.uint64)
_LOWER: Final = np.array([1 << 5, 1 << 7, 1 << 15, 1 << 31], np.int64)
_SIZES: Final = np.array([1, 2, 3, 5, 9])
_HEADS: Final = np.array([0, 0xCC, 0xCD, 0xCE, 0xCF], _BYTE)
_NEGATIVE: Final = np.array([0, 0xD0, 0xD1, 0xD2, 0xD3], _BYTE)
#: The same for the length of a bin.
_BIN_LONGER: Final = np.array([1 << 8, 1 << 16])
_BIN_SIZES: Final = np.array([2, 3, 5])
_BIN_HEADS: Final = np.array([0xC4, 0xC5, 0xC6], _BYTE)
#: From which value on a LEB128 number takes one byte more.
_VARINT: Final = np.array([1 << 7 * size for size in range(1, 9)])
_RUN, _STEPS, _BITS = range(3)


@define(eq=False)
class Ragged:
    """A piece of each of many bodies.

    Attributes:
        data: The bytes of all of them, one after the other.
        sizes: How many of these each body gets; one number: so many each.
    """

    data: _Array
    sizes: Any


def constant(data: bytes, count: int) -> Ragged:
    """Return the same bytes for each of so many bodies."""
    return Ragged(np.tile(np.frombuffer(data, _BYTE), count), len(data))


def put(out: _Array, pieces: Iterable[Ragged], starts: _Array) -> None:
    """Put bodies together.

    Args:
        out: Where they are put.
        pieces: What each consists of, one after the other.
        starts: Where each is to begin.
    """
    at = starts.copy()
    for piece in pieces:
        if isinstance(piece.sizes, int):
            data = piece.data.reshape(len(at), piece.sizes)
            for column in range(piece.sizes):
                out[at + column] = data[:, column]
        elif len(piece.data):
            out[_spans(at, piece.sizes)] = piece.data
        at += piece.sizes


def padded(pieces: Sequence[Ragged], owed: _Array) -> Ragged:
    """Return the nils that pay for what bodies bring or name."""
    lacking = owed.copy()
    for piece in pieces:
        lacking -= piece.sizes
    lacking = np.maximum(lacking, 0)
    return Ragged(np.full(lacking.sum(), 0xC0, _BYTE), lacking)


def spread(piece: Ragged, where: _Array) -> Ragged:
    """Return a piece of some bodies as one of all, of which the others get nothing."""
    sizes = np.zeros(len(where), np.intp)
    sizes[where] = piece.sizes
    return Ragged(piece.data, sizes)


def numbers(values: _Array) -> Ragged:
    """Write whole numbers as `pack` does."""
    is_signed = values.dtype.kind == "i"
    if not len(values) or (values.max() < 128 and not (is_signed and values.min() < 0)):
        return Ragged(values.astype(_BYTE), 1)
    whole = values.astype(">i8" if is_signed else ">u8")
    classes = np.searchsorted(_LONGER, values.astype(np.uint64), "right")
    heads = _HEADS[classes]
    if is_signed:
        below = values < 0
        classes[below] = np.searchsorted(
            _LOWER, -1 - values[below].astype(np.int64), "right"
        )
        heads = np.where(below, _NEGATIVE[classes], heads)
    return _headed(whole.view(_BYTE).reshape(-1, 8), heads, _SIZES[classes])


def bins(sizes: _Array) -> Ragged:
    """Write what a bin of each of these lengths begins with."""
    classes = np.searchsorted(_BIN_LONGER, sizes, "right")
    whole = sizes.astype(">u4").view(_BYTE).reshape(-1, 4)
    return _headed(whole, _BIN_HEADS[classes], _BIN_SIZES[classes])


def _headed(whole: _Array, heads: _Array, sizes: _Array) -> Ragged:
    """Return the last bytes of numbers, each behind its head.

    Args:
        whole: The numbers, big endian.
        heads: What stands before each.
        sizes: How long each is with its head; 1: it has none.
    """
    width = whole.shape[1] + 1
    wide = np.empty((len(whole), width), _BYTE)
    wide[:, 1:] = whole
    has = np.flatnonzero(sizes > 1)
    wide[has, width - sizes[has]] = heads[has]
    return Ragged(wide[np.arange(width) >= (width - sizes)[:, None]], sizes)


def _varints(values: _Array) -> Ragged:
    """Write numbers as unsigned LEB128."""
    if not len(values) or values.max() < 128:
        return Ragged(values.astype(_BYTE), np.ones(len(values), np.intp))
    sizes = np.searchsorted(_VARINT, values, "right") + 1
    width = int(sizes.max())
    at = np.arange(width)
    wide = (values[:, None] >> 7 * at & 127).astype(_BYTE)
    wide |= np.where(at < (sizes - 1)[:, None], _BYTE(128), _BYTE(0))
    return Ragged(wide[at < sizes[:, None]], sizes)


def ids(values: _Array, starts: _Array, counts: _Array) -> list[Ragged]:
    """Write the ids of each body as `write_ids` does.

    Args:
        values: The ids of all of them; those of one ascend.
        starts: Where those of each body begin.
        counts: How many each has.
    """
    first = values[starts]
    alone = counts == 1
    if alone.all():
        return [numbers(first)]
    spans = values[starts + counts - 1] - first + 1
    forms = np.where((spans + 7 >> 3) <= counts - 1, _BITS, _STEPS)
    forms[spans == counts] = _RUN
    many = ~alone
    parts = [
        spread(Ragged(forms[many].astype(_BYTE), 1), many),
        spread(_varints(first[many]), many),
    ]
    for form, write in ((_RUN, _run), (_STEPS, _steps), (_BITS, _bits)):
        here = many & (forms == form)
        if here.any():
            parts.append(spread(write(values, starts[here], counts[here]), here))
    inner = np.zeros(len(counts), np.intp)
    for part in parts:
        inner += part.sizes
    return [
        spread(numbers(first[alone]), alone),
        spread(bins(inner[many]), many),
        *parts,
    ]


def _run(_values: _Array, _starts: _Array, counts: _Array) -> Ragged:
    return _varints(counts)


def _steps(values: _Array, starts: _Array, counts: _Array) -> Ragged:
    later = _spans(starts + 1, counts - 1)
    gaps = _varints(values[later] - values[later - 1] - 1)
    firsts = np.cumsum(counts - 1) - (counts - 1)
    return Ragged(gaps.data, np.add.reduceat(gaps.sizes, firsts))


def _bits(values: _Array, starts: _Array, counts: _Array) -> Ragged:
    sizes = values[starts + counts - 1] - values[starts] + 8 >> 3
    begins = np.cumsum(sizes) - sizes
    offsets = values[_spans(starts, counts)] - np.repeat(values[starts], counts)
    at = np.repeat(begins, counts) + (offsets >> 3)
    # No bit comes twice, so adding is setting.
    data = np.bincount(at, 1 << (offsets & 7), int(sizes.sum()))
    return Ragged(data.astype(_BYTE), sizes)


def _spans(starts: _Array, counts: _Array) -> _Array:
    """Count from each start so many numbers upwards."""
    ends = np.cumsum(counts)
    return np.repeat(starts - (ends - counts), counts) + np.arange(ends[-1])
