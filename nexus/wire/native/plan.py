"""Plans: how the fields of one mask of one class are written; docs/protocol.md, 3.

Nearly every patch is one plan or a few, so a class and mask that come up often, and
whose columns all have a fixed width, get a function whose code is generated: it writes
all columns in one go. To compile it takes as long as to write some hundred entities,
and which fields change together is up to the players: so until then each column is
written by a function of its own, which all masks share. `python -m bench flush` has
the figures, tests hold both equal. Where the compiled parts are there, they write
numbers and bools, and this is for all else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from nexus.compiled import parts
from nexus.state.field import Field
from nexus.state.layout import members, slot
from nexus.state.state import State
from nexus.wire.codec import pack
from nexus.wire.native.column import Column, column_of, packer_of, raw_of
from nexus.wire.native.ids import head_of, write_ids

__all__ = ["Plan"]

_Write: TypeAlias = Callable[[bytes, list[Any]], bytes]
#: After so many entities a plan gets a function of its own.
_OFTEN = 64
#: So many ways to pack are remembered by one of them, each for one count.
_MAX_PACKERS = 256
#: So many functions are remembered of one class.
_MAX_WRITES = 256
#: Of so many ids it is remembered how they were written.
_MAX_IDS = 1024
#: The functions that were generated, by class and mask: Rooms come and go, they stay.
_WRITES: WeakKeyDictionary[type[State], dict[int, _Write]] = WeakKeyDictionary()


class Plan:
    """How the fields of one mask of one class are written.

    Args:
        head: What the operation begins with.
        cls: The class.
        fields: Those of its fields that are written.
    """

    __slots__ = (
        "_cls",
        "_columns",
        "_compiled",
        "_fields",
        "_head",
        "_ids",
        "_said",
        "_write",
        "_written",
        "is_silent",
    )

    def __init__(self, head: bytes, cls: type[State], fields: Sequence[Field]) -> None:
        self._head = head
        self._cls = cls
        self._fields = fields
        self._columns: list[Column] = [column_of(each) for each in fields]
        #: Whether it names entities without a byte of a value.
        self.is_silent = not fields
        #: What was written last: who moves in one tick mostly moves in the next.
        self._ids: list[int] = []
        self._said = b""
        self._written = 0
        self._write: _Write = self._write_columns
        self._compiled = _compile(cls, fields)

    def write(self, states: list[Any], ids: list[int] | None = None) -> bytes:
        """Return the fields of some States.

        Args:
            states: The States, with ascending ids.
            ids: Their ids, if they are known.
        """
        if len(states) == 1:
            state = states[0]
            values = [column.one(state) for column in self._columns]
            return b"".join([self._head, pack(state._id), *values])
        if self._compiled is not None:
            return self._compiled(self._head, states)
        if ids is None:
            ids = [state._id for state in states]
        if ids == self._ids:
            return self._write(self._said, states)
        said = self._head + write_ids(ids)
        if len(ids) <= _MAX_IDS:
            self._ids, self._said = ids, said
        return self._write(said, states)

    def _write_columns(self, said: bytes, states: list[Any]) -> bytes:
        """Write column by column, and count until a function of its own pays off."""
        self._written += len(states)
        if self._written >= _OFTEN:
            self._write = self._own()
        return b"".join([said, *[column.many(states) for column in self._columns]])

    def _own(self) -> _Write:
        """Return a function for these fields alone."""
        mask = sum(each.bit for each in self._fields)
        writes = _WRITES.setdefault(self._cls, {})
        write = writes.get(mask)
        if write is None:
            if len(writes) >= _MAX_WRITES:
                writes.clear()
            write = _generate(self._fields) or _in_columns(self._columns)
            writes[mask] = write
        return write


def _compile(cls: type[State], fields: Sequence[Field]) -> parts.Columns | None:
    """Return what writes ids and columns, where C knows the kinds of all fields."""
    if parts is None or not fields:
        return None
    known = []
    for each in fields:
        if not each.is_fixed:
            return None
        kind: Any = each.kind
        known.append((getattr(cls, slot(each.name)), kind.width, kind.form(), 0))
    [name] = members(State, "_id")
    return parts.Columns(name, tuple(known))


def _in_columns(columns: list[Column]) -> _Write:
    """Return what writes column by column."""
    many = [column.many for column in columns]
    return lambda said, states: b"".join([said, *[each(states) for each in many]])


def _generate(fields: Sequence[Field]) -> _Write | None:
    """Return what writes all columns at once, if each has a fixed width."""
    widths = []
    parts = []
    names: dict[str, Any] = {}
    for at, field in enumerate(fields):
        if field.kind is None or not field.kind.width or field.optional:
            return None
        widths.append(field.kind.width)
        raw = raw_of(field, f"raw_{at}", names)
        parts.append(f"head_{at}, pack_{at}(*[{raw} for state in states])")
    if not fields:
        return None
    packers: dict[int, tuple[Any, ...]] = {}

    def make(count: int) -> tuple[Any, ...]:
        if len(packers) >= _MAX_PACKERS:
            packers.clear()
        made: list[Any] = []
        for width in widths:
            packer = packer_of(width, count)
            made += (head_of(packer.size), packer.pack)
        packers[count] = tuple(made)
        return packers[count]

    names.update(get=packers.get, make=make, join=b"".join)
    packs = ", ".join(f"head_{at}, pack_{at}" for at in range(len(widths)))
    source = (
        "def write(said, states):\n"
        "    count = len(states)\n"
        f"    {packs} = get(count) or make(count)\n"
        f"    return join((said, {', '.join(parts)}))\n"
    )
    exec(source, names)
    write: _Write = names["write"]
    return write
