"""What every Archive does where one owner comes after another."""

from __future__ import annotations

from attrs import evolve
from twisted.internet.defer import gatherResults

from nexus.archive.port import Member, Status
from tests.archive.chunks import ChunkContract
from tests.archive.contract import NOW, card, entry, stored
from tests.store.contract import spawned

__all__ = ["OwningContract"]


class OwningContract(ChunkContract):
    """The behaviour of an Archive to whoever comes too late."""

    async def test_owner_that_stopped(self) -> None:
        """An owner that stops in good order says so, and keeps its epoch."""
        made = await self.create()
        await self.archive.update(evolve(made, owner=""), [])
        [found] = await self.archive.cards(Status.ACTIVE)

        self.assertEqual((found.owner, found.epoch), ("", 1))

    async def test_two_owners(self) -> None:
        """Of two that believe to own a Room only the last to claim it can write."""
        made = await self.create()
        await self.archive.append([entry(number=1)])
        claimed = await self.archive.claim("r", "node-2")

        assert claimed is not None
        self.assertEqual((claimed.epoch, claimed.owner), (2, "node-2"))
        self.assertEqual(await self.archive.append([entry(number=2)]), {"r"})
        self.assertFalse(await self.archive.replace(1, stored(number=9), "{}", NOW))
        self.assertFalse(await self.archive.update(evolve(made, clients=9), []))
        self.assertFalse(await self.archive.quarantine("r", 1, "?"))
        fresh = entry(number=2, epoch=2, chain=b"other")
        self.assertEqual(await self.archive.append([fresh]), frozenset())
        found = await self.archive.read("r")
        assert found is not None
        self.assertEqual((found.card, found.stored), (claimed, stored()))
        self.assertEqual([one.epoch for one in found.entries], [1, 2])

    async def test_claims_of_many(self) -> None:
        """Rooms that are small are claimed and read together; others are left out."""
        for room_id in ("a", "b", "asleep", "over", "apart", "large"):
            await self.create(room_id)
        await self.archive.append([entry("b", number) for number in (1, 2, 3)])
        await self.archive.replace(1, stored("b", 1), "{}", NOW)
        await self.archive.update(
            card("asleep", status=Status.HIBERNATING, epoch=1), []
        )
        await self.archive.update(card("over", status=Status.CLOSED, epoch=1), [])
        await self.archive.quarantine("apart", 1, "it is damaged")
        found = await self.archive.claim_many(
            dict.fromkeys(["over", "b", "nobody", "asleep", "apart", "a"], 1), "node-2"
        )

        self.assertEqual(found.keys(), {"a", "b", "asleep"})
        for room_id, each in found.items():
            self.assertEqual(each, await self.archive.read(room_id))
            self.assertEqual((each.card.epoch, each.card.owner), (2, "node-2"))
            self.assertIs(each.card.status, Status.ACTIVE)
        self.assertEqual([each.number for each in found["b"].entries], [2, 3])
        self.assertEqual(await self.archive.append([entry("a")]), {"a"})
        self.assertEqual(await self.archive.claim_many({}, "node-2"), {})

    async def test_claims_at_once(self) -> None:
        """Of many that claim a Room at once each has an epoch, and one can write."""
        await self.create()
        claims = await gatherResults(
            spawned(self.archive.claim("r", f"node-{number}")) for number in range(10)
        )
        epochs = [one.epoch for one in claims if one is not None]
        stale = await gatherResults(
            spawned(self.archive.append([entry(epoch=epoch, chain=b"%d" % epoch)]))
            for epoch in epochs
        )
        found = await self.archive.read("r")

        assert found is not None
        self.assertEqual(sorted(epochs), list(range(2, 12)))
        self.assertEqual(sum(not one for one in stale), 1)
        self.assertEqual([one.chain for one in found.entries], [b"11"])

    async def test_stale_room_does_not_hurt_others(self) -> None:
        """What cannot be written of one Room leaves the others of a batch alone."""
        for room_id in "abc":
            await self.create(room_id)
        await self.archive.claim("b", "node-2")
        await self.archive.append([entry("c", 1), entry("c", 2, chain=b"foreign")])
        stale = await self.archive.append(
            [entry(room_id, number) for room_id in "abcd" for number in (1, 2)]
        )

        self.assertEqual(stale, {"b", "c", "d"})
        self.assertEqual(await self.numbers("a"), [1, 2])
        self.assertEqual(await self.numbers("b"), [])
        self.assertEqual(await self.numbers("c"), [1, 2])

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
