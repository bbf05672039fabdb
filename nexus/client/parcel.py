"""Parcel: a Message of a client as its Outbox keeps it and as it is sent."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from nexus.client.event import Undelivered
from nexus.sync import Command, Letter
from nexus.wire.colyseus.primitive import encode_type
from nexus.wire.frame import encode_message
from nexus.wire.message import OUTGOING, UNDEFINED, decode, encode
from nexus.wire.ours import COMMAND, OURS, is_ours

__all__ = ["Parcel", "check_type", "report", "write", "write_command"]

#: How msgpack writes it.
_TRUE: Final = b"\xc3"


@frozen
class Parcel:
    """What a Letter holds.

    Attributes:
        body: The body of the Message as msgpack; empty if it has none.
        is_raw: Whether that is raw bytes, for whoever listens to those.
    """

    body: bytes
    is_raw: bool = False


def check_type(type_: str | int) -> None:
    """Check the type of a Message.

    Raises:
        ValueError: It cannot be sent, or is kept for ours.
    """
    if isinstance(type_, bool) or not isinstance(type_, str | int):
        raise ValueError(f"the type of a message is a str or an int, not {type_!r}")
    if is_ours(type_):
        raise ValueError(f"types that begin with {OURS} are kept for Nexus")
    encode_type(type_)


def write(letter: Letter) -> bytes:
    """Write the frame of a Letter."""
    parcel: Parcel = letter.body
    head = b"\x94" if parcel.is_raw else b"\x93" if parcel.body else b"\x92"
    name = encode(letter.id) + encode(letter.type)
    rest = parcel.body + _TRUE if parcel.is_raw else parcel.body
    return encode_message(f"{OURS}out", head + name + rest)


def write_command(command: Command) -> bytes:
    """Write the frame of a Command."""
    head, content = command.body
    return encode_message(COMMAND, head + encode(command.id) + content)


def report(letter: Letter, reason: str | None = None) -> Undelivered:
    """Return what is told of a Letter that may not have arrived."""
    parcel: Parcel = letter.body
    body = decode(parcel.body, OUTGOING) if parcel.body else UNDEFINED
    return Undelivered(letter.id, letter.type, body, reason)
