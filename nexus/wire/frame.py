"""Frames: what one binary WebSocket message of Colyseus' protocol says.

The classes are for whoever reads frames at leisure: clients and tests. A node goes by
the opcode and writes with the functions below, without an object a frame; a property
test holds both equal. Payloads stay bytes here: `nexus.wire.message` reads them.
"""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Final, TypeAlias

from attrs import frozen

from nexus.errors import PeerError
from nexus.wire.colyseus.primitive import (
    decode_number,
    decode_string,
    decode_type,
    encode_number,
    encode_string,
    encode_type,
)
from nexus.wire.dialect import Dialect

__all__ = [
    "Acknowledge",
    "Bytes",
    "Failure",
    "Frame",
    "JoinRoom",
    "Leave",
    "Message",
    "Opcode",
    "Patch",
    "Ping",
    "Request",
    "Response",
    "Snapshot",
    "Status",
    "encode_bytes",
    "encode_error",
    "encode_join",
    "encode_message",
    "encode_request",
    "encode_response",
    "read_client",
    "read_request_number",
    "read_server",
]

#: The bits of the first byte that tell the opcode; the others are modifiers, which none
#: of our frames has.
_OPCODE_BITS: Final = 0x1F


@unique
class Opcode(IntEnum):
    """What a frame is for."""

    JOIN_ROOM = 10
    ERROR = 11
    LEAVE_ROOM = 12
    ROOM_DATA = 13
    ROOM_STATE = 14
    ROOM_STATE_PATCH = 15
    ROOM_DATA_BYTES = 17
    PING = 18
    ROOM_REQUEST = 21
    ROOM_RESPONSE = 22


@unique
class Status(IntEnum):
    """How a request ended."""

    OK = 0
    REJECTED = 1
    ERROR = 2


@frozen
class Acknowledge:
    """The client took JOIN_ROOM and wants the state."""


@frozen
class Leave:
    """The client leaves of its own will."""


@frozen
class Ping:
    """Either side asks how long an answer takes; the answer is the same byte."""


@frozen
class JoinRoom:
    """The client is in the room.

    Attributes:
        token: What to come back with.
        serializer: The format of the state.
        handshake: What the format needs before any state; empty if nothing.
    """

    token: str
    serializer: str
    handshake: bytes


@frozen
class Failure:
    """Something that the client wished was refused, or failed."""

    code: int
    text: str


@frozen
class Message:
    """What an author sends; `payload` is msgpack, empty for none."""

    type: str | int
    payload: bytes


@frozen
class Bytes:
    """What an author sends as raw bytes."""

    type: str | int
    content: bytes


@frozen
class Request:
    """A Message that awaits a Response with the same number."""

    number: int
    type: str | int
    payload: bytes


@frozen
class Response:
    """The answer to a Request."""

    number: int
    status: Status
    payload: bytes


@frozen
class Snapshot:
    """The whole state, in the format of the client's serializer."""

    content: bytes


@frozen
class Patch:
    """What changed of the state, in the format of the client's serializer."""

    content: bytes


Frame: TypeAlias = (
    Acknowledge
    | Bytes
    | Failure
    | JoinRoom
    | Leave
    | Message
    | Patch
    | Ping
    | Request
    | Response
    | Snapshot
)


def encode_join(
    dialect: Dialect, token: str, serializer: str, handshake: bytes
) -> bytes:
    """Write JOIN_ROOM."""
    ticket, name = token.encode("ascii"), serializer.encode("ascii")
    length = encode_number(len(handshake)) if dialect.sections else b""
    return b"\x0a%c%b%c%b%b%b" % (
        len(ticket),
        ticket,
        len(name),
        name,
        length,
        handshake,
    )


def encode_error(code: int, text: str) -> bytes:
    """Write ERROR."""
    return b"\x0b" + encode_number(code) + encode_string(text)


def encode_message(type_: str | int, payload: bytes) -> bytes:
    """Write ROOM_DATA; an empty payload arrives as `undefined`.

    Raises:
        ValueError: A type that clients cannot read.
    """
    return b"\x0d" + encode_type(type_) + payload


def encode_bytes(type_: str | int, content: bytes) -> bytes:
    """Write ROOM_DATA_BYTES.

    Raises:
        ValueError: A type that clients cannot read.
    """
    return b"\x11" + encode_type(type_) + content


def encode_request(number: int, type_: str | int, payload: bytes) -> bytes:
    """Write ROOM_REQUEST.

    Raises:
        ValueError: A type that nodes cannot read.
    """
    return b"\x15" + encode_number(number) + encode_type(type_) + payload


def encode_response(number: int, status: Status, payload: bytes) -> bytes:
    """Write ROOM_RESPONSE."""
    return b"\x16" + encode_number(number) + bytes((status,)) + payload


def read_client(data: bytes) -> Frame | None:
    """Read what a client sent; None is a frame that means nothing to us.

    Raises:
        PeerError: The frame is cut off, or has no type where one belongs.
    """
    opcode = data[0] & _OPCODE_BITS if data else 0
    if opcode == Opcode.ROOM_DATA:
        type_, end = decode_type(data, 1)
        return Message(type_, data[end:])
    if opcode == Opcode.ROOM_DATA_BYTES:
        type_, end = decode_type(data, 1)
        return Bytes(type_, data[end:])
    if opcode == Opcode.ROOM_REQUEST:
        number, end = read_request_number(data)
        type_, end = decode_type(data, end)
        return Request(number, type_, data[end:])
    if opcode == Opcode.JOIN_ROOM:
        return Acknowledge()
    if opcode == Opcode.LEAVE_ROOM:
        return Leave()
    return Ping() if opcode == Opcode.PING else None


def read_request_number(data: bytes) -> tuple[int, int]:
    """Return the number of a request, and where its type begins.

    Raises:
        PeerError: There is no number of 32 bits.
    """
    number, end = decode_number(data, 1)
    if not 0 <= number < 2**32 or number != int(number):
        raise PeerError("the number of a request is out of range")
    return int(number), end


def read_server(data: bytes, dialect: Dialect) -> Frame | None:
    """Read what a node sent; None is a frame of a kind that we never send.

    Raises:
        PeerError: The frame is cut off.
    """
    opcode = data[0] & _OPCODE_BITS if data else 0
    if opcode == Opcode.ROOM_STATE_PATCH:
        return Patch(data[1:])
    if opcode == Opcode.ROOM_STATE:
        return Snapshot(data[1:])
    if opcode == Opcode.ROOM_DATA:
        type_, end = decode_type(data, 1)
        return Message(type_, data[end:])
    if opcode == Opcode.ROOM_DATA_BYTES:
        type_, end = decode_type(data, 1)
        return Bytes(type_, data[end:])
    if opcode == Opcode.ROOM_RESPONSE:
        return _read_response(data)
    if opcode == Opcode.ERROR:
        code, end = decode_number(data, 1)
        return Failure(int(code), decode_string(data, end)[0])
    if opcode == Opcode.JOIN_ROOM:
        return _read_join(data, dialect)
    return Ping() if opcode == Opcode.PING else None


def _read_response(data: bytes) -> Response:
    number, end = read_request_number(data)
    try:
        return Response(number, Status(data[end]), data[end + 1 :])
    except (IndexError, ValueError):
        raise PeerError("a response without a status") from None


def _read_join(data: bytes, dialect: Dialect) -> JoinRoom:
    token, end = _read_name(data, 1)
    serializer, end = _read_name(data, end)
    if not dialect.sections:
        return JoinRoom(token, serializer, data[end:])
    size, end = decode_number(data, end)
    if not 0 <= size <= len(data) - end:
        raise PeerError("the handshake is cut off")
    return JoinRoom(token, serializer, data[end : end + int(size)])


def _read_name(data: bytes, offset: int) -> tuple[str, int]:
    size = data[offset] if offset < len(data) else len(data)
    end = offset + 1 + size
    if end > len(data):
        raise PeerError("JOIN_ROOM is cut off")
    try:
        return data[offset + 1 : end].decode("ascii"), end
    except UnicodeDecodeError:
        raise PeerError("JOIN_ROOM with a name that is not ASCII") from None
