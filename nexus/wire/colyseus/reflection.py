"""Reflection: the table of classes and fields that opens a conversation.

It is itself a full state in the format that it describes: a list of types, each with a
list of its own fields, numbered as they come. Its classes are

    Reflection  0 types: list of Type    1 rootType: number, absent when 0
    Type        0 id: number    1 extendsId: number    2 fields: list of Field
    Field       0 name: string  1 type: string  2 referencedType: number
                3 childPrimitive: string  4 quantized: Quantized
    Quantized   0 min: float64  1 max: float64  2 bits: uint8  3 mode: uint8

where the last two of Field, and Quantized, are there in major 5 only. Majors 3 and 4
join what a container holds to its type: `map:number`.
"""

from __future__ import annotations

from typing import Final

from nexus.state.field import Field
from nexus.state.number import Quantized
from nexus.state.outline import Outline
from nexus.state.rows import Rows
from nexus.wire.colyseus.mapping import Major, element_type, field_type, sent
from nexus.wire.colyseus.primitive import PRIMITIVES, encode_number, encode_string

__all__ = ["encode_reflection"]

#: What Colyseus calls the shapes of containers.
_CONTAINERS: Final = {"map": "map", "list": "array", "set": "set", "table": "map"}
#: The types are the first object after the root.
_TYPES: Final = 1


def encode_reflection(outline: Outline, major: Major) -> bytes:
    """Return the handshake for clients that decode with a major.

    Parents come before what inherits from them, for decoders read it in one go.
    """
    return _Reflection(outline, major).write()


class _Reflection:
    """A reflection while it is written: its objects are numbered as they come."""

    def __init__(self, outline: Outline, major: Major) -> None:
        self._outline = outline
        self._major: Major = major
        self._last = _TYPES

    def _next(self) -> int:
        self._last += 1
        return self._last

    def write(self) -> bytes:
        """Return the whole of it."""
        outline = self._outline
        root = outline.numbers[outline.root]
        head = b"\x80" + encode_number(_TYPES)
        if root:
            head += b"\x81" + encode_number(root)
        types = _visit(_TYPES)
        content = b""
        for number in range(len(outline.classes)):
            id_ = self._next()
            types += b"\x80" + encode_number(number) + encode_number(id_)
            content += self._type(id_, number)
        return head + types + content

    def _type(self, id_: int, number: int) -> bytes:
        outline = self._outline
        cls = outline.classes[number]
        parent = outline.parent(cls)
        fields = sent(cls.__layout__.fields)
        if parent is not None:
            fields = fields[len(sent(parent.__layout__.fields)) :]
        list_id = self._next()
        own = b"\x80" + encode_number(number)
        if parent is not None:
            own += b"\x81" + encode_number(outline.numbers[parent])
        link = b"\x82" + encode_number(list_id)
        # The order of 3 and 4 is that of their own encoders; decoders take either.
        visit = _visit(id_) + (own + link if self._major == 5 else link + own)
        if not fields:
            return visit
        entries = _visit(list_id)
        content = b""
        for at, field in enumerate(fields):
            field_id = self._next()
            entries += b"\x80" + encode_number(at) + encode_number(field_id)
            content += self._field(field_id, field)
        return visit + entries + content

    def _field(self, id_: int, field: Field) -> bytes:
        head = _visit(id_) + b"\x80" + encode_string(field.name)
        type_ = _CONTAINERS.get(field.shape, "ref")
        held = field.kind.cls if isinstance(field.kind, Rows) else field.state
        if held is not None:
            referred = self._outline.numbers[held]
            return head + self._typed(type_, referred)
        assert field.kind is not None
        if field.shape != "one":
            name = element_type(field.kind).type
            if self._major != 5:
                return head + self._typed(f"{type_}:{name}", -1)
            return head + self._typed(type_, -1) + b"\x83" + encode_string(name)
        type_ = field_type(field.kind, self._major).type
        head += b"\x81" + encode_string(type_)
        if type_ == "quantized":
            assert isinstance(field.kind, Quantized)
            quantized_id = self._next()
            head += b"\x84" + encode_number(quantized_id)
            head += _visit(quantized_id) + _quantized(field.kind)
        return head

    def _typed(self, type_: str, referred: int) -> bytes:
        named = b"\x81" + encode_string(type_)
        link = b"\x82" + encode_number(referred)
        return named + link if self._major == 5 else link + named


def _visit(id_: int) -> bytes:
    return b"\xff" + encode_number(id_)


def _quantized(kind: Quantized) -> bytes:
    float64, uint8 = PRIMITIVES["float64"].encode, PRIMITIVES["uint8"].encode
    return b"".join(
        (
            b"\x80" + float64(kind.low),
            b"\x81" + float64(kind.high),
            b"\x82" + uint8(kind.bits),
            b"\x83" + uint8(int(kind.beyond == "wrap")),
        )
    )
