"""How a payload's values that hold no others are read: by type, by kind, by choice.

A `Reader` takes what `nexus.wire.message.decode` makes and returns what an annotation
promises. It bends nothing but numbers: an int becomes a float, and a float that is
whole becomes an int.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import Enum
from types import NoneType
from typing import Any, Final

from attrs import frozen

from nexus.state.kind import Bool, Bytes, Choice, Kind, Moment, Text, shorten
from nexus.state.number import MAX_FLOAT32, Float, Integer, Number, Quantized
from nexus.wire.codec import BigInt
from nexus.wire.plain import UNDEFINED, Undefined

__all__ = [
    "MISSING",
    "NAMES",
    "SCALARS",
    "Reader",
    "UnfitError",
    "choice",
    "given",
    "of_enum",
    "of_kind",
    "off",
    "outside",
    "span",
    "unfit",
]


class _Missing:
    """The type of MISSING."""


#: Stands for a key that is not there.
MISSING: Final = _Missing()

_NUMBERS: Final = frozenset({int, float})
#: Beyond this a float skips whole numbers, so that it is no good as one.
_WHOLE: Final = 2.0**53
#: Up to here a float32 holds each whole number.
_EXACT: Final = 1 << 24
_MAX_FLOAT: Final = 1.7976931348623157e308

_GIVEN: Final[dict[type, str]] = {
    NoneType: "null",
    Undefined: "undefined",
    str: "text",
    bytes: "bytes",
    bool: "a bool",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    datetime: "a date",
}


class UnfitError(Exception):
    """A value that does not fit; it gathers the path while it rises."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path: list[str] = []


def given(value: object) -> str:
    """Name the sort of a value that was given."""
    return _GIVEN.get(type(value), type(value).__name__)


def unfit(wanted: str, value: object) -> UnfitError:
    """Say what is wanted, and what sort of value was given."""
    if value is MISSING:
        return UnfitError("is missing")
    return UnfitError(f"must be {wanted}, not {given(value)}")


def off(wanted: str, value: object) -> UnfitError:
    """Say what is wanted, and show the value of the right sort that was given."""
    return UnfitError(f"must be {wanted}, not {shorten(value)}")


@frozen(eq=False)
class Reader:
    """How one annotation reads a value.

    Attributes:
        read: Returns the value, or raises UnfitError.
        wanted: What it takes, in words.
        takes: The types that it takes, those that it bends not counted.
        bends: The types that it takes when nobody else wants them.
        guard: Python that is true when `value` needs `read`; empty: it always does.
        hashable: Whether what it returns can be in a set.
        finish: Python that does for `value` what `read` does where the guard is false.
        whole: Python that is true for an int of which `read` makes just that float.
    """

    read: Callable[[Any], Any]
    wanted: str
    takes: frozenset[type]
    bends: frozenset[type] = frozenset()
    guard: str = ""
    hashable: bool = True
    finish: str = ""
    whole: str = ""


def _exact(wanted: str, kind: type, guard: str) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is kind:
            return value
        raise unfit(wanted, value)

    return Reader(read, wanted, frozenset({kind}), guard=guard)


def _nothing(value: Any) -> None:
    if value is not None and value is not UNDEFINED:
        raise unfit("null", value)


def _int(low: int | None, high: int | None, wanted: str) -> Reader:
    def read(value: Any) -> int:
        kind = type(value)
        if kind is float and value.is_integer() and abs(value) <= _WHOLE:
            value = int(value)
        elif kind is float:
            raise off("a whole number", value)
        elif kind is not int and kind is not BigInt:
            raise unfit(wanted, value)
        if (low is not None and value < low) or (high is not None and value > high):
            raise off(span(low, high), value)
        return int(value)

    guard = "type(value) is not int" + outside(low, high)
    return Reader(read, wanted, frozenset({int}), frozenset({float, BigInt}), guard)


def outside(low: float | None, high: float | None) -> str:
    """Return the end of a guard: Python that is true when `value` is out of bounds."""
    if low is None and high is None:
        return ""
    left = "" if low is None else f"{low!r} <= "
    right = "" if high is None else f" <= {high!r}"
    # A chain of comparisons is false for NaN as well.
    return f" or not {left}value{right}"


def span(low: float | None, high: float | None) -> str:
    """Name what lies between two ends, of which one may be open."""
    if high is None:
        return f"at least {low}"
    return f"at most {high}" if low is None else f"from {low} to {high}"


def _float(high: float, finish: Callable[[float], float] | None = None) -> Reader:
    def read(value: Any) -> float:
        if type(value) not in _NUMBERS:
            raise unfit("a number", value)
        try:
            value = float(value)
        except OverflowError:
            raise off(span(-high, high), value) from None
        if value - value != 0.0:
            raise off("a finite number", value)
        if not -high <= value <= high:
            raise off(span(-high, high), value)
        return float(value) if finish is None else finish(value)

    guard = f"type(value) is not float{outside(-high, high)}"
    rounding = "cell[0] = value; value = cell[0]" if finish else ""
    # JavaScript sends every whole number as an int; of these no digit is lost.
    whole = f"type(value) is int and value <= {_EXACT} and value >= -{_EXACT}"
    takes, bends = frozenset({float}), frozenset({int})
    return Reader(read, "a number", takes, bends, guard, finish=rounding, whole=whole)


def _special(kind: Float) -> Reader:
    def read(value: Any) -> float:
        if type(value) not in _NUMBERS:
            raise unfit("a number", value)
        try:
            return float(kind.check(value))
        except ValueError:
            raise off(f"a {kind.name}", value) from None

    return Reader(read, "a number", frozenset({float}), frozenset({int}))


def _quantized(kind: Quantized) -> Reader:
    def read(value: Any) -> float:
        if type(value) not in _NUMBERS:
            raise unfit("a number", value)
        try:
            return float(kind.check(value))
        except ValueError:
            raise off(span(kind.low, kind.high), value) from None

    return Reader(read, "a number", frozenset({float}), frozenset({int}))


def _number(kind: Number) -> Reader:
    def read(value: Any) -> int | float:
        if type(value) not in _NUMBERS:
            raise unfit("a number", value)
        try:
            made: int | float = kind.check(value)
        except ValueError:
            wanted = "a finite number" if type(value) is float else "within 2**53"
            raise off(wanted, value) from None
        return made

    return Reader(read, "a number", _NUMBERS, guard=kind.guard())


#: What the Python of `finish` refers to: one float32, which rounds what it holds.
NAMES: Final = {"cell": array("f", [0.0])}

#: What an annotation that is a plain type means.
SCALARS: Final[dict[Any, Reader]] = {
    bool: _exact("a bool", bool, "value is not True and value is not False"),
    int: _int(None, None, "a whole number"),
    float: _float(_MAX_FLOAT),
    str: _exact("text", str, "type(value) is not str"),
    bytes: _exact("bytes", bytes, "type(value) is not bytes"),
    datetime: _exact("a date", datetime, "type(value) is not datetime"),
    NoneType: Reader(
        _nothing, "null", frozenset({NoneType, Undefined}), guard="value is not None"
    ),
}


def of_kind(kind: Kind) -> Reader:
    """Return the Reader for a kind of State's fields.

    Raises:
        TypeError: There is none.
    """
    if isinstance(kind, Integer):
        return _int(kind.low, kind.high, "a whole number")
    if isinstance(kind, Float) and kind.special:
        return _special(kind)
    if isinstance(kind, Float):
        return _float(MAX_FLOAT32, kind.check) if kind.bits == 32 else SCALARS[float]
    if isinstance(kind, Quantized):
        return _quantized(kind)
    if isinstance(kind, Number):
        return _number(kind)
    if isinstance(kind, Choice):
        return of_enum(kind.enum)
    for plain, what in ((Bool, bool), (Text, str), (Bytes, bytes), (Moment, datetime)):
        if isinstance(kind, plain):
            return SCALARS[what]
    raise TypeError(f"{type(kind).__name__} cannot be read from a message")


def of_enum(enum: type[Enum]) -> Reader:
    """Return the Reader that finds a member by its value, else by its name."""
    by_value = [(member.value, member) for member in enum]
    return choice([*by_value, *enum.__members__.items()], len(by_value))


def choice(pairs: Iterable[tuple[Any, Any]], shown: int | None = None) -> Reader:
    """Return the Reader of some values, each with what it is read as.

    Args:
        pairs: The values and what they mean; the first of equal ones counts.
        shown: How many of them an error may name.

    Raises:
        TypeError: None is one that a message can carry.
    """
    meaning: dict[tuple[bool, Any], Any] = {}
    listed = list(pairs)
    for value, meant in listed:
        if type(value) in _GIVEN and type(value) not in (list, dict):
            # Python has 1 == True; a message has not.
            meaning.setdefault((type(value) is bool, value), meant)
    if not meaning:
        raise TypeError("has no value that a message can carry")
    names = [shorten(value) for value, _ in listed[:shown]]
    more = ", ..." if len(names) > 8 else ""
    wanted = f"one of {', '.join(names[:8])}{more}"

    takes = frozenset(type(value) for _, value in meaning)
    bends = _NUMBERS - takes if takes & _NUMBERS else frozenset()

    def read(value: Any) -> Any:
        kind = type(value)
        if kind in takes or kind in bends:
            meant = meaning.get((kind is bool, value), MISSING)
            if meant is MISSING:
                raise off(wanted, value)
            return meant
        raise unfit(wanted, value)

    return Reader(read, wanted, takes, bends)
