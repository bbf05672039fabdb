"""Entries: what a Room did, in order, each naming the one before it."""

from __future__ import annotations

from attrs import frozen

__all__ = ["Entry", "Stored"]


@frozen
class Entry:
    """A stretch of a Room's life, as it is stored.

    Attributes:
        room_id: The Room.
        epoch: Which of its owners, one after the other, wrote it.
        number: One more than that of the entry before.
        version: The version of the State behind it.
        chain: What names it and everything before it; the next one is made with it.
        payload: Its records.
    """

    room_id: str
    epoch: int
    number: int
    version: int
    chain: bytes
    payload: bytes


@frozen
class Stored:
    """A whole Room at one entry, as it is stored.

    Attributes:
        room_id: The Room.
        number: The number of the last entry that it covers; 0: there was none.
        version: The version of the State.
        chain: The chain of that entry, which the next one is made with.
        payload: Everything that is kept of the Room.
        checksum: What the payload is checked with.
    """

    room_id: str
    number: int
    version: int
    chain: bytes
    payload: bytes
    checksum: bytes
