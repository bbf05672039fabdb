"""The little endian primitives of Colyseus: numbers, text, and fixed widths.

Every length, code, message type and field on that wire is one of these. The first bytes
look like those of msgpack, but the order of the bytes does not: never mix this up with
the payload of a message, which is `nexus.wire.message`.

Encoders return bytes. Decoders take the bytes and where to begin, and return the value
and where it ended; they raise PeerError for bytes that are none, or too few.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from struct import error as StructError  # noqa: N812  # else it reads like a variable
from typing import Any, Final

from attrs import frozen

from nexus.errors import PeerError

__all__ = [
    "PRIMITIVES",
    "SAFE",
    "Buffer",
    "Primitive",
    "decode_boolean",
    "decode_number",
    "decode_string",
    "decode_type",
    "encode_boolean",
    "encode_number",
    "encode_string",
    "encode_type",
]

Buffer = bytes | bytearray | memoryview

#: The largest int that JavaScript's number holds together with all smaller ones.
SAFE: Final = 2**53

_FLOAT64: Final = Struct("<d")

#: What follows the first byte of a number that is not itself the number.
_NUMBERS: Final = {
    0xCA: Struct("<f"),
    0xCB: _FLOAT64,
    0xCC: Struct("<B"),
    0xCD: Struct("<H"),
    0xCE: Struct("<I"),
    0xCF: Struct("<Q"),
    0xD0: Struct("<b"),
    0xD1: Struct("<h"),
    0xD2: Struct("<i"),
    0xD3: Struct("<q"),
}

#: How many bytes of length follow the first byte of a string of 32 bytes or more.
_LENGTHS: Final = {0xD9: 1, 0xDA: 2, 0xDB: 4}


def _encode_integer(value: int) -> bytes:
    if value >= 0:
        if value < 0x80:
            return value.to_bytes(1, "little")
        if value < 0x100:
            return b"\xcc" + value.to_bytes(1, "little")
        if value < 0x10000:
            return b"\xcd" + value.to_bytes(2, "little")
        if value < 0x100000000:
            return b"\xce" + value.to_bytes(4, "little")
    elif value >= -0x80000000:
        if value >= -0x20:
            return value.to_bytes(1, "little", signed=True)
        if value >= -0x80:
            return b"\xd0" + value.to_bytes(1, "little", signed=True)
        if value >= -0x8000:
            return b"\xd1" + value.to_bytes(2, "little", signed=True)
        return b"\xd2" + value.to_bytes(4, "little", signed=True)
    if -SAFE <= value <= SAFE:
        return b"\xcb" + _FLOAT64.pack(value)
    raise ValueError("an int that JavaScript would change: use a bigint or text")


#: Most numbers are small: field indices, lengths, reference ids, counters.
_SMALL: Final = {value: _encode_integer(value) for value in range(-32, 1024)}


def encode_number(value: float) -> bytes:
    """Write an int or float so that JavaScript reads exactly that number.

    Colyseus itself writes 0 for NaN, the largest safe ints for infinities, and float32
    where that is nearly right; its decoder reads what we write, which is the value.

    Raises:
        ValueError: An int beyond 2**53, which JavaScript would change.
    """
    if isinstance(value, int):
        return _SMALL.get(value) or _encode_integer(value)
    if -0x80000000 <= value <= 0x7FFFFFFF and value.is_integer():
        integer = int(value)
        # Zero is left to the last line if it is the negative one.
        if integer or _FLOAT64.pack(value) == bytes(8):
            return _encode_integer(integer)
    return b"\xcb" + _FLOAT64.pack(value)


def decode_number(data: Buffer, offset: int) -> tuple[int | float, int]:
    """Read a number, in whichever form: floats stay floats.

    Raises:
        PeerError: No number begins here, or it is cut off.
    """
    try:
        head = data[offset]
    except IndexError:
        raise PeerError("no number where one belongs") from None
    if head < 0x80:
        return head, offset + 1
    if head >= 0xE0:
        return head - 0x100, offset + 1
    try:
        form = _NUMBERS[head]
        value: int | float = form.unpack_from(data, offset + 1)[0]
    except KeyError:
        raise PeerError(f"byte {head:02x} begins no number") from None
    except StructError:
        raise PeerError("a number is cut off") from None
    return value, offset + 1 + form.size


def encode_string(value: str) -> bytes:
    """Write text as UTF-8 behind its length in bytes.

    Raises:
        ValueError: Half a surrogate pair, which is no text.
    """
    text = value.encode()
    size = len(text)
    if size < 0x20:
        return (0xA0 | size).to_bytes(1, "little") + text
    if size < 0x100:
        return b"\xd9" + size.to_bytes(1, "little") + text
    if size < 0x10000:
        return b"\xda" + size.to_bytes(2, "little") + text
    return b"\xdb" + size.to_bytes(4, "little") + text


def decode_string(data: Buffer, offset: int) -> tuple[str, int]:
    """Read text.

    Raises:
        PeerError: No text begins here, it is cut off, or it is not UTF-8.
    """
    try:
        head = data[offset]
    except IndexError:
        raise PeerError("no text where some belongs") from None
    start = offset + 1
    if 0xA0 <= head < 0xC0:
        end = start + (head & 0x1F)
    elif head in _LENGTHS:
        start += _LENGTHS[head]
        # A length that is itself cut off puts the end beyond the data in any case.
        end = start + int.from_bytes(data[offset + 1 : start], "little")
    else:
        raise PeerError(f"byte {head:02x} begins no text")
    if end > len(data):
        raise PeerError("text is cut off")
    try:
        return str(data[start:end], "utf-8"), end
    except UnicodeDecodeError:
        raise PeerError("text is not UTF-8") from None


def encode_boolean(value: bool) -> bytes:  # noqa: FBT001  # the value, not a switch
    """Write a bool as one byte."""
    return b"\x01" if value else b"\x00"


def decode_boolean(data: Buffer, offset: int) -> tuple[bool, int]:
    """Read a bool.

    Raises:
        PeerError: Neither of the two bytes that mean one.
    """
    head = bytes(data[offset : offset + 1])
    if head == b"\x00":
        return False, offset + 1
    if head == b"\x01":
        return True, offset + 1
    raise PeerError("no boolean where one belongs")


def encode_type(value: str | int) -> bytes:
    """Write the type of a message: the name or number that its handler goes by.

    Raises:
        ValueError: The empty name, which peers cannot tell from a number, or an int
            that JavaScript would change.
    """
    if isinstance(value, str):
        if not value:
            raise ValueError("the type of a message cannot be empty")
        return encode_string(value)
    return encode_number(value)


def decode_type(data: Buffer, offset: int) -> tuple[str | int, int]:
    """Read the type of a message, told apart by its first byte.

    Raises:
        PeerError: Neither a name nor a whole number.
    """
    head = data[offset] if offset < len(data) else 0
    if 0xA0 < head < 0xC0 or head in _LENGTHS:
        name, end = decode_string(data, offset)
        if not name:
            raise PeerError("the type of a message is empty")
        return name, end
    number, end = decode_number(data, offset)
    if isinstance(number, float):
        # JavaScript writes whole numbers from 2**31 on as floats.
        if not number.is_integer():
            raise PeerError("the type of a message is no whole number")
        number = int(number)
    if not -SAFE <= number <= SAFE:
        # No client could be answered under it, as JavaScript cannot tell it apart.
        raise PeerError("the type of a message is out of range")
    return number, end


@frozen
class Primitive:
    """How one primitive type of the state format is written and read."""

    name: str
    encode: Callable[[Any], bytes]
    decode: Callable[[Buffer, int], tuple[Any, int]]


def _fixed(name: str, form: str, bound: int | None = None) -> Primitive:
    codec = Struct(form)
    size = codec.size

    def encode(value: float) -> bytes:
        if bound is not None and not -bound <= value <= bound:
            raise ValueError("an int that JavaScript would change: use a bigint")
        try:
            return codec.pack(value)
        except (StructError, OverflowError):
            raise ValueError(f"not a value of {name}") from None

    def decode(data: Buffer, offset: int) -> tuple[int | float, int]:
        try:
            return codec.unpack_from(data, offset)[0], offset + size
        except StructError:
            raise PeerError(f"{name} is cut off") from None

    return Primitive(name, encode, decode)


#: Every primitive type by the name that Colyseus gives it. JavaScript reads `int64` and
#: `uint64` as numbers, so those are bound to what a number holds; the bigints are not.
PRIMITIVES: Final[dict[str, Primitive]] = {
    primitive.name: primitive
    for primitive in (
        Primitive("number", encode_number, decode_number),
        Primitive("string", encode_string, decode_string),
        Primitive("boolean", encode_boolean, decode_boolean),
        _fixed("int8", "<b"),
        _fixed("uint8", "<B"),
        _fixed("int16", "<h"),
        _fixed("uint16", "<H"),
        _fixed("int32", "<i"),
        _fixed("uint32", "<I"),
        _fixed("int64", "<q", SAFE),
        _fixed("uint64", "<Q", SAFE),
        _fixed("bigint64", "<q"),
        _fixed("biguint64", "<Q"),
        _fixed("float32", "<f"),
        _fixed("float64", "<d"),
    )
}
