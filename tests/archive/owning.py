"""What every Archive does where one owner comes after another."""

from __future__ import annotations

from attrs import evolve

from nexus.archive.port import Member, Status
from tests.archive.contract import ArchiveContract

__all__ = ["OwningContract"]


class OwningContract(ArchiveContract):
    """The behaviour of an Archive to whoever comes too late."""

    async def test_claim_of_what_was_seen(self) -> None:
        """Whoever has seen the owner of before takes nothing from the one of now."""
        await self.create()
        claimed = await self.archive.claim("r", "node-2", 1)
        late = await self.archive.claim("r", "node-3", 1)
        many = await self.archive.claim_many({"r": 1}, "node-3")
        found = await self.archive.read("r")

        assert found is not None
        self.assertEqual((late, dict(many)), (None, {}))
        self.assertEqual((found.card, found.card.owner), (claimed, "node-2"))
        many = await self.archive.claim_many({"r": 2}, "node-3")
        self.assertEqual((many["r"].card.epoch, many["r"].card.owner), (3, "node-3"))

    async def test_room_is_put_back(self) -> None:
        """A Room that does not go on sleeps on, unless somebody else has it."""
        made, sleeps = await self.create(), Status.HIBERNATING
        there = [Member(session_id="s")]
        await self.archive.update(evolve(made, status=Status.HIBERNATING), there)
        self.assertFalse(await self.archive.put_back("r", 1, "node-1", sleeps))
        await self.archive.claim("r", "node-2", 1)
        for room_id, epoch, owner in (
            ("r", 1, "node-1"),
            ("r", 2, "node-1"),
            ("r", 1, "node-2"),
            ("s", 2, "node-2"),
        ):
            self.assertFalse(await self.archive.put_back(room_id, epoch, owner, sleeps))
        self.assertTrue(await self.archive.put_back("r", 2, "node-2", Status.ACTIVE))
        resting = evolve(made, owner="", epoch=2)
        self.assertEqual(await self.archive.find("r"), resting)
        await self.archive.claim("r", "node-2", 2)
        self.assertTrue(await self.archive.put_back("r", 3, "node-2", sleeps))

        asleep = evolve(made, status=Status.HIBERNATING, owner="", epoch=3)
        self.assertEqual(await self.archive.find("r"), asleep)
        self.assertIsNotNone(await self.archive.claim("r", "node-3", 3))

    async def test_refresh_that_comes_late(self) -> None:
        """An owner that stopped in good order is not taken for one that runs still."""
        made = await self.create()
        stopped = evolve(made, owner="", clients=1)
        await self.archive.update(stopped, [])
        await self.archive.refresh([(evolve(made, clients=5), [])])

        self.assertEqual(await self.archive.find("r"), stopped)
