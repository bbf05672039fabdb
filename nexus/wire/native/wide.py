"""Wide: short pieces of many bodies, as the rows of a matrix.

Most Cells in which something was written have one such row, and what is told of it has
nearly the same form everywhere. So all of these bodies are one matrix, a byte a column,
from which in the end the few bytes are left out that a shorter number does not have:
that takes a third of the array operations that pieces of any length take.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

__all__ = ["Scalars", "Wide", "abreast", "bins", "floats", "numbers", "varints"]

_Array = NDArray[Any]

_BYTE: Final = np.uint8
#: From which value on a number takes a longer form; how many bytes it then has, and
#: what they begin with.
_LONGER: Final = 1 << 7, 1 << 8, 1 << 16, 1 << 32
_SIZES: Final = 1, 2, 3, 5, 9
_HEADS: Final = b"\0\xcc\xcd\xce\xcf"
_LOWER: Final = np.array([1 << 5, 1 << 7, 1 << 15, 1 << 31], np.int64)
_NEGATIVE: Final = np.array([0, 0xD0, 0xD1, 0xD2, 0xD3], _BYTE)
#: The same for the length of a bin.
_BIN_LONGER: Final = 1 << 8, 1 << 16
_BIN_SIZES: Final = 2, 3, 5
_BIN_HEADS: Final = b"\xc4\xc5\xc6"


@define(eq=False)
class Wide:
    """A piece of each of many bodies.

    Attributes:
        data: A row of bytes for each body.
        kept: Which of the bytes count; None: all of them.
    """

    data: _Array
    kept: _Array | None = None

    def sizes(self) -> _Array:
        """Return how many bytes of each body count."""
        count, width = self.data.shape
        if self.kept is None:
            return np.full(count, width)
        # To add bytes up is quicker by far, as long as the sum is one.
        ones = np.ones(width, _BYTE if width < 256 else np.intp)
        sizes: _Array = self.kept.view(_BYTE).dot(ones).astype(np.intp)
        return sizes


@define(eq=False)
class Scalars:
    """One number for each of many bodies, none of them below 0.

    Attributes:
        values: They.
        forms: The forms that they take: from which value on each of them is longer.
        heads: What each form begins with.
        sizes: How many bytes each form has.
    """

    values: _Array
    forms: Sequence[int]
    heads: bytes
    sizes: Sequence[int]
    #: The longest form that is needed.
    _longest: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        most = int(self.values.max()) if self.forms and len(self.values) else 0
        self._longest = sum(most >= bound for bound in self.forms)

    @property
    def width(self) -> int:
        """How many bytes the longest takes."""
        return self.sizes[self._longest]

    def put(self, data: _Array, kept: _Array | None) -> _Array | None:
        """Write them into a matrix; return which bytes count, None: all do.

        Args:
            data: The matrix.
            kept: Is written into, if it is there.
        """
        values, longest, width = self.values, self._longest, self.width
        if width == 1:
            data[:, 0] = values
            return kept
        data[:, 0] = self.heads[longest]
        data[:, 1:].view(f">u{width - 1}")[:, 0] = values
        # A shorter form stands at the end of the row; what it begins with comes where a
        # longer one has its first bytes, and a shorter one yet leaves that out.
        first = 0
        for form in range(longest - 1, -1, -1):
            is_short = values < self.forms[form]
            if not is_short.any():
                break
            if kept is None:
                kept = np.ones(data.shape, np.bool_)
            begins = width - self.sizes[form]
            kept[:, first:begins] &= ~is_short[:, None]
            if self.sizes[form] > 1:
                np.copyto(data[:, begins], self.heads[form], where=is_short)
            first = begins
        return kept


def abreast(pieces: Sequence[bytes | Scalars | Wide], count: int) -> Wide:
    """Put bodies together.

    Args:
        pieces: What each consists of, one after the other; bytes are the same for all.
        count: How many there are.
    """
    widths = [_width(piece) for piece in pieces]
    shape, at = (count, sum(widths)), 0
    data, kept = np.empty(shape, _BYTE), None
    for piece, width in zip(pieces, widths, strict=True):
        here = slice(at, at + width)
        if isinstance(piece, bytes):
            for column, byte in enumerate(piece, at):
                data[:, column] = byte
        elif isinstance(piece, Scalars):
            old = None if kept is None else kept[:, here]
            new = piece.put(data[:, here], old)
            if kept is None and new is not None:
                kept = np.ones(shape, np.bool_)
                kept[:, here] = new
        else:
            data[:, here] = piece.data
            if piece.kept is not None:
                if kept is None:
                    kept = np.ones(shape, np.bool_)
                kept[:, here] = piece.kept
        at += width
    return Wide(data, kept)


def _width(piece: bytes | Scalars | Wide) -> int:
    if isinstance(piece, bytes):
        return len(piece)
    return piece.width if isinstance(piece, Scalars) else piece.data.shape[1]


def numbers(values: _Array) -> Scalars | Wide:
    """Write whole numbers as `pack` does."""
    if values.dtype.kind == "i" and len(values) and values.min() < 0:
        return _signed(values)
    return Scalars(values, _LONGER, _HEADS, _SIZES)


def bins(sizes: _Array) -> Scalars:
    """Write what a bin of each of these lengths begins with."""
    return Scalars(sizes, _BIN_LONGER, _BIN_HEADS, _BIN_SIZES)


def varints(values: _Array) -> Wide:
    """Write several numbers of each body as unsigned LEB128.

    Args:
        values: A row for each body.
    """
    width = max(1, -(-int(values.max(initial=0)).bit_length() // 7))
    if width == 1:
        return Wide(values.astype(_BYTE))
    at = np.arange(width)
    rest = values[:, :, None] >> 7 * at
    data, kept = (rest & 127).astype(_BYTE), rest > 0
    kept[:, :, 0] = True
    # All bytes but the last one say that there is more.
    data[:, :, :-1] |= kept[:, :, 1:].view(_BYTE) << 7
    return Wide(data.reshape(len(values), -1), kept.reshape(len(values), -1))


def floats(values: _Array) -> Scalars:
    """Write floats by their bits, each behind what says that it is one of its width."""
    head = 0xCA if values.itemsize == 4 else 0xCB
    return Scalars(values, (), bytes((head,)), (1 + values.itemsize,))


def _signed(values: _Array) -> Wide:
    """Write numbers of which some are below 0."""
    values = values.astype(np.int64)
    below = values < 0
    classes = np.searchsorted(np.array(_LONGER), values, "right")
    classes[below] = _LOWER.searchsorted(-1 - values[below], "right")
    sizes = np.array(_SIZES)[classes]
    heads = np.where(below, _NEGATIVE[classes], np.frombuffer(_HEADS, _BYTE)[classes])
    data = np.empty((len(values), 9), _BYTE)
    data[:, 1:].view(">i8")[:, 0] = values
    has = np.flatnonzero(sizes > 1)
    data[has, 9 - sizes[has]] = heads[has]
    return Wide(data, np.arange(9) >= (9 - sizes)[:, None])
