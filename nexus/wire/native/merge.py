"""Merging: several patches become one with the same effect; docs/protocol.md, 6."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import define, field

from nexus.errors import PeerError
from nexus.wire.codec import Kind as Item
from nexus.wire.codec import Reader, pack
from nexus.wire.native.column import pack_raw, read_column, read_values
from nexus.wire.native.fold import ListFold, MapFold, SetFold
from nexus.wire.native.ids import MAX_ID, read_ids, write_ids
from nexus.wire.native.op import SHAPES_OF, Op, claims, weight
from nexus.wire.native.outline import (
    RemoteClass,
    RemoteField,
    RemoteOutline,
    read_where,
)

__all__ = ["merge"]

_MAX_MASK = (1 << 63) - 1
#: Stands for a container that is there again, and empty.
_SHOWN = object()
_FOLDS: dict[str, Any] = {"map": MapFold, "list": ListFold, "set": SetFold}


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
        merged.take(reader)
    if merged is None:
        raise ValueError("there are no patches to merge")
    return merged.write()


@define(eq=False)
class _Entity:
    """What is said of one entity."""

    cls: RemoteClass
    new: bool = False
    #: Fields that are there, of a new one.
    mask: int = 0
    #: By index: the last value, an id for a reference.
    values: dict[int, Any] = field(factory=dict)
    hidden: int = 0


@define(eq=False)
class _Merge:
    """Patches on their way to becoming one."""

    outline: RemoteOutline
    start: int
    count: int = 0
    entities: dict[int, _Entity] = field(factory=dict)
    #: By the three numbers that name a container.
    folds: dict[tuple[int, int, int], Any] = field(factory=dict)
    owners: dict[int, Any] = field(factory=dict)

    def take(self, reader: Reader) -> None:
        """Take the operations of one more patch."""
        while reader.more():
            first = reader.item()
            if first is None:
                continue
            if type(first) is not int:
                raise PeerError("an operation begins with an int")
            if first >= 0:
                self._update(reader, self.outline.cls(first))
            elif first == Op.CREATE:
                self._create(reader)
            elif first == Op.HIDE:
                self._hide(reader)
            elif first == Op.OWN:
                ids = read_ids(reader)
                lone = len(ids) == 1 and reader.peek() is not Item.ARRAY
                count = 1 if lone else reader.array()
                names = [reader.item() for _ in range(count)]
                if len(names) != len(ids):
                    raise PeerError(f"{len(names)} owners for {len(ids)} entities")
                if not all(name is None or isinstance(name, str) for name in names):
                    raise PeerError("an owner is a text")
                self.owners.update(zip(ids, names, strict=True))
            else:
                self._edit(reader, first)

    def _entity(self, id_: int, cls: RemoteClass) -> _Entity:
        """Return what is said of an entity.

        Raises:
            PeerError: It was of another class before.
        """
        entity = self.entities.setdefault(id_, _Entity(cls))
        if entity.cls is not cls:
            raise PeerError(f"entity {id_} is of two classes")
        return entity

    def _create(self, reader: Reader) -> None:
        cls = self.outline.cls(reader.integer(0, 1 << 16))
        mask = reader.integer(0, _MAX_MASK)
        ids = read_ids(reader)
        made = []
        for id_ in ids:
            # What was said of an older entity with this id is of no use any more.
            self.entities.pop(id_, None)
            for each in cls.containers:
                self.folds.pop((cls.number, each.index, id_), None)
            entity = self.entities[id_] = _Entity(cls, new=True, mask=mask)
            made.append(entity)
        for each in cls.of_mask(mask):
            if each.shape == "one" and each.kind is not None:
                values = read_column(
                    reader, each.kind, len(ids), optional=each.optional
                )
                for entity, value in zip(made, values, strict=True):
                    entity.values[each.index] = value

    def _update(self, reader: Reader, cls: RemoteClass) -> None:
        mask = reader.integer(1, _MAX_MASK)
        ids = read_ids(reader)
        entities = [self._entity(id_, cls) for id_ in ids]
        for each in cls.of_mask(mask):
            bit = 1 << each.index
            if each.shape != "one":
                values: list[Any] = [_SHOWN] * len(ids)
            else:
                optional = each.optional or each.kind is None
                values = read_column(reader, each.kind, len(ids), optional=optional)
            for id_, entity, value in zip(ids, entities, values, strict=True):
                if value is _SHOWN and entity.hidden & bit:
                    # It was emptied on the way: to say that is enough.
                    self._fold(cls, each, id_).clear()
                    entity.hidden &= ~bit
                    continue
                entity.hidden &= ~bit
                entity.mask |= bit
                if not (entity.new and value is _SHOWN):
                    entity.values[each.index] = value

    def _hide(self, reader: Reader) -> None:
        cls = self.outline.cls(reader.integer(0, 1 << 16))
        mask = reader.integer(1, _MAX_MASK)
        for id_ in read_ids(reader):
            entity = self._entity(id_, cls)
            entity.mask &= ~mask
            if not entity.new:
                entity.hidden |= mask
            for each in cls.of_mask(mask):
                entity.values.pop(each.index, None)
                if each.shape != "one":
                    self.folds.pop((cls.number, each.index, id_), None)

    def _fold(self, cls: RemoteClass, each: RemoteField, id_: int) -> Any:
        name = (cls.number, each.index, id_)
        fold = self.folds.get(name)
        if fold is None:
            fold = self.folds[name] = _FOLDS[each.shape](each.kind)
        return fold

    def _edit(self, reader: Reader, op: int) -> None:
        shapes = SHAPES_OF.get(op)
        if shapes is None:
            raise PeerError(f"no operation is {op}")
        each, id_ = read_where(reader, self.outline, shapes)
        fold = self._fold(self.outline.classes[each.owner], each, id_)
        kind = each.kind
        if op == Op.CLEAR:
            fold.clear()
        elif op in (Op.SET, Op.REMOVE):
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
        head = (
            pack(self.start)
            if self.count == 1
            else pack(64 + self.start) + pack(self.count)
        )
        out: list[bytes] = [head]
        owed = self._write_new(out)
        silent = self._write_fields(out)
        for name, fold in self.folds.items():
            fold.write(out, b"".join(map(pack, name)))
            silent += fold.silent
        owed += claims(silent)
        if self.owners:
            ids = sorted(self.owners)
            names = [self.owners[id_] for id_ in ids]
            out += (pack(Op.OWN.value), write_ids(ids))
            out.append(pack(names[0] if len(names) == 1 else names))
        body = b"".join(out)
        return body + b"\xc0" * max(0, owed - len(body))

    def _write_new(self, out: list[bytes]) -> int:
        groups: dict[tuple[int, int], list[int]] = {}
        owed = 0
        for id_, entity in self.entities.items():
            if entity.new:
                groups.setdefault((entity.cls.number, entity.mask), []).append(id_)
                owed += weight(len(entity.cls.fields))
        for (number, mask), ids in groups.items():
            ids.sort()
            cls = self.outline.cls(number)
            out += (pack(Op.CREATE.value), pack(number), pack(mask), write_ids(ids))
            for each in cls.of_mask(mask):
                if each.shape == "one" and each.kind is not None:
                    values = [self.entities[id_].values.pop(each.index) for id_ in ids]
                    out.append(pack_raw(each.kind, values))
        return owed

    def _write_fields(self, out: list[bytes]) -> int:
        """Write values and what is hidden; return how many have no bytes of values."""
        silent = 0
        updates: dict[tuple[int, int], list[int]] = {}
        hides: dict[tuple[int, int], list[int]] = {}
        for id_, entity in self.entities.items():
            number = entity.cls.number
            if entity.values:
                mask = sum(1 << index for index in entity.values)
                updates.setdefault((number, mask), []).append(id_)
            if entity.hidden:
                hides.setdefault((number, entity.hidden), []).append(id_)
        for (number, mask), ids in updates.items():
            ids.sort()
            out += (pack(number), pack(mask), write_ids(ids))
            silent += len(ids)
            for each in self.outline.cls(number).of_mask(mask):
                if each.shape == "one":
                    values = [self.entities[id_].values[each.index] for id_ in ids]
                    out.append(pack_raw(each.kind, values))
        for (number, mask), ids in hides.items():
            ids.sort()
            out += (pack(Op.HIDE.value), pack(number), pack(mask), write_ids(ids))
            silent += len(ids)
        return silent
