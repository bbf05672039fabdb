"""Containers: what is said of the entries of Maps, Lists and Sets.

The decoders differ in their mistakes; what is written here is right in all of them.
Each place of a List is named at most once in a visit, and nothing is ever inserted
before something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from nexus.state.change import (
    Edit,
    Insert,
    ListEdit,
    MapEdit,
    Move,
    Replace,
    SetEdit,
    Step,
    TableEdit,
)
from nexus.state.container import Container
from nexus.state.kind import Kind
from nexus.state.list import List
from nexus.state.map import Map
from nexus.state.outline import Outline
from nexus.state.rows import Rows
from nexus.state.rule import Lane
from nexus.state.table import Table
from nexus.wire.colyseus.index import Indexes
from nexus.wire.colyseus.mapping import Major, element_type
from nexus.wire.colyseus.op import (
    ADD,
    CLEAR,
    DELETE,
    DELETE_AND_ADD,
    REPLACE,
    reference,
    switch,
)
from nexus.wire.colyseus.primitive import encode_number, encode_string
from nexus.wire.colyseus.rows import RowWriter

__all__ = ["Containers"]

_ADD = bytes([ADD])
_REPLACE = bytes([REPLACE])
_DELETE = bytes([DELETE])
_DELETE_AND_ADD = bytes([DELETE_AND_ADD])
_CLEAR = bytes([CLEAR])

_Encode: TypeAlias = Callable[[Any], bytes]


class Containers:
    """Writes visits to the containers of one tree, for one major."""

    def __init__(self, outline: Outline, major: Major, indexes: Indexes) -> None:
        self._outline = outline
        self._major: Major = major
        self._indexes = indexes
        self._encoders: dict[Kind | type[Any], _Encode] = {}
        self._row_writers: dict[Kind, RowWriter] = {}

    def changed(self, edit: Edit) -> bytes:
        """Return the visit to a container that the listeners know."""
        if isinstance(edit, TableEdit):
            table = edit.container
            return b"" if table.is_watched else self.row_writer(table).edit(edit)
        if isinstance(edit, ListEdit):
            body = self._list(edit)
        elif isinstance(edit, MapEdit):
            body = self._map(edit)
        else:
            assert isinstance(edit, SetEdit)
            body = self._set(edit)
        return switch(edit.container._id) + body if body else b""

    def new(self, edit: Edit) -> bytes:
        """Return the visit that fills a container that the listeners do not hold."""
        body = self._content(edit)
        return switch(edit.container._id) + body if body else b""

    def again(
        self, container: Container, edit: Edit | None, *, is_ours: bool = True
    ) -> bytes:
        """Return the visit that makes a client's container, whatever it holds, this.

        Args:
            container: It.
            edit: What the client sees in it; None: nothing.
            is_ours: Whether the client holds what this encoder wrote.
        """
        body = self._content(edit) if edit is not None else b""
        if isinstance(edit, TableEdit) and not edit.container.is_watched:
            body += self.row_writer(edit.container).absent(edit)
        # 5 removes by itself what a full state does not mention, but passes over what
        # comes to a Set under a number at which it holds another value.
        if self._major != 5 or not (
            is_ours or isinstance(container, Map | List | Table)
        ):
            body = _CLEAR + body
        return switch(container._id) + body if body else b""

    def row_writer(self, table: Table[Any]) -> RowWriter:
        """Return what writes rows of a Table."""
        kind = table._field.kind
        assert isinstance(kind, Rows)
        writer = self._row_writers.get(kind)
        if writer is None:
            writer = self._row_writers[kind] = RowWriter(kind.cls, self._major)
        return writer

    def _encoder(self, container: Container) -> _Encode:
        """Return what writes a value of a container, or a reference to a State."""
        held = container._field.kind or container._field.state
        assert held is not None
        encode = self._encoders.get(held)
        if encode is None:
            if isinstance(held, Kind):
                encode = element_type(held).encode
            else:
                encode = reference(self._outline, held)
            self._encoders[held] = encode
        return encode

    def _content(self, edit: Edit) -> bytes:
        if isinstance(edit, TableEdit):
            # Of one that is watched each client gets the rows that it sees beside this.
            table = edit.container
            writer = self.row_writer(table)
            if table.is_watched:
                return b""
            return writer.content(table, edit.mask, edit.came)
        container = edit.container
        encode = self._encoder(container)
        if isinstance(edit, ListEdit):
            return _write(_ADD, enumerate(edit.content), encode)
        index = self._indexes.of(container)
        if isinstance(edit, MapEdit):
            return b"".join(
                [
                    _ADD
                    + encode_number(index[key])
                    + encode_string(key)
                    + encode(value)
                    for key, value in edit.added
                ]
            )
        assert isinstance(edit, SetEdit)
        return _write(_ADD, ((index[value], value) for value in edit.added), encode)

    def _map(self, edit: MapEdit) -> bytes:
        container = edit.container
        encode = self._encoder(container)
        index = self._indexes.of(container)
        if edit.cleared:
            return _CLEAR + self._content(edit)
        # A key that was removed and came back is no longer known.
        known = edit.old.keys() - edit.removed
        again = _REPLACE
        if container._field.state is not None:
            again = _DELETE_AND_ADD
            if max(container._holder._reach, container._field.lane) != Lane.SHARED:
                # What each audience held is not in `old`; releasing nothing is allowed.
                known = {key for key, _ in edit.added} - set(edit.removed)
        out = [_DELETE + encode_number(index.before(key)) for key in edit.removed]
        for key, value in edit.added:
            op = again if key in known else _ADD
            name = b"" if op is _REPLACE else encode_string(key)
            out.append(op + encode_number(index[key]) + name + encode(value))
        return b"".join(out)

    def _set(self, edit: SetEdit) -> bytes:
        container = edit.container
        if edit.removed and (edit.cleared or self._major != 5):
            # 3 and 4 number the entries themselves, so one cannot be named.
            return _CLEAR + self._content(container._whole())
        index = self._indexes.of(container)
        gone = [_DELETE + encode_number(index.before(value)) for value in edit.removed]
        return b"".join(gone) + self._content(edit)

    def _list(self, edit: ListEdit) -> bytes:
        content, before = edit.content, edit.before
        encode = self._encoder(edit.container)
        if not content:
            return _CLEAR if before else b""
        again = _REPLACE if edit.container._field.state is None else _DELETE_AND_ADD
        if edit.steps is None:
            return _rewrite(content, range(len(content)), before, again, encode)
        places = _places(edit.steps, before)
        if places is not None:
            return _rewrite(content, places, before, again, encode)
        origin = _trace(edit.steps, before)
        kept = [at for at in origin if at >= 0]
        if not kept:
            return _CLEAR + _write(_ADD, enumerate(content), encode)
        if origin[: len(kept)] == kept == sorted(kept):
            gone = set(range(before)).difference(kept)
            fresh = enumerate(content[len(kept) :], before)
            return _delete(sorted(gone)) + _write(_ADD, fresh, encode)
        places = [at for at, was in enumerate(origin) if at != was]
        return _rewrite(content, places, before, again, encode)


def _write(op: bytes, entries: Iterable[tuple[int, Any]], encode: _Encode) -> bytes:
    return b"".join([op + encode_number(at) + encode(value) for at, value in entries])


def _delete(places: Iterable[int]) -> bytes:
    return b"".join([_DELETE + encode_number(at) for at in places])


def _rewrite(
    content: list[Any],
    places: Iterable[int],
    before: int,
    again: bytes,
    encode: _Encode,
) -> bytes:
    """Return what makes a List of `before` values one that differs at some places."""
    out = []
    for at in places:
        op = again if at < before else _ADD
        out.append(op + encode_number(at) + encode(content[at]))
    return b"".join(out) + _delete(range(len(content), before))


def _places(steps: list[Step], before: int) -> list[int] | None:
    """Return the places that steps touch, if they move nothing; else None."""
    places = set()
    length = before
    for step in steps:
        if isinstance(step, Insert) and step.at == length:
            length += 1
        elif not isinstance(step, Replace):
            return None
        places.add(step.at)
    return sorted(places)


def _trace(steps: list[Step], before: int) -> list[int]:
    """Return for each place where its value stood before the steps; -1: nowhere."""
    origin = list(range(before))
    for step in steps:
        if isinstance(step, Replace):
            origin[step.at] = -1
        elif isinstance(step, Insert):
            origin.insert(step.at, -1)
        elif isinstance(step, Move):
            origin.insert(step.to, origin.pop(step.at))
        else:
            del origin[step.at]
    return origin
