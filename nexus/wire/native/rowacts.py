"""What operations on rows do to a reader; docs/protocol.md, section 3.5."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from attrs import frozen

from nexus.errors import PeerError
from nexus.wire.codec import Kind as Item
from nexus.wire.codec import Reader
from nexus.wire.native.column import read_raw
from nexus.wire.native.held import HeldRows
from nexus.wire.native.ids import MAX_ID, read_ids
from nexus.wire.native.news import News
from nexus.wire.native.op import Op, row_weight
from nexus.wire.native.outline import RemoteClass, RemoteField
from nexus.wire.native.table import Mirror

if TYPE_CHECKING:
    from nexus.wire.native.decoder import Decoder

__all__ = ["ROW_ACTS", "read_kept", "read_row_columns", "row_class"]

_MAX_MASK = (1 << 63) - 1


def row_class(each: RemoteField) -> RemoteClass:
    """Return the class of the rows of a Table."""
    assert each.rows is not None
    return each.rows


def read_row_columns(
    reader: Reader, fields: Iterable[RemoteField], count: int
) -> dict[str, array[Any]]:
    """Read a column for each of these fields of so many rows, by name.

    Raises:
        PeerError: One of them is none.
    """
    values = {}
    for each in fields:
        assert each.kind is not None
        values[each.name] = read_raw(reader, each.kind, count)
    return values


def read_kept(reader: Reader) -> list[int]:
    """Read the ids of the rows that stay in a cell.

    Raises:
        PeerError: They are neither ids nor nil.
    """
    if reader.peek() is Item.NIL:
        reader.item()
        return []
    return read_ids(reader)


@frozen
class _Place:
    """The Table that an operation is about, and who notes what it does there."""

    mirror: Mirror
    field: RemoteField
    rows: HeldRows
    news: News

    @staticmethod
    def read(decoder: Decoder) -> _Place:
        """Read which Table is meant."""
        mirror, each, rows = decoder.container("table")
        return _Place(mirror, each, rows, decoder.table.news)

    def fields(self, mask: int) -> list[RemoteField]:
        """Return the fields whose bits are set."""
        return row_class(self.field).of_mask(mask)

    def remove(self, cell: int, ids: list[int]) -> None:
        """Remove rows that are in a cell."""
        self.news.rows(self.mirror, self.field, self.rows, ids)
        self.rows.part(cell, ids)


def _rows(decoder: Decoder) -> None:
    place, reader = _Place.read(decoder), decoder.reader
    cell = reader.integer(0, MAX_ID)
    fields = place.fields(reader.integer(0, _MAX_MASK))
    ids = read_ids(reader)
    decoder.pay(row_weight(len(row_class(place.field).fields)) * len(ids))
    decoder.table.bound = max(decoder.table.bound, ids[-1] + 1)
    values = read_row_columns(reader, fields, len(ids))
    place.news.rows(place.mirror, place.field, place.rows, ids)
    place.rows.bring(cell, ids, values)


def _write(decoder: Decoder) -> None:
    place, reader = _Place.read(decoder), decoder.reader
    fields = place.fields(reader.integer(1, _MAX_MASK))
    ids = read_ids(reader)
    try:
        slots = place.rows.slots_of(ids)
    except KeyError as error:
        raise PeerError(f"{place.field.name} has no row {error}") from None
    values = read_row_columns(reader, fields, len(ids))
    place.news.written(place.mirror, place.field, place.rows, ids)
    place.rows.write(slots, values)


def _part(decoder: Decoder) -> None:
    place, reader = _Place.read(decoder), decoder.reader
    cell = reader.integer(0, MAX_ID)
    place.remove(cell, place.rows.among(cell, read_ids(reader)))


def _drop(decoder: Decoder) -> None:
    place = _Place.read(decoder)
    for cell in read_ids(decoder.reader):
        place.remove(cell, place.rows.inside(cell))


def _keep(decoder: Decoder) -> None:
    place, reader = _Place.read(decoder), decoder.reader
    cell = reader.integer(0, MAX_ID)
    stay = set(read_kept(reader))
    place.remove(cell, [id_ for id_ in place.rows.inside(cell) if id_ not in stay])


def _veil(decoder: Decoder) -> None:
    place = _Place.read(decoder)
    fields = place.fields(decoder.reader.integer(1, _MAX_MASK))
    place.news.written(place.mirror, place.field, place.rows, place.rows)
    place.rows.hide(fields)


ROW_ACTS: dict[int, Callable[[Decoder], None]] = {
    Op.ROWS: _rows,
    Op.WRITE: _write,
    Op.PART: _part,
    Op.DROP: _drop,
    Op.KEEP: _keep,
    Op.VEIL: _veil,
}
