"""Rows: what an archive knows, as a database keeps it, and back.

Text that came from people is escaped, for not every database takes all of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from nexus.archive.port import Card, Status
from nexus.journal.chunk import Chunk, ChunkHead
from nexus.journal.entry import Entry, Stored
from nexus.journal.readable import escape, unescape
from nexus.store.port import Damaged, Row

__all__ = [
    "CARD",
    "from_attributes",
    "to_attributes",
    "to_card",
    "to_chunk",
    "to_chunk_head",
    "to_entry",
    "to_optional",
    "to_stored",
    "to_text",
]

#: The columns of a card.
CARD: Final = (
    "room_id, kind, code, key, status, epoch, owner, clients, attributes, "
    "created_at, active_at, reason"
)

#: How many characters a key may have, and attributes: each that is looked up is read.
_MOST_TEXT: Final = 1 << 20

_CARD_TYPES: Final = {
    "room_id": str,
    "kind": str,
    "code": str | None,
    "key": str | None,
    "status": str,
    "epoch": int,
    "owner": str,
    "clients": int,
    "attributes": str,
    "created_at": datetime,
    "active_at": datetime,
    "reason": str,
}
_STORED_TYPES: Final = {
    "number": int,
    "version": int,
    "chain": bytes,
    "payload": bytes,
    "checksum": bytes,
}
_ENTRY_TYPES: Final = {
    "epoch": int,
    "number": int,
    "version": int,
    "chain": bytes,
    "payload": bytes,
}
_HEAD_TYPES: Final = {
    "table_key": int,
    "chunk": int,
    "number": int,
    "row_count": int,
}


def to_text(text: str) -> str:
    """Escape text that somebody gave us."""
    escaped: str = escape(text)
    return escaped


def to_optional(text: str | None) -> str | None:
    """Escape text that somebody gave us, if they did."""
    return None if text is None else to_text(text)


def from_attributes(attributes: Mapping[str, Any]) -> str:
    """Write the attributes of a Room as JSON."""
    return json.dumps(escape(dict(attributes)), allow_nan=False)


def to_attributes(written: str) -> dict[str, Any]:
    """Read the attributes of a Room.

    Raises:
        ValueError: That is not how they are written.
    """
    attributes = unescape(json.loads(written))
    if not isinstance(attributes, dict):
        raise ValueError("attributes are no object")
    return attributes


def to_card(row: Row) -> Card:
    """Make a card of a row.

    Raises:
        Damaged: The row cannot be one.
    """
    room_id = row["room_id"]
    values = _checked(room_id, row, _CARD_TYPES)
    if max(len(values["attributes"]), len(values["key"] or "")) > _MOST_TEXT:
        raise Damaged(f"what is known of room {room_id} is too long")
    try:
        values["status"] = Status(values["status"])
        values["attributes"] = to_attributes(values["attributes"])
        for name in ("key", "reason"):
            if values[name] is not None:
                values[name] = unescape(values[name])
    except (ValueError, RecursionError) as error:
        raise Damaged(f"what is known of room {room_id} is damaged") from error
    return Card(**values)


def to_stored(room_id: str, row: Row) -> Stored:
    """Make a snapshot of a row.

    Raises:
        Damaged: The row cannot be one.
    """
    return Stored(room_id, **_checked(room_id, row, _STORED_TYPES))


def to_entry(room_id: str, row: Row) -> Entry:
    """Make an entry of a row.

    Raises:
        Damaged: The row cannot be one.
    """
    return Entry(room_id, **_checked(room_id, row, _ENTRY_TYPES))


def to_chunk_head(room_id: str, row: Row) -> ChunkHead:
    """Make what is known of a chunk of a row.

    Raises:
        Damaged: The row cannot be one.
    """
    values = _checked(room_id, row, {**_HEAD_TYPES, "size": int})
    return ChunkHead(*values.values())


def to_chunk(room_id: str, row: Row) -> Chunk:
    """Make a chunk of a row.

    Raises:
        Damaged: The row cannot be one.
    """
    types = {**_HEAD_TYPES, "payload": bytes, "checksum": bytes}
    return Chunk(*_checked(room_id, row, types).values())


def _checked(room_id: object, row: Row, types: Mapping[str, Any]) -> dict[str, Any]:
    wrong = [name for name in types if not isinstance(row[name], types[name])]
    if wrong:
        raise Damaged(f"what is stored of room {room_id} is damaged: {_words(wrong)}")
    return {name: row[name] for name in types}


def _words(names: Iterable[str]) -> str:
    return ", ".join(names)
