"""Visits: what is said of the fields of entities.

Writing many entities with the same fields is the hot path of every patch, so each class
and mask gets a function whose code is generated: fields of fixed width that stand side
by side become one call of struct, and the first of them takes the visit's head along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from itertools import groupby
from struct import Struct
from typing import Any, TypeAlias

from attrs import define, field

from nexus.state.change import Created, Group
from nexus.state.field import Field
from nexus.state.layout import slot
from nexus.state.outline import Outline
from nexus.state.state import State
from nexus.wire.colyseus.mapping import Major, Mapped, field_type, sent
from nexus.wire.colyseus.op import ADD, DELETE, DELETE_AND_ADD, reference, switch
from nexus.wire.colyseus.primitive import encode_number

__all__ = ["Visits", "mark"]

#: So many writers are remembered; which fields change together is up to the players.
_MAX_WRITERS = 4096


class _Told(Enum):
    """What the listeners hold of the entity before the visit."""

    #: Nothing.
    NEW = "new"
    #: The entity, as it was at the last flush.
    KNOWN = "known"
    #: The entity, as it was when they left.
    STALE = "stale"


_Write: TypeAlias = Callable[[list[Any]], list[bytes]]


def mark(state: State) -> None:
    """Keep the head of its visits beside a State; needed whenever it got an id."""
    state._mark = switch(state._id)


def _head_size(state: State) -> int:
    return len(state._mark)


class Visits:
    """Writes visits to the entities of one tree, for one major."""

    def __init__(self, outline: Outline, major: Major) -> None:
        self._outline = outline
        self._major: Major = major
        self._writers: dict[tuple[type[State], int, int, _Told], _Write] = {}

    def changed(self, group: Group) -> list[bytes]:
        """Return visits that tell what fields hold now."""
        states = group.states
        size = len(states[0]._mark)
        if len(states[-1]._mark) == size:
            return self._writer(group.cls, group.mask, size, _Told.KNOWN)(states)
        visits: list[bytes] = []
        # Ids ascend, and so do the sizes of their heads.
        for size, some in groupby(states, _head_size):
            writer = self._writer(group.cls, group.mask, size, _Told.KNOWN)
            visits += writer(list(some))
        return visits

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
        [visit] = self._writer(type(state), created.mask, size, told)([state])
        return visit if len(visit) > size else b""

    def _writer(self, cls: type[State], mask: int, size: int, told: _Told) -> _Write:
        key = (cls, mask, size, told)
        writer = self._writers.get(key)
        if writer is None:
            source = _Source(self._outline, self._major, size, told)
            if len(self._writers) >= _MAX_WRITERS:
                self._writers.clear()
            writer = self._writers[key] = source.write(cls, mask)
        return writer


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
                self._fixed(mapped.letter, self._raw(at, mapped, value))
                return
            encode = self._name(at, mapped.encode)
        if each.optional:
            # Who holds nothing need not be told that there is nothing.
            unset = b"" if self._told is _Told.NEW else bytes([DELETE | at])
            self._part(f"({unset!r} if {value} is None else {add} + {encode}({value}))")
        else:
            self._part(f"{add} + {encode}({value})")

    def _raw(self, at: int, mapped: Mapped, value: str) -> str:
        if mapped.raw is None:
            return value
        return f"{self._name(at, mapped.raw)}({value})"

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
        if self._arguments == ["state._mark"]:
            self._parts.append("state._mark")
        elif self._arguments:
            name = f"pack_{len(self._parts)}"
            self._names[name] = Struct(f"<{self._format}").pack
            self._parts.append(f"{name}({', '.join(self._arguments)})")
        self._format = ""
        self._arguments.clear()
