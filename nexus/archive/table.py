"""Tables: the SQL of archives, and the steps that take more than one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Final, TypeVar

from nexus.archive.port import Card, Member, Status
from nexus.archive.row import CARD, from_attributes, to_card, to_optional, to_text
from nexus.journal.entry import Stored
from nexus.store.port import Conflict, Damaged, Dialect, Row, Transaction

__all__ = [
    "ABANDON",
    "CARD_OF",
    "CLAIM",
    "DELETE_ENDED",
    "DELETE_EVENTS",
    "FIND",
    "FIND_KEY",
    "INSERT_EVENT",
    "NEWEST",
    "PUT_BACK",
    "PUT_STATE",
    "QUARANTINE",
    "REFRESH_ROOM",
    "ROWS",
    "SHORTEN",
    "STATISTICS",
    "UPDATE_ROOM",
    "cards_with",
    "claim_many",
    "create",
    "lock",
    "marks",
    "parts",
    "put",
    "touch",
    "update_members",
]

# ruff: noqa: S608  -- what is put into SQL here are names and marks, never values

T = TypeVar("T")

#: No statement carries more rows than this.
ROWS: Final = 500

_LIVING: Final = "status IN ('active', 'hibernating', 'quarantined')"
#: A database with one writer at a time needs no locks.
_LOCKING: Final = {Dialect.SQLITE: "", Dialect.POSTGRESQL: "FOR NO KEY UPDATE"}

_INSERT_ROOM: Final = """
    INSERT INTO rooms (
        room_id, kind, code, key, status, epoch, owner, clients, attributes,
        created_at, active_at, reason
    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""

UPDATE_ROOM: Final = """
    UPDATE rooms SET
        code = ?, key = ?, status = ?, owner = ?, clients = ?, attributes = ?,
        active_at = ?, reason = ?, ended_at = CASE WHEN ? THEN COALESCE(ended_at, ?) END
    WHERE room_id = ? AND epoch = ?"""

REFRESH_ROOM: Final = f"{UPDATE_ROOM} AND status = 'active' AND owner = ?"

PUT_BACK: Final = """
    UPDATE rooms SET status = ?, owner = ''
    WHERE room_id = ? AND epoch = ? AND status = 'active' AND owner = ?"""

_DELETE_ROOM: Final = "DELETE FROM rooms WHERE room_id = ?"

_CLAIM: Final = """
    UPDATE rooms SET epoch = epoch + 1, owner = ?, status = 'active'
    WHERE status IN ('active', 'hibernating')"""

CLAIM: Final = f"""{_CLAIM} AND room_id = ? AND epoch = COALESCE(?, epoch)
    RETURNING {CARD}"""

QUARANTINE: Final = """
    UPDATE rooms SET epoch = epoch + 1, status = 'quarantined', reason = ?
    WHERE room_id = ? AND epoch = ? AND status <> 'quarantined'"""

CARD_OF: Final = f"SELECT {CARD} FROM rooms WHERE room_id = ?"

FIND: Final = f"""
    SELECT {CARD} FROM rooms WHERE (room_id = ? OR code = ?) AND {_LIVING}
    ORDER BY CASE WHEN room_id = ? THEN 0 ELSE 1 END LIMIT 1"""

FIND_KEY: Final = f"""
    SELECT {CARD} FROM rooms WHERE kind = ? AND key = ? AND {_LIVING}"""

SHORTEN: Final = "DELETE FROM journal WHERE room_id = ? AND number <= ?"

PUT_STATE: Final = """
    INSERT INTO game_states (room_id, version, state_data, updated_at)
    VALUES (?, ?, ?, ?)
    ON CONFLICT (room_id) DO UPDATE SET
        version = excluded.version, state_data = excluded.state_data,
        updated_at = excluded.updated_at"""

_PUT_SNAPSHOT: Final = """
    INSERT INTO snapshots
        (room_id, number, version, chain, payload, checksum, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (room_id) DO UPDATE SET
        number = excluded.number, version = excluded.version, chain = excluded.chain,
        payload = excluded.payload, checksum = excluded.checksum,
        created_at = excluded.created_at
    WHERE snapshots.number <= excluded.number"""

_PUT_MEMBER: Final = """
    INSERT INTO room_members
        (room_id, session_id, user_id, role, is_connected, joined_at, seen_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (room_id, session_id) DO UPDATE SET
        user_id = excluded.user_id, role = excluded.role,
        is_connected = excluded.is_connected, seen_at = excluded.seen_at"""

INSERT_EVENT: Final = """
    INSERT INTO connection_events (room_id, session_id, kind, code, detail, at)
    VALUES (?, ?, ?, ?, ?, ?)"""

DELETE_EVENTS: Final = "DELETE FROM connection_events WHERE at < ?"

DELETE_ENDED: Final = """
    DELETE FROM rooms WHERE status IN ('abandoned', 'closed') AND ended_at < ?"""

ABANDON: Final = """
    UPDATE rooms SET status = 'abandoned', ended_at = ?
    WHERE status = 'hibernating' AND active_at < ?"""

NEWEST: Final = "SELECT active_at FROM rooms ORDER BY active_at DESC LIMIT 1"

STATISTICS: Final = "SELECT status, rooms, members FROM room_stats"


def cards_with(statuses: Sequence[Status]) -> str:
    """Ask for the cards of all Rooms with one of these statuses."""
    return (
        f"SELECT {CARD} FROM rooms WHERE status IN ({marks(len(statuses))}) "
        "ORDER BY created_at, room_id"
    )


async def lock(
    transaction: Transaction, dialect: Dialect, room_ids: Iterable[str]
) -> dict[str, Row]:
    """Lock Rooms, always in the same order, and return what they are now."""
    found = {}
    for some in parts(sorted(room_ids)):
        rows = await transaction.query(
            "SELECT room_id, epoch, owner, status, active_at FROM rooms WHERE room_id "
            f"IN ({marks(len(some))}) ORDER BY room_id {_LOCKING[dialect]}",
            *some,
        )
        found.update({row["room_id"]: row for row in rows})
    return found


async def claim_many(
    transaction: Transaction, room_ids: Sequence[str], owner: str
) -> dict[str, Card]:
    """Become the owner of Rooms; what has ended, or has a damaged card, is left out."""
    found = {}
    for some in parts(room_ids):
        rows = await transaction.query(
            f"{_CLAIM} AND room_id IN ({marks(len(some))}) RETURNING {CARD}",
            owner,
            *some,
        )
        for row in rows:
            with suppress(Damaged):
                found[str(row["room_id"])] = to_card(row)
    return found


async def touch(
    transaction: Transaction, room_ids: Iterable[str], now: datetime
) -> None:
    """Take note that something happened in Rooms."""
    for some in parts(room_ids):
        await transaction.execute(
            f"UPDATE rooms SET active_at = ? WHERE room_id IN ({marks(len(some))})",
            now,
            *some,
        )


async def put(transaction: Transaction, stored: Stored, now: datetime) -> bool:
    """Put a snapshot unless there is one that covers more; tell whether it was put."""
    touched = await transaction.execute(
        _PUT_SNAPSHOT,
        *(stored.room_id, stored.number, stored.version),
        *(stored.chain, stored.payload, stored.checksum, now),
    )
    return touched > 0


async def create(
    transaction: Transaction,
    dialect: Dialect,
    card: Card,
    stored: Stored,
    owner: str,
    now: datetime,
) -> int:
    """Put a new Room where there is none, or one that ended; returns the epoch.

    Raises:
        Conflict: There is another one.
    """
    row = (await lock(transaction, dialect, [card.room_id])).get(card.room_id)
    epoch = 1
    if row is not None and row["status"] in ("abandoned", "closed"):
        epoch = row["epoch"] + 1
        await transaction.execute(_DELETE_ROOM, card.room_id)
    elif row is not None:
        if await _is_created(transaction, row, stored, owner):
            return int(row["epoch"])
        raise Conflict(f"there is a room {card.room_id} already")
    await transaction.execute(
        _INSERT_ROOM,
        *(card.room_id, card.kind, card.code, to_optional(card.key)),
        *(card.status.value, epoch, owner, card.clients),
        *(from_attributes(card.attributes), card.created_at, card.active_at),
        to_text(card.reason),
    )
    await put(transaction, stored, now)
    return epoch


async def _is_created(
    transaction: Transaction, row: Row, stored: Stored, owner: str
) -> bool:
    """Tell whether a Room that is there is what its owner would create now."""
    found = await transaction.query(
        "SELECT number, checksum FROM snapshots WHERE room_id = ?", stored.room_id
    )
    return row["owner"] == owner and [
        (one["number"], one["checksum"]) for one in found
    ] == [(stored.number, stored.checksum)]


async def update_members(
    transaction: Transaction, room_id: str, members: Sequence[Member], now: datetime
) -> None:
    """Write who belongs to a Room, as far as that changed."""
    rows = await transaction.query(
        "SELECT session_id, user_id, role, is_connected FROM room_members "
        "WHERE room_id = ?",
        room_id,
    )
    before = {row["session_id"]: tuple(row.values()) for row in rows}
    after = {
        one.session_id: (
            one.session_id,
            to_optional(one.user_id),
            to_text(one.role),
            one.is_connected,
        )
        for one in members
    }
    await transaction.execute_many(
        "DELETE FROM room_members WHERE room_id = ? AND session_id = ?",
        [(room_id, session_id) for session_id in before.keys() - after.keys()],
    )
    await transaction.execute_many(
        _PUT_MEMBER,
        [
            (room_id, *values, now, now)
            for session_id, values in after.items()
            if before.get(session_id) != values
        ],
    )


def marks(count: int, width: int = 0) -> str:
    """Return so many marks, or so many groups of marks."""
    mark = f"({marks(width)})" if width else "?"
    return ", ".join([mark] * count)


def parts(items: Iterable[T]) -> Iterator[list[T]]:
    """Part something into what one statement may carry."""
    left = iter(items)
    while part := list(islice(left, ROWS)):
        yield part
