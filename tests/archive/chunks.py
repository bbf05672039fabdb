"""What every Archive does with the rows of Tables, which it keeps in chunks."""

from __future__ import annotations

from attrs import evolve

from nexus.archive.port import Status
from nexus.journal.chunk import Chunk
from tests.archive.contract import ArchiveContract

__all__ = ["ChunkContract"]


def chunk(key: int, number: int, payload: bytes = b"\0rows\xff") -> Chunk:
    """Make a chunk of rows."""
    return Chunk(key, number, 3, 12, payload, b"sum")


class ChunkContract(ArchiveContract):
    """The behaviour of an Archive to whoever keeps rows in it."""

    async def test_chunks(self) -> None:
        """Chunks of rows are kept apart, by Table, and others take their places."""
        await self.create()
        first = [chunk(9, 700), chunk(9, 2), chunk(4, 2, b"")]
        self.assertTrue(await self.archive.put_chunks("r", 1, first))
        newer = evolve(chunk(9, 2, b"newer"), number=8, rows=1)
        self.assertTrue(
            await self.archive.put_chunks("r", 1, [newer], [(4, 2, 8), (5, 5, 8)])
        )

        heads = await self.archive.chunks("r")
        self.assertEqual(heads, [newer.head, chunk(9, 700).head])
        self.assertEqual(heads[0].size, 5)
        found = await self.archive.read_chunks("r", 9, [700, 2, 3])
        self.assertEqual(found, [newer, chunk(9, 700)])
        self.assertEqual(await self.archive.read_chunks("r", 4, [2]), [])

    async def test_chunks_that_are_newer(self) -> None:
        """What was folded long ago and comes late takes the place of nothing newer."""
        await self.create()
        newer = [evolve(chunk(9, each, b"newer"), number=8) for each in (1, 2)]
        await self.archive.put_chunks("r", 1, newer)
        late = [chunk(9, 1), chunk(9, 3)]
        await self.archive.put_chunks("r", 1, late, [(9, 2, 3)])

        found = await self.archive.read_chunks("r", 9, [1, 2, 3])
        self.assertEqual(found, [*newer, late[1]])
        again = evolve(newer[0], payload=b"again")
        await self.archive.put_chunks("r", 1, [again], [(9, 2, 8)])
        found = await self.archive.read_chunks("r", 9, [1, 2, 3])
        self.assertEqual(found, [again, late[1]])

    async def test_many_chunks(self) -> None:
        """However many there are, all are listed in order, and found."""
        await self.create()
        made = [chunk(key, n, b"x") for key in (3, 5) for n in range(1100)]
        await self.archive.put_chunks("r", 1, made)

        heads = await self.archive.chunks("r")
        self.assertEqual(heads, [each.head for each in made])
        found = await self.archive.read_chunks("r", 5, range(1100))
        self.assertEqual(found, made[1100:])

    async def test_chunks_of_an_owner_that_is_over(self) -> None:
        """Nobody but the newest owner writes chunks."""
        await self.create()
        await self.archive.put_chunks("r", 1, [chunk(9, 1)])
        await self.archive.claim("r", "node-2")

        late = await self.archive.put_chunks("r", 1, [chunk(9, 2)], [(9, 1, 3)])
        self.assertFalse(late)
        self.assertFalse(await self.archive.put_chunks("x", 1, [chunk(9, 2)]))
        self.assertEqual(await self.archive.chunks("r"), [chunk(9, 1).head])

    async def test_chunks_go_with_their_room(self) -> None:
        """A Room that takes the place of one that ended has none of its rows."""
        made = await self.create()
        await self.archive.put_chunks("r", 1, [chunk(9, 1)])
        await self.archive.update(evolve(made, status=Status.CLOSED), [])
        await self.create()

        self.assertEqual(await self.archive.chunks("r"), [])
