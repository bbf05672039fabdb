"""Mapping: what the types of a State are called, and look like, in Colyseus' format.

The three majors of `@colyseus/schema` differ in one type: only 5 knows quantized
numbers, and only as fields. `docs/colyseus.md` has the table for authors.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from struct import Struct
from typing import Any, Final, Literal, TypeAlias

from attrs import frozen

from nexus.state.field import Field
from nexus.state.kind import Bool, Bytes, Choice, Kind, Moment, Text
from nexus.state.number import Float, Integer, Number, Quantized
from nexus.wire.colyseus.primitive import PRIMITIVES, encode_string

__all__ = ["MAJORS", "Major", "Mapped", "element_type", "field_type", "sent"]

#: The majors of `@colyseus/schema`, which SDK 0.16, 0.17 and 0.18 decode with.
Major: TypeAlias = Literal[3, 4, 5]
MAJORS: Final[tuple[Major, ...]] = (3, 4, 5)


@frozen
class Mapped:
    """How one Kind appears on the wire."""

    #: What the handshake calls it.
    type: str
    #: From a value, as a State holds it, to its bytes.
    encode: Callable[[Any], bytes]
    #: struct's letter, if all values have one width.
    letter: str = ""
    #: From a value to what struct packs, the Kind's `raw`; None: the value itself.
    raw: Callable[[Any], Any] | None = None


def _fixed(type_: str, letter: str, raw: Callable[[Any], Any] | None = None) -> Mapped:
    pack = Struct(f"<{letter}").pack
    if raw is None:
        return Mapped(type_, pack, letter)
    return Mapped(type_, lambda value: pack(raw(value)), letter, raw)


def _primitive(name: str) -> Mapped:
    return Mapped(name, PRIMITIVES[name].encode)


def _choice(kind: Choice) -> Mapped:
    names = {member: encode_string(member.name) for member in kind.members}
    return Mapped("string", names.__getitem__)


def element_type(kind: Kind) -> Mapped:
    """Return how a Kind appears inside a container, and in fields of 3 and 4.

    64 bits travel as bigints: what JavaScript calls `int64` is a double there, which
    changes numbers beyond 2**53.
    """
    match kind:
        case Bool():
            return _fixed("boolean", "?")
        case Integer():
            return _fixed(
                f"big{kind.name}" if kind.bits == 64 else kind.name, kind.width
            )
        case Float():
            return _fixed(kind.name, kind.width)
        case Quantized():
            return _fixed("float64", "d")
        case Moment():
            return _fixed("float64", "d", kind.raw)
        case Number():
            return _primitive("number")
        case Text():
            return _primitive("string")
        case Bytes():
            return Mapped(
                "string", lambda value: encode_string(b64encode(value).decode())
            )
        case Choice():
            return _choice(kind)
    raise ValueError(f"Colyseus has no type for {kind.name}")


def field_type(kind: Kind, major: Major) -> Mapped:
    """Return how a Kind appears as a field."""
    if major == 5 and isinstance(kind, Quantized):
        return _fixed("quantized", kind.width, kind.raw)
    return element_type(kind)


def sent(fields: tuple[Field, ...]) -> list[Field]:
    """Return the fields that clients ever get, each at the index that it has for them.

    Inherited fields come first here as there, so a class and those below it agree.
    """
    return [field for field in fields if not field.said.server_only]
