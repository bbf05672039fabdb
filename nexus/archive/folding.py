"""Folding: a journal becomes a snapshot, and what it says of rows goes into chunks.

Chunks are written a few at a time, and the snapshot last, which lets the entries go.
What was folded into a chunk before that is folded in once more if the process dies:
that changes nothing, as entries name rows with all that they hold.
"""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from functools import partial
from typing import Final, TypeAlias

from attrs import define, frozen

from nexus.archive.port import Archive, Found
from nexus.archive.thread import InThread
from nexus.errors import PeerError
from nexus.journal.chain import DamagedJournal
from nexus.journal.chunk import Chunk, ChunkHead, blocks_of, make_chunk
from nexus.journal.entry import Stored
from nexus.journal.kept import Kept, recover
from nexus.journal.readable import readable
from nexus.journal.rows import RowCount, RowsRecord, read_slice
from nexus.state.table.block import Block
from nexus.state.table.merging import CHUNK, Slice, chunks_of, merged, parted

__all__ = ["Folded", "Folding", "Rows", "counted"]

#: So many bytes of chunks are read, folded and written at a time, about.
_STEP: Final = 1 << 20
#: So many chunks, and slices, are worked on in one go: short enough that a reactor that
#: wants the interpreter meanwhile hardly waits for it.
_GROUP: Final = 32
_FEW: Final = 4
#: So many are deleted in one transaction.
_MOST: Final = 2000


#: The rows of a Room, by the key of the Table.
Rows: TypeAlias = dict[int, list[Block]]

#: Puts chunks, and deletes those at some places; False: nothing may be written more.
_Put: TypeAlias = Callable[
    [Sequence[Chunk], Sequence[tuple[int, int]]], Awaitable[bool]
]


@frozen
class Folded:
    """What came of a journal.

    Attributes:
        stored: The snapshot that takes its place.
        readable: The State as JSON, for people.
        size: How many bytes of rows there are in chunks.
    """

    stored: Stored
    readable: str
    size: int = 0


@define(eq=False)
class Folding:
    """Folds what is stored of a Room, and reads its rows.

    Args:
        archive: Where it is.
        in_thread: Calls something in a thread.
    """

    _archive: Archive
    _in_thread: InThread

    async def fold(
        self, found: Found, is_wanted: Callable[[], bool] = lambda: True
    ) -> Folded | None:
        """Fold a journal.

        Args:
            found: What is stored.
            is_wanted: Asked before anything is written.

        Returns:
            None: that is not wanted any more, or the Room belongs to somebody else.

        Raises:
            DamagedJournal: It is not what was written.
            StoreError: The archive did not answer.
        """
        kept = await self._in_thread(lambda: recover(found.stored, found.entries))
        put = self._putting(found, kept.number, is_wanted)
        size = 0
        if kept.tables or kept.slices or kept.counts:
            # A try before this one may end late; what it puts is to be there by now.
            if not await put((), ()):
                return None
            heads = await self._heads(found, kept)
            slices = await self._slices(kept)
            for key, some in slices.items():
                if not await self._fold(found, kept.number, key, some, heads, put):
                    return None
            if not await self._clear(kept, heads, put):
                return None
            none = {key: RowCount(key, 0, 0) for key in kept.tables}
            kept.counts = none | counted(heads.values())
            size = sum(each.size for each in heads.values())
        stored, text = await self._in_thread(lambda: (kept.stored(), readable(kept)))
        return Folded(stored, text, size)

    async def rows(self, found: Found, kept: Kept) -> tuple[Rows, int]:
        """Return all rows that are kept of a Room, by Table, and the bytes of chunks.

        Raises:
            DamagedJournal: They are not what was written.
            StoreError: The archive did not answer.
        """
        if not kept.tables:
            return {}, 0
        heads = await self._heads(found, kept)
        slices = await self._slices(kept)
        rows: Rows = {}
        for key in kept.tables:
            some, there = slices.get(key, []), _there(heads, key)
            rows[key] = []
            for step in await self._in_thread(partial(_plan, there, some, there)):
                async for blocks in self._merged(found, key, step, there, some):
                    rows[key] += blocks
        return rows, sum(each.size for each in heads.values())

    def _putting(
        self, found: Found, number: int, is_wanted: Callable[[], bool]
    ) -> _Put:
        room_id, epoch = found.card.room_id, found.card.epoch

        async def put(chunks: Sequence[Chunk], gone: Sequence[tuple[int, int]]) -> bool:
            ends = [(key, chunk, number) for key, chunk in gone]
            return is_wanted() and await self._archive.put_chunks(
                room_id, epoch, chunks, ends
            )

        return put

    async def _heads(
        self, found: Found, kept: Kept
    ) -> dict[tuple[int, int], ChunkHead]:
        """Return which chunks there are.

        Raises:
            DamagedJournal: There are others than there should be.
        """
        heads = await self._archive.chunks(found.card.room_id)
        _expect_whole(found, kept, heads)
        return {(each.key, each.chunk): each for each in heads}

    async def _slices(self, kept: Kept) -> dict[int, list[Slice]]:
        """Return what became of the rows of each Table.

        Raises:
            DamagedJournal: It cannot be read.
        """
        found: dict[int, list[Slice]] = {}
        records = [each for each in kept.slices if each[1].key in kept.tables]
        for start in range(0, len(records), _FEW):
            some = records[start : start + _FEW]
            read = await self._in_thread(partial(_read, kept.room_id, some))
            for (_, record), each in zip(some, read, strict=True):
                found.setdefault(record.key, []).append(each)
        return found

    async def _merged(
        self,
        found: Found,
        key: int,
        numbers: list[int],
        there: Mapping[int, ChunkHead],
        slices: Sequence[Slice],
    ) -> AsyncIterator[list[Block]]:
        """Read some chunks of a Table, and fold into them what was done since.

        Raises:
            DamagedJournal: One of them is not what was written.
        """
        room_id = found.card.room_id
        wanted = [each for each in numbers if each in there]
        read = await self._archive.read_chunks(room_id, key, wanted)
        chunks = {each.chunk: each for each in read}
        if len(chunks) != len(wanted):
            raise DamagedJournal(room_id, found.stored.number, "rows of it are gone")
        for start in range(0, len(numbers), _GROUP):
            some = numbers[start : start + _GROUP]
            before = [chunks[each] for each in some if each in chunks]
            work = partial(_merge, room_id, some, before, slices)
            yield await self._in_thread(work)

    async def _fold(
        self,
        found: Found,
        number: int,
        key: int,
        slices: list[Slice],
        heads: dict[tuple[int, int], ChunkHead],
        put: _Put,
    ) -> bool:
        """Fold what was done into the chunks of a Table, and note what they are then.

        Returns:
            False: nothing may be written any more.
        """
        room_id = found.card.room_id
        there = _there(heads, key)
        for step in await self._in_thread(partial(_plan, (), slices, there)):
            made: list[Chunk] = []
            async for blocks in self._merged(found, key, step, there, slices):
                work = partial(_make, room_id, key, number, blocks)
                made += await self._in_thread(work)
            left = {each.chunk for each in made}
            gone = [(key, each) for each in step if each in there and each not in left]
            if not await put(made, gone):
                return False
            heads.update({(key, each.chunk): each.head for each in made})
            for place in gone:
                del heads[place]
        return True

    async def _clear(
        self, kept: Kept, heads: dict[tuple[int, int], ChunkHead], put: _Put
    ) -> bool:
        """Delete the chunks of Tables that are gone."""
        gone = [place for place in heads if place[0] not in kept.tables]
        for start in range(0, len(gone), _MOST):
            some = gone[start : start + _MOST]
            if not await put((), some):
                return False
        for place in gone:
            del heads[place]
        return True


def _expect_whole(found: Found, kept: Kept, heads: Sequence[ChunkHead]) -> None:
    """Check that there are as many rows in chunks as the snapshot says.

    While entries are folded into them, nobody can tell.

    Raises:
        DamagedJournal: There are others.
    """
    room_id, last = found.card.room_id, kept.number
    if found.is_whole and any(each.number > last for each in heads):
        raise DamagedJournal(room_id, last, "its rows are newer than its journal")
    is_settled = all(each.number <= found.stored.number for each in heads)
    if kept.counts is None or not is_settled:
        return
    if counted(heads) != {k: each for k, each in kept.counts.items() if each.chunks}:
        raise DamagedJournal(room_id, last, "some of its rows are missing")


def counted(heads: Iterable[ChunkHead]) -> dict[int, RowCount]:
    """Return how much the chunks of each Table hold."""
    rows: dict[int, list[int]] = {}
    for each in heads:
        rows.setdefault(each.key, []).append(each.rows)
    return {key: RowCount(key, len(some), sum(some)) for key, some in rows.items()}


def _there(
    heads: Mapping[tuple[int, int], ChunkHead], key: int
) -> dict[int, ChunkHead]:
    """Return the chunks of a Table, by number."""
    return {chunk: head for (of, chunk), head in heads.items() if of == key}


def _touched(slices: Iterable[Slice], there: Mapping[int, ChunkHead]) -> set[int]:
    """Return the numbers of all chunks that are not what they were."""
    touched: set[int] = set()
    for each in slices:
        touched.update(chunks_of(each).tolist())
        if each.low <= each.high:
            low, high = each.low // CHUNK, each.high // CHUNK
            touched.update(chunk for chunk in there if low <= chunk <= high)
    return touched


# In threads.


def _plan(
    numbers: Iterable[int], slices: Sequence[Slice], there: Mapping[int, ChunkHead]
) -> list[list[int]]:
    """Return some chunks and all that slices touch, parted for little memory."""
    return list(_steps(sorted({*numbers, *_touched(slices, there)}), slices, there))


def _steps(
    numbers: list[int], slices: Iterable[Slice], there: Mapping[int, ChunkHead]
) -> Iterator[list[int]]:
    blocks = [block for each in slices for block in each.blocks]
    # What a new chunk may come to.
    new = max([block.shelf.width + 8 for block in blocks], default=8) * CHUNK
    step: list[int] = []
    size = 0
    for each in numbers:
        more = there[each].size if each in there else new
        if step and size + more > _STEP:
            yield step
            step, size = [], 0
        step.append(each)
        size += more
    if step:
        yield step


def _read(room_id: str, records: Iterable[tuple[int, RowsRecord]]) -> list[Slice]:
    found = []
    for number, record in records:
        try:
            found.append(read_slice(record))
        except PeerError as error:
            raise DamagedJournal(room_id, number, str(error)) from error
    return found


def _merge(
    room_id: str, numbers: list[int], chunks: Iterable[Chunk], slices: Iterable[Slice]
) -> list[Block]:
    before = [Slice(blocks_of(room_id, each)) for each in chunks]
    low, high = numbers[0] * CHUNK, numbers[-1] * CHUNK + CHUNK - 1
    return merged([*before, *[each.between(low, high) for each in slices]])


def _make(room_id: str, key: int, number: int, blocks: Iterable[Block]) -> list[Chunk]:
    return [
        make_chunk(room_id, key, chunk, number, held)
        for chunk, held in parted(blocks).items()
    ]
