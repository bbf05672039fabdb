"""Visits: what is said of the fields of entities.

Writing many entities with the same fields is the hot path of every patch, so a class
and mask that come up often get a function whose code is generated: fields of fixed
width that stand side by side become one call of struct, and the first of them takes the
visit's head along. To compile it takes as long as to write some hundred entities, and
which fields change together is up to the players: so until then each field is written
by a function of its own, which all masks share. Where the compiled parts are there,
they tell changes of numbers and bools, and this is for all else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import IntEnum
from itertools import groupby
from struct import Struct
from typing import Any, TypeAlias

from attrs import define, field

from nexus.compiled import parts
from nexus.state.change import Created, Group
from nexus.state.field import Field
from nexus.state.layout import members, slot
from nexus.state.outline import Outline
from nexus.state.state import State
from nexus.wire.colyseus.mapping import Major, field_type, sent
from nexus.wire.colyseus.op import ADD, DELETE, DELETE_AND_ADD, reference, switch
from nexus.wire.colyseus.primitive import encode_number

__all__ = ["Visits", "mark"]

#: So many writers are remembered.
_MAX_WRITERS = 4096
#: After so many entities a class and mask get a function of their own.
_OFTEN = 64


class _Told(IntEnum):
    """What the listeners hold of the entity before the visit.

    It is looked up with each patch, and an int is found sooner than another Enum.
    """

    #: Nothing.
    NEW = 0
    #: The entity, as it was at the last flush.
    KNOWN = 1
    #: The entity, as it was when they left.
    STALE = 2


_Write: TypeAlias = Callable[[list[Any]], list[bytes]]
_Part: TypeAlias = Callable[[Any], bytes]
#: A class, a mask, the size of the head, and what the listeners hold.
_Key: TypeAlias = tuple[type[State], int, int, _Told]


def mark(state: State) -> None:
    """Keep the head of its visits beside a State; needed whenever it got an id."""
    state._mark = switch(state._id)


def _unset(at: int) -> _Part:
    """Return what takes a field away."""
    gone = bytes([DELETE | at])
    return lambda state: gone


def _head_size(state: State) -> int:
    return len(state._mark)


class Visits:
    """Writes visits to the entities of one tree, for one major."""

    def __init__(self, outline: Outline, major: Major) -> None:
        self._outline = outline
        self._major: Major = major
        self._writers: dict[_Key, _Write] = {}
        #: How many entities were written of what has no function of its own yet.
        self._written: dict[_Key, int] = {}
        self._parts: dict[tuple[type[State], int, _Told], _Part] = {}
        self._compiled: dict[tuple[type[State], int], parts.Visits | None] = {}

    def changed(self, group: Group) -> list[bytes]:
        """Return visits that tell what fields hold now."""
        states = group.states
        if parts is not None:
            compiled = self._compiled_of(group.cls, group.mask)
            if compiled is not None:
                return [compiled(states)]
        size = len(states[0]._mark)
        if len(states[-1]._mark) == size:
            return self._write((group.cls, group.mask, size, _Told.KNOWN), states)
        visits: list[bytes] = []
        # Ids ascend, and so do the sizes of their heads.
        for size, some in groupby(states, _head_size):
            key = (group.cls, group.mask, size, _Told.KNOWN)
            visits += self._write(key, list(some))
        return visits

    def _compiled_of(self, cls: type[State], mask: int) -> parts.Visits | None:
        """Return what writes these fields, where C knows the kinds of all of them."""
        try:
            return self._compiled[cls, mask]
        except KeyError:
            if len(self._compiled) >= _MAX_WRITERS:
                self._compiled.clear()
            made = self._compiled[cls, mask] = _compile(cls, mask, self._major)
            return made

    def hidden(self, group: Group) -> Iterable[bytes]:
        """Return visits that take fields away."""
        gone = bytes(
            [
                DELETE | at
                for at, each in enumerate(sent(group.cls.__layout__.fields))
                if each.bit & group.mask
            ]
        )
        return [state._mark + gone for state in group.states]

    def new(self, created: Created) -> bytes:
        """Return the first visit to an entity; empty if there is nothing to say."""
        return self._one(created, _Told.NEW)

    def again(self, created: Created) -> bytes:
        """Return a visit that makes a client's entity, whatever it holds, this one."""
        return self._one(created, _Told.STALE)

    def _one(self, created: Created, told: _Told) -> bytes:
        state = created.state
        mark(state)
        size = len(state._mark)
        [visit] = self._write((type(state), created.mask, size, told), [state])
        return visit if len(visit) > size else b""

    def _write(self, key: _Key, states: list[State]) -> list[bytes]:
        """Return visits to entities of one class, with heads of one size."""
        writer = self._writers.get(key)
        if writer is not None:
            return writer(states)
        written = self._written.pop(key, 0) + len(states)
        if written < _OFTEN:
            if len(self._written) >= _MAX_WRITERS:
                self._written.clear()
            self._written[key] = written
            return self._write_parts(key, states)
        cls, mask, size, told = key
        if len(self._writers) >= _MAX_WRITERS:
            self._writers.clear()
        source = _Source(self._outline, self._major, size, told)
        writer = self._writers[key] = source.write(cls, mask)
        return writer(states)

    def _write_parts(self, key: _Key, states: list[State]) -> list[bytes]:
        """Do what a function of their own would do, field by field."""
        cls, mask, _, told = key
        parts = []
        for at, each in enumerate(sent(cls.__layout__.fields)):
            if each.bit & mask:
                parts.append(self._part(cls, at, each, told))
            elif told is _Told.STALE:
                parts.append(_unset(at))
        return [
            b"".join([state._mark, *[part(state) for part in parts]])
            for state in states
        ]

    def _part(self, cls: type[State], at: int, each: Field, told: _Told) -> _Part:
        """Return what writes one field, with what says which it is."""
        part = self._parts.get((cls, at, told))
        if part is None:
            source = _Source(self._outline, self._major, 0, told)
            part = self._parts[cls, at, told] = source.write_part(cls, at, each)
        return part


def _compile(cls: type[State], mask: int, major: Major) -> parts.Visits | None:
    """Return what tells fields that changed, where C knows the kinds of all of them."""
    known = []
    for at, each in enumerate(sent(cls.__layout__.fields)):
        if each.bit & mask:
            if not each.is_fixed:
                return None
            kind: Any = each.kind
            letter = field_type(kind, major).letter
            known.append((getattr(cls, slot(each.name)), letter, kind.form(), ADD | at))
    [head] = members(State, "_mark")
    return parts.Visits(head, tuple(known))


@define
class _Source:
    """The code of one writer while it is put together."""

    _outline: Outline
    _major: Major
    #: The bytes of a head; struct wants to know.
    _size: int
    _told: _Told
    #: Parts of an expression for the bytes of one visit.
    _parts: list[str] = field(factory=list)
    #: Fields of fixed width that wait for their neighbours: a format, its arguments.
    _format: str = ""
    _arguments: list[str] = field(factory=list)
    _names: dict[str, Any] = field(factory=dict)

    def write_part(self, cls: type[State], at: int, each: Field) -> _Part:
        """Return what writes one field of a class."""
        self._field(cls, at, each)
        self._flush()
        part: _Part = eval(f"lambda state: {' + '.join(self._parts)}", self._names)
        return part

    def write(self, cls: type[State], mask: int) -> _Write:
        """Return the writer of a class and a mask."""
        self._fixed(f"{self._size}s", "state._mark")
        for at, each in enumerate(sent(cls.__layout__.fields)):
            if each.bit & mask:
                self._field(cls, at, each)
            elif self._told is _Told.STALE:
                self._part(repr(bytes([DELETE | at])))
        self._flush()
        source = f"lambda states: [{' + '.join(self._parts)} for state in states]"
        writer: _Write = eval(source, self._names)
        return writer

    def _field(self, cls: type[State], at: int, each: Field) -> None:
        value = f"state.{slot(each.name)}"
        add = repr(bytes([ADD | at]))
        if each.shape != "one":
            self._names["number"] = encode_number
            offset = cls.__layout__.offset(each)
            self._part(f"{add} + number(state._id + {offset})")
            return
        if each.state is not None:
            if self._told is not _Told.NEW:
                add = repr(bytes([DELETE_AND_ADD | at]))
            encode = self._name(at, reference(self._outline, each.state))
        else:
            assert each.kind is not None
            mapped = field_type(each.kind, self._major)
            if mapped.letter and not each.optional:
                self._fixed("B", str(ADD | at))
                if mapped.raw is not None:
                    value = each.kind.spell(value, f"of_{at}", self._names)
                self._fixed(mapped.letter, value)
                return
            encode = self._name(at, mapped.encode)
        if each.optional:
            # Who holds nothing need not be told that there is nothing.
            unset = b"" if self._told is _Told.NEW else bytes([DELETE | at])
            self._part(f"({unset!r} if {value} is None else {add} + {encode}({value}))")
        else:
            self._part(f"{add} + {encode}({value})")

    def _name(self, at: int, what: Any) -> str:
        name = f"of_{at}"
        self._names[name] = what
        return name

    def _fixed(self, letter: str, argument: str) -> None:
        self._format += letter
        self._arguments.append(argument)

    def _part(self, part: str) -> None:
        self._flush()
        self._parts.append(part)

    def _flush(self) -> None:
        """Write the fields that wait for their neighbours."""
        if self._arguments == ["state._mark"]:
            self._parts.append("state._mark")
        elif self._arguments:
            name = f"pack_{len(self._parts)}"
            self._names[name] = Struct(f"<{self._format}").pack
            self._parts.append(f"{name}({', '.join(self._arguments)})")
        self._format = ""
        self._arguments.clear()
