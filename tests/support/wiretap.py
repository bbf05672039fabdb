"""Lists what a client was told on its wire, whatever became of it afterwards."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from attrs import frozen

from nexus.wire.native.held import HeldRows
from nexus.wire.native.outline import RemoteClass
from nexus.wire.native.table import Mirror, Table

__all__ = ["Told", "wiretap"]


@frozen
class Told:
    """One row with values, or one entity that was made known."""

    cls: str
    id: int
    #: Which fields of a row; an entity tells them elsewhere.
    fields: frozenset[str] = frozenset()


@contextmanager
def wiretap() -> Iterator[list[Told]]:
    """Note what each payload tells of rows and entities while replicas apply it.

    A replica forgets what the same payload takes away again: this list does not.
    """
    told: list[Told] = []
    bring, write, create = HeldRows.bring, HeldRows.write, Table.create

    def tap_bring(
        rows: HeldRows, cell: int, ids: Sequence[int], values: dict[str, array[Any]]
    ) -> None:
        names = frozenset(values)
        told.extend(Told(rows.cls.name, id_, names) for id_ in ids)
        bring(rows, cell, ids, values)

    def tap_write(
        rows: HeldRows, slots: Sequence[int], values: dict[str, array[Any]]
    ) -> None:
        names, ids = frozenset(values), rows.ids()
        told.extend(Told(rows.cls.name, ids[slot], names) for slot in slots)
        write(rows, slots, values)

    def tap_create(table: Table, id_: int, cls: RemoteClass) -> Mirror:
        told.append(Told(cls.name, id_))
        return create(table, id_, cls)

    HeldRows.bring, HeldRows.write = tap_bring, tap_write  # type: ignore[method-assign]  # put back below
    Table.create = tap_create  # type: ignore[method-assign]  # put back below
    try:
        yield told
    finally:
        HeldRows.bring, HeldRows.write = bring, write  # type: ignore[method-assign]  # as it was
        Table.create = create  # type: ignore[method-assign]  # as it was
