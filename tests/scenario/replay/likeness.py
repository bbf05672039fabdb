"""What is alike in two runs, and how that is named which is not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from attrs import define, field

from nexus.errors import PeerError
from nexus.state import List, State, Tree, float64, number, uint8
from nexus.wire.colyseus.reflection import encode_reflection
from nexus.wire.dialect import Dialect
from nexus.wire.frame import (
    Failure,
    Message,
    Response,
    encode_message,
    encode_response,
    read_server,
)
from nexus.wire.message import decode, encode

__all__ = [
    "Names",
    "dateless",
    "describe",
    "meta_reflection",
    "payload_of",
    "respelled",
    "types_of",
    "undated",
]

#: Where documents name rooms, sessions and nodes, whose names differ in every run.
_NAMED: Final = ("roomId", "sessionId", "processId")

_DATE: Final = re.compile(rb"\xa9createdAt(?:\xd7\xff.{8}|\xd6\xff.{4})", re.DOTALL)
_ERROR: Final = re.compile(r"internal error [A-Za-z0-9_-]{9}")


@define
class Names:
    """What was called so in a recording, and what it is called in this run."""

    _ours: dict[str, str] = field(factory=dict, init=False)

    def bind(self, recorded: str, ours: str) -> None:
        """Learn a name; one that is known stays."""
        self._ours.setdefault(recorded, ours)

    def learn(self, recorded: Any, ours: Any) -> None:
        """Learn the names that two documents have at the same places."""
        if isinstance(recorded, dict) and isinstance(ours, dict):
            for key in recorded.keys() & ours.keys():
                if key in _NAMED and isinstance(ours[key], str):
                    self.bind(recorded[key], ours[key])
                else:
                    self.learn(recorded[key], ours[key])
        elif isinstance(recorded, list) and isinstance(ours, list):
            for one, other in zip(recorded, ours, strict=False):
                self.learn(one, other)

    def to_ours(self, text: str) -> str:
        """Write the names of this run for those of the recording."""
        for recorded, ours in self._ours.items():
            text = text.replace(recorded, ours)
        return text

    def to_recorded(self, data: bytes) -> bytes:
        """Write the names of the recording for those of this run."""
        for recorded, ours in self._ours.items():
            data = data.replace(ours.encode(), recorded.encode())
        return data


def undated(frame: bytes) -> bytes:
    """Leave out when a room was made."""
    return _DATE.sub(b"\xa9createdAt", frame)


def dateless(document: Any) -> Any:
    """Leave out when a room was made."""
    if isinstance(document, dict):
        return {k: dateless(v) for k, v in document.items() if k != "createdAt"}
    if isinstance(document, list):
        return [dateless(each) for each in document]
    return document


def payload_of(frame: bytes, dialect: Dialect) -> Any:
    """Return what a frame carries in msgpack, or None."""
    try:
        read = read_server(frame, dialect)
        if isinstance(read, Message | Response) and read.payload:
            return decode(read.payload)
    except PeerError:
        pass
    return None


def respelled(frame: bytes, dialect: Dialect) -> bytes:
    """Write the payload of a recorded frame anew, as we write such a value."""
    read = read_server(frame, dialect)
    if not isinstance(read, Message | Response) or not read.payload:
        return frame
    try:
        payload = encode(decode(read.payload))
    except ValueError:
        return frame
    if isinstance(read, Message):
        return encode_message(read.type, payload)
    return encode_response(read.number, read.status, payload)


def describe(frame: bytes, dialect: Dialect) -> str:
    """Say in words what a frame is, without what differs in every run."""
    read = read_server(frame, dialect)
    if isinstance(read, Failure):
        text = f"ERROR {read.code} {read.text}"
    elif isinstance(read, Message | Response):
        head = read.type if isinstance(read, Message) else read.status.name
        text = f"{head} {dateless(payload_of(frame, dialect))}"
    else:
        text = frame.hex()
    return _ERROR.sub("internal error <id>", text)


class _Quantized(State):
    min: float64
    max: float64
    bits: uint8
    mode: uint8


class _Field(State):
    name: str
    type: str
    referencedType: number  # noqa: N815 -- their name
    childPrimitive: str  # noqa: N815 -- their name
    quantized: _Quantized | None


class _Type(State):
    id: number
    extendsId: number  # noqa: N815 -- their name
    fields: List[_Field]


class _Reflection(State):
    types: List[_Type]
    rootType: number  # noqa: N815 -- their name


@cache
def meta_reflection() -> bytes:
    """Return the reflection of reflections: with it, a decoder shows what one says."""
    return encode_reflection(Tree(_Reflection(types=[], rootType=0)).outline, 5)


def types_of(shown: Mapping[str, Any]) -> Any:
    """Return what a reflection says, whatever its types are numbered."""
    types = {each.get("id", 0): each for each in shown["types"]}
    order: list[int] = []

    def visit(type_id: int) -> int:
        if type_id < 0:
            return type_id
        if type_id not in order:
            order.append(type_id)
        return order.index(type_id)

    said = []
    visit(shown.get("rootType", 0))
    for each in order:
        own = dict(types[each])
        own["id"] = visit(each)
        if "extendsId" in own:
            own["extendsId"] = visit(own["extendsId"])
        own["fields"] = [
            {**one, "referencedType": visit(one.get("referencedType", -1))}
            for one in own["fields"]
        ]
        said.append(own)
    return said
