"""Ragged: the bytes of many bodies at a time, made and joined in array operations.

A crowd that looks at thousands of Cells needs thousands of bodies of twenty bytes for
each patch. One by one each costs microseconds, nearly all of it Python; so one piece of
all bodies is made after the other, and then they are put together in one go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from attrs import define
from numpy.typing import NDArray

from nexus.wire.native.wide import Scalars, Wide, abreast, bins

__all__ = ["STEPS", "Ragged", "constant", "ids", "joined", "narrow", "padded", "spans"]

_Array = NDArray[Any]

_BYTE: Final = np.uint8
#: From which value on a LEB128 number takes one byte more.
_VARINT: Final = np.array([1 << 7 * size for size in range(1, 9)])
_RUN, _STEPS, _BITS = range(3)
#: What ids begin with that are written as steps.
STEPS: Final = bytes((_STEPS,))


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
    return Ragged(np.frombuffer(data * count, _BYTE), len(data))


def narrow(piece: Scalars | Wide, count: int) -> Ragged:
    """Return the bytes of a piece that count, of so many bodies."""
    wide = piece if isinstance(piece, Wide) else abreast([piece], count)
    if wide.kept is None:
        return Ragged(wide.data.ravel(), wide.data.shape[1])
    return Ragged(wide.data[wide.kept], wide.sizes())


def joined(pieces: Sequence[Ragged], count: int) -> Ragged:
    """Put bodies together.

    Args:
        pieces: What each consists of, one after the other.
        count: How many there are.
    """
    sizes = np.empty((len(pieces), count), np.intp)
    for size, piece in zip(sizes, pieces, strict=True):
        size[:] = piece.sizes
    # Where each piece of each body stands when all of one piece come before the next.
    starts = (sizes.cumsum() - sizes.ravel()).reshape(sizes.shape)
    data = np.concatenate([piece.data for piece in pieces])
    return Ragged(data[spans(starts.T.ravel(), sizes.T.ravel())], sizes.sum(axis=0))


def padded(pieces: Sequence[Ragged], owed: _Array) -> Ragged:
    """Return the nils that pay for what bodies bring or name."""
    lacking = owed.copy()
    for piece in pieces:
        lacking -= piece.sizes
    lacking = np.maximum(lacking, 0)
    return Ragged(np.full(lacking.sum(), 0xC0, _BYTE), lacking)


def _spread(piece: Ragged, where: _Array) -> Ragged:
    """Return a piece of some bodies as one of all, of which the others get nothing."""
    sizes = np.zeros(len(where), np.intp)
    sizes[where] = piece.sizes
    return Ragged(piece.data, sizes)


def _varints(values: _Array) -> Ragged:
    """Write numbers as unsigned LEB128."""
    if not len(values) or values.max() < 128:
        return Ragged(values.astype(_BYTE), np.ones(len(values), np.intp))
    if values.max() < 1 << 14:
        is_long = values > 127
        pairs = np.empty((len(values), 2), _BYTE)
        pairs[:, 0] = values & 127
        pairs[:, 0] |= is_long.view(_BYTE) << 7
        pairs[:, 1] = values >> 7
        kept = np.ones(pairs.shape, np.bool_)
        kept[:, 1] = is_long
        return Ragged(pairs[kept], is_long + np.intp(1))
    sizes = np.searchsorted(_VARINT, values, "right") + 1
    width = int(sizes.max())
    at = np.arange(width)
    wide = (values[:, None] >> 7 * at & 127).astype(_BYTE)
    wide |= np.where(at < (sizes - 1)[:, None], _BYTE(128), _BYTE(0))
    return Ragged(wide[at < sizes[:, None]], sizes)


def ids(values: _Array, starts: _Array, counts: _Array) -> list[Ragged]:
    """Write the ids of bodies that have two or more, as `write_ids` does.

    Args:
        values: The ids of all of them; those of one ascend.
        starts: Where those of each body begin.
        counts: How many each has.
    """
    first = values[starts]
    spans_ = values[starts + counts - 1] - first + 1
    is_run, is_dense = spans_ == counts, (spans_ + 7 >> 3) <= counts - 1
    if not (is_run.any() or is_dense.any()):
        parts = [
            constant(STEPS, len(counts)),
            _varints(first),
            _steps(values, starts, counts),
        ]
    else:
        forms = np.where(is_dense, _BITS, _STEPS)
        forms[is_run] = _RUN
        parts = [Ragged(forms.astype(_BYTE), 1), _varints(first)]
        for form, write in ((_RUN, _run), (_STEPS, _steps), (_BITS, _bits)):
            here = forms == form
            if here.any():
                written = write(values, starts[here], counts[here])
                parts.append(_spread(written, here))
    inner = np.zeros(len(counts), np.intp)
    for part in parts:
        inner += part.sizes
    return [narrow(bins(inner), len(inner)), *parts]


def _run(_values: _Array, _starts: _Array, counts: _Array) -> Ragged:
    return _varints(counts)


def _steps(values: _Array, starts: _Array, counts: _Array) -> Ragged:
    later = spans(starts + 1, counts - 1)
    gaps = _varints(values[later] - values[later - 1] - 1)
    firsts = np.cumsum(counts - 1) - (counts - 1)
    return Ragged(gaps.data, np.add.reduceat(gaps.sizes, firsts))


def _bits(values: _Array, starts: _Array, counts: _Array) -> Ragged:
    sizes = values[starts + counts - 1] - values[starts] + 8 >> 3
    begins = np.cumsum(sizes) - sizes
    offsets = values[spans(starts, counts)] - np.repeat(values[starts], counts)
    at = np.repeat(begins, counts) + (offsets >> 3)
    # No bit comes twice, so adding is setting.
    data = np.bincount(at, 1 << (offsets & 7), int(sizes.sum()))
    return Ragged(data.astype(_BYTE), sizes)


def spans(starts: _Array, counts: _Array) -> _Array:
    """Count from each start so many numbers upwards."""
    ends = np.cumsum(counts)
    return np.repeat(starts - (ends - counts), counts) + np.arange(ends[-1])
