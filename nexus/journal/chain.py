"""Chains: each entry of a journal names all that came before it; docs/journal.md, 2."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from hmac import compare_digest
from struct import Struct
from typing import Final

from nexus.errors import PeerError
from nexus.journal.entry import Entry, Stored

__all__ = ["START", "DamagedJournal", "check", "checksum", "link"]

_SIZE: Final = 16
#: The chain of a Room of which there is no entry yet.
START: Final = bytes(_SIZE)

#: Number, version, and the length of the id, so that no two heads are the same bytes.
_HEAD: Final = Struct(">QQI").pack


class DamagedJournal(PeerError):
    """What is stored of a Room is not what was written.

    Args:
        room_id: The Room.
        number: The entry that is wrong, or the last one that a snapshot covers.
        reason: What is wrong with it.
    """

    def __init__(self, room_id: str, number: int, reason: str) -> None:
        super().__init__(f"room {room_id}, entry {number}: {reason}")
        self.room_id = room_id
        self.number = number
        self.reason = reason


def link(
    before: bytes, room_id: str, number: int, version: int, payload: bytes
) -> bytes:
    """Return the chain of an entry, made with the chain of the one before it."""
    name = room_id.encode()
    head = before + _HEAD(number, version, len(name)) + name
    return blake2b(head + payload, digest_size=_SIZE, person=b"nexus.entry").digest()


def checksum(
    room_id: str, number: int, version: int, chain: bytes, payload: bytes
) -> bytes:
    """Return what the payload of a Stored is checked with, and all else of it."""
    name = room_id.encode()
    head = chain + _HEAD(number, version, len(name)) + name
    return blake2b(head + payload, digest_size=_SIZE, person=b"nexus.stored").digest()


def check(stored: Stored, entries: Iterable[Entry]) -> None:
    """Check that a snapshot, and the entries after it, are what was written.

    Raises:
        DamagedJournal: A byte, an entry or the order of them is another.
    """
    room_id, number, chain = stored.room_id, stored.number, stored.chain
    if not _may_be(number, stored.version, chain):
        raise DamagedJournal(room_id, number, "a snapshot that cannot be")
    wanted = checksum(room_id, number, stored.version, chain, stored.payload)
    if not compare_digest(wanted, stored.checksum):
        raise DamagedJournal(room_id, number, "the checksum of the snapshot is wrong")
    if number == 0 and chain != START:
        raise DamagedJournal(room_id, 0, "a first snapshot with entries before it")
    for entry in entries:
        number += 1
        if entry.room_id != room_id:
            raise DamagedJournal(room_id, number, "the entry of another room")
        if entry.number != number:
            raise DamagedJournal(
                room_id, number, f"entry {entry.number} stands in its place"
            )
        if not _may_be(number, entry.version, entry.chain):
            raise DamagedJournal(room_id, number, "an entry that cannot be")
        chain = link(chain, room_id, number, entry.version, entry.payload)
        if not compare_digest(chain, entry.chain):
            raise DamagedJournal(
                room_id, number, "it is not what was written behind the one before"
            )


def _may_be(number: int, version: int, chain: bytes) -> bool:
    return 0 <= number < 1 << 63 and 0 <= version < 1 << 53 and len(chain) == _SIZE
