"""What a value becomes before msgpack writes it, so that SDKs read what was meant.

JavaScript has one type of number, no tuples and no enums, and text that is no Unicode.
What would arrive changed is refused here, with the place where it was found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final

import attrs
from typing_extensions import override

from nexus.state.state import State
from nexus.wire.codec import BigInt, extension, timestamp

__all__ = ["EPOCH", "EXT_UNDEFINED", "SURROGATE", "UNDEFINED", "Undefined", "plain"]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)

#: The ext type of UNDEFINED.
EXT_UNDEFINED: Final = 0

#: Half of a surrogate pair, which JavaScript's strings may hold and UTF-8 may not.
SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Undefined(Enum):
    """The type of UNDEFINED, an enum so that it stays one object when copied."""

    UNDEFINED = "undefined"

    def __bool__(self) -> bool:
        return False

    @override
    def __repr__(self) -> str:
        return "UNDEFINED"


#: JavaScript's `undefined`, which is not its `null`; falsy, as it is there.
UNDEFINED: Final = Undefined.UNDEFINED


def plain(value: object, depth: int, values: int) -> object:
    """Return a value as the packer takes it, nested and counted no further than told.

    Raises:
        ValueError: Something in it cannot be sent; the message says where and why.
    """
    try:
        return _Encoder(depth, values).plain(value, depth)
    except _UnfitError as unfit:
        where = "".join(reversed(unfit.path))
        raise ValueError(f"${where}: {unfit.reason}") from None


class _UnfitError(Exception):
    """A value that cannot be sent; it gathers the path while it rises."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path: list[str] = []


class _Encoder:
    """Makes values plain, and counts them; `depth` is how many more may be nested.

    A pass before the packer and not a hook of it: that is not asked about ints.
    """

    __slots__ = ("_depth", "_left", "_values")

    def __init__(self, depth: int, values: int) -> None:
        self._depth = depth
        self._values = values
        self._left = values - 1

    def plain(self, value: object, depth: int) -> object:
        """Return the value as the packer takes it."""
        kind = type(value)
        convert = _CONVERT.get(kind)
        if convert is not None:
            return convert(value)
        if kind is dict:
            return self._dict(value, depth)
        if kind is list:
            return self._list(value, depth)
        return self._other(value, depth)

    def _other(self, value: object, depth: int) -> object:
        if isinstance(value, dict):
            return self._dict(value, depth)
        if isinstance(value, list | tuple | set | frozenset):
            return self._list(value, depth)
        for base, convert in _CONVERT.items():
            if isinstance(value, base):
                return convert(value)
        raise _UnfitError(f"{type(value).__name__} cannot be sent{_hint(value)}")

    def _claim(self, values: int, depth: int) -> None:
        if depth <= 0:
            raise _UnfitError(f"nested deeper than {self._depth}, or in a circle")
        self._left -= values
        if self._left < 0:
            raise _UnfitError(f"more than {self._values} values")

    def _list(self, values: Any, depth: int) -> list[object]:
        self._claim(len(values), depth)
        made: list[object] = []
        convert = _CONVERT.get
        try:
            for value in values:
                # Spelled out, as most values of a list hold no others.
                known = convert(type(value))
                made.append(known(value) if known else self.plain(value, depth - 1))
        except _UnfitError as unfit:
            unfit.path.append(f"[{len(made)}]")
            raise
        return made

    def _dict(self, values: Any, depth: int) -> dict[object, object]:
        self._claim(2 * len(values), depth)
        made: dict[object, object] = {}
        for key, value in values.items():
            if not isinstance(key, str):
                raise _UnfitError(f"a key of type {type(key).__name__}, of str allowed")
            try:
                made[_str(key)] = self.plain(value, depth - 1)
            except _UnfitError as unfit:
                unfit.path.append(f".{key}" if key.isidentifier() else f"[{key!r}]")
                raise
        return made


def _hint(value: object) -> str:
    """Return what to do with a value that cannot be sent."""
    if isinstance(value, State):
        return ": clients mirror a State already; send its fields"
    if attrs.has(type(value)):
        return ": send attrs.asdict(...) of it"
    if is_dataclass(value):
        return ": send dataclasses.asdict(...) of it"
    return ": make a list of it" if isinstance(value, Iterable) else ""


def _str(value: str) -> object:
    if not value.isascii() and SURROGATE.search(value):
        raise _UnfitError("text with half a surrogate pair")
    # Undoes a subclass, such as an enum's, and is free for a plain str.
    return str.__str__(value)


def _int(value: int) -> object:
    if -(2**31) <= value < 2**32:
        return int(value)
    if -(2**53) <= value <= 2**53:
        # As 64 bits it would be a BigInt there, with which numbers do not add up.
        return float(value)
    raise _UnfitError("an int beyond 2**53, which JavaScript would change: BigInt")


def _bigint(value: BigInt) -> object:
    if -(2**63) <= value < 2**64:
        return value
    raise _UnfitError("a BigInt beyond 64 bits: send a str")


def _datetime(value: datetime) -> object:
    if value.utcoffset() is None:
        raise _UnfitError("a datetime without a time zone")
    seconds, rest = divmod(value - EPOCH, _SECOND)
    return timestamp(seconds, rest.microseconds * 1000)


def _same(value: object) -> object:
    return value


#: How a value that holds no others is made ready; also looked through, in this order,
#: for the type that a subclass is derived from.
_CONVERT: Final[dict[type, Callable[[Any], object]]] = {
    str: _str,
    bool: _same,
    BigInt: _bigint,
    int: _int,
    float: float,
    type(None): _same,
    bytes: bytes,
    bytearray: bytes,
    memoryview: bytes,
    datetime: _datetime,
    Undefined: lambda _: extension(EXT_UNDEFINED, b"\x00"),
}
