"""Kinds: what a value may be, and how wide it is on the wire.

A `Kind` describes one type of scalar. It checks and rounds what an author writes
(`check`), turns it into the plain value that columns carry (`raw`) and back (`value`).
How a kind becomes bytes is the business of `nexus.wire`. The kinds of numbers are in
`nexus.state.number`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from typing_extensions import override

__all__ = ["Bool", "Bytes", "Choice", "Kind", "Moment", "Text", "shorten"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def shorten(value: object) -> str:
    """Show a value in an error message, whatever its size."""
    if isinstance(value, int) and value.bit_length() > 256:
        # Python refuses to spell out very long numbers.
        return f"an int of {value.bit_length()} bits"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


class Kind:
    """One type of scalar.

    `check` raises TypeError or ValueError with a sentence that lacks the field's name;
    who knows the name adds it.
    """

    #: The name in an Outline.
    name: str = ""
    #: struct's letter for one raw value in a column; empty: no fixed width.
    width: str = ""
    #: What a field holds when nobody says otherwise.
    zero: Any = None

    def lines(self) -> list[str]:
        """Return the Python that leaves the checked value in `value`: a setter's head.

        It may use the names `check`, `kind` and those that `names` gives.
        """
        return [f"if {self.guard()}: value = check(value)"]

    def names(self) -> dict[str, Any]:
        """Return what the lines of `lines` refer to."""
        return {}

    def guard(self) -> str:
        """Return Python that is true when `value` needs `check`."""
        raise NotImplementedError

    def form(self) -> tuple[Any, ...]:
        """Return how the compiled parts know which values are plain; "any": none is."""
        return ("any",)

    def check(self, value: Any) -> Any:
        """Return the value as the field will hold it."""
        raise NotImplementedError

    def raw(self, value: Any) -> Any:
        """Return the bool, number, str or bytes that stands for it in a column."""
        return value

    def spell(self, value: str, name: str, names: dict[str, Any]) -> str:
        """Return the Python of `raw`, for code that is generated.

        Args:
            value: The Python of the value, which a State holds.
            name: What something that the code refers to may be called.
            names: What it refers to is put there.
        """
        if type(self).raw is Kind.raw:
            return value
        names[name] = self.raw
        return f"{name}({value})"

    def value(self, raw: Any) -> Any:
        """Return the value that `raw` stands for."""
        return raw

    def describe(self) -> list[Any]:
        """Return what an Outline says of this kind: its name, then its numbers."""
        return [self.name]


class Bool(Kind):
    """True or False."""

    name = "bool"
    width = "?"
    zero = False

    @override
    def guard(self) -> str:
        return "value is not True and value is not False"

    @override
    def form(self) -> tuple[Any, ...]:
        return ("bool",)

    @override
    def check(self, value: Any) -> bool:
        if value is True or value is False:
            return bool(value)
        raise TypeError(f"{shorten(value)} is no bool")


class Text(Kind):
    """A str that can be written as UTF-8."""

    name = "str"
    zero = ""

    @override
    def guard(self) -> str:
        return "type(value) is not str or not value.isascii()"

    @override
    def form(self) -> tuple[Any, ...]:
        return ("str",)

    @override
    def check(self, value: Any) -> str:
        if not isinstance(value, str) or isinstance(value, Enum):
            raise TypeError(f"{shorten(value)} is no str")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError(f"{shorten(value)} has half a character in it") from None
        return str.__str__(value)


class Bytes(Kind):
    """A bytes value."""

    name = "bytes"
    zero = b""

    @override
    def guard(self) -> str:
        return "type(value) is not bytes"

    @override
    def form(self) -> tuple[Any, ...]:
        return ("bytes",)

    @override
    def check(self, value: Any) -> bytes:
        if isinstance(value, bytes | bytearray | memoryview):
            # Not `bytes(value)`: what a subclass makes of itself may be anything.
            return bytes(memoryview(value))
        raise TypeError(f"{shorten(value)} is no bytes")


class Moment(Kind):
    """A datetime in UTC, rounded down to the millisecond, as JavaScript's Date is."""

    name = "datetime"
    width = "q"
    zero = _EPOCH

    @override
    def guard(self) -> str:
        return "True"

    @override
    def check(self, value: Any) -> datetime:
        if not isinstance(value, datetime):
            raise TypeError(f"{shorten(value)} is no datetime")
        if value.tzinfo is None or value.utcoffset() is None:
            raise ValueError(f"{shorten(value)} has no time zone; use UTC")
        try:
            moment = value.astimezone(UTC)
        except OverflowError:
            raise ValueError(f"{shorten(value)} is out of range in UTC") from None
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000, fold=0)

    @override
    def raw(self, value: datetime) -> int:
        return (value - _EPOCH) // _MILLISECOND

    @override
    def value(self, raw: int) -> datetime:
        try:
            return _EPOCH + raw * _MILLISECOND
        except OverflowError:
            raise ValueError(f"{raw} ms is no date") from None


class Choice(Kind):
    """A member of an Enum; on the wire its position, on a client its name."""

    name = "enum"
    members: tuple[Any, ...]
    positions: dict[Any, int]

    def __init__(self, enum: type[Enum]) -> None:
        members = tuple(enum)
        if not 1 <= len(members) <= 65536:
            raise ValueError(f"{enum.__name__} has {len(members)} members")
        self.enum = enum
        self.members = members
        self.positions = {member: i for i, member in enumerate(members)}
        self.width = "B" if len(members) <= 256 else "H"
        self.zero = members[0]

    @override
    def guard(self) -> str:
        # A Flag has values that are no members.
        return "type(value) is not enum or value not in positions"

    @override
    def names(self) -> dict[str, Any]:
        return {"enum": self.enum, "positions": self.positions}

    @override
    def check(self, value: Any) -> Enum:
        if isinstance(value, self.enum) and value in self.positions:
            return value
        names = ", ".join(member.name for member in self.members[:8])
        raise TypeError(f"{shorten(value)} is none of {self.enum.__name__}: {names}")

    @override
    def raw(self, value: Enum) -> int:
        return self.positions[value]

    @override
    def spell(self, value: str, name: str, names: dict[str, Any]) -> str:
        names[name] = self.positions
        return f"{name}[{value}]"

    @override
    def value(self, raw: int) -> Enum:
        member: Enum = self.members[raw]
        return member

    @override
    def describe(self) -> list[Any]:
        return [self.name, *(member.name for member in self.members)]
