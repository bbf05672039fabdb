"""Rows of a Table as a reader holds them: in columns, without an object for each."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from attrs import define, field, frozen
from typing_extensions import override

from nexus.state.kind import Kind
from nexus.state.number import Float, Integer
from nexus.wire.native.absent import ABSENT
from nexus.wire.native.chain import CellChains
from nexus.wire.native.outline import RemoteClass, RemoteField

__all__ = ["HeldRow", "HeldRows"]


class _Column:
    """The values of one field, by slot, as they came: raw."""

    __slots__ = ("_plain", "_shown", "_value", "raw")

    def __init__(self, kind: Kind) -> None:
        self._value: Callable[[Any], Any] = bool if kind.width == "?" else kind.value
        self._plain = isinstance(kind, Integer | Float)
        #: None: no row shows the field.
        self.raw: array[Any] | None = None
        #: Which rows show it; None: all.
        self._shown: bytearray | None = None

    def value(self, slot: int) -> Any:
        """Return a value, or ABSENT."""
        if self.raw is None or (self._shown is not None and not self._shown[slot]):
            return ABSENT
        raw = self.raw[slot]
        return raw if self._plain else self._value(raw)

    def grow(self, before: int, count: int, raw: array[Any] | None) -> None:
        """Have so many rows more, with these values or without."""
        if raw is not None:
            if self.raw is None:
                self.raw = array(raw.typecode, bytes(before * raw.itemsize))
                self._shown = bytearray(before) if before else None
            self.raw.extend(raw)
            if self._shown is not None:
                self._shown.extend(b"\1" * count)
        elif self.raw is not None:
            self.raw.frombytes(bytes(count * self.raw.itemsize))
            if self._shown is None:
                self._shown = bytearray(b"\1" * before)
            self._shown.extend(bytes(count))

    def put(self, slots: Sequence[int], raw: array[Any], size: int) -> None:
        """Write values of some of so many rows."""
        if self.raw is None:
            self.raw = array(raw.typecode, bytes(size * raw.itemsize))
            self._shown = bytearray(size)
        for slot, value in zip(slots, raw, strict=True):
            self.raw[slot] = value
        if self._shown is not None:
            for slot in slots:
                self._shown[slot] = 1

    def remove(self, slot: int) -> None:
        """Let the last row take the slot of another one."""
        for each in (self.raw, self._shown):
            if each is not None:
                each[slot] = each[-1]
                each.pop()

    def hide(self) -> None:
        """Forget all values."""
        self.raw = self._shown = None


@frozen
class HeldRow:
    """One row; its fields are attributes.

    A field that is absent raises AttributeError, and so does any when the row is gone;
    listeners who are told of that get one that has its last values.
    """

    _rows: HeldRows
    _id: int
    #: By name: the values of one that is gone.
    _last: dict[str, Any] | None = field(default=None, eq=False)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        value = self._value(name)
        if value is ABSENT:
            raise AttributeError(f"row {self._id} shows no {name}")
        return value

    def _value(self, name: str) -> Any:
        """Return the value of a field, or ABSENT."""
        if self._last is not None:
            return self._last.get(name, ABSENT)
        return self._rows.value(self._id, name)

    @override
    def __repr__(self) -> str:
        return f"<{self._rows.cls.name} {self._id}>"


@define(eq=False, repr=False)
class HeldRows:
    """The rows of one Table, by id; they have no order that means anything.

    A row has a slot, its position in `ids()` and in each column. One that goes leaves
    its slot to the last.

    Args:
        cls: The class of the rows.
    """

    cls: RemoteClass
    _ids: array[int] = field(factory=lambda: array("q"), init=False)
    _slots: dict[int, int] = field(factory=dict, init=False)
    _cells: CellChains = field(factory=CellChains, init=False)
    _columns: dict[str, _Column] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._columns = {
            name: _Column(each.kind)
            for name, each in self.cls.by_name.items()
            if each.kind is not None
        }

    @override
    def __repr__(self) -> str:
        return f"<{len(self)} rows of {self.cls.name}>"

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._slots

    def __getitem__(self, id_: int) -> HeldRow:
        if id_ not in self._slots:
            raise KeyError(id_)
        return HeldRow(self, id_)

    def get(self, id_: int, default: Any = None) -> Any:
        """Return a row, or the default if there is none."""
        return HeldRow(self, id_) if id_ in self._slots else default

    def keys(self) -> Iterator[int]:
        """Yield each id."""
        return iter(self)

    def values(self) -> Iterator[HeldRow]:
        """Yield each row."""
        for id_ in self._ids:
            yield HeldRow(self, id_)

    def items(self) -> Iterator[tuple[int, HeldRow]]:
        """Yield each id with its row."""
        for id_ in self._ids:
            yield id_, HeldRow(self, id_)

    def ids(self) -> array[int]:
        """Return the ids, by slot."""
        return self._ids[:]

    def column(self, name: str) -> list[Any]:
        """Return the values of a field, by slot; None where it is absent.

        Raises:
            KeyError: There is no such field.
        """
        column = self._columns[name]
        values = map(column.value, range(len(self)))
        return [None if value is ABSENT else value for value in values]

    def cell(self, id_: int) -> int:
        """Return the cell in which a row came.

        Raises:
            KeyError: There is no such row.
        """
        return self._cells.cell(self._slots[id_])

    def value(self, id_: int, name: str) -> Any:
        """Return the value of a field, or ABSENT."""
        slot, column = self._slots.get(id_), self._columns.get(name)
        return ABSENT if slot is None or column is None else column.value(slot)

    def taken_down(self, id_: int) -> HeldRow:
        """Return a row as it is now, whatever becomes of it."""
        slot = self._slots[id_]
        last = {name: column.value(slot) for name, column in self._columns.items()}
        return HeldRow(self, id_, last)

    def groups(
        self,
    ) -> Iterator[tuple[int, int, list[int], tuple[array[Any], ...]]]:
        """Yield all rows by cell and by which fields they show.

        Each time these, the ids, which ascend, and a column of raw values for each
        field, lowest first.
        """
        fields = list(self.cls.by_name.values())
        found: dict[tuple[int, int], list[int]] = {}
        for id_ in sorted(self._slots):
            slot = self._slots[id_]
            mask = sum(
                1 << each.index
                for each in fields
                if self._columns[each.name].value(slot) is not ABSENT
            )
            found.setdefault((self._cells.cell(slot), mask), []).append(id_)
        for (cell, mask), ids in found.items():
            slots = self.slots_of(ids)
            raws = [self._columns[each.name].raw for each in self.cls.of_mask(mask)]
            yield (
                cell,
                mask,
                ids,
                tuple(
                    array(raw.typecode, map(raw.__getitem__, slots))
                    for raw in raws
                    if raw is not None
                ),
            )

    # What operations do.

    def slots_of(self, ids: Sequence[int]) -> list[int]:
        """Return where rows are.

        Raises:
            KeyError: One of them is not there.
        """
        return list(map(self._slots.__getitem__, ids))

    def bring(
        self, cell: int, ids: Sequence[int], values: dict[str, array[Any]]
    ) -> None:
        """Let rows be in a cell with these values; some may be there already."""
        held = self._slots
        if not held.keys().isdisjoint(ids):
            old = [at for at, id_ in enumerate(ids) if id_ in held]
            for at in old:
                self._cells.move(held[ids[at]], cell)
            self.write(self.slots_of([ids[at] for at in old]), _some(values, old))
            new = [at for at, id_ in enumerate(ids) if id_ not in held]
            ids, values = [ids[at] for at in new], _some(values, new)
        if not ids:
            return
        size, count = len(self), len(ids)
        held.update(zip(ids, range(size, size + count), strict=True))
        self._ids.extend(ids)
        self._cells.grow(cell, count)
        for name, column in self._columns.items():
            column.grow(size, count, values.get(name))

    def write(self, slots: Sequence[int], values: dict[str, array[Any]]) -> None:
        """Give rows new values."""
        for name, raw in values.items():
            self._columns[name].put(slots, raw, len(self))

    def part(self, cell: int, ids: Sequence[int]) -> None:
        """Remove those of these rows that are in a cell."""
        for id_ in self.among(cell, ids):
            self._remove(id_)

    def among(self, cell: int, ids: Sequence[int]) -> list[int]:
        """Return those of these ids whose rows are in a cell."""
        held, cell_of = self._slots, self._cells.cell
        return [id_ for id_ in ids if id_ in held and cell_of(held[id_]) == cell]

    def inside(self, cell: int) -> list[int]:
        """Return the ids of the rows that are in a cell."""
        return [self._ids[slot] for slot in self._cells.inside(cell)]

    def hide(self, fields: Sequence[RemoteField]) -> None:
        """Forget the values of fields in all rows."""
        for each in fields:
            self._columns[each.name].hide()

    def clear(self) -> None:
        """Remove all rows."""
        self.become(HeldRows(self.cls))

    def become(self, other: HeldRows) -> None:
        """Hold what another one holds, which is not to be used any more."""
        self._ids, self._cells, self._slots = other._ids, other._cells, other._slots
        self._columns = other._columns

    def _remove(self, id_: int) -> None:
        slot = self._slots.pop(id_)
        self._cells.remove(slot)
        last = self._ids.pop()
        if last != id_:
            self._ids[slot] = last
            self._slots[last] = slot
        for column in self._columns.values():
            column.remove(slot)


def _some(values: dict[str, array[Any]], at: list[int]) -> dict[str, array[Any]]:
    """Return the values at some positions."""
    return {
        name: array(raw.typecode, [raw[i] for i in at]) for name, raw in values.items()
    }
