"""Bounds that an author sets to a payload's numbers, and to how long its values are."""

from __future__ import annotations

from typing import Any, Final

from attrs import field, frozen
from attrs.validators import ge, optional

from nexus.room.payload.scalar import Reader, UnfitError, off, outside, span

__all__ = ["Length", "Range", "bounded", "counted"]

_NUMBERS: Final = frozenset({int, float})
_SIZED: Final = frozenset({str, bytes, list, dict})


def _ordered(bound: Any, _: Any, high: float | None) -> None:
    if bound.low is None and high is None:
        raise ValueError("a bound without an end bounds nothing")
    if bound.low is not None and high is not None and not bound.low <= high:
        raise ValueError(f"nothing is {span(bound.low, high)}")


@frozen
class Length:
    """How many characters, bytes, items or keys: `Annotated[str, Length(1, 80)]`."""

    low: int | None = field(default=None, validator=optional(ge(0)))
    high: int | None = field(default=None, validator=_ordered)


@frozen
class Range:
    """Which numbers, both ends included: `Annotated[int, Range(0, 10)]`."""

    low: float | None = None
    high: float | None = field(default=None, validator=_ordered)


def bounded(reader: Reader, bound: Range) -> Reader:
    """Return a Reader of numbers that refuses those outside of a Range.

    Raises:
        TypeError: It reads no numbers.
    """
    if not reader.takes <= _NUMBERS:
        raise TypeError("Range is for numbers")
    low, high = bound.low, bound.high

    def read(value: Any) -> Any:
        made = reader.read(value)
        if (low is None or low <= made) and (high is None or made <= high):
            return made
        raise off(span(low, high), made)

    simple = reader.guard and not reader.finish
    guard = f"{reader.guard}{outside(low, high)}" if simple else ""
    return Reader(read, reader.wanted, reader.takes, reader.bends, guard)


def counted(reader: Reader, bound: Length) -> Reader:
    """Return a Reader that refuses what is longer or shorter than a Length.

    Raises:
        TypeError: It reads what has no length.
    """
    if not reader.takes <= _SIZED:
        raise TypeError("Length is for str, bytes, lists, tuples, sets and dicts")
    low, high = bound.low or 0, bound.high

    def read(value: Any) -> Any:
        # Counted first: what is too long is not looked at.
        if type(value) in reader.takes:
            count = len(value)
            if count < low or (high is not None and count > high):
                what: dict[type, str] = {
                    str: "characters",
                    bytes: "bytes",
                    dict: "keys",
                }
                unit = what.get(type(value), "items")
                wanted = span(bound.low, high).replace("from ", "")
                raise UnfitError(f"must have {wanted} {unit}, not {count}")
        return reader.read(value)

    guard = reader.guard
    if guard:
        most = "" if high is None else f" <= {high}"
        guard += f" or not {low} <= len(value){most}"
    return Reader(
        read, reader.wanted, reader.takes, reader.bends, guard, reader.hashable
    )
