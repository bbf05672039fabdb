"""Exports: a Room as one file, and a Room made of one; docs/journal.md, 6.

What is in a file may come from anywhere: all of it is checked, also that its State can
be read, before something is made of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from hmac import compare_digest
from struct import Struct
from typing import Any, Final

from attrs import evolve, frozen

from nexus.archive.folding import Rows, counted
from nexus.archive.port import Card, Found, Status
from nexus.errors import PeerError
from nexus.journal.chain import START, checksum
from nexus.journal.chunk import Chunk, blocks_of, make_chunk
from nexus.journal.entry import Stored
from nexus.journal.kept import Kept, recover
from nexus.journal.record import MAX_PAYLOAD, MAX_VERSION
from nexus.journal.rows import RowCount
from nexus.journal.value import read_value, write_value
from nexus.state.table.block import read_blocks
from nexus.state.table.merging import CHUNK, Slice, merged, parted
from nexus.wire.codec import Reader

__all__ = ["MAX_FILE", "Export"]

_MAGIC: Final = b"\x89NEXUS ROOM\r\n"
#: The version of a file, without rows of Tables and with them.
_PLAIN: Final = 1
_WITH_ROWS: Final = 2
_SIZE: Final = 16
_NUMBER: Final = Struct(">H")
_HEAD: Final = len(_MAGIC) + _NUMBER.size + _SIZE

#: No file is longer: what a snapshot may have, a card, and rows.
MAX_FILE: Final = MAX_PAYLOAD + (1 << 20) + (1 << 30)
_MOST_TEXT: Final = 1 << 10

#: What a file has, and of which type.
_TYPES: Final[Mapping[str, Any]] = {
    "room_id": str,
    "kind": str,
    "code": str | None,
    "key": str | None,
    "clients": int,
    "attributes": dict,
    "created_at": datetime,
    "version": int,
    "payload": bytes,
}
_TYPES_WITH_ROWS: Final[Mapping[str, Any]] = {**_TYPES, "rows": list}


@frozen
class Export:
    """A Room that can be taken elsewhere: it sleeps, and begins its journal anew.

    Attributes:
        card: Its card.
        stored: All that is kept of it, but for rows of Tables.
        chunks: Those.
    """

    card: Card
    stored: Stored
    chunks: Sequence[Chunk] = ()

    @classmethod
    def of(cls, found: Found, rows: Rows | None = None) -> Export:
        """Make one of a stored Room.

        Args:
            found: The Room.
            rows: The rows of its Tables.

        Raises:
            DamagedJournal: It cannot be read.
        """
        kept, room_id = recover(found.stored, found.entries), found.card.room_id
        chunks = [
            make_chunk(room_id, key, chunk, 0, held)
            for key, blocks in (rows or {}).items()
            for chunk, held in sorted(parted(blocks).items())
        ]
        _count(kept, chunks)
        return cls(_asleep(found.card), _begun(kept, room_id), chunks)

    def renamed(self, room_id: str, now: datetime) -> Export:
        """Return it as another Room, in which something happened just now."""
        stored = _begun(Kept.of(self.stored), room_id)
        chunks = [
            make_chunk(room_id, each.key, each.chunk, 0, blocks_of(before, each))
            for before in [self.card.room_id]
            for each in self.chunks
        ]
        card = evolve(self.card, room_id=room_id, active_at=now)
        return Export(card, stored, chunks)

    def written(self) -> bytes:
        """Write it as a file.

        Raises:
            ValueError: It is too long, or nested too deep.
        """
        card, stored = self.card, self.stored
        rows = [[each.key, each.chunk, each.payload] for each in self.chunks]
        body = write_value(
            ({"rows": rows} if rows else {})
            | {
                "room_id": card.room_id,
                "kind": card.kind,
                "code": card.code,
                "key": card.key,
                "clients": card.clients,
                "attributes": dict(card.attributes),
                "created_at": card.created_at,
                "version": stored.version,
                "payload": stored.payload,
            }
        )
        if _HEAD + len(body) > MAX_FILE:
            raise ValueError(f"the room is too big for a file: {len(body)} bytes")
        version = _WITH_ROWS if rows else _PLAIN
        return _MAGIC + _NUMBER.pack(version) + _proof(body) + body

    @classmethod
    def read(cls, data: bytes) -> Export:
        """Read a file.

        Raises:
            PeerError: It is none, or not what was written; the text says so.
        """
        values = _values(*_body(data))
        stored = _stored(values.pop("version"), values["room_id"], values)
        rows = values.pop("rows", [])
        created = values["created_at"]
        card = Card(status=Status.HIBERNATING, active_at=created, **values)
        try:
            kept = Kept.of(stored)
            chunks = _chunks(kept, rows)
            return cls(card, _begun(kept, card.room_id), chunks)
        except (PeerError, ValueError) as error:
            raise PeerError(f"its room cannot be read: {error}") from error


def _count(kept: Kept, chunks: Sequence[Chunk]) -> None:
    """Take note of how much the rows of each Table are."""
    if kept.tables:
        none = {key: RowCount(key, 0, 0) for key in kept.tables}
        kept.counts = none | counted(each.head for each in chunks)


def _chunks(kept: Kept, rows: list[Any]) -> list[Chunk]:
    """Return the rows of a file, checked and written again."""
    made: dict[tuple[int, int], Chunk] = {}
    for each in rows:
        match each:
            case [int(key), int(chunk), bytes(payload)] if key in kept.tables:
                blocks = merged([Slice([block]) for block in read_blocks(payload)])
            case _:
                raise PeerError("rows that belong to nothing")
        first, last = chunk * CHUNK, chunk * CHUNK + CHUNK - 1
        ids = [int(end) for block in blocks for end in (block.ids[0], block.ids[-1])]
        if (key, chunk) in made or any(not first <= id_ <= last for id_ in ids):
            raise PeerError("rows that are not where they belong")
        made[key, chunk] = make_chunk(kept.room_id, key, chunk, 0, blocks)
        kept.gives([*ids, kept.next_id - 1])
    _count(kept, [*made.values()])
    return [*made.values()]


def _body(data: bytes) -> tuple[int, bytes]:
    """Return the version of a file, and what is behind its head."""
    if not data.startswith(_MAGIC):
        raise PeerError("this is no file that nexus export wrote")
    if not _HEAD < len(data) <= MAX_FILE:
        raise PeerError(f"a file of {len(data)} bytes is cut off, or too long")
    [version] = _NUMBER.unpack_from(data, len(_MAGIC))
    if version not in (_PLAIN, _WITH_ROWS):
        raise PeerError(
            f"a file of version {version}, and this Nexus reads {_PLAIN} and"
            f" {_WITH_ROWS}: use the Nexus that wrote it, or a newer one"
        )
    body = data[_HEAD:]
    if not compare_digest(_proof(body), data[_HEAD - _SIZE : _HEAD]):
        raise PeerError("its checksum is wrong: the file was damaged on its way")
    return version, body


def _values(version: int, body: bytes) -> dict[str, Any]:
    """Read what a file says."""
    reader = Reader(body, MAX_FILE)
    values = read_value(reader)
    reader.end()
    types = _TYPES if version == _PLAIN else _TYPES_WITH_ROWS
    if not isinstance(values, dict) or values.keys() != types.keys():
        raise PeerError("it does not have what a room has")
    for name, type_ in types.items():
        value = values[name]
        if not isinstance(value, type_) or isinstance(value, bool):
            raise PeerError(f"its {name} is of a wrong type: {type(value).__name__}")
    for name in ("room_id", "kind", "code"):
        text = "-" if values[name] is None else values[name]
        if not text or not text.isprintable() or len(text) > _MOST_TEXT:
            raise PeerError(f"its {name} cannot be one")
    if (
        not 0 <= values["version"] <= MAX_VERSION
        or not 0 <= values["clients"] < 1 << 31
    ):
        raise PeerError("a number in it cannot be")
    return values


def _stored(version: int, room_id: str, values: dict[str, Any]) -> Stored:
    payload = values.pop("payload")
    proof = checksum(room_id, 0, version, START, payload)
    return Stored(room_id, 0, version, START, payload, proof)


def _begun(kept: Kept, room_id: str) -> Stored:
    """Return the first snapshot of a Room that is what another one was."""
    kept.room_id, kept.number, kept.chain = room_id, 0, START
    return kept.stored()


def _asleep(card: Card) -> Card:
    return evolve(card, status=Status.HIBERNATING, epoch=0, owner="", reason="")


def _proof(body: bytes) -> bytes:
    return blake2b(body, digest_size=_SIZE, person=b"nexus.export").digest()
