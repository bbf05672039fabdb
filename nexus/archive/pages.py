"""Pages: chunks of rows and entries of journals, read from a database piece by piece.

A page is no more than a reactor can take in without being late for others.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from nexus.archive.row import to_chunk, to_chunk_head, to_entry, to_stored
from nexus.archive.table import marks, parts
from nexus.journal.chunk import Chunk, ChunkHead
from nexus.journal.entry import Entry, Stored
from nexus.store.port import Damaged, Database, Row, StoreError, Transaction

__all__ = ["list_chunks", "read_chunks", "read_room", "read_small", "write_chunks"]

# ruff: noqa: S608  -- what is put into SQL here are marks, never values

#: So many bytes of payloads come with one answer, and one payload more.
PAGE: Final = 1 << 19
#: A Room of no more bytes than these is read along with others.
SMALL: Final = PAGE >> 3
#: So often a Room is read that somebody else folds meanwhile.
_TRIES: Final = 5

#: The snapshot is the row with a checksum.
_WHOLE: Final = """
    SELECT number, CAST(NULL AS BIGINT) AS epoch, version, chain, payload, checksum
    FROM snapshots WHERE room_id = ?
    UNION ALL
    SELECT number, epoch, version, chain, payload, NULL FROM (
        SELECT j.number, j.epoch, j.version, j.chain, j.payload,
            SUM(LENGTH(j.payload)) OVER (ORDER BY j.number) - LENGTH(j.payload)
                AS ahead
        FROM journal j
        JOIN snapshots s ON s.room_id = j.room_id AND s.number < j.number
        WHERE j.room_id = ?
    ) AS paged WHERE ahead < ?"""

#: As above, of all Rooms that are small, whose ids are put in.
_SMALL: Final = """
    WITH small AS (
        SELECT s.room_id, s.number FROM snapshots s
        WHERE s.room_id IN ({ids}) AND ? >= LENGTH(s.payload) + COALESCE((
            SELECT SUM(LENGTH(j.payload)) FROM journal j
            WHERE j.room_id = s.room_id AND j.number > s.number
        ), 0)
    )
    SELECT s.room_id, s.number, CAST(NULL AS BIGINT) AS epoch, s.version, s.chain,
        s.payload, s.checksum
    FROM snapshots s JOIN small ON small.room_id = s.room_id
    UNION ALL
    SELECT j.room_id, j.number, j.epoch, j.version, j.chain, j.payload, NULL
    FROM journal j
    JOIN small ON small.room_id = j.room_id AND small.number < j.number"""

_MORE: Final = """
    SELECT number, epoch, version, chain, payload FROM (
        SELECT number, epoch, version, chain, payload,
            SUM(LENGTH(payload)) OVER (ORDER BY number) - LENGTH(payload) AS ahead
        FROM journal WHERE room_id = ? AND number > ?
    ) AS paged WHERE ahead < ? ORDER BY number"""

_NUMBER: Final = "SELECT number FROM snapshots WHERE room_id = ?"

_HEADS: Final = """
    SELECT table_key, chunk, number, row_count, LENGTH(payload) AS size
    FROM table_chunks
    WHERE room_id = ? AND (table_key > ? OR (table_key = ? AND chunk > ?))
    ORDER BY table_key, chunk LIMIT ?"""
#: So many of them come with one answer.
_MOST: Final = 500

_PUT: Final = """
    INSERT INTO table_chunks
        (room_id, table_key, chunk, number, row_count, payload, checksum)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (room_id, table_key, chunk) DO UPDATE SET
        number = excluded.number, row_count = excluded.row_count,
        payload = excluded.payload, checksum = excluded.checksum
    WHERE table_chunks.number <= excluded.number"""

_DELETE: Final = """
    DELETE FROM table_chunks
    WHERE room_id = ? AND table_key = ? AND chunk = ? AND number <= ?"""


async def read_room(
    database: Database, room_id: str, most: int | None
) -> tuple[Stored, list[Entry], bool]:
    """Return a snapshot, entries after it, and whether these are all.

    Args:
        database: Where.
        room_id: The Room.
        most: So many bytes of entries are enough, if there are any; None: all.

    Raises:
        Damaged: There is no snapshot, or a row is not what it should be.
        StoreError: Somebody else folds the Room again and again.
    """
    for _ in range(_TRIES):
        # One statement: a Room that is small is read as it was at one moment.
        page = PAGE if most is None else min(PAGE, most)
        rows = await database.query(_WHOLE, room_id, room_id, page)
        stored, entries = _parted(room_id, rows)
        size = last = sum(len(each.payload) for each in entries)
        is_paged = False
        while last >= PAGE and (most is None or size < most):
            is_paged = True
            found = await database.query(_MORE, room_id, entries[-1].number, PAGE)
            more = [to_entry(room_id, row) for row in found]
            last = sum(len(each.payload) for each in more)
            entries, size = entries + more, size + last
        if is_paged:
            [now] = await database.query(_NUMBER, room_id) or [{"number": None}]
            if now["number"] != stored.number:
                continue
        return stored, entries, most is None or size < most
    raise StoreError(f"room {room_id} is folded again and again while it is read")


async def read_small(
    transaction: Transaction, room_ids: Sequence[str]
) -> dict[str, tuple[Stored, list[Entry]]]:
    """Return snapshots with the entries after them, of those Rooms that are small.

    One that is damaged is left out.
    """
    found: dict[str, list[Row]] = {}
    for some in parts(room_ids):
        sql = _SMALL.format(ids=marks(len(some)))
        for row in await transaction.query(sql, *some, SMALL):
            found.setdefault(str(row["room_id"]), []).append(row)
    rooms = {}
    for room_id, rows in found.items():
        with suppress(Damaged):
            rooms[room_id] = _parted(room_id, rows)
    return rooms


def _parted(room_id: str, rows: Sequence[Row]) -> tuple[Stored, list[Entry]]:
    """Return the snapshot among rows, and the entries in their order.

    Raises:
        Damaged: There is no snapshot, or a row is not what it should be.
    """
    snapshots = [row for row in rows if row["checksum"] is not None]
    if len(snapshots) != 1:
        raise Damaged(f"room {room_id} has no snapshot")
    stored = to_stored(room_id, snapshots[0])
    entries = [to_entry(room_id, row) for row in rows if row["checksum"] is None]
    entries.sort(key=lambda one: one.number)
    return stored, entries


async def list_chunks(database: Database, room_id: str) -> list[ChunkHead]:
    """Return what chunks there are of a Room, by Table and ascending.

    Raises:
        Damaged: A row is not what it should be.
    """
    found: list[ChunkHead] = []
    key = chunk = -1
    while not len(found) % _MOST:
        rows = await database.query(_HEADS, room_id, key, key, chunk, _MOST)
        if not rows:
            break
        found += [to_chunk_head(room_id, row) for row in rows]
        key, chunk = found[-1].key, found[-1].chunk
    return found


async def read_chunks(
    database: Database, room_id: str, key: int, chunks: Sequence[int]
) -> list[Chunk]:
    """Read chunks of one Table; those that are not there are left out.

    Raises:
        Damaged: A row is not what it should be.
    """
    found: list[Chunk] = []
    for some in parts(chunks):
        rows = await database.query(
            "SELECT table_key, chunk, number, row_count, payload, checksum "
            f"FROM table_chunks WHERE room_id = ? AND table_key = ? "
            f"AND chunk IN ({marks(len(some))}) ORDER BY chunk",
            room_id,
            key,
            *some,
        )
        found += [to_chunk(room_id, row) for row in rows]
    return found


async def write_chunks(
    transaction: Transaction,
    room_id: str,
    chunks: Sequence[Chunk],
    gone: Sequence[tuple[int, int, int]],
) -> None:
    """Put chunks of a Room in the place of those before, and delete others.

    What is newer stays.
    """
    await transaction.execute_many(
        _PUT,
        [
            (
                *(room_id, each.key, each.chunk, each.number),
                *(each.rows, each.payload, each.checksum),
            )
            for each in chunks
        ],
    )
    await transaction.execute_many(_DELETE, [(room_id, *each) for each in gone])
