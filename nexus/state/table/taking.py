"""Taking: what an author gives for a column, as numbers that it can hold."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nexus.state.kind import Bool, Choice, Moment, shorten
from nexus.state.number import Float, Integer, Quantized

__all__ = ["TAKE"]

Values = NDArray[Any]


def _take_bool(kind: Bool, values: Any) -> Values:
    taken = np.asarray(values)
    if taken.dtype != np.bool_:
        raise TypeError(f"{shorten(values)} is no bool")
    # Whatever byte stands for True elsewhere.
    return np.asarray(taken.view(np.uint8) != 0)


def _take_whole(kind: Integer, values: Any) -> Values:
    taken = np.asarray(values)
    if taken.dtype.kind not in "iu":
        advice = "; use astype() or round()" if taken.dtype.kind == "f" else ""
        raise TypeError(f"{shorten(values)} is no {kind.name}{advice}")
    _expect_within(kind.name, taken, kind.low, kind.high)
    return taken


def _take_float(kind: Float, values: Any) -> Values:
    taken = _real(kind.name, values)
    if not kind.special and not np.isfinite(taken).all():
        raise ValueError("NaN and the infinities need special=True")
    if kind.bits == 32 and taken.dtype != np.float32:
        with np.errstate(over="ignore"):
            rounded = taken.astype(np.float32)
        if not (np.isfinite(rounded) | ~np.isfinite(taken)).all():
            raise ValueError("a number is too large for float32")
        return rounded
    return taken


def _take_quantized(kind: Quantized, values: Any) -> Values:
    taken = _real("quantized number", values)
    # The ends are compared as they are: in fewer bits one may be infinite.
    if kind.beyond != "wrap" and (
        not taken.size
        or (kind.low <= float(taken.min()) and float(taken.max()) <= kind.high)
    ):
        return taken
    if not np.isfinite(taken).all():
        raise ValueError("NaN and the infinities are not allowed in a quantized field")
    if kind.beyond == "clamp":
        return np.clip(taken, kind.low, kind.high)
    if kind.beyond == "wrap":
        span = kind.high - kind.low
        wrapped: Values = kind.low + np.mod(
            np.asarray(taken, np.float64) - kind.low, span
        )
        return wrapped
    _expect_within("quantized", taken, kind.low, kind.high)
    return taken


def _take_choice(kind: Choice, values: Any) -> Values:
    if isinstance(values, Enum):
        return np.asarray(kind.raw(kind.check(values)))
    if isinstance(values, list | tuple) and any(isinstance(v, Enum) for v in values):
        return np.asarray([kind.raw(kind.check(value)) for value in values])
    taken = np.asarray(values)
    if taken.dtype.kind not in "iu":
        raise TypeError(f"{shorten(values)} is none of {kind.enum.__name__}")
    _expect_within(
        f"positions in {kind.enum.__name__}", taken, 0, len(kind.members) - 1
    )
    return taken


def _take_moment(kind: Moment, values: Any) -> Values:
    if isinstance(values, datetime):
        return np.asarray(kind.raw(kind.check(values)))
    taken = np.asarray(values)
    if taken.dtype.kind == "M":
        return taken.astype("datetime64[ms]").astype(np.int64)
    if taken.dtype.kind != "i":
        raise TypeError(f"{shorten(values)} is no datetime, and no milliseconds")
    low, high = (kind.raw(end) for end in (_FIRST, _LAST))
    _expect_within("milliseconds since 1970", taken, low, high)
    return taken


_FIRST = datetime.fromisoformat("0001-01-01T00:00:00+00:00")
_LAST = datetime.fromisoformat("9999-12-31T23:59:59.999+00:00")


def _real(name: str, values: Any) -> Values:
    taken = np.asarray(values)
    if taken.dtype.kind == "O" and isinstance(values, int):
        # It is too long for an integer of numpy's.
        taken = np.asarray(float(values))
    if taken.dtype.kind not in "iuf":
        raise TypeError(f"{shorten(values)} is no {name}")
    return taken if taken.dtype.kind == "f" else taken.astype(np.float64)


def _expect_within(name: str, taken: Values, low: float, high: float) -> None:
    if taken.size and not (taken.min() >= low and taken.max() <= high):
        worst = taken.min() if taken.min() < low else taken.max()
        raise ValueError(f"{worst} is not within {low}..{high} ({name})")


#: What takes values for each kind of field, given the kind and them.
TAKE: Final[dict[type[Any], Any]] = {
    Bool: _take_bool,
    Integer: _take_whole,
    Float: _take_float,
    Quantized: _take_quantized,
    Choice: _take_choice,
    Moment: _take_moment,
}
