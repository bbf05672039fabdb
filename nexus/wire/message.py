"""The payload of a Message: msgpack, in the flavour that the Colyseus SDK speaks.

The SDK writes every plain object as a *record*: its keys once, under an id, and then
for each object of that shape the id and the values. So a byte means an int or an object
by what came before it, and a plain msgpack decoder reads the rest as garbage. What we
send is standard msgpack of what `nexus.wire.plain` makes of a value.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from struct import Struct
from struct import error as StructError  # noqa: N812  # else it reads like a variable
from typing import Any, Final

from attrs import field, frozen
from attrs.validators import and_, ge, le

from nexus.errors import PeerError
from nexus.wire.codec import BigInt, pack, pack_wide, unpack
from nexus.wire.plain import (
    EPOCH,
    EXT_UNDEFINED,
    SURROGATE,
    UNDEFINED,
    Undefined,
    plain,
)
from nexus.wire.record import MAX_SIZE, flat_record

__all__ = [
    "DEFAULT",
    "OUTGOING",
    "UNDEFINED",
    "BigInt",
    "Limits",
    "Undefined",
    "decode",
    "encode",
]


@frozen
class Limits:
    """How deep, long and many-valued one payload may be.

    A decoded payload takes at most 64 bytes of memory for each of its own, and 33 more
    for each value: the default of 6,000 values keeps the latter below 200 kB.

    Attributes:
        depth: Arrays and objects inside each other; both directions recurse.
        size: Bytes of the payload.
        values: Values in all, counting arrays, objects and keys that are spelled out.
    """

    depth: int = field(default=32, validator=and_(ge(1), le(100)))
    size: int = field(default=2**20, validator=ge(1))
    values: int = field(default=6000, validator=ge(1))


#: For what peers send.
DEFAULT: Final = Limits()

#: For what we send: our own values are trusted, but a circle has to end somewhere.
OUTGOING: Final = Limits(size=2**24, values=2**20)

_BILLION: Final = 10**9

#: The further ext types that mean something to the SDK.
_EXT_RECORD: Final = 0x72
_EXT_DATE: Final = 0xFF

_CONSTANTS: Final = {0xC0: None, 0xC2: False, 0xC3: True}

#: How a number is read, and how many bytes it takes with its first.
_NUMBERS: Final = {
    head: (Struct(form).unpack_from, 1 + Struct(form).size)
    for head, form in enumerate(
        (">f", ">d", ">B", ">H", ">I", ">Q", ">b", ">h", ">i", ">q"), start=0xCA
    )
}

#: What only JavaScript's bigint is written as.
_BIGINTS: Final = frozenset((0xCF, 0xD3))

#: How many bytes of length follow the first byte, by what it begins.
_TEXT: Final = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_BINARY: Final = {0xC4: 1, 0xC5: 2, 0xC6: 4}
_ARRAY: Final = {0xDC: 2, 0xDD: 4}
_MAP: Final = {0xDE: 2, 0xDF: 4}
_EXT: Final = {0xC7: 1, 0xC8: 2, 0xC9: 4}

#: The bytes of an ext whose first byte tells its length.
_FIXED_EXT: Final = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}

#: Finds what a payload needs to have in order to mean more than in standard msgpack, or
#: to have bytes for a key.
_BEYOND_PLAIN: Final = re.compile(rb"[\xc4-\xc9\xcf\xd3-\xd8]").search

#: What a JavaScript `Map` may have as a key and a dict as well.
_KEYS: Final = frozenset({str, int, float, bool, type(None)})


def decode(data: bytes | bytearray | memoryview, limits: Limits = DEFAULT) -> Any:
    """Read the one value of a payload.

    Objects and Maps become dicts, in which the last of equal keys wins; a Date becomes
    an aware datetime in UTC, cut to microseconds, or None when it is invalid or outside
    of the years 1-9999. Half a surrogate pair, which JavaScript's strings may hold and
    Python's text may not, becomes U+FFFD.

    Raises:
        PeerError: Not one value in the SDK's flavour, or one beyond the limits.
    """
    if len(data) > limits.size:
        raise PeerError(f"a payload of {len(data)} bytes, of {limits.size} allowed")
    data = bytes(data)
    if limits.values > 2 * MAX_SIZE:
        record = flat_record(data)
        if record is not None:
            return record
    if len(data) <= min(limits.depth, limits.values) and not _BEYOND_PLAIN(data):
        # So few bytes can be neither too deep nor too many, nor claim much memory; and
        # without a record or an ext they mean what they mean in msgpack.
        try:
            return unpack(data)
        except PeerError:
            pass
    decoder = _Decoder(data, limits)
    try:
        value = decoder.values(1, limits.depth)[0]
    except (IndexError, StructError):
        raise PeerError("the payload ends too early") from None
    decoder.end()
    return value


class _Decoder:
    """A place in a payload, and the shapes of records that were spelled out before it.

    `depth` is always how many more arrays or objects may open.
    """

    __slots__ = ("_at", "_data", "_left", "_limits", "_shapes")

    def __init__(self, data: bytes, limits: Limits) -> None:
        self._data = data
        self._limits = limits
        self._left = limits.values - 1
        self._at = 0
        self._shapes: dict[int, list[str]] = {}

    def end(self) -> None:
        """Check that nothing is left."""
        left = len(self._data) - self._at
        if left:
            raise PeerError(f"{left} bytes after the payload")

    def values(self, count: int, depth: int) -> list[Any]:
        """Read some values in a row, in one loop: a call costs more than an int."""
        data, size, shapes = self._data, len(self._data), self._shapes
        at = self._at
        made: list[Any] = []
        for _ in range(count):
            head = data[at]
            if head < 0x80:
                at += 1
                if head in shapes:
                    self._at = at
                    made.append(self._record(shapes[head], depth))
                    at = self._at
                else:
                    made.append(head)
            elif head in _NUMBERS:
                unpack, width = _NUMBERS[head]
                number = unpack(data, at + 1)[0]
                made.append(BigInt(number) if head in _BIGINTS else number)
                at += width
            elif 0xA0 <= head < 0xC0:
                start = at + 1
                at = start + (head & 0x1F)
                if at > size:
                    raise PeerError("the payload ends too early")
                made.append(_text(data[start:at]))
            else:
                self._at = at + 1
                made.append(self._rarer(head, depth))
                at = self._at
        self._at = at
        return made

    def _rarer(self, head: int, depth: int) -> Any:
        if head >= 0xE0:
            return head - 0x100
        if head in _CONSTANTS:
            return _CONSTANTS[head]
        if head in _TEXT:
            return _text(self._take(self._length(_TEXT[head])))
        if head in _BINARY:
            return self._take(self._length(_BINARY[head]))
        if head in _FIXED_EXT:
            return self._extension(_FIXED_EXT[head], depth, head)
        if head in _EXT:
            return self._extension(self._length(_EXT[head]), depth, head)
        if head < 0x90 or head in _MAP:
            return self._map(head, depth)
        if head < 0xA0 or head in _ARRAY:
            return self._array(head, depth)
        raise PeerError(f"byte {head:02x} begins no value")

    def _take(self, size: int) -> bytes:
        start = self._at
        self._at = end = start + size
        if end > len(self._data):
            raise PeerError("the payload ends too early")
        return self._data[start:end]

    def _length(self, width: int) -> int:
        return int.from_bytes(self._take(width), "big")

    def _claim(self, values: int, depth: int) -> None:
        """Refuse what cannot be there before anything is made for it."""
        if depth <= 0:
            raise PeerError(f"nested deeper than {self._limits.depth}")
        if values > len(self._data) - self._at:
            raise PeerError("the payload ends too early")
        self._left -= values
        if self._left < 0:
            raise PeerError(f"more than {self._limits.values} values")

    def _array(self, head: int, depth: int) -> list[Any]:
        count = self._length(_ARRAY[head]) if head in _ARRAY else head & 0x0F
        self._claim(count, depth)
        return self.values(count, depth - 1)

    def _map(self, head: int, depth: int) -> dict[Any, Any]:
        count = 2 * (self._length(_MAP[head]) if head in _MAP else head & 0x0F)
        self._claim(count, depth)
        flat = self.values(count, depth - 1)
        keys = flat[::2]
        if not _KEYS.issuperset(map(type, keys)):
            raise PeerError("a key that is no plain value")
        return dict(zip(keys, flat[1::2], strict=True))

    def _record(self, shape: list[str], depth: int) -> dict[str, Any]:
        self._claim(len(shape), depth)
        values = self.values(len(shape), depth - 1)
        return dict(zip(shape, values))  # noqa: B905  # as long by `_claim`; costs 10 %

    def _shape(self, ident: int, depth: int) -> list[str]:
        """Read the keys of a record and remember them by its id."""
        if not 0x40 <= ident < 0x80:
            raise PeerError(f"byte {ident:02x} as the id of a record")
        head = self._data[self._at]
        self._at += 1
        if head in _ARRAY or 0x90 <= head < 0xA0:
            keys = self._array(head, depth)
            if all(type(key) is str for key in keys):
                self._shapes[ident] = keys
                return keys
        raise PeerError("a record without a list of names")

    def _extension(self, size: int, depth: int, head: int) -> Any:
        kind = self._data[self._at]
        self._at += 1
        body = self._take(size)
        if kind == _EXT_DATE:
            return _moment(body)
        if size == 1 and kind == EXT_UNDEFINED:
            return UNDEFINED
        if head == 0xD4 and kind == _EXT_RECORD:
            return self._record(self._shape(body[0], depth), depth)
        raise PeerError(f"an extension of type {kind:02x} and {size} bytes")


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    try:
        return SURROGATE.sub("\ufffd", data.decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError:
        raise PeerError("text that is not UTF-8") from None


def _moment(body: bytes) -> datetime | None:
    number = int.from_bytes(body, "big")
    nanoseconds = 0
    if len(body) == 4:
        seconds = number
    elif len(body) == 8:
        nanoseconds, seconds = number >> 34, number & (2**34 - 1)
    elif len(body) == 12:
        nanoseconds = number >> 64
        seconds = int.from_bytes(body[4:], "big", signed=True)
    elif len(body) == 1:
        # How the SDK writes an invalid Date; its JSON is null, too.
        return None
    else:
        raise PeerError(f"a date of {len(body)} bytes")
    if nanoseconds >= _BILLION:
        raise PeerError("a date with more than a second of nanoseconds")
    try:
        return EPOCH + timedelta(seconds=seconds, microseconds=nanoseconds // 1000)
    except OverflowError:
        return None


def encode(value: object, limits: Limits = OUTGOING) -> bytes:
    """Write a value in standard msgpack, in forms that every SDK reads as it is meant.

    Tuples and sets become arrays, and an enum that is a str or int becomes just that.

    Raises:
        ValueError: Something in it cannot be sent; the message says where and why.
    """
    ready = plain(value, limits.depth, limits.values)
    try:
        data = pack(ready)
    except TypeError:
        # Only a BigInt is left that msgpack does not take as it is.
        data = pack_wide(ready)
    if len(data) > limits.size:
        raise ValueError(f"a payload of {len(data)} bytes, of {limits.size} allowed")
    return data
