"""Counting: what a commit is counted by, and what a database has of its journals."""

from __future__ import annotations

import sqlite3
from typing import Final

from attrs import define, field, frozen

from nexus.store.witness import Witness, passed

__all__ = ["Counting", "Lost", "LostRoom", "counted", "lost", "numbers_of"]

_TABLES: Final = """
    SELECT COUNT(*) FROM sqlite_master
    WHERE type = 'table' AND name IN ('journal', 'snapshots')"""

_ENDS: Final = """
    SELECT (SELECT MAX(rowid) FROM journal), (SELECT MAX(rowid) FROM snapshots)"""

#: A row that is new has a larger rowid than all that there were. Of a Room that was
#: made anew, the journal begins again, and its snapshot says where.
_NEW: Final = """
    SELECT room_id, MAX(number) FROM (
        SELECT room_id, number FROM journal WHERE rowid > ?
        UNION ALL SELECT room_id, number FROM snapshots WHERE rowid > ?
    ) GROUP BY room_id"""

_NUMBERS: Final = """
    SELECT s.room_id, MAX(s.number, COALESCE(
        (SELECT MAX(j.number) FROM journal j WHERE j.room_id = s.room_id), 0))
    FROM snapshots s"""


@frozen
class LostRoom:
    """What a database lost of one Room.

    Attributes:
        room_id: The Room.
        had: The last entry that it had.
        has: The last that it has; None: the Room is gone.
    """

    room_id: str
    had: int
    has: int | None


@frozen
class Lost:
    """What was committed once and is not there any more.

    Attributes:
        commits: How many commits; 0: all are there, but for entries of these Rooms.
        rooms: The Rooms that it is about, as far as is known.
    """

    commits: int
    rooms: tuple[LostRoom, ...]


@define(eq=False)
class Counting:
    """Counts the commits of a connection, each within itself.

    Attributes:
        numbers: The last entries of Rooms that the witness has not taken note of.
        count: The count that goes with them; None: there was no commit.
    """

    _connection: sqlite3.Connection
    numbers: dict[str, int] = field(factory=dict, init=False)
    count: int | None = field(default=None, init=False)
    _has_tables: bool = field(default=False, init=False)
    _changes: int = field(default=0, init=False)
    _ends: tuple[int, int] = field(default=(0, 0), init=False)

    def begin(self) -> None:
        """Look what is there when a transaction begins."""
        if not self._has_tables:
            [found] = self._connection.execute(_TABLES).fetchone()
            self._has_tables = found == 2
        if self._has_tables:
            journal, snapshots = self._connection.execute(_ENDS).fetchone()
            self._ends = (journal or 0, snapshots or 0)
        self._changes = self._connection.total_changes

    def end(self) -> tuple[int, dict[str, int]] | None:
        """Count a transaction that is about to be committed, if it changed something.

        Returns:
            Its count, and the last entries of Rooms in it.
        """
        connection = self._connection
        if connection.total_changes == self._changes:
            return None
        rows = connection.execute(_NEW, self._ends) if self._has_tables else ()
        count = (counted(connection) + 1) % 2**32
        # SQLite keeps it with a sign.
        connection.execute(f"PRAGMA user_version = {passed(0, count)}")
        return count, dict(rows)

    def committed(self, ended: tuple[int, dict[str, int]] | None) -> None:
        """Take note of what the witness has to be told."""
        if ended is not None:
            self.count, numbers = ended
            self.numbers.update(numbers)

    def told(self) -> None:
        """Forget what the witness knows now."""
        self.count = None
        self.numbers.clear()


def counted(connection: sqlite3.Connection) -> int:
    """Return the count of the last commit."""
    [count] = connection.execute("PRAGMA user_version").fetchone()
    return int(count) % 2**32


def numbers_of(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the last entry of each Room, as far as that is stored."""
    [found] = connection.execute(_TABLES).fetchone()
    return dict(connection.execute(_NUMBERS)) if found == 2 else {}


def lost(connection: sqlite3.Connection, witness: Witness) -> Lost | None:
    """Tell what was committed, as the witness says, and is not there any more."""
    if witness.count is None:
        return None
    count = counted(connection)
    commits = passed(count, witness.count)
    if commits < 0:
        # Killed before the witness was told, or another process wrote as well.
        return None
    numbers = numbers_of(connection)
    rooms = tuple(
        LostRoom(room_id, mark.number, numbers.get(room_id))
        for room_id, mark in witness.marks.items()
        if (
            passed(count, mark.count) > 0
            if commits
            else mark.number > numbers.get(room_id, mark.number)
        )
    )
    return Lost(commits, rooms) if commits or rooms else None
