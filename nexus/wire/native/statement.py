"""Statements: what patches say of entities, and what one patch has to say of them.

They are kept as they came, many ids at once, and worked out for some ids at a time: so
that what a merge takes is bounded by the bytes that it was given, however few of them
name how many entities.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import define, field

from nexus.errors import PeerError
from nexus.wire.codec import pack
from nexus.wire.native.column import pack_raw
from nexus.wire.native.ids import write_ids
from nexus.wire.native.op import Op, weight
from nexus.wire.native.outline import RemoteClass

__all__ = ["UPDATE", "Statement", "Written", "pieces", "write"]

#: Stands where another statement has its Op.
UPDATE = 0
#: So many ids are worked out at once.
_PIECE = 512
#: Stands for a container that is there, and empty.
_SHOWN = object()


class Statement:
    """One operation on entities, or the part of it that is about some of them.

    Args:
        op: Its Op, or UPDATE.
        cls: The class of the entities; None: of any, as for owners.
        mask: The fields.
        ids: Of which entities, ascending.
        columns: For each field, lowest first, the values; None: it has none.
        cell: Of rows, the cell.
        stretch: Of rows, between which of the steps that are about all rows.
    """

    __slots__ = (
        "cell",
        "cls",
        "columns",
        "end",
        "ids",
        "mask",
        "op",
        "start",
        "stretch",
    )

    def __init__(
        self,
        op: int,
        cls: RemoteClass | None,
        mask: int,
        ids: Sequence[int],
        columns: tuple[Sequence[Any] | None, ...] = (),
        *,
        cell: int = 0,
        stretch: int = 0,
    ) -> None:
        self.op = op
        self.cls = cls
        self.mask = mask
        # Many statements of hostile patches are of one id, or many ids in one of them.
        self.ids: Sequence[int] = (ids[0],) if len(ids) == 1 else array("q", ids)
        self.columns = columns
        self.cell = cell
        self.stretch = stretch
        #: Which of the ids are meant: from one position to another.
        self.start = 0
        self.end = len(ids)

    def part(self, start: int, end: int) -> Statement:
        """Return what is said of some of the entities."""
        if end - start == self.end - self.start:
            return self
        made = Statement.__new__(Statement)
        made.op, made.cls, made.mask = self.op, self.cls, self.mask
        made.ids, made.columns = self.ids, self.columns
        made.cell, made.stretch = self.cell, self.stretch
        made.start, made.end = start, end
        return made


@define(eq=False)
class _Entity:
    """What is to be said of one entity."""

    cls: RemoteClass
    new: bool = False
    #: Fields that are there, of a new one.
    mask: int = 0
    hidden: int = 0
    #: By index: the last value, an id for a reference.
    values: dict[int, Any] | None = None


@define(eq=False)
class Written:
    """The operations that are left, by where they stand in a patch."""

    creates: bytearray = field(factory=bytearray)
    fields: bytearray = field(factory=bytearray)
    owners: bytearray = field(factory=bytearray)
    #: How many bytes the patch must have for what it creates.
    weight: int = 0
    #: How many entities are named by ids that no bytes of values pay for.
    silent: int = 0


def write(statements: list[Statement]) -> Written:
    """Return what one patch says in place of all these statements.

    Raises:
        PeerError: They are of an entity of two classes.
    """
    out = Written()
    for piece in pieces(statements, _PIECE):
        entities: dict[int, _Entity] = {}
        owners: dict[int, Any] = {}
        for statement in piece:
            if statement.op == Op.OWN:
                start, end = statement.start, statement.end
                (names,) = statement.columns
                assert names is not None
                owners.update(
                    zip(statement.ids[start:end], names[start:end], strict=True)
                )
            else:
                _take(entities, statement)
        _write_new(entities, out)
        _write_fields(entities, out)
        if owners:
            ids = sorted(owners)
            some = [owners[id_] for id_ in ids]
            out.owners += pack(Op.OWN.value) + write_ids(ids)
            out.owners += pack(some[0] if len(some) == 1 else some)
    return out


def pieces(statements: list[Statement], size: int) -> Iterator[list[Statement]]:
    """Yield what is said about up to `size` ids, then about the next, each id once."""
    waiting = [statements] if statements else []
    while waiting:
        some = waiting.pop()
        low = min(each.ids[each.start] for each in some)
        high = max(each.ids[each.end - 1] for each in some)
        if min(high - low, sum(each.end - each.start for each in some)) < size:
            yield some
            continue
        middle = (low + high + 1) // 2
        left: list[Statement] = []
        right: list[Statement] = []
        for each in some:
            start, end = each.start, each.end
            at = bisect_left(each.ids, middle, start, end)
            if at > start:
                left.append(each.part(start, at))
            if end > at:
                right.append(each.part(at, end))
        waiting += (right, left)


def _take(entities: dict[int, _Entity], statement: Statement) -> None:
    """Take what a statement says on top of what was said before."""
    start, end = statement.start, statement.end
    some = _entities(entities, statement)
    assert statement.cls is not None
    fields = statement.cls.of_mask(statement.mask)
    if statement.op == Op.HIDE:
        for each in fields:
            for entity in some:
                if entity.values is not None:
                    entity.values.pop(each.index, None)
        return
    for each, column in zip(fields, statement.columns, strict=True):
        index = each.index
        if column is not None:
            for entity, value in zip(some, column[start:end], strict=True):
                if entity.values is None:
                    entity.values = {}
                entity.values[index] = value
        elif each.shape != "one" and statement.op != Op.CREATE:
            for entity in some:
                if entity.values is None:
                    entity.values = {}
                if not entity.new:
                    entity.values[index] = _SHOWN


def _entities(entities: dict[int, _Entity], statement: Statement) -> list[_Entity]:
    """Return what is known of the entities, with their masks as the statement says."""
    cls, mask, op = statement.cls, statement.mask, statement.op
    assert cls is not None
    found = []
    for id_ in statement.ids[statement.start : statement.end]:
        entity = entities.get(id_)
        if op == Op.CREATE:
            # What was said of an older entity with this id is of no use any more.
            entity = entities[id_] = _Entity(cls, True, mask)  # noqa: FBT003  # it is new
        elif entity is None:
            entity = entities[id_] = _Entity(cls)
        elif entity.cls is not cls:
            raise PeerError(f"entity {id_} is of two classes")
        if op == Op.HIDE:
            entity.mask &= ~mask
            if not entity.new:
                entity.hidden |= mask
        else:
            entity.mask |= mask
            entity.hidden &= ~mask
        found.append(entity)
    return found


def _write_new(entities: dict[int, _Entity], out: Written) -> None:
    groups: dict[tuple[RemoteClass, int], list[int]] = {}
    for id_ in sorted(entities):
        entity = entities[id_]
        if entity.new:
            groups.setdefault((entity.cls, entity.mask), []).append(id_)
            out.weight += weight(len(entity.cls.fields))
    for (cls, mask), ids in groups.items():
        out.creates += pack(Op.CREATE.value) + pack(cls.number) + pack(mask)
        out.creates += write_ids(ids)
        for each in cls.of_mask(mask):
            if each.shape == "one" and each.kind is not None:
                values = [_pop(entities[id_], each.index) for id_ in ids]
                out.creates += pack_raw(each.kind, values)


def _pop(entity: _Entity, index: int) -> Any:
    assert entity.values is not None
    return entity.values.pop(index)


def _write_fields(entities: dict[int, _Entity], out: Written) -> None:
    updates: dict[tuple[RemoteClass, int], list[int]] = {}
    hides: dict[tuple[RemoteClass, int], list[int]] = {}
    for id_ in sorted(entities):
        entity = entities[id_]
        if entity.values:
            mask = sum(1 << index for index in entity.values)
            updates.setdefault((entity.cls, mask), []).append(id_)
        if entity.hidden:
            hides.setdefault((entity.cls, entity.hidden), []).append(id_)
    for (cls, mask), ids in updates.items():
        out.fields += pack(cls.number) + pack(mask) + write_ids(ids)
        out.silent += len(ids)
        for each in cls.of_mask(mask):
            if each.shape == "one":
                values = [(entities[id_].values or {})[each.index] for id_ in ids]
                out.fields += pack_raw(each.kind, values)
    for (cls, mask), ids in hides.items():
        out.fields += pack(Op.HIDE.value) + pack(cls.number) + pack(mask)
        out.fields += write_ids(ids)
        out.silent += len(ids)
