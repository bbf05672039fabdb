"""Inspection: looks at Rooms in a database, and leaves all as it is."""

from __future__ import annotations

from attrs import define, frozen

from nexus.archive.port import Card, Member, Status
from nexus.archive.row import CARD, to_card, to_text
from nexus.journal.readable import unescape
from nexus.store.port import Damaged, Database, Row

__all__ = ["Inspection", "Summary"]

# ruff: noqa: S608  -- what is put into SQL here are names and marks, never values

_SUMMARY = f"""
    SELECT {CARD},
        (SELECT MAX(version) FROM snapshots s WHERE s.room_id = rooms.room_id)
            AS snapshot_version,
        (SELECT MAX(LENGTH(payload)) FROM snapshots s WHERE s.room_id = rooms.room_id)
            AS snapshot_bytes,
        (SELECT MAX(version) FROM journal j WHERE j.room_id = rooms.room_id)
            AS journal_version,
        (SELECT COUNT(*) FROM journal j WHERE j.room_id = rooms.room_id)
            AS entries,
        (SELECT SUM(LENGTH(payload)) FROM journal j WHERE j.room_id = rooms.room_id)
            AS journal_bytes
    FROM rooms"""

_LIVING = "status IN ('active', 'hibernating', 'quarantined')"

_MEMBERS = """
    SELECT session_id, user_id, role, is_connected FROM room_members
    WHERE room_id = ? ORDER BY joined_at, session_id"""


@frozen
class Summary:
    """What is stored of a Room, without looking into it.

    Attributes:
        card: Its card.
        version: The last version of its State.
        snapshot_bytes: How long its snapshot is.
        journal_bytes: How long the entries are that came after it.
        entries: How many there are.
    """

    card: Card
    version: int
    snapshot_bytes: int
    journal_bytes: int
    entries: int


@define(eq=False)
class Inspection:
    """Looks at Rooms in a database; no statement of it writes.

    Attributes:
        database: The database; it was started.
    """

    database: Database

    async def rooms(self, *statuses: Status) -> tuple[list[Summary], list[str]]:
        """Return the Rooms with one of these statuses, oldest first; none: with any.

        Returns:
            Them, and the ids of those of which nothing can be read.
        """
        wanted = statuses or tuple(Status)
        marks = ", ".join("?" * len(wanted))
        rows = await self.database.query(
            f"{_SUMMARY} WHERE status IN ({marks}) ORDER BY created_at, room_id",
            *(status.value for status in wanted),
        )
        found, damaged = [], []
        for row in rows:
            try:
                found.append(_summary(row))
            except Damaged:
                damaged.append(str(row["room_id"]))
        return found, damaged

    async def find(self, name: str) -> Summary | None:
        """Return a Room by its id, or by its code if it has not ended.

        Raises:
            Damaged: What is known of it cannot be read.
        """
        name = to_text(name)
        rows = await self.database.query(
            f"{_SUMMARY} WHERE room_id = ? OR (code = ? AND {_LIVING}) "
            "ORDER BY CASE WHEN room_id = ? THEN 0 ELSE 1 END LIMIT 1",
            *(name, name, name),
        )
        return _summary(rows[0]) if rows else None

    async def members(self, room_id: str) -> list[Member]:
        """Return who belongs to a Room, in order of arrival."""
        rows = await self.database.query(_MEMBERS, room_id)
        return [
            Member(
                session_id=row["session_id"],
                user_id=unescape(row["user_id"]),
                role=unescape(row["role"]),
                is_connected=bool(row["is_connected"]),
            )
            for row in rows
        ]


def _summary(row: Row) -> Summary:
    snapshot, journal = row["snapshot_version"], row["journal_version"]
    return Summary(
        to_card(row),
        max(snapshot or 0, journal or 0),
        int(row["snapshot_bytes"] or 0),
        int(row["journal_bytes"] or 0),
        int(row["entries"]),
    )
