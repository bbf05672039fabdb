"""Messages of ours: what clients of ours and a Node say beyond Colyseus' protocol.

They ride in ordinary messages; docs/protocol.md, 9, describes them. A message of an
outbox is taken apart just so far that the plain message is left that it stands for, and
that one is then heard like any other: both cannot come to mean different things.
"""

from __future__ import annotations

from struct import Struct
from struct import error as StructError  # noqa: N812  # else it reads like a variable
from typing import Any, Final

from attrs import frozen

from nexus.errors import PeerError
from nexus.wire.colyseus.primitive import SAFE, encode_type
from nexus.wire.envelope import seal
from nexus.wire.frame import Status, encode_message
from nexus.wire.message import UNDEFINED, encode

__all__ = [
    "APPLIED",
    "COMMAND",
    "OURS",
    "OUT",
    "PING",
    "RESUME",
    "WISH",
    "Command",
    "ack_frame",
    "commanded_frame",
    "is_ours",
    "latency_frame",
    "pong_frame",
    "read_applied",
    "read_command",
    "read_out",
    "read_ping",
    "read_resume",
    "refused_frame",
    "resumed_frame",
    "saved_frame",
    "verdict_frame",
]

#: What the types of all our messages begin with; authors do not listen for them.
OURS: Final = "__nexus."

#: The join option of who reads our state format, and has an outbox.
WISH: Final = {"__nexus": {"serializer": "nexus"}}

#: The type of a message of an outbox, as it stands in a frame behind its length.
OUT: Final = b"__nexus.out"

COMMAND: Final = "__nexus.command"
PING: Final = "__nexus.ping"
APPLIED: Final = "__nexus.applied"
RESUME: Final = "__nexus.resume"

#: The longest reason of a refusal, in characters: what is unheard may have long names.
_MAX_REASON: Final = 200

#: The largest number that counts up: one more is a number of JavaScript's, too.
_MOST: Final = SAFE - 1

#: How msgpack writes numbers of more than a byte.
_NUMBERS: Final = {
    head: Struct(form)
    for head, form in enumerate(
        (">f", ">d", ">B", ">H", ">I", ">Q", ">b", ">h", ">i", ">q"), start=0xCA
    )
}

#: How many bytes of length follow the first byte.
_TEXT: Final = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_BINARY: Final = {0xC4: 1, 0xC5: 2, 0xC6: 4}


@frozen
class Command:
    """A message that is answered with a verdict, and is never applied twice.

    Attributes:
        id: Its number; they count up from 1 for each seat.
        type: The type of the plain message that it stands for.
        body: The body of that, UNDEFINED if it has none.
    """

    id: int
    type: str | int
    body: Any


def is_ours(type_: str | int) -> bool:
    """Say whether a message is one of ours, by its type."""
    return isinstance(type_, str) and type_.startswith(OURS)


# What a Node says: sealed frames.


def pong_frame(number: int, milliseconds: float) -> bytes:
    """Answer a ping with the time of the Node."""
    return _frame("__nexus.pong", [number, milliseconds])


def ack_frame(ident: int) -> bytes:
    """Say that an outbox needs to keep nothing up to an id."""
    return _frame("__nexus.ack", ident)


def refused_frame(ident: int, reason: str) -> bytes:
    """Say that a message of an outbox was dropped."""
    return _frame("__nexus.refused", [ident, reason[:_MAX_REASON]])


def resumed_frame(version: int, how: str) -> bytes:
    """Say how a returning client gets the State that it lacks."""
    return _frame("__nexus.resumed", {"version": version, "how": how})


def latency_frame(milliseconds: float) -> bytes:
    """Tell a client the round trip that the Node measured."""
    return _frame("__nexus.latency", {"ms": milliseconds})


def verdict_frame(ident: int, status: Status, payload: bytes) -> bytes:
    """Say what became of a command.

    Args:
        ident: The id of the command.
        status: How it ended.
        payload: The value that belongs to it as msgpack, empty for none: so what was
            answered once can be kept, and be answered again.
    """
    head = b"\x93" if payload else b"\x92"
    answer = head + encode(ident) + bytes((status,)) + payload
    return seal(encode_message("__nexus.verdict", answer))


def commanded_frame(ident: int) -> bytes:
    """Say which command of a seat is the newest that was taken, before a return's ack.

    Whoever comes by the token alone counts on from there; else its first commands would
    be answered with the verdicts of older ones.
    """
    return _frame("__nexus.commanded", ident)


def saved_frame(saved: int, applied: int) -> bytes:
    """Say up to which versions the State is committed, and published."""
    return _frame("__nexus.saved", [saved, applied])


def _frame(type_: str, value: Any) -> bytes:
    return seal(encode_message(type_, encode(value)))


# What a client says.


def read_resume(body: object) -> int | None:
    """Return the version that a returning client holds; None if it says nothing sane.

    A client whose version is no good gets a snapshot, as if it had not asked.
    """
    version = body.get("version") if isinstance(body, dict) else None
    if isinstance(version, int) and not isinstance(version, bool):
        return version
    return None


def read_ping(body: object) -> int:
    """Return the number of a ping.

    Raises:
        PeerError: It is no number that counts up.
    """
    return _counted(body, "the number of a ping")


def read_command(body: object) -> Command:
    """Read a command.

    Args:
        body: The decoded payload of the message.

    Raises:
        PeerError: It is none, or stands for a message of ours.
    """
    if not isinstance(body, list) or not 2 <= len(body) <= 3:
        raise PeerError("a command is an array of id, type and body")
    ident, type_ = _counted(body[0], "the id of a command"), body[1]
    if isinstance(type_, str):
        if not type_:
            raise PeerError("the type of a command is empty")
        if is_ours(type_):
            raise PeerError("a message of ours within a command")
    else:
        type_ = _whole(type_, "the type of a command")
    return Command(ident, type_, body[2] if len(body) == 3 else UNDEFINED)


def read_out(data: bytes, at: int) -> tuple[int, bytes]:
    """Read a message of an outbox.

    Args:
        data: The frame.
        at: Where its payload begins.

    Returns:
        Its id, and the frame of the plain message that it stands for.

    Raises:
        PeerError: It is none, or stands for one of ours.
    """
    try:
        count, head = data[at] - 0x90, data[at + 1]
        if head < 0x80:
            ident, at = head, at + 2
        else:
            number, at = _number(data, at + 1)
            ident = _counted(number, "the id of a message")
        head = data[at]
    except (IndexError, StructError):
        raise PeerError("a message of an outbox is cut off") from None
    # A short name stands in a frame as it stands in msgpack.
    if 0xA0 < head < 0xC0 and ident and 2 <= count <= 3:
        end = at + head - 0x9F
        if (end < len(data)) == (count == 3) and end <= len(data):
            if head > 0xA7 and data[at + 1 : at + 9] == b"__nexus.":
                raise _within()
            return ident, b"\x0d" + data[at:]
    return _counted(ident, "the id of a message"), _rare(data, at, count)


def _rare(data: bytes, at: int, count: int) -> bytes:
    """Return the plain frame where the type is no short name, or bytes are sent."""
    if not 2 <= count <= 4:
        raise PeerError("a message of an outbox has 2 to 4 parts")
    try:
        type_, at = _type(data, at)
        if count == 2:
            content, end = b"", at
        elif count == 3:
            content, end = data[at:], len(data)
            if not content:
                raise IndexError
        else:
            width = _BINARY.get(data[at])
            if width is None:
                raise PeerError("no bytes where a message of an outbox says so")
            content, end = _take(data, at + 1, width)
            if data[end] != 0xC3:
                raise PeerError("a message of an outbox says neither yes nor nothing")
            end += 1
    except (IndexError, StructError):
        raise PeerError("a message of an outbox is cut off") from None
    if end < len(data):
        raise PeerError(f"{len(data) - end} bytes after a message of an outbox")
    return (b"\x11" if count == 4 else b"\x0d") + encode_type(type_) + content


def _type(data: bytes, at: int) -> tuple[str | int, int]:
    """Read the type of a message from msgpack."""
    head = data[at]
    if not (0xA0 <= head < 0xC0 or head in _TEXT):
        number, end = _number(data, at)
        return _whole(number, "the type of a message"), end
    if head in _TEXT:
        raw, end = _take(data, at + 1, _TEXT[head])
    else:
        end = at + head - 0x9F
        raw = data[at + 1 : end]
        if end > len(data):
            raise IndexError
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        raise PeerError("text is not UTF-8") from None
    if not name:
        raise PeerError("the type of a message is empty")
    if name.startswith(OURS):
        raise _within()
    return name, end


def _take(data: bytes, at: int, width: int) -> tuple[bytes, int]:
    """Return the bytes behind a length of so many bytes, and where they end."""
    start = at + width
    end = start + int.from_bytes(data[at:start], "big")
    if end > len(data):
        raise IndexError
    return data[start:end], end


def _number(data: bytes, at: int) -> tuple[float, int]:
    """Read a number, in whichever form, and return where it ends."""
    head = data[at]
    if head < 0x80:
        return head, at + 1
    if head >= 0xE0:
        return head - 0x100, at + 1
    form = _NUMBERS.get(head)
    if form is None:
        raise PeerError(f"byte {head:02x} begins no number")
    value: float = form.unpack_from(data, at + 1)[0]
    return value, at + 1 + form.size


def _whole(value: object, what: str) -> int:
    """Return a whole number as JavaScript has it.

    Raises:
        PeerError: It is something else.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > SAFE:
        raise PeerError(f"{what} is no whole number within 2**53")
    return int(value)


def read_applied(body: object) -> int:
    """Return the version that a client says it has applied.

    Raises:
        PeerError: It is no version.
    """
    return _counted(body, "an applied version")


def _counted(value: object, what: str) -> int:
    """Return a number that counts up from 1.

    Raises:
        PeerError: It is something else.
    """
    # JavaScript writes whole numbers from 2**31 on as floats.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _MOST:
        raise PeerError(f"{what} is no whole number from 1 to 2**53")
    return int(value)


def _within() -> PeerError:
    return PeerError("a message of ours within one of an outbox")
