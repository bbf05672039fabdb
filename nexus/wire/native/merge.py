"""Merging: several patches become one with the same effect; docs/protocol.md, 6."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import define, field

from nexus.errors import PeerError
from nexus.wire.codec import Kind as Item
from nexus.wire.codec import Reader, pack
from nexus.wire.native.column import read_column, read_values
from nexus.wire.native.fold import Fold, fold_of
from nexus.wire.native.ids import MAX_ID, read_ids
from nexus.wire.native.op import SHAPES_OF, Op, claims, weight
from nexus.wire.native.outline import (
    RemoteClass,
    RemoteField,
    RemoteOutline,
    read_where,
)
from nexus.wire.native.statement import UPDATE, Statement, write

__all__ = ["merge"]

_MAX_MASK = (1 << 63) - 1


def merge(outline: RemoteOutline, patches: Iterable[bytes]) -> bytes:
    """Return one patch with the effect of several that follow each other.

    Raises:
        ValueError: There are none, or they do not follow each other.
        PeerError: One of them is no patch of this outline.
    """
    merged: _Merge | None = None
    for patch in patches:
        reader = Reader(patch, len(patch))
        check = reader.integer(0, 127)
        count = reader.integer(1, MAX_ID) if check > 63 else 1
        if merged is None:
            merged = _Merge(outline, check & 63)
        elif (merged.start + merged.count) & 63 != check & 63:
            raise ValueError("the patches do not follow each other")
        merged.count += count
        merged.take(reader, len(patch))
    if merged is None:
        raise ValueError("there are no patches to merge")
    return merged.write()


@define(eq=False)
class _Merge:
    """Patches on their way to becoming one."""

    outline: RemoteOutline
    start: int
    count: int = 0
    statements: list[Statement] = field(factory=list)
    #: By a number that stands for an entity's id and the number of its field.
    folds: dict[int, Fold] = field(factory=dict)

    def take(self, reader: Reader, size: int) -> None:
        """Take the operations of one more patch of so many bytes."""
        while reader.more():
            first = reader.item()
            if first is None:
                continue
            if type(first) is not int:
                raise PeerError("an operation begins with an int")
            if first >= 0:
                self._update(reader, self.outline.cls(first))
            elif first == Op.CREATE:
                size -= self._create(reader, size)
            elif first == Op.HIDE:
                self._hide(reader)
            elif first == Op.OWN:
                self._own(reader)
            else:
                size -= self._edit(reader, first, size)

    def _create(self, reader: Reader, budget: int) -> int:
        """Take new entities, and return what they weigh."""
        cls = self.outline.cls(reader.integer(0, 1 << 16))
        mask = reader.integer(0, _MAX_MASK)
        fields = cls.of_mask(mask)
        ids = read_ids(reader)
        heavy = weight(len(cls.fields)) * len(ids)
        if heavy > budget:
            raise PeerError(f"{len(ids)} entities in too few bytes")
        self._drop(cls.containers, ids)
        columns = tuple(
            _column(reader, each, len(ids), optional=each.optional)
            if each.kind is not None
            else None
            for each in fields
        )
        self.statements.append(Statement(Op.CREATE, cls, mask, ids, columns))
        return heavy

    def _update(self, reader: Reader, cls: RemoteClass) -> None:
        mask = reader.integer(1, _MAX_MASK)
        fields = cls.of_mask(mask)
        ids = read_ids(reader)
        self._drop([each for each in fields if each.shape != "one"], ids)
        statement = Statement(UPDATE, cls, mask, ids)
        count = len(ids)
        # A few bytes name many ids: the text of them is given up before values come.
        del ids
        statement.columns = tuple(
            _column(reader, each, count, optional=each.optional or each.kind is None)
            for each in fields
        )
        self.statements.append(statement)

    def _hide(self, reader: Reader) -> None:
        cls = self.outline.cls(reader.integer(0, 1 << 16))
        mask = reader.integer(1, _MAX_MASK)
        fields = cls.of_mask(mask)
        ids = read_ids(reader)
        self._drop([each for each in fields if each.shape != "one"], ids)
        self.statements.append(Statement(Op.HIDE, cls, mask, ids))

    def _own(self, reader: Reader) -> None:
        ids = read_ids(reader)
        lone = len(ids) == 1 and reader.peek() is not Item.ARRAY
        count = 1 if lone else reader.array()
        names = [reader.item() for _ in range(count)]
        if len(names) != len(ids):
            raise PeerError(f"{len(names)} owners for {len(ids)} entities")
        if not all(name is None or isinstance(name, str) for name in names):
            raise PeerError("an owner is a text")
        self.statements.append(Statement(Op.OWN, None, 0, ids, (_tight(names),)))

    def _drop(self, fields: list[RemoteField], ids: list[int]) -> None:
        """Forget what happened in containers that are empty now, or hidden."""
        if self.folds:
            for each in fields:
                for id_ in ids:
                    self.folds.pop(_name(each, id_), None)

    def _edit(self, reader: Reader, op: int, budget: int) -> int:
        """Take what happened in a container, and return what rows weigh that it got."""
        shapes = SHAPES_OF.get(op)
        if shapes is None:
            raise PeerError(f"no operation is {op}")
        each, id_ = read_where(reader, self.outline, shapes)
        fold = self.folds.get(_name(each, id_))
        if fold is None:
            fold = self.folds[_name(each, id_)] = fold_of(each)
        elif fold.field is not each:
            raise PeerError(f"entity {id_} is of two classes")
        if op == Op.CLEAR:
            fold.clear()
        elif each.shape == "table":
            heavy: int = fold.take(op, reader)
            if heavy > budget:
                raise PeerError("more rows than the bytes pay for")
            return heavy
        else:
            self._edit_entries(reader, op, each, fold)
        return 0

    def _edit_entries(
        self, reader: Reader, op: int, each: RemoteField, fold: Fold
    ) -> None:
        kind = each.kind
        if op in (Op.SET, Op.REMOVE):
            lone = reader.peek() is not Item.ARRAY
            keys = [reader.text() for _ in range(1 if lone else reader.array())]
            if not keys:
                raise PeerError("no keys")
            if op == Op.SET:
                fold.set(keys, read_column(reader, kind, len(keys), optional=False))
            else:
                fold.remove(keys)
        elif op in (Op.ADD, Op.DISCARD):
            values = read_values(reader, kind)
            fold.add(values) if op == Op.ADD else fold.discard(values)
        elif op == Op.REPLACE:
            places = read_ids(reader)
            fold.replace(places, read_column(reader, kind, len(places), optional=False))
        elif op == Op.INSERT:
            fold.insert(reader.integer(0, MAX_ID), read_values(reader, kind))
        elif op == Op.ASSIGN:
            fold.assign(read_values(reader, kind))
        else:
            code = Op.ERASE if op == Op.ERASE else Op.MOVE
            fold.step(code, reader.integer(0, MAX_ID), reader.integer(0, MAX_ID))

    def write(self) -> bytes:
        """Return the one patch."""
        written = write(self.statements)
        self.statements.clear()
        body = bytearray(pack(self.start))
        if self.count > 1:
            body = bytearray(pack(64 + self.start) + pack(self.count))
        body += written.creates
        body += written.fields
        silent, heavy = written.silent, written.weight
        for name, fold in self.folds.items():
            each = fold.field
            head = pack(each.owner) + pack(each.index) + pack(name >> _FIELD_BITS)
            body += fold.written(head)
            silent += fold.silent
            heavy += fold.weight
        body += written.owners
        owed = heavy + claims(silent)
        return bytes(body) + b"\xc0" * max(0, owed - len(body))


#: A number below 64 says which field.
_FIELD_BITS = 6


def _name(each: RemoteField, id_: int) -> int:
    """Return the number that stands for a container: lighter than a tuple."""
    return id_ << _FIELD_BITS | each.index


def _column(reader: Reader, each: RemoteField, count: int, *, optional: bool) -> Any:
    """Return the values of a field, or None for a container."""
    if each.shape != "one":
        return None
    return _tight(read_column(reader, each.kind, count, optional=optional))


def _tight(values: list[Any]) -> Any:
    """Return values in as little room as there is."""
    return tuple(values) if len(values) == 1 else values
