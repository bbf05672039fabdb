"""Columns: the values of one field of many entities; docs/protocol.md, 3.3.

Encoding a column is the hot path of every patch, so each field gets two functions whose
code is generated: a list comprehension that names its slot is quicker than one
with `getattr`. `bench` has the figures, tests hold them equal to the reader.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any
from weakref import WeakKeyDictionary

from attrs import frozen

from nexus.errors import PeerError
from nexus.state.field import Field
from nexus.state.kind import Choice, Kind, Moment
from nexus.state.layout import slot
from nexus.state.number import Float, Integer, Quantized
from nexus.wire.codec import Kind as Item
from nexus.wire.codec import Reader, pack
from nexus.wire.native.ids import HEADS, binary, read_ids, write_ids

__all__ = [
    "Column",
    "column_of",
    "lone",
    "pack_raw",
    "pack_values",
    "packer_of",
    "raw_of",
    "read_column",
    "read_raw",
    "read_values",
    "write_raw",
]


@frozen
class Column:
    """How the values of one field are written."""

    #: From a State to its value.
    one: Callable[[Any], bytes]
    #: From several States to their values.
    many: Callable[[list[Any]], bytes]


#: How struct spells little endian: in the machine's own order floats take a fifth less
#: time, and all widths are the same.
_ORDER = "@" if sys.byteorder == "little" else "<"
#: By width and count: what packs so many values.
_PACKERS: dict[str, dict[int, Callable[..., bytes]]] = {}


def _make_packer(width: str, count: int) -> Callable[..., bytes]:
    """Return what packs `count` values of one width, and keep it while it is small."""
    packer = packer_of(width, count).pack
    if count < 1024:
        _PACKERS.setdefault(width, {})[count] = packer
    return packer


def packer_of(width: str, count: int) -> struct.Struct:
    """Return what packs `count` values of one width, little endian."""
    return struct.Struct(f"{_ORDER}{count}{width}")


_MANY = """
def many(states):
    return pack([{raw} for state in states])
"""

# The same with what `pack` would do spelled out: the most frequent column by far.
_MANY_FIXED = """
def many(states):
    packer = packers.get(len(states)) or make({width!r}, len(states))
    data = packer(*[{raw} for state in states])
    return heads[len(data)] + data if len(data) < 256 else binary(data)
"""


def _fixed(width: str) -> Callable[[list[Any]], bytes]:
    """Return what makes a bin of raw values of one width."""
    if width == "B":
        return lambda values: binary(bytes(values))
    return lambda values: binary(struct.pack(f"<{len(values)}{width}", *values))


def _holed(width: str) -> Callable[[list[Any]], bytes]:
    """Return what makes a column of raw values among which None may be."""
    fixed = _fixed(width) if width else None

    def many(values: list[Any]) -> bytes:
        if fixed is not None and None not in values:
            return fixed(values)
        return pack(values)

    return many


#: Columns that were made already: their code outlives the encoder that asked first.
_COLUMNS: WeakKeyDictionary[Field, Column] = WeakKeyDictionary()


def column_of(field: Field) -> Column:
    """Return how the values of a field are written, a reference's included."""
    made = _COLUMNS.get(field)
    if made is None:
        made = _COLUMNS[field] = _make(field)
    return made


def _make(field: Field) -> Column:
    names: dict[str, Any] = {}
    raw = raw_of(field, "raw", names)
    if field.kind is None:
        pack_many: Callable[[list[Any]], bytes] = _pack_ids
        pack_one: Callable[[Any], bytes] = pack
    else:
        width = field.kind.width
        pack_many = _holed(width) if field.optional or not width else _fixed(width)
        pack_one = lone(field.kind)
    one_names = {**names, "pack": pack_one}
    exec(f"def one(state):\n    return pack({raw})\n", one_names)
    many_names = {**names, "pack": pack_many}
    if field.kind is not None and field.kind.width and not field.optional:
        width = field.kind.width
        packers = _PACKERS.setdefault(width, {})
        many_names.update(
            packers=packers, make=_make_packer, heads=HEADS, binary=binary
        )
        exec(_MANY_FIXED.format(raw=raw, width=field.kind.width), many_names)
    else:
        exec(_MANY.format(raw=raw), many_names)
    return Column(one_names["one"], many_names["many"])


def raw_of(field: Field, name: str, names: dict[str, Any]) -> str:
    """Return the Python of what stands for a field of `state` in a column.

    Args:
        field: The field, of one value or one State.
        name: What something that the code refers to may be called.
        names: What it refers to is put there.
    """
    held = f"state.{slot(field.name)}"
    raw = f"{held}._id" if field.kind is None else field.kind.spell(held, name, names)
    if field.kind is None or field.optional:
        return f"None if {held} is None else {raw}"
    return raw


def lone(kind: Kind) -> Callable[[Any], bytes]:
    """Return what writes one raw value."""
    if isinstance(kind, Float) and kind.bits == 32:
        single = struct.Struct(">Bf").pack
        return lambda value: b"\xc0" if value is None else single(0xCA, value)
    return pack


def _pack_ids(ids: list[Any]) -> bytes:
    """Write the ids of entities, among which None may be."""
    if None not in ids and all(a < b for a, b in pairwise(ids)):
        return write_ids(ids) if len(ids) > 1 else pack(ids)
    return pack(ids)


def pack_values(field: Field, values: Sequence[Any]) -> bytes:
    """Write values of a container's field as a column."""
    kind = field.kind
    if kind is None:
        ids = [state._id for state in values]
        return pack(ids[0]) if len(ids) == 1 else _pack_ids(ids)
    raw = [kind.raw(value) for value in values]
    if len(raw) == 1:
        return lone(kind)(raw[0])
    return _fixed(kind.width)(raw) if kind.width else pack(raw)


def pack_raw(kind: Kind | None, values: list[Any]) -> bytes:
    """Write values as a reader knows them: None may be among them, entities are ids."""
    if kind is None:
        return pack(values[0]) if len(values) == 1 else _pack_ids(values)
    raw = [None if value is None else kind.raw(value) for value in values]
    if len(raw) == 1:
        return lone(kind)(raw[0])
    return _holed(kind.width)(raw)


def read_column(
    reader: Reader, kind: Kind | None, count: int, *, optional: bool
) -> list[Any]:
    """Read a column of known length: raw values become values; for entities, ids.

    Raises:
        PeerError: It is none, or one of another length.
    """
    if count == 1:
        item = reader.peek()
        bytes_or_ids = item is Item.DATA and (kind is None or kind.width)
        if item is not Item.ARRAY and not bytes_or_ids:
            return [_value(kind, reader.item(), optional=optional)]
    values = _several(reader, kind, optional=optional)
    if len(values) != count:
        raise PeerError(f"{len(values)} values for {count} places")
    return values


def read_values(reader: Reader, kind: Kind | None) -> list[Any]:
    """Read a column that itself tells how many values it has; for entities, ids.

    Raises:
        PeerError: It is none.
    """
    item = reader.peek()
    if item is Item.ARRAY or (item is Item.DATA and (kind is None or kind.width)):
        return _several(reader, kind, optional=False)
    return [_value(kind, reader.item(), optional=False)]


def _several(reader: Reader, kind: Kind | None, *, optional: bool) -> list[Any]:
    if reader.peek() is Item.ARRAY:
        count = reader.array()
        values = [_value(kind, reader.item(), optional=optional) for _ in range(count)]
        if kind is not None and kind.width and None not in values:
            raise PeerError(f"an array of {kind.name} where a bin belongs")
    elif kind is None:
        return read_ids(reader)
    else:
        data = reader.data()
        if not kind.width:
            raise PeerError(f"a bin of {kind.name}")
        size = struct.calcsize(f"<{kind.width}")
        count, rest = divmod(len(data), size)
        if rest:
            raise PeerError(f"{len(data)} bytes of {kind.name}")
        reader.claim(count)
        raw: Any = struct.unpack(f"<{count}{kind.width}", data)
        values = _convert(kind, raw, data)
    if not values:
        raise PeerError("a column without values")
    return values


def read_raw(reader: Reader, kind: Kind, count: int) -> array[Any]:
    """Read a column of a Table as raw values, in as little room as there is.

    Raises:
        PeerError: It is none, or one of another length.
    """
    raw = array("B" if kind.width == "?" else kind.width)
    if count == 1 and reader.peek() is not Item.DATA:
        raw.append(kind.raw(_value(kind, reader.item(), optional=False)))
        return raw
    data = reader.data()
    if len(data) != count * raw.itemsize:
        raise PeerError(f"{len(data)} bytes for {count} values of {kind.name}")
    reader.claim(count)
    raw.frombytes(data)
    if sys.byteorder == "big":
        raw.byteswap()
    if kind.width == "?":
        _convert(kind, (), data)
    elif not isinstance(kind, Integer | Float):
        # What lies between these is a value as well.
        _of_raw(kind, min(raw))
        _of_raw(kind, max(raw))
    return raw


def write_raw(kind: Kind, raw: array[Any]) -> bytes:
    """Write a column of a Table."""
    if len(raw) == 1:
        return lone(kind)(bool(raw[0]) if kind.width == "?" else raw[0])
    if sys.byteorder == "big":
        raw = raw[:]
        raw.byteswap()
    return binary(raw.tobytes())


def _convert(kind: Kind, raw: tuple[Any, ...], data: bytes) -> list[Any]:
    """Return the values that a bin of raw values stands for."""
    if kind.width == "?":
        if data.strip(b"\0\1"):
            raise PeerError("a bool that is neither 0 nor 1")
        return list(raw)
    if isinstance(kind, Integer | Float):
        return list(raw)
    return [_of_raw(kind, value) for value in raw]


def _of_raw(kind: Kind, raw: Any) -> Any:
    """Return the value that a whole number stands for."""
    if isinstance(kind, Choice):
        if not 0 <= raw < len(kind.members):
            raise PeerError(f"an enum has no member {raw}")
        return kind.value(raw)
    if isinstance(kind, Quantized) and not 0 <= raw <= kind.steps:
        raise PeerError(f"{raw} is beyond the steps of a quantized field")
    try:
        return kind.value(raw)
    except ValueError:
        raise PeerError(f"{raw} ms is no date") from None


#: Readers take NaN and the infinities: whether they are allowed is the writer's affair.
_SPECIAL = {bits: Float(bits, special=True) for bits in (32, 64)}


def _value(kind: Kind | None, raw: Any, *, optional: bool) -> Any:
    """Return the value that one item stands for.

    Raises:
        PeerError: The field does not hold it.
    """
    if raw is None:
        if optional:
            return None
        raise PeerError("nil where a value belongs")
    if kind is None:
        if type(raw) is not int or not 0 <= raw < 1 << 53:
            raise PeerError("an entity's id is an int")
        return raw
    if isinstance(kind, Choice | Moment | Quantized):
        if type(raw) is not int:
            raise PeerError(f"{type(raw).__name__} where {kind.name} belongs")
        return _of_raw(kind, raw)
    if isinstance(kind, Float):
        kind = _SPECIAL[kind.bits]
    try:
        value = kind.check(raw)
    except (TypeError, ValueError):
        raise PeerError(f"{type(raw).__name__} where {kind.name} belongs") from None
    if isinstance(kind, Float):
        # From 2**53 on floats skip ints; a float32 skips many more.
        beyond = type(raw) is int and abs(raw) > 1 << 53
        if beyond or (value != raw and raw == raw):
            raise PeerError(f"{raw} is no {kind.name}")
    return value
