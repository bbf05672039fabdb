"""Chunks: the rows of a stretch of a Table, as they are stored; docs/journal.md, 7."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from hmac import compare_digest
from struct import Struct
from typing import Final

from attrs import frozen

from nexus.errors import PeerError
from nexus.journal.chain import DamagedJournal
from nexus.state.table.block import Block, read_blocks
from nexus.state.table.merging import CHUNK

__all__ = ["Chunk", "ChunkHead", "blocks_of", "make_chunk"]

_SIZE: Final = 16
_HEAD: Final = Struct(">QQQQI").pack


@frozen
class ChunkHead:
    """What is known of a chunk without reading it.

    Attributes:
        key: The Table.
        chunk: Which of its chunks: its ids are from this times 512 on.
        number: The number of the last entry that was folded into it.
        rows: How many rows it has.
        size: How many bytes they are.
    """

    key: int
    chunk: int
    number: int
    rows: int
    size: int


@frozen
class Chunk:
    """The rows of 512 ids of a Table, one after the other.

    Attributes:
        key: The Table.
        chunk: Which of its chunks.
        number: The number of the last entry that was folded into it.
        rows: How many rows it has.
        payload: Them, as Blocks.
        checksum: What all of it is checked with.
    """

    key: int
    chunk: int
    number: int
    rows: int
    payload: bytes
    checksum: bytes

    @property
    def head(self) -> ChunkHead:
        """What is known of it without reading it."""
        return ChunkHead(
            self.key, self.chunk, self.number, self.rows, len(self.payload)
        )


def make_chunk(
    room_id: str, key: int, chunk: int, number: int, blocks: Iterable[Block]
) -> Chunk:
    """Return the chunk of some rows of a Room."""
    held = list(blocks)
    payload = b"".join([each.written() for each in held])
    rows = sum(len(each) for each in held)
    proof = _proof(room_id, key, chunk, number, rows, payload)
    return Chunk(key, chunk, number, rows, payload, proof)


def blocks_of(room_id: str, chunk: Chunk) -> Sequence[Block]:
    """Return the rows of a chunk of a Room.

    Raises:
        DamagedJournal: It is not what was written.
    """
    where = f"rows from id {chunk.chunk * CHUNK} on"
    numbers = (chunk.key, chunk.chunk, chunk.number, chunk.rows)
    if not all(0 <= each < 1 << 63 for each in numbers):
        raise DamagedJournal(room_id, chunk.number, f"{where} cannot be")
    if not compare_digest(_proof(room_id, *numbers, chunk.payload), chunk.checksum):
        raise DamagedJournal(room_id, chunk.number, f"the checksum of {where} is wrong")
    try:
        blocks = list(read_blocks(chunk.payload))
    except PeerError as error:
        raise DamagedJournal(room_id, chunk.number, f"{where}: {error}") from error
    low, rows = chunk.chunk * CHUNK, sum(len(each) for each in blocks)
    if rows != chunk.rows or not all(
        low <= each.ids[0] and each.ids[-1] < low + CHUNK
        for each in blocks
        if len(each)
    ):
        raise DamagedJournal(room_id, chunk.number, f"{where} are other ones")
    return blocks


def _proof(
    room_id: str, key: int, chunk: int, number: int, rows: int, payload: bytes
) -> bytes:
    name = room_id.encode()
    head = _HEAD(key, chunk, number, rows, len(name)) + name
    return blake2b(head + payload, digest_size=_SIZE, person=b"nexus.chunk").digest()
