"""The file of SQLite, as the one thread sees it that has it open.

SQLite has no type for times. They are kept as text of a fixed width in UTC, so that
they sort as they should, and come back as times from columns that are declared
`TIMESTAMPTZ`; likewise `BOOLEAN`. What is computed in SQL has no declared type: it
comes back as it is kept.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from nexus.geo.distance import great_circle
from nexus.store.counting import Counting, Lost, counted, lost, numbers_of
from nexus.store.folder import folder_of, make_folder, sync_folder
from nexus.store.port import (
    Conflict,
    Damaged,
    DatabaseAway,
    DatabaseFull,
    Row,
    StoreError,
    Value,
)
from nexus.store.salvage import Salvage, finish, salvage
from nexus.store.witness import Witness

__all__ = ["MEMORY", "SqliteFile"]

T = TypeVar("T")

#: The first one that returns what it changed.
_OLDEST: Final = (3, 35)
#: The path of none.
MEMORY: Final = ":memory:"
_INT64: Final = 2**63
#: A log of more bytes than this is cut when all of it is in the file.
_LOG_BYTES: Final = 64 * 2**20
_CHECK: Final = "PRAGMA quick_check(1)"

_ERRORS: Final[dict[int, type[StoreError]]] = {
    sqlite3.SQLITE_FULL: DatabaseFull,
    sqlite3.SQLITE_BUSY: DatabaseAway,
    sqlite3.SQLITE_LOCKED: DatabaseAway,
    sqlite3.SQLITE_CANTOPEN: DatabaseAway,
    sqlite3.SQLITE_IOERR: DatabaseAway,
    sqlite3.SQLITE_READONLY: DatabaseAway,
    sqlite3.SQLITE_PROTOCOL: DatabaseAway,
    sqlite3.SQLITE_CONSTRAINT: Conflict,
    sqlite3.SQLITE_CORRUPT: Damaged,
    sqlite3.SQLITE_NOTADB: Damaged,
}


class SqliteFile:
    """The connection; all of its methods are called in one thread.

    Args:
        path: The file.
        full: Whether a commit waits until the disk has it.
        patience: Seconds to wait for another process that writes into it.
        looks: Leave it to others to find out what is missing, and to salvage.

    Attributes:
        damage: What was wrong with the structure of the file when it was opened.
        salvage: What came of that; None: the file was whole.
        lost: What was committed once and is not there any more; None: nothing.
        is_witnessed: Whether another file says what is committed.
    """

    def __init__(
        self, path: str, *, full: bool, patience: float, looks: bool = False
    ) -> None:
        self._path = path
        self._looks = looks
        self._full = full
        self._patience = patience
        self._connection: sqlite3.Connection | None = None
        self._witness = Witness(path, full=full)
        self._counting: Counting | None = None
        self.damage = ""
        self.salvage: Salvage | None = None
        self.lost: Lost | None = None

    @property
    def is_witnessed(self) -> bool:
        """Whether the witness is told of commits."""
        return self._witness.is_ours

    @property
    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise DatabaseAway("the database is closed")
        return self._connection

    def open(self) -> None:
        """Open the file, make it if it is not there, and look whether all is there.

        If its structure is damaged, what can be read of it is put in its place.

        Raises:
            Damaged: It is, and nothing can be read; the text says what to do.
        """
        if sqlite3.sqlite_version_info < _OLDEST:
            raise StoreError(
                f"SQLite {sqlite3.sqlite_version} is too old; Nexus needs "
                f"{'.'.join(map(str, _OLDEST))} or newer"
            )
        if self._path != MEMORY:
            self._prepare()
        connection = self._connect()
        if damage := self._damage():
            self.close_connection()
            self._salvage(damage)
            connection = self._connect()
        [mode] = self.query("PRAGMA journal_mode = WAL", ())
        if mode["journal_mode"] not in ("wal", "memory"):
            raise StoreError(f"{self._path} lies where SQLite cannot keep a log (WAL)")
        for pragma in (
            f"synchronous = {'FULL' if self._full else 'OFF'}",
            f"journal_size_limit = {_LOG_BYTES}",
            "foreign_keys = ON",
        ):
            self.execute(f"PRAGMA {pragma}", ())
        if self._path != MEMORY:
            self._compare(connection)

    def _prepare(self) -> None:
        try:
            make_folder(folder_of(self._path))
            if not self._looks and self._witness.take():
                finish(self._path)
            if not os.path.exists(self._path):
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
                sync_folder(folder_of(self._path))
        except OSError as error:
            raise DatabaseAway(f"{self._path} cannot be made: {error}") from error

    def _connect(self) -> sqlite3.Connection:
        self._connection = _translated(
            sqlite3.connect,
            self._path,
            timeout=self._patience,
            isolation_level=None,
            detect_types=sqlite3.PARSE_DECLTYPES,
        )
        self._connection.create_function(
            "earth_distance", 4, great_circle, deterministic=True
        )
        return self._connection

    def _compare(self, connection: sqlite3.Connection) -> None:
        """Look whether all is there that the witness knows of."""
        if self._witness.is_ours:
            if self.salvage is None and self.lost is None:
                self.lost = _translated(lost, connection, self._witness)
            if self._witness.count is None or self.lost or self.salvage:
                numbers = _translated(numbers_of, connection)
                self._tell(counted(connection), numbers, renew=True)
        self._counting = Counting(connection)

    def _salvage(self, damage: str) -> None:
        advice = (
            f"the structure of {self._path} is damaged ({damage}). Set it aside with "
            f"{self._path}-wal and {self._path}-shm and start with a backup, or rescue "
            f'what can be read with: sqlite3 {self._path} ".recover"'
        )
        witness = self._witness
        if self._looks:
            raise Damaged(
                f"{self._path} is no database, or its structure is damaged ({damage}). "
                "A Node that is started with it sets it aside, and salvages what can "
                "be read"
            )
        if not witness.is_ours:
            raise Damaged(f"{advice}. Another process has it open: stop that first")
        numbers = {room_id: mark.number for room_id, mark in witness.marks.items()}
        try:
            self.salvage = salvage(self._path, numbers, witness.count)
        except Damaged as error:
            raise Damaged(f"{advice}. {error}") from error
        except OSError as error:
            raise DatabaseAway(
                f"{self._path} is damaged, and there is no place to salvage what can "
                f"be read: {error}"
            ) from error
        self.damage = damage

    def close(self) -> None:
        """Close it; its log is emptied into it."""
        try:
            self.close_connection()
        finally:
            self._witness.close()

    def close_connection(self) -> None:
        """Close the database, and leave the witness."""
        connection, self._connection = self._connection, None
        self._counting = None
        if connection is not None:
            _translated(connection.close)

    def begin(self) -> None:
        """Begin a transaction that writes; one that nobody ended is undone."""
        self.roll_back()
        self.execute("BEGIN IMMEDIATE", ())
        if self._counting is not None:
            _translated(self._counting.begin)

    def commit(self) -> None:
        """Make a transaction last, and let the witness take note of it.

        Raises:
            DatabaseAway: It lasts, or does not, or there is no witness of it.
        """
        counting = self._counting
        if counting is None:
            self.execute("COMMIT", ())
            return
        ended = _translated(counting.end)
        self.execute("COMMIT", ())
        counting.committed(ended)
        if counting.count is not None:
            self._tell(counting.count, counting.numbers)
            counting.told()

    def _tell(
        self, count: int, numbers: dict[str, int], *, renew: bool = False
    ) -> None:
        """Tell the witness, unless it belongs to another process."""
        witness = self._witness
        try:
            if renew:
                witness.renew(count, numbers)
            elif not self._looks and witness.take():
                witness.write(count, numbers)
        except OSError as error:
            raise DatabaseAway(f"nothing is a witness of it: {error}") from error

    def roll_back(self) -> None:
        """Undo a transaction, if there is one."""
        if self._connection is not None and self._connection.in_transaction:
            self.execute("ROLLBACK", ())

    def query(self, sql: str, values: Sequence[Value]) -> list[Row]:
        """Return all rows of an answer."""
        cursor = _translated(self._open.execute, sql, _kept(values))
        rows = _translated(cursor.fetchall)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def execute(self, sql: str, values: Sequence[Value]) -> int:
        """Change something; return how many rows that touched."""
        cursor = _translated(self._open.execute, sql, _kept(values))
        return max(0, cursor.rowcount)

    def execute_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Do the same with each of many rows of values."""
        _translated(self._open.executemany, sql, [_kept(row) for row in rows])

    def _damage(self) -> str:
        """Say what is wrong with the structure of the file; empty: it is whole."""
        try:
            [found] = [row["quick_check"] for row in self.query(_CHECK, ())]
        except Damaged as error:
            found = str(error)
        return "" if found == "ok" else found


def _translated(call: Callable[..., T], *args: Any, **named: Any) -> T:
    """Call SQLite, and raise what the port knows if it fails."""
    try:
        return call(*args, **named)
    except sqlite3.Error as error:
        # The code of what was refused before SQLite saw it is 0.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        raise _ERRORS.get(code, StoreError)(str(error)) from error


def _kept(values: Iterable[Value]) -> list[Any]:
    """Turn values into what SQLite keeps.

    Raises:
        ValueError: One cannot be kept as it is.
    """
    return [_kept_value(value) for value in values]


def _kept_value(value: Value) -> Any:
    if isinstance(value, str):
        if "\0" in value or not (value.isascii() or _is_unicode(value)):
            raise ValueError(
                "text with a NUL or a lone surrogate cannot be stored: escape it first"
            )
    elif isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    elif isinstance(value, float):
        if value != value:
            raise ValueError("NaN cannot be stored: SQLite would keep NULL instead")
    elif isinstance(value, int):
        if not -_INT64 <= value < _INT64:
            raise ValueError(f"{value} has more than 64 bits")
    elif not (value is None or isinstance(value, bytes)):
        raise TypeError(f"{type(value).__name__} cannot be stored")
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _time(kept: bytes) -> datetime | str:
    """Read a time; what is none is left as text, for whoever checks the row."""
    text = kept.decode("utf-8", "replace")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text


def _truth(kept: bytes) -> bool | bytes:
    """Read whether something is so; what is neither is left as it is."""
    return {b"0": False, b"1": True}.get(kept, kept)


# They concern connections that ask for types as they were declared.
sqlite3.register_converter("TIMESTAMPTZ", _time)
sqlite3.register_converter("BOOLEAN", _truth)
