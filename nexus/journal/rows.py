"""Rows in a journal: what became of those of Tables, and what a snapshot says of them.

Only those who fold rows look into the bytes of a slice; docs/journal.md, 7.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from nexus.errors import PeerError
from nexus.state.table.block import Block, read_blocks, read_ids, write_ids
from nexus.state.table.merging import Slice
from nexus.wire.codec import Reader, pack

__all__ = [
    "COUNTS",
    "ROWS",
    "TABLES",
    "CountsRecord",
    "KeptTable",
    "RowCount",
    "RowsRecord",
    "TablesRecord",
    "counts_record",
    "read_counts",
    "read_rows",
    "read_slice",
    "read_tables",
    "rows_record",
    "tables_record",
]

ROWS, TABLES, COUNTS = 10, 11, 12

_MAX = (1 << 53) - 1
#: So many Tables a stored Room may have.
_MOST = 1 << 16


@frozen
class KeptTable:
    """A Table of which rows are kept.

    Attributes:
        key: What it is called wherever rows are stored; never that of another one.
        owner: The id of the State that has it.
        field: In which field.
    """

    key: int
    owner: int
    field: str


@frozen
class RowCount:
    """How much the chunks of a Table hold.

    Attributes:
        key: The Table.
        chunks: How many there are.
        rows: How many rows are in them.
    """

    key: int
    chunks: int
    rows: int


@frozen
class RowsRecord:
    """Some of what became of the rows of a Table.

    Attributes:
        key: The Table.
        next_id: The id that the next State or row got then.
        low: From this id
        high: to this one there are just the rows that are named; -1: nothing is said.
        gone: Ids that were removed, as `write_ids` writes them.
        blocks: Rows that are new or were changed, as Blocks.
    """

    key: int
    next_id: int
    low: int
    high: int
    gone: bytes
    blocks: bytes


@frozen
class TablesRecord:
    """These are all the Tables of which rows are kept; those of others are gone."""

    tables: tuple[KeptTable, ...]


@frozen
class CountsRecord:
    """So much the chunks hold, as of the snapshot that says so."""

    counts: tuple[RowCount, ...]


def rows_record(key: int, next_id: int, part: Slice) -> bytes:
    """Write some of what became of the rows of a Table."""
    blocks = b"".join([each.written() for each in part.blocks])
    gone = write_ids(part.gone)
    return pack([ROWS, key, next_id, part.low, part.high, gone, blocks])


def tables_record(tables: Iterable[KeptTable]) -> bytes:
    """Write which Tables there are."""
    return pack([TABLES, [[each.key, each.owner, each.field] for each in tables]])


def counts_record(counts: Iterable[RowCount]) -> bytes:
    """Write how much the chunks of each Table hold."""
    return pack([COUNTS, [[each.key, each.chunks, each.rows] for each in counts]])


def read_slice(record: RowsRecord) -> Slice:
    """Return what a record says.

    Raises:
        PeerError: It cannot be read.
    """
    gone, end = read_ids(record.gone)
    if end != len(record.gone):
        raise PeerError("ids with something behind them")
    blocks: list[Block] = list(read_blocks(record.blocks))
    return Slice(blocks, gone, record.low, record.high)


def read_rows(reader: Reader) -> RowsRecord:
    """Read what is behind the tag of a record.

    Raises:
        PeerError: It is none.
    """
    key, next_id, low = [reader.integer(0, _MAX) for _ in range(3)]
    high = reader.integer(-1, _MAX)
    return RowsRecord(key, next_id, low, high, reader.data(), reader.data())


def read_tables(reader: Reader) -> TablesRecord:
    """Read the same of another record.

    Raises:
        PeerError: It is none.
    """
    tables = []
    for _ in range(_count(reader)):
        if reader.array() != 3:
            raise PeerError("a table has a key, an owner and a field")
        key, owner = reader.integer(0, _MAX), reader.integer(0, _MAX)
        tables.append(KeptTable(key, owner, reader.text()))
    if len({each.key for each in tables}) != len(tables):
        raise PeerError("two tables with one key")
    return TablesRecord(tuple(tables))


def read_counts(reader: Reader) -> CountsRecord:
    """Read the same of another record.

    Raises:
        PeerError: It is none.
    """
    counts = []
    for _ in range(_count(reader)):
        if reader.array() != 3:
            raise PeerError("a count has a key, chunks and rows")
        counts.append(RowCount(*[reader.integer(0, _MAX) for _ in range(3)]))
    return CountsRecord(tuple(counts))


def _count(reader: Reader) -> int:
    count = reader.array()
    if count > _MOST:
        raise PeerError(f"{count} tables, of {_MOST} allowed")
    return count
