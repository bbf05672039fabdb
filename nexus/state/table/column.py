"""Column: the values of one field in all rows of a Table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from attrs import NOTHING
from numpy.typing import NDArray

from nexus.compiled import parts
from nexus.errors import FieldError
from nexus.state.field import Field
from nexus.state.kind import Bool
from nexus.state.number import Float, Quantized
from nexus.state.table.taking import TAKE

__all__ = ["Column", "Values", "apart", "grown"]

Values = NDArray[Any]

#: What C can read: numbers that stand side by side, each where one may stand.
_PLAIN: Final = ("C_CONTIGUOUS", "ALIGNED")


class Column:
    """The values of one field in all rows of a Table.

    `data` is what the author reads and writes, `sent` the same in the form that goes
    out, by which writes are known that change something. What never goes out has none.

    Args:
        owner: The class of the rows, for error messages.
        each: The field.
        capacity: For how many rows there is room.
    """

    __slots__ = (
        "_kind",
        "_scale",
        "bit",
        "data",
        "dtype",
        "field",
        "is_told",
        "name",
        "sent",
        "zero",
    )

    def __init__(self, owner: str, each: Field, capacity: int) -> None:
        kind = each.kind
        assert kind is not None
        self.field = each
        self.bit = each.bit
        self.name = f"{owner}.{each.name}"
        self._kind = kind
        self.dtype = _dtype(kind)
        #: How C finds steps: None: there are none; NOTHING: that is left to numpy.
        self._scale: Any = None
        if isinstance(kind, Quantized):
            factor = kind.steps / (kind.high - kind.low)
            is_plain = kind.beyond != "wrap"
            self._scale = (kind.low, factor, kind.steps) if is_plain else NOTHING
        self.is_told = not each.said.server_only
        self.data: Values = np.zeros(capacity, self.dtype)
        self.sent: Values = np.zeros(capacity * self.is_told, _sent_dtype(kind))
        said = each.said.default
        self.zero = self.take(kind.zero if said is NOTHING else said, None)

    def grow(self, capacity: int) -> None:
        """Have room for so many rows."""
        if len(self.data) < capacity:
            self.data = grown(self.data, capacity)
            self.sent = grown(self.sent, capacity * self.is_told)

    @property
    def is_rounded(self) -> bool:
        """Whether clients are told less of its numbers than it holds."""
        return isinstance(self._kind, Quantized)

    def copy(self) -> Column:
        """Return another one that holds the same."""
        made = Column.__new__(Column)
        for name in Column.__slots__:
            setattr(made, name, getattr(self, name))
        made.data, made.sent = self.data.copy(), self.sent.copy()
        return made

    def become(self, other: Column) -> None:
        """Hold what another column of the field holds, which is not used any more."""
        self.data, self.sent = other.data, other.sent

    def move(self, old: Values, new: slice) -> None:
        """Give rows other indices."""
        self.data[new] = self.data[old]
        if self.is_told:
            self.sent[new] = self.sent[old]

    def write(self, where: Any, values: Any) -> None:
        """Write what `take` returned into rows that are new, or are put back."""
        self.data[where] = values
        if self.is_told:
            self.sent[where] = self.outgoing(self.data[where])

    def put(self, rows: Values, values: Values, bits: Values) -> None:
        """Write what `take` returned into rows; see `apart`.

        Args:
            rows: Their indices.
            values: One for all, or one for each.
            bits: Those of the written fields, row by row: that of this one is set where
                clients are to be told of it.
        """
        if parts is not None and self._scale is not NOTHING:
            parts.put(
                self.data,
                self.sent,
                np.require(rows, np.intp, _PLAIN),
                np.require(values, self.dtype, _PLAIN),
                bits,
                self.bit,
                self._scale,
            )
            return
        self.data[rows] = values
        if not self.is_told:
            return
        out = self.outgoing(values if values.ndim else np.full(rows.shape, values))
        changed = np.flatnonzero(out != self.sent[rows])
        self.sent[rows[changed]] = out[changed]
        bits[changed] |= bits.dtype.type(self.bit)

    def written(self, end: int) -> Values:
        """Return which rows clients are to be told of, of those before an end.

        Anything may have been written into them.
        """
        out, sent = self.outgoing(self.data[:end]), self.sent[:end]
        changed = np.flatnonzero(out != sent)
        sent[changed] = out[changed]
        return changed

    def differing(self, values: Values, others: Values) -> Values:
        """Tell where values are not the same, bit by bit."""
        whole = f"u{self.dtype.itemsize}"
        differs: Values = values.view(whole) != others.view(whole)
        return differs

    def take(self, values: Any, count: int | None) -> Any:
        """Return what an author gives as an array that the column can hold.

        Args:
            values: One value, or one for each row.
            count: For how many rows; None: for one.

        Raises:
            FieldError: The column does not hold it.
        """
        try:
            taken = TAKE[type(self._kind)](self._kind, values)
        except (TypeError, ValueError, OverflowError) as error:
            raise FieldError(f"{self.name}: {error}") from None
        if taken.ndim == 0 or (count is not None and taken.shape == (count,)):
            return taken.astype(self.dtype, copy=False)
        wanted = "one value" if count is None else f"{count} values"
        raise FieldError(f"{self.name}: {wanted}, not an array of shape {taken.shape}")

    def fit(self, where: slice) -> None:
        """Check what was written into the column itself, and clamp or wrap it.

        Raises:
            FieldError: Something stands there that the column does not hold.
        """
        held = self.data[where]
        taken = self.take(held, len(held))
        if taken is not held:
            held[...] = taken

    def revert(self, where: slice) -> None:
        """Hold again what goes out."""
        kind, told = self._kind, self.sent[where]
        if isinstance(kind, Quantized):
            self.data[where] = kind.low + told / kind.steps * (kind.high - kind.low)
        else:
            self.data[where] = told.view(self.dtype)

    def outgoing(self, values: Values) -> Values:
        """Return values as they go out: whole numbers, or the bits of a float."""
        kind = self._kind
        if isinstance(kind, Quantized):
            return _steps(kind, values, self.sent.dtype)
        if values.dtype == self.sent.dtype:
            return values
        return np.ascontiguousarray(values).view(self.sent.dtype)


def apart(array: Values, columns: Sequence[Column]) -> Values:
    """Return an array that does not change when columns are written."""
    # What is no part of another array is no part of a column.
    if array.base is None:
        return array
    shares = any(np.may_share_memory(array, each.data) for each in columns)
    return array.copy() if shares else array


def grown(array: Values, capacity: int) -> Values:
    """Return a longer array that begins with this one."""
    longer = np.zeros(capacity, array.dtype)
    longer[: len(array)] = array
    return longer


def _dtype(kind: Any) -> np.dtype[Any]:
    """Return what a column of a kind is made of."""
    if isinstance(kind, Quantized):
        # A float32 will do if it tells one step from the next.
        step = (kind.high - kind.low) / kind.steps
        reach = max(abs(kind.low), abs(kind.high))
        return np.dtype(np.float32 if reach < step * (1 << 22) else np.float64)
    return np.dtype(f"<{kind.width}")


def _sent_dtype(kind: Any) -> np.dtype[Any]:
    """Return what goes out: floats are compared by their bits."""
    if isinstance(kind, Float):
        return np.dtype("<u4" if kind.bits == 32 else "<u8")
    return np.dtype("<u1" if isinstance(kind, Bool) else f"<{kind.width}")


def _steps(kind: Quantized, values: Values, dtype: np.dtype[Any]) -> Values:
    """Return the steps that stand for values within the ends of a quantized column."""
    factor = kind.steps / (kind.high - kind.low)
    scratch: Values = np.subtract(values, values.dtype.type(kind.low))
    scratch *= values.dtype.type(factor)
    scratch += values.dtype.type(0.5)
    if kind.beyond == "wrap":
        # The last half step is the first one again.
        scratch = scratch.astype(np.int64) % kind.steps
        return scratch.astype(dtype)
    # A rounding may have carried the last one too far, and a number that came in fewer
    # bits than the ends have may be a hair below.
    np.clip(scratch, 0, values.dtype.type(kind.steps), out=scratch)
    return scratch.astype(dtype)
