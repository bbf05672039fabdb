"""Filling: the rows of a Table as they were saved, also those of an older class.

It touches no Table, so that it can be done in a thread.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from attrs import define, field

from nexus.errors import FieldError
from nexus.state.field import PLAIN_KINDS, Field
from nexus.state.kind import Choice, Moment
from nexus.state.number import Quantized
from nexus.state.table.block import Block
from nexus.state.table.column import Column, Values
from nexus.state.table.roster import Roster
from nexus.state.table.saving import shelf_of, stored_columns

__all__ = ["Filling"]


@define(eq=False, repr=False)
class Filling:
    """All rows that a Table is to have, made of one part after the other.

    Args:
        cls: The class of the rows.
        version: The version of the State in which clients know them.

    Attributes:
        roster: Which they are.
        columns: The columns, with what they are to hold.
        dropped: How often each field was dropped that rows no longer have.
        defaulted: How often each field took its default.
        is_recast: Whether the store has it in other columns.
    """

    _cls: Any
    _version: int
    roster: Roster = field(init=False)
    columns: dict[str, Column] = field(init=False)
    dropped: Counter[str] = field(factory=Counter, init=False)
    defaulted: Counter[str] = field(factory=Counter, init=False)
    is_recast: bool = field(default=False, init=False)
    _ids: list[Values] = field(factory=list, init=False)
    #: In which order the ids ascend; None: as they are.
    _order: Values | None = field(default=None, init=False)
    _data: dict[str, list[Values]] = field(init=False)
    _sent: dict[str, list[Values]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        name = self._cls.__name__
        fields = self._cls.__layout__.fields
        self.columns = {each.name: Column(name, each, 0) for each in fields}
        self._data = {each: [] for each in self.columns}
        self._sent = {each: [] for each in self.columns}
        self.roster = Roster(self._cls)

    def add(self, blocks: Sequence[Block]) -> None:
        """Take rows.

        Raises:
            FieldError: A field cannot take what was saved; it is named.
        """
        owner = self._cls.__name__
        shelf = shelf_of(stored_columns(self.columns))
        for block in blocks:
            self._ids.append(block.ids)
            for name, column in self.columns.items():
                values = _part(self.defaulted, owner, column, block)
                values = values.astype(column.dtype, copy=False)
                self._data[name].append(values)
                if column.is_told:
                    self._sent[name].append(column.outgoing(values))
            self.is_recast |= block.shelf != shelf
            for name in block.shelf.names:
                if name not in self.columns:
                    self.dropped[f"{owner}.{name}"] += len(block)

    def ends(self) -> list[Callable[[], None]]:
        """Return what puts all of it together, in steps; all are to be called."""
        return [self._end_ids, *[partial(self._end_column, n) for n in self.columns]]

    def _end_ids(self) -> None:
        ids = _joined(self._ids, np.dtype(np.int64))
        self._ids = []
        if not (ids[1:] > ids[:-1]).all():
            self._order = np.argsort(ids, kind="stable")
            ids = ids[self._order]
        self.roster.fill(ids, self._version)

    def _end_column(self, name: str) -> None:
        column = self.columns[name]
        column.data = _joined(self._data.pop(name), column.dtype)
        column.sent = _joined(self._sent.pop(name), column.sent.dtype)
        if self._order is not None:
            column.data = column.data[self._order]
            if column.is_told:
                column.sent = column.sent[self._order]
        column.grow(self.roster.capacity)


def _joined(parts: Sequence[Values], dtype: np.dtype[Any]) -> Values:
    """Join arrays, one after the other: who waits meanwhile does not wait for all."""
    joined = np.empty(sum(len(each) for each in parts), dtype)
    at = 0
    for each in parts:
        joined[at : at + len(each)] = each
        at += len(each)
    return joined


def _part(defaulted: Counter[str], owner: str, column: Column, block: Block) -> Values:
    """Return what a column takes of a block."""
    each = column.field
    if each.said.transient or each.name not in block.shelf.names:
        if not each.said.transient:
            defaulted[f"{owner}.{each.name}"] += len(block)
        return np.full(len(block), column.zero, column.dtype)
    at = block.shelf.names.index(each.name)
    values = block.columns[at]
    try:
        before = json.loads(block.shelf.kinds[at])
        old = str(before[0])
    except (ValueError, LookupError, TypeError, RecursionError):
        raise FieldError(f"{column.name}: a kind that cannot be read") from None
    convert = (each.said.convert or {}).get(old)
    if convert is not None:
        return _converted(each, column, values, before, convert)
    assert each.kind is not None
    if old != each.kind.name:
        raise FieldError(
            f"{column.name}: the rows that were saved have {old} here; declare how to "
            f'make the new value of it: field(convert={{"{old}": ...}})'
        )
    if isinstance(each.kind, Choice) and before != each.kind.describe():
        values = _renamed(each, column, values, before[1:])
    if isinstance(each.kind, Quantized) and _is_within(each.kind, column, values):
        # A number that wraps around would be rounded again.
        return values
    taken: Values = column.take(values, len(values))
    return taken


def _is_within(kind: Quantized, column: Column, values: Values) -> bool:
    if values.dtype != column.dtype:
        return False
    return not len(values) or bool(
        values.min() >= kind.low and values.max() <= kind.high
    )


def _renamed(
    each: Field, column: Column, values: Values, names: Sequence[str]
) -> Values:
    """Return the positions that the members of an Enum have now."""
    assert isinstance(each.kind, Choice)
    known = {member.name: at for at, member in enumerate(each.kind.members)}
    there = [known.get(name, -1) for name in names]
    if len(values) and int(values.max()) >= len(there):
        raise FieldError(f"{column.name}: a member that never was")
    found: Values = np.array(there or [0], np.int64)[values.astype(np.int64)]
    if (found < 0).any():
        lost = names[int(values[found < 0][0])]
        raise FieldError(f"{column.name}: the enum has no member {lost} now")
    return found


def _converted(
    each: Field, column: Column, values: Values, before: list[Any], convert: Any
) -> Values:
    """Return what an author's function makes of values, one by one."""
    old: list[Any] = values.tolist()
    if before[0] == Choice.name:
        old = [before[1 + value] for value in old]
    elif before[0] == Moment.name:
        old = [PLAIN_KINDS[Moment.name].value(value) for value in old]
    kind = each.kind
    assert kind is not None
    try:
        new = [kind.check(convert(value)) for value in old]
    except (TypeError, ValueError) as error:
        raise FieldError(f"{column.name}: {error}") from None
    if isinstance(kind, Choice | Moment):
        new = [kind.raw(value) for value in new]
    return np.array(new, column.dtype)
