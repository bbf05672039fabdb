"""Ids: ascending numbers as a run, as steps, or as bits; docs/protocol.md, 3.1."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress, pairwise

from nexus.errors import PeerError
from nexus.wire.codec import Kind, Reader, pack

__all__ = [
    "HEADS",
    "MAX_ID",
    "binary",
    "head_of",
    "read_ids",
    "varint",
    "write_ids",
]

MAX_ID = (1 << 53) - 1
_RUN, _STEPS, _BITS = range(3)
#: From digits of text to what they mean.
_DIGITS = bytes.maketrans(b"01", b"\0\1")
#: The head of a bin, by its length.
HEADS = [bytes((0xC4, length)) for length in range(256)]


def binary(data: bytes) -> bytes:
    """Return data as a msgpack bin."""
    length = len(data)
    return HEADS[length] + data if length < 256 else pack(data)


def head_of(length: int) -> bytes:
    """Return what a msgpack bin of a length begins with."""
    return HEADS[length] if length < 256 else pack(bytes(length))[:-length]


def varint(value: int) -> bytes:
    """Return a number as unsigned LEB128."""
    if value < 128:
        return bytes((value,))
    if value < 16384:
        return bytes((value & 127 | 128, value >> 7))
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def write_ids(ids: Sequence[int]) -> bytes:
    """Return strictly ascending ids as one item, in the shortest of the three forms."""
    count = len(ids)
    first = ids[0]
    if count == 1:
        return pack(first)
    last = ids[-1]
    span = last - first + 1
    if span == count:
        return binary(b"\0" + varint(first) + varint(count))
    if (span + 7) >> 3 <= count - 1:
        # A text of zeros and ones becomes bits in one go: quicker than setting
        # bit after bit.
        text = bytearray(b"0") * span
        for each in ids:
            text[last - each] = 49
        bits = int(text, 2).to_bytes((span + 7) >> 3, "little")
        return binary(b"\2" + varint(first) + bits)
    gaps = [here - before - 1 for before, here in pairwise(ids)]
    if max(gaps) < 128:
        return binary(b"\1" + varint(first) + bytes(gaps))
    return binary(b"\1" + varint(first) + b"".join(map(varint, gaps)))


def read_ids(reader: Reader) -> list[int]:
    """Read one id or several.

    Raises:
        PeerError: These are no ids, or more than the bytes can pay for.
    """
    if reader.peek() is Kind.INTEGER:
        return [reader.integer(0, MAX_ID)]
    data = reader.data()
    if not data:
        raise PeerError("no ids")
    form = data[0]
    first, at = _read_varint(data, 1)
    if form == _RUN:
        count, at = _read_varint(data, at)
        if at != len(data) or not count:
            raise PeerError("a run of ids that is none")
        reader.name(count)
        ids = list(range(first, first + count))
    elif form == _STEPS:
        ids = _read_steps(reader, data, first, at)
    elif form == _BITS:
        ids = _read_bits(reader, data, first, at)
    else:
        raise PeerError(f"ids of form {form}")
    if ids[-1] > MAX_ID:
        raise PeerError("an id beyond 2**53")
    return ids


def _read_steps(reader: Reader, data: bytes, first: int, at: int) -> list[int]:
    ids = [first]
    while at < len(data):
        gap, at = _read_varint(data, at)
        first += gap + 1
        ids.append(first)
    reader.name(len(ids))
    return ids


def _read_bits(reader: Reader, data: bytes, first: int, at: int) -> list[int]:
    bits = int.from_bytes(data[at:], "little")
    if not bits & 1:
        raise PeerError("the first id is not among the ids")
    reader.name(bits.bit_count())
    # The lowest first; `compress` then passes over the zeros.
    there = f"{bits:b}"[::-1].encode().translate(_DIGITS)
    return list(compress(range(first, first + len(there)), there))


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return an unsigned LEB128 number and where the next one begins."""
    value = shift = 0
    while True:
        if at >= len(data) or shift > 49:
            raise PeerError("ids that end in the middle of a number")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
