"""WebSocket frames of the plain case: whole, binary, and nothing special about them.

What a Node sends to many peers is the same bytes for each of them, so it is sealed
once. What peers send is mostly short, and a short frame can be read from the chunk that
it came in without any state. `open_small` unmasks it with one operation on big integers
instead of one a byte; it stops at the first thing that is not the plain case, which is
then somebody else's to judge.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from nexus.compiled import parts

__all__ = ["contents", "open_small", "seal", "seal_all", "seal_deflated"]

#: FIN and the opcode of a binary message.
_BINARY: Final = 0x82
#: The bit that says that the payload went through permessage-deflate.
_DEFLATED: Final = 0x40
_MASKED: Final = 0x80
#: The longest payload whose length fits into the second byte.
_SMALL: Final = 125
#: Writes the head of a frame whose length takes two bytes.
_MEDIUM: Final = Struct(">BBH").pack
#: Both first bytes and the mask.
_HEAD: Final = 6

#: Times a mask, the mask as often as a payload of that length needs it.
_REPEAT: Final = [
    sum(1 << (32 * word) for word in range((length + 3) // 4))
    for length in range(_SMALL + 1)
]
#: Cuts what the last repetition has too much.
_CUT: Final = [(1 << (8 * length)) - 1 for length in range(_SMALL + 1)]


def seal(payload: bytes) -> bytes:
    """Make the frame in which a Node sends a binary message."""
    length = len(payload)
    if _SMALL < length <= 0xFFFF:
        # Most patches of a crowd are so long, and hundreds are sealed with each Tick.
        return _MEDIUM(_BINARY, 126, length) + payload
    return _head(_BINARY, length) + payload


def seal_all(head: bytes, bodies: list[bytes]) -> list[bytes]:
    """Make the frames of messages, each the head and one of the bodies."""
    if parts is None:
        return [seal(head + body) for body in bodies]
    return parts.seal(head, bodies)


def seal_deflated(payload: bytes) -> bytes:
    """Make the frame of a message that was compressed with permessage-deflate."""
    return _head(_BINARY | _DEFLATED, len(payload)) + payload


def contents(frame: bytes) -> memoryview:
    """Return the payload of a frame that `seal` made, without copying it."""
    length = frame[1]
    return memoryview(frame)[2 if length <= _SMALL else 4 if length == 126 else 10 :]


def open_small(chunk: bytes) -> tuple[list[bytes], int, bool]:
    """Read the small frames that a chunk from a peer begins with.

    A small frame is a whole binary message: final, masked, of 1 to 125 bytes.

    Returns:
        The payloads; where the rest begins; and whether that rest is nothing but the
        beginning of another small frame, so that there is nothing to do before the
        next chunk.
    """
    payloads: list[bytes] = []
    start = 0
    size = len(chunk)
    while size - start > _HEAD and chunk[start] == _BINARY:
        length = chunk[start + 1] - _MASKED
        if not 0 < length <= _SMALL:
            return payloads, start, False
        body = start + _HEAD
        end = body + length
        if end > size:
            return payloads, start, True
        mask = int.from_bytes(chunk[start + 2 : body], "little")
        key = mask * _REPEAT[length] & _CUT[length]
        masked = int.from_bytes(chunk[body:end], "little")
        payloads.append((masked ^ key).to_bytes(length, "little"))
        start = end
    return payloads, start, start == size or _begins_small(chunk[start : start + 2])


def _begins_small(head: bytes) -> bool:
    """Say whether these one or two bytes can still become a small frame."""
    return head[0] == _BINARY and (
        len(head) == 1 or _MASKED < head[1] <= _MASKED + _SMALL
    )


def _head(first: int, length: int) -> bytes:
    if length <= _SMALL:
        return bytes((first, length))
    if length <= 0xFFFF:
        return bytes((first, 126)) + length.to_bytes(2, "big")
    return bytes((first, 127)) + length.to_bytes(8, "big")
