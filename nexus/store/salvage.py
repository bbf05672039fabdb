"""Salvage: what can be read of a file of SQLite whose structure is damaged.

All rows that can be read are copied into a new file. A Room whose snapshot, or an entry
of whose journal, is not among them is quarantined there, and named. Then the damaged
file is set aside, and the new one takes its place.

Whenever the process dies meanwhile, the next start finds the damaged file as it was, or
the new one under the name that `finish` looks for.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from struct import Struct
from typing import Any, Final
from urllib.parse import quote

from attrs import frozen

from nexus.archive.row import to_entry, to_stored
from nexus.journal.chain import check
from nexus.store.folder import folder_of, sync_folder
from nexus.store.port import Damaged
from nexus.store.remains import copy_rows
from nexus.store.witness import passed

__all__ = ["Salvage", "finish", "salvage"]

# ruff: noqa: S608  -- what is put into SQL here are the names of tables

_SIDES: Final = ("-wal", "-shm", "")

#: How every file of ours begins.
_MAGIC: Final = b"SQLite format 3\0\x10\0\x02\x02\0\x40\x20\x20"
#: What stands behind that, all of it in the head of 100 bytes: how often the file was
#: changed, its pages, those that are free, how to read it, and what wrote it.
_REST: Final = Struct(">10I4x4x20x2I")
#: The fields of the head that are the same in every file of ours.
_FIXED: Final = {44: 4, 52: 0, 56: 1, 64: 0}
_WRITTEN_BY: Final = 3_040_000
_HEAD: Final = 100
_PAGE: Final = 4096

#: What SQLite says when the new file cannot be written.
_NO_PLACE: Final = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
)

_KNOWN: Final = "SELECT room_id FROM rooms INDEXED BY sqlite_autoindex_rooms_1"
_NUMBERED: Final = """
    SELECT room_id, number FROM journal INDEXED BY sqlite_autoindex_journal_1"""

_LIVING: Final = """
    SELECT room_id FROM rooms WHERE status IN ('active', 'hibernating')"""

_QUARANTINE: Final = """
    UPDATE rooms SET epoch = epoch + 1, status = 'quarantined', reason = ?
    WHERE room_id = ?"""

_GONE: Final = "nothing tells any more what it was"


@frozen
class Salvage:
    """What came of it.

    Attributes:
        aside: What the damaged file is called now.
        saved: How many Rooms can go on.
        lost: The others, each with what is missing.
        tables: The tables of which something could not be copied.
    """

    aside: str
    saved: int
    lost: Mapping[str, str]
    tables: Sequence[str]


def salvage(path: str, numbers: Mapping[str, int], count: int | None) -> Salvage:
    """Put what can be read into the place of a damaged file that nobody has open.

    Args:
        path: The file.
        numbers: The last entries of Rooms that are known to have been there.
        count: The count of its last commit; None: nobody knows whether it is a
            database of Nexus at all.

    Raises:
        Damaged: Nothing can be read; the file was left as it is.
        OSError: There is no place for another one.
    """
    new, source = f"{path}.salvaging", f"{path}.salvaging-from"
    try:
        _remove(new)
        read = path
        if count is not None and not _has_head(path):
            _copy(path, source)
            read = source
        os.close(os.open(new, os.O_RDWR | os.O_CREAT, 0o600))
        with closing(_reading(read)) as old, closing(sqlite3.connect(new)) as made:
            tables = copy_rows(old, made)
            saved, lost = _judged(old, made, numbers)
            made.execute(f"PRAGMA user_version = {passed(0, count or 0)}")
            made.commit()
    except sqlite3.Error as error:
        _remove(new)
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NO_PLACE:
            raise OSError(str(error)) from error
        raise Damaged(f"nothing of {path} can be read: {error}") from error
    finally:
        _remove(source)
    os.rename(new, f"{path}.salvaged")
    return Salvage(finish(path), saved, lost, tables)


def finish(path: str) -> str:
    """Put a new file that is whole in the place of a damaged one, if there is one.

    Returns:
        What the damaged one is called now; empty: there was no new one.
    """
    new = f"{path}.salvaged"
    if not os.path.exists(new):
        return ""
    now = datetime.now(UTC)
    aside = name = f"{path}.damaged-{now:%Y%m%dT%H%M%S}Z"
    number = 1
    while any(os.path.exists(aside + side) for side in _SIDES):
        number += 1
        aside = f"{name}-{number}"
    # The log first: what is in it must never be put into the new file.
    for side in _SIDES:
        with suppress(FileNotFoundError):
            os.rename(path + side, aside + side)
    sync_folder(folder_of(path))
    os.rename(new, path)
    sync_folder(folder_of(path))
    return aside


def _reading(path: str) -> sqlite3.Connection:
    """Open a file so that nothing in it is changed."""
    connection = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True)
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    return connection


def _has_head(path: str) -> bool:
    with open(path, "rb") as file:
        head = file.read(_HEAD)
    return head.startswith(_MAGIC) and all(
        int.from_bytes(head[at : at + 4], "big") == value
        for at, value in _FIXED.items()
    )


def _copy(path: str, to: str) -> None:
    """Copy a file with its log, and give it the beginning that it had."""
    for side in ("-wal", ""):
        if os.path.exists(path + side):
            shutil.copyfile(path + side, to + side)
            os.chmod(to + side, 0o600)
    pages = os.path.getsize(to) // _PAGE
    # No page is free, so that none is passed over.
    rest = _REST.pack(1, pages, 0, 0, 1, 4, 0, 0, 1, 0, 1, _WRITTEN_BY)
    with open(to, "r+b") as file:
        file.write(_MAGIC + rest)


def _remove(path: str) -> None:
    for side in (*_SIDES, "-journal"):
        with suppress(FileNotFoundError):
            os.remove(path + side)


def _judged(
    old: sqlite3.Connection, new: sqlite3.Connection, numbers: Mapping[str, int]
) -> tuple[int, dict[str, str]]:
    """Quarantine the Rooms of which something is missing.

    Returns:
        How many can go on, and what is missing of the others.
    """
    known = {row[0] for row in _readable(old, _KNOWN)}
    expected = dict(numbers)
    for room_id, number in _readable(old, _NUMBERED):
        expected[room_id] = max(number, expected.get(room_id, 0))
    for table in ("snapshots", "journal"):
        known |= {row[0] for row in new.execute(f"SELECT room_id FROM {table}")}
    there = {row[0] for row in new.execute("SELECT room_id FROM rooms")}
    lost = dict.fromkeys(sorted(known - there), _GONE)
    saved = 0
    for (room_id,) in new.execute(_LIVING).fetchall():
        why = _missing(new, room_id, expected.get(room_id, 0))
        if why:
            lost[room_id] = why
            new.execute(_QUARANTINE, (why, room_id))
        else:
            saved += 1
    for (table,) in new.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' "
        "AND sql LIKE '%REFERENCES rooms%'"
    ).fetchall():
        new.execute(
            f"DELETE FROM {table} WHERE room_id NOT IN (SELECT room_id FROM rooms)"
        )
    return saved, lost


def _readable(old: sqlite3.Connection, sql: str) -> Iterator[Sequence[Any]]:
    """Read from an index as far as that goes."""
    with suppress(sqlite3.DatabaseError):
        yield from old.execute(sql)


def _missing(new: sqlite3.Connection, room_id: str, expected: int) -> str:
    """Say what is missing of a Room; empty: it can go on."""
    named = _named(new)
    snapshots = named.execute(
        "SELECT * FROM snapshots WHERE room_id = ?", (room_id,)
    ).fetchall()
    if not snapshots:
        return "its snapshot cannot be read"
    entries = named.execute(
        "SELECT * FROM journal WHERE room_id = ? AND number > ? ORDER BY number",
        (room_id, snapshots[0]["number"]),
    ).fetchall()
    try:
        stored = to_stored(room_id, snapshots[0])
        check(stored, [to_entry(room_id, row) for row in entries])
    except Exception as error:  # noqa: BLE001  # rows of a damaged file hold anything
        return str(error)
    last = entries[-1]["number"] if entries else stored.number
    return "" if last >= expected else f"its last entry was {expected}, not {last}"


def _named(connection: sqlite3.Connection) -> sqlite3.Cursor:
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    return cursor
