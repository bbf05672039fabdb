"""msgpack, and nothing else of it: the only file that imports the library.

`pack` writes a value. `Reader` takes bytes apart item by item and never believes a
length that it has not compared with the bytes at hand. Messages of the SDK need more
than plain msgpack; they are read in `nexus.wire.message`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Final, NoReturn, TypeAlias, final

import msgpack
from typing_extensions import override

from nexus.errors import PeerError

__all__ = [
    "BigInt",
    "Kind",
    "Reader",
    "Scalar",
    "extension",
    "pack",
    "pack_wide",
    "timestamp",
    "unpack",
]

Scalar: TypeAlias = bool | int | float | str | bytes | None

#: Values that a caller of `Reader.claim` may allocate for each byte it was given. With
#: the at most one value a byte that is read, this makes eight.
_CLAIM: Final = 7

# Shared: with strict types and without hooks, packing runs no Python code, so nothing
# can enter it twice; and a Packer costs more to make than a small value to pack.
_packer: Final = msgpack.Packer(use_bin_type=True, strict_types=True)
_pack: Final[Callable[[object], bytes]] = _packer.pack

#: An ext value for `pack`, of a type number and its bytes.
extension: Final[Callable[[int, bytes], object]] = msgpack.ExtType

#: A moment for `pack`, of seconds since 1970 and nanoseconds.
timestamp: Final[Callable[[int, int], object]] = msgpack.Timestamp


def pack(value: object) -> bytes:
    """Write one value as standard msgpack.

    Only exact `None bool int float str bytes bytearray memoryview list dict` and
    `extension` and `timestamp` are written; subclasses and tuples are not.

    Raises:
        TypeError: A value of another type.
        ValueError: Nested too deeply, or text that is no Unicode.
        OverflowError: An int beyond 64 bits.
    """
    return _pack(value)


def unpack(data: bytes) -> Any:
    """Read the one value of a few bytes of standard msgpack.

    For a few bytes only: arrays inside each other make room for as many elements as
    each of them claims, up to the length of the data.

    Raises:
        PeerError: Not one value, or a map with a key that no dict has.
    """
    try:
        return msgpack.unpackb(data, strict_map_key=False)
    except (ValueError, TypeError):
        raise PeerError("not one msgpack value") from None


class BigInt(int):
    """An int that JavaScript has, and is to have, as a bigint: written in 64 bits."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        return f"BigInt({int(self)})"


def pack_wide(value: object) -> bytes:
    """Write one value as `pack` does, but each BigInt in 64 bits, however small it is.

    Raises:
        TypeError: A value of another type.
        ValueError: Text that is no Unicode.
        OverflowError: An int beyond 64 bits.
    """
    if type(value) is BigInt:
        head = b"\xd3" if value < 2**63 else b"\xcf"
        return head + int(value).to_bytes(8, "big", signed=value < 2**63)
    if type(value) is dict:
        parts = [_packer.pack_map_header(len(value))]
        for key, each in value.items():
            parts += (_pack(key), pack_wide(each))
        return b"".join(parts)
    if type(value) is list:
        parts = [_packer.pack_array_header(len(value))]
        return b"".join([*parts, *map(pack_wide, value)])
    return _pack(value)


class Kind(Enum):
    """What the next item of a Reader is, told by its first byte."""

    NIL = "nil"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    FLOAT = "float"
    TEXT = "text"
    DATA = "data"
    ARRAY = "array"
    #: A map, an extension, or the one byte that msgpack never uses.
    OTHER = "other"


def _kind(byte: int) -> Kind:
    if byte < 0x80 or byte >= 0xE0 or 0xCC <= byte <= 0xD3:
        return Kind.INTEGER
    if 0xA0 <= byte <= 0xBF or 0xD9 <= byte <= 0xDB:
        return Kind.TEXT
    if 0x90 <= byte <= 0x9F or byte in (0xDC, 0xDD):
        return Kind.ARRAY
    if 0xC4 <= byte <= 0xC6:
        return Kind.DATA
    if byte in (0xCA, 0xCB):
        return Kind.FLOAT
    if byte in (0xC2, 0xC3):
        return Kind.BOOLEAN
    return Kind.NIL if byte == 0xC0 else Kind.OTHER


#: Looked up rather than worked out: `peek` is called for every other item of a patch.
_KINDS: Final = tuple(_kind(byte) for byte in range(256))


def _not_flat(*_: object) -> NoReturn:
    raise PeerError("a nested value where a plain one belongs")


def _spent() -> NoReturn:
    raise PeerError("read on after bytes that are no good")


@final
class Reader:
    """A bounded reader of a stream of msgpack items, one call an item.

    An item that cannot be read is the last: all that follows is a PeerError too, for
    the library does not say where it stopped.

    Attributes:
        steps: Items read so far, array headers included; never more than the bytes.
    """

    __slots__ = (
        "_claimed",
        "_data",
        "_named",
        "_size",
        "_skip",
        "_tell",
        "_unpack",
        "steps",
    )

    def __init__(self, data: bytes | memoryview, limit: int) -> None:
        """Begin at the first of these bytes.

        Raises:
            PeerError: More bytes than the limit.
        """
        size = len(data)
        if size > limit:
            raise PeerError(f"{size} bytes where {limit} are allowed")
        self._data = bytes(data)
        self._size = size
        self._claimed = self._named = 0
        self.steps = 0
        # The lengths of zero keep the library from making room for as many elements as
        # a header claims; the hooks refuse the empty ones that those lengths let pass.
        unpacker = msgpack.Unpacker(
            None,
            max_buffer_size=max(size, 1),
            max_str_len=size,
            max_bin_len=size,
            max_array_len=0,
            max_map_len=0,
            max_ext_len=0,
            list_hook=_not_flat,
            object_hook=_not_flat,
            ext_hook=_not_flat,
        )
        unpacker.feed(self._data)
        self._unpack: Callable[[], Scalar] = unpacker.unpack
        self._tell: Callable[[], int] = unpacker.tell
        self._skip: Callable[[int], object] = unpacker.read_bytes

    @property
    def values(self) -> int:
        """Values made so far: read and claimed, at most eight for each byte."""
        return self.steps + self._claimed

    def more(self) -> bool:
        """Whether any byte is left."""
        return self._tell() < self._size

    def end(self) -> None:
        """Check that every byte was read.

        Raises:
            PeerError: Some bytes are left.
        """
        left = self._size - self._tell()
        if left:
            raise PeerError(f"{left} bytes too many")

    def peek(self) -> Kind:
        """Tell what the next item is, without reading it.

        Raises:
            PeerError: There is no next item.
        """
        try:
            return _KINDS[self._data[self._tell()]]
        except IndexError:
            raise PeerError("the bytes end too early") from None

    def claim(self, count: int) -> None:
        """Count values that the caller will make without reading an item for each.

        Raises:
            PeerError: Too many for so few bytes.
        """
        self._claimed += count
        if self._claimed > _CLAIM * self._size:
            raise PeerError(f"{self._claimed} values claimed by {self._size} bytes")

    def name(self, count: int) -> None:
        """Count ids that stand in a bin, before or after they are made.

        An id is an int in a list, and makes room for an entity in another: a payload
        names as many as it has bytes.

        Raises:
            PeerError: Too many for so few bytes.
        """
        self._named += count
        if self._named > self._size:
            raise PeerError(f"{self._named} ids in {self._size} bytes")
        self.claim(count)

    def item(self) -> Scalar:
        """Read one plain value; the caller judges floats that are not finite.

        Raises:
            PeerError: An array, map or extension, text that is not UTF-8, or the end.
        """
        try:
            value = self._unpack()
        except msgpack.OutOfData:
            self._unpack = self._tell = _spent
            raise PeerError("the bytes end too early") from None
        except (ValueError, PeerError) as error:
            self._unpack = self._tell = _spent
            if isinstance(error, PeerError):
                raise
            raise PeerError("not a plain msgpack value") from None
        self.steps += 1
        return value

    def integer(self, low: int, high: int) -> int:
        """Read an int from low to high, both included, whatever its width.

        Raises:
            PeerError: Anything else.
        """
        value = self.item()
        # Not isinstance: a bool would pass for an int.
        if type(value) is not int:
            raise PeerError(f"{type(value).__name__} where an int belongs")
        if not low <= value <= high:
            raise PeerError(f"{value} is not within {low} and {high}")
        return value

    def text(self) -> str:
        """Read a str.

        Raises:
            PeerError: Anything else.
        """
        value = self.item()
        if not isinstance(value, str):
            raise PeerError(f"{type(value).__name__} where text belongs")
        return value

    def data(self) -> bytes:
        """Read bytes.

        Raises:
            PeerError: Anything else.
        """
        value = self.item()
        if not isinstance(value, bytes):
            raise PeerError(f"{type(value).__name__} where bytes belong")
        return value

    def array(self) -> int:
        """Read the head of an array and return its count; its items come next.

        Raises:
            PeerError: No array, or one that claims more items than there are bytes.
        """
        # By hand: the library's own reader of heads looks at no limit when compiled,
        # and at the zero of `max_array_len` when not.
        at = self._tell()
        head = self._data[at] if at < self._size else 0xC1
        if head & 0xF0 == 0x90:
            count, width = head & 0x0F, 0
        elif head in (0xDC, 0xDD):
            width = 2 if head == 0xDC else 4
            count = int.from_bytes(self._data[at + 1 : at + 1 + width], "big")
        else:
            raise PeerError("no array where one belongs")
        if count > self._size - at - 1 - width:
            raise PeerError("an array of more items than there are bytes")
        self._skip(1 + width)
        self.steps += 1
        return count
