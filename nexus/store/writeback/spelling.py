"""Spelling: how the fields of entities are spelt in a database, and read again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

from attrs import define, field

from nexus.errors import FieldError
from nexus.state.kind import Bool, Choice, Moment
from nexus.state.number import Float, Quantized
from nexus.state.table.column import Column
from nexus.state.table.mirror import Differing, array_of
from nexus.store.port import Damaged, Row

__all__ = ["Spelling", "as_json"]


def as_json(row: Sequence[Any]) -> str:
    """Return a row that `written` made as JSON."""
    id_, region, x, y, kind, attributes = row
    x, y = ("null" if each is None else repr(each) for each in (x, y))
    return f"[{id_},{region},{x},{y},{json.dumps(kind)},{attributes}]"


@define(eq=False)
class Spelling:
    """How the fields of entities are spelt in a database.

    Args:
        columns: The fields that are stored.
        x: The one that is the first number of a position.
        y: The second.
    """

    _columns: Sequence[Column]
    _x: str
    _y: str
    #: Those that are in JSON.
    _others: list[Column] = field(init=False)
    _template: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._others = [each for each in self._columns if not self._is_apart(each)]
        pairs = [
            f"{json.dumps(each.field.name)}:{_template(each)}" for each in self._others
        ]
        self._template = "{" + ",".join(pairs) + "}"

    def _is_apart(self, column: Column) -> bool:
        """Say whether a field is in a column of its own, and nowhere else."""
        kind, name = column.field.kind, column.field.name
        if name == "kind":
            return isinstance(kind, Choice)
        # One that is not finite, or beyond 2**53, would not come back as it was.
        is_plain = isinstance(kind, Quantized) or (
            isinstance(kind, Float) and not kind.special
        )
        return name in (self._x, self._y) and is_plain

    def written(self, some: Differing) -> list[tuple[Any, ...]]:
        """Return entities as rows: id, Region, x, y, kind and all else as JSON."""
        count = len(some.ids)
        x, y = (_numbers(some, name, count) for name in (self._x, self._y))
        kinds: list[str | None] = [None] * count
        for column in self._columns:
            kind = column.field.kind
            if column.field.name == "kind" and isinstance(kind, Choice):
                names = [member.name for member in kind.members]
                kinds = [names[at] for at in some.columns["kind"].tolist()]
        lists = [
            _texts(each, some.columns[each.field.name].tolist())
            for each in self._others
        ]
        rest = ["{}"] * count
        if lists:
            rest = [self._template % each for each in zip(*lists, strict=True)]
        ids, regions = some.ids.tolist(), some.regions.tolist()
        return [*zip(ids, regions, x, y, kinds, rest, strict=True)]

    def values(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """Return what the fields of each row hold, as an author has them.

        Raises:
            Damaged: A row cannot be read.
        """
        found, all_ = self.read(rows), [dict[str, Any]() for _ in rows]
        for column in self._columns:
            kind, name = column.field.kind, column.field.name
            if name not in found:
                raw = [column.zero.item()] * len(rows)
            else:
                try:
                    # As the column would hold them: rounded, and of its type.
                    raw = array_of(column, found[name]).astype(column.dtype).tolist()
                except (FieldError, OverflowError, TypeError, ValueError) as error:
                    raise Damaged(f"an NPC cannot be read: {error}") from None
            if isinstance(kind, Choice | Moment):
                raw = [kind.value(each) for each in raw]
            for values, each in zip(all_, raw, strict=True):
                values[name] = each
        return all_

    def expect_place(self) -> None:
        """Check that there are fields for a position.

        Raises:
            FieldError: There are none.
        """
        names = [each.field.name for each in self._columns]
        for name in (self._x, self._y):
            if name not in names:
                raise FieldError(
                    f"there is no field {name!r} for a position: say which ones it has,"
                    ' as in write_back(..., x="lat", y="lon")'
                )

    def read(self, rows: Sequence[Row]) -> dict[str, list[Any]]:
        """Return the values of rows by field; those that none has are not there.

        Raises:
            Damaged: A row cannot be read.
        """
        texts = ",".join(row["attributes"] for row in rows)
        try:
            found = json.loads(f"[{texts}]")
        except (ValueError, RecursionError):
            raise Damaged("the attributes of an NPC are no JSON") from None
        if len(found) != len(rows) or not {*map(type, found)} <= {dict}:
            raise Damaged("the attributes of an NPC are no JSON object")
        values: dict[str, list[Any]] = {}
        for each in self._columns:
            name = each.field.name
            if self._is_apart(each):
                column = "kind" if name == "kind" else "xy"[name == self._y]
                given = [row[column] for row in rows]
            else:
                given = [one.get(name) for one in found]
            if any(one is not None for one in given):
                values[name] = _values(each, given)
        return values


def _numbers(some: Differing, name: str, count: int) -> list[float | None]:
    """Return one half of positions as finite numbers, if entities have such."""
    column = some.columns.get(name)
    if column is None:
        return [None] * count
    return [each if isfinite(each) else None for each in map(float, column.tolist())]


def _template(column: Column) -> str:
    kind = column.field.kind
    if isinstance(kind, Bool | Choice) or (isinstance(kind, Float) and kind.special):
        return "%s"
    if column.dtype.kind != "f":
        return "%d"
    # So many digits tell each float32 from all others.
    return "%.9g" if column.dtype.itemsize == 4 else "%r"


def _texts(column: Column, values: list[Any]) -> list[Any]:
    """Return values as the template takes them."""
    kind = column.field.kind
    if isinstance(kind, Bool):
        return ["true" if value else "false" for value in values]
    if isinstance(kind, Choice):
        names = [json.dumps(member.name) for member in kind.members]
        return [names[value] for value in values]
    if isinstance(kind, Float) and kind.special:
        return [repr(value) if isfinite(value) else f'"{value!r}"' for value in values]
    return values


def _values(column: Column, given: list[Any]) -> list[Any]:
    """Return values as a Table takes them; where there is none, the default.

    Raises:
        Damaged: There is no such value.
    """
    kind, zero = column.field.kind, column.zero.item()
    read: Callable[[Any], Any] = _as_is
    if isinstance(kind, Choice):
        read = {member.name: at for at, member in enumerate(kind.members)}.__getitem__
    elif isinstance(kind, Float):
        read = float
    try:
        return [zero if one is None else read(one) for one in given]
    except (LookupError, TypeError, ValueError) as error:
        raise Damaged(f"{column.name} of an NPC cannot be {error}") from None


def _as_is(value: Any) -> Any:
    return value
