"""Remains: the rows of a damaged file of SQLite that can still be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import Any, Final

from nexus.store.migration import VERSION_TABLE, known, statements
from nexus.store.port import Dialect

__all__ = ["copy_rows"]

# ruff: noqa: S608  -- what is put into SQL here are the names of tables

#: So many rows are read at once, and so many times a part that cannot be read is
#: halved to find what can.
_ROWS: Final = 500
_HALVINGS: Final = 100_000

_DDL: Final = """
    SELECT type, name, sql FROM sqlite_master
    WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"""

#: Of two Rooms with one code or key, the one that was written down before.
_DOUBLES: Final = """
    DELETE FROM rooms WHERE rowid IN (
        SELECT a.rowid FROM rooms a JOIN rooms b ON a.rowid < b.rowid
        AND (a.code = b.code OR (a.kind = b.kind AND a.key = b.key))
        WHERE a.status NOT IN ('abandoned', 'closed')
        AND b.status NOT IN ('abandoned', 'closed')
    )"""

#: Where it is written what a database went through.
_VERSIONS: Final = "schema_version"


def copy_rows(old: sqlite3.Connection, new: sqlite3.Connection) -> list[str]:
    """Copy all rows that can be read; return the tables of which some are missing.

    Raises:
        DatabaseError: The tables are not those of Nexus, or of no version of it.
    """
    made = old.execute(_DDL).fetchall()
    tables = [name for kind, name, _ in made if kind == "table"]
    if not {"rooms", "snapshots", "journal", _VERSIONS} <= {*tables}:
        raise sqlite3.DatabaseError("the tables of Nexus are not in it")
    for kind, _, sql in made:
        if kind == "table":
            new.execute(sql)
    lacking = [table for table in tables if not _is_copied(old, new, table)]
    if _VERSIONS in lacking:
        _put_versions(new, {sql for _, _, sql in made})
    for kind, name, sql in made:
        if kind != "table" and not _is_made(new, sql):
            lacking.append(name)
    return lacking


def _is_copied(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> bool:
    is_whole = True
    for rows in _rows(old, table):
        if not rows:
            is_whole = False
            continue
        sql = f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})"
        for row in rows:
            try:
                new.execute(sql, row)
            except sqlite3.IntegrityError:
                is_whole = False
    return is_whole


def _is_made(new: sqlite3.Connection, sql: str) -> bool:
    """Make an index or another thing; of two rows for one place the later stays."""
    try:
        new.execute(sql)
    except sqlite3.IntegrityError:
        new.execute(_DOUBLES)
        new.execute(sql)
        return False
    return True


def _put_versions(new: sqlite3.Connection, made: set[str]) -> None:
    """Write down anew what a database went through, as its tables tell.

    Raises:
        DatabaseError: They are those of no version that we know.
    """
    steps = known(Dialect.SQLITE)
    with closing(sqlite3.connect(":memory:")) as fresh:
        fresh.execute(VERSION_TABLE)
        went = []
        while steps and {sql for _, _, sql in fresh.execute(_DDL)} != made:
            went.append(steps.pop(0))
            for statement in statements(went[-1].sql, Dialect.SQLITE):
                fresh.execute(statement)
        if {sql for _, _, sql in fresh.execute(_DDL)} != made:
            raise sqlite3.DatabaseError("nothing tells its version")
    new.execute(f"DELETE FROM {_VERSIONS}")
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    new.executemany(
        f"INSERT INTO {_VERSIONS} (version, name, applied_at) VALUES (?, ?, ?)",
        [(step.version, step.name, now) for step in went],
    )


def _rows(old: sqlite3.Connection, table: str) -> Iterator[list[Any]]:
    """Read a table in parts, around what cannot be read: for that, an empty one."""
    left = [(1, _last(old, table))]
    halvings = 0
    sql = (
        f"SELECT rowid, * FROM {table} NOT INDEXED WHERE rowid BETWEEN ? AND ? "
        f"ORDER BY rowid LIMIT {_ROWS}"
    )
    while left:
        low, high = left.pop()
        try:
            rows = old.execute(sql, (low, high)).fetchall()
        except sqlite3.DatabaseError:
            halvings += 1
            if low < high and halvings < _HALVINGS:
                middle = (low + high) // 2
                left += [(middle + 1, high), (low, middle)]
            else:
                yield []
            continue
        if len(rows) == _ROWS:
            left.append((rows[-1][0] + 1, high))
        if rows:
            yield [row[1:] for row in rows]


def _last(old: sqlite3.Connection, table: str) -> int:
    """Return the last rowid of a table, or one beyond it if that cannot be read."""
    for how in ("NOT INDEXED", f"INDEXED BY sqlite_autoindex_{table}_1"):
        with suppress(sqlite3.DatabaseError):
            [last] = old.execute(f"SELECT MAX(rowid) FROM {table} {how}").fetchone()
            return int(last or 0)
    reached = 0
    with suppress(sqlite3.DatabaseError):
        for row in old.execute(f"SELECT rowid FROM {table} NOT INDEXED"):
            reached = row[0]
    return reached + 2 * _ROWS
