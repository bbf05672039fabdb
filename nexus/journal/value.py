"""Plain values in a record, exactly as they were; docs/journal.md, 3.1.

Not msgpack's maps, as a reader of hostile bytes cannot bound them, and not the payload
of a Message, in which an int may become a float.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from nexus.errors import PeerError
from nexus.wire.codec import BigInt, Kind, Reader, pack
from nexus.wire.message import UNDEFINED

__all__ = ["DEPTH", "read_value", "write_value"]

#: How deep lists and dicts may stand inside each other.
DEPTH: Final = 64

#: What the first item of an array says that the rest of it is.
_LIST, _DICT, _MOMENT, _BIGINT, _UNDEFINED, _HALF = range(6)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FLAT: Final = frozenset({type(None), bool, int, float, bytes})


def write_value(value: object) -> bytes:
    """Write a plain value: what JSON has, bytes, datetimes, `UNDEFINED` and `BigInt`s.

    Raises:
        ValueError: Something in it is of another type, too big or nested too deep; the
            message says where.
    """
    return pack(_ready(value, "$", DEPTH))


def _ready(value: Any, where: str, depth: int) -> object:
    """Return a value as the packer takes it."""
    kind = type(value)
    if kind is str:
        return _ready_text(value)
    if kind is int:
        if not -(1 << 63) <= value < 1 << 64:
            raise ValueError(f"{where}: an int beyond 64 bits; keep it as a str")
        return value
    if kind in _FLAT:
        return value
    if depth <= 0:
        raise ValueError(f"{where}: nested deeper than {DEPTH}, or in a circle")
    if kind is list or kind is tuple:
        some = enumerate(value)
        return [_LIST, *(_ready(each, f"{where}[{i}]", depth - 1) for i, each in some)]
    if isinstance(value, dict):
        return _ready_dict(value, where, depth)
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise ValueError(f"{where}: a datetime without a time zone")
        return [_MOMENT, (value - _EPOCH) // _MICROSECOND]
    if value is UNDEFINED:
        return [_UNDEFINED]
    if isinstance(value, BigInt):
        return [_BIGINT, int(value)]
    raise ValueError(
        f"{where}: {kind.__name__} cannot be kept; make plain values of it"
    )


def _ready_text(value: str) -> object:
    try:
        value.encode()
    except UnicodeEncodeError:
        return [_HALF, value.encode("utf-8", "surrogatepass")]
    return value


def _ready_dict(value: dict[Any, Any], where: str, depth: int) -> object:
    made: list[object] = [_DICT]
    for key, each in value.items():
        if type(key) is not str:
            raise ValueError(f"{where}: a key of type {type(key).__name__}, not str")
        made += (_ready_text(key), _ready(each, f"{where}.{key}", depth - 1))
    return made


def read_value(reader: Reader, depth: int = DEPTH) -> Any:
    """Read a plain value.

    Raises:
        PeerError: There is none, or one that is nested too deep.
    """
    if reader.peek() is not Kind.ARRAY:
        return reader.item()
    if depth <= 0:
        raise PeerError(f"values nested deeper than {DEPTH}")
    count = reader.array() - 1
    sort = reader.integer(_LIST, _HALF)
    if sort == _LIST:
        return [read_value(reader, depth - 1) for _ in range(count)]
    if sort == _DICT:
        return _read_dict(reader, count, depth)
    read, wanted = _OTHERS[sort]
    if count != wanted:
        raise PeerError(f"a value of {count} parts")
    return read(reader)


def _read_dict(reader: Reader, count: int, depth: int) -> dict[str, Any]:
    if count % 2:
        raise PeerError("a key without a value")
    made: dict[str, Any] = {}
    for _ in range(count // 2):
        key = read_value(reader, 1)
        if type(key) is not str or key in made:
            raise PeerError("a key that is no text, or there twice")
        made[key] = read_value(reader, depth - 1)
    return made


def _read_moment(reader: Reader) -> datetime:
    try:
        return _EPOCH + reader.integer(-(1 << 62), 1 << 62) * _MICROSECOND
    except OverflowError:
        raise PeerError("a date outside of the years 1-9999") from None


def _read_half(reader: Reader) -> str:
    try:
        return reader.data().decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise PeerError("text that is not UTF-8") from None


#: How the rarer values are read, and of how many items.
_OTHERS: Final[dict[int, tuple[Callable[[Reader], Any], int]]] = {
    _MOMENT: (_read_moment, 1),
    _BIGINT: (lambda reader: BigInt(reader.integer(-(1 << 63), (1 << 64) - 1)), 1),
    _UNDEFINED: (lambda _: UNDEFINED, 0),
    _HALF: (_read_half, 1),
}
