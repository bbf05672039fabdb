"""Tests of `nexus.match.keeper.handover`: Rooms that change while they are woken."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from nexus.archive.memory import MemoryArchive
from nexus.archive.port import Card, Status
from nexus.errors import Code, Refused
from nexus.store.port import DatabaseAway
from nexus.testing import Guest, Harness
from tests.room.bank import banking


class HandoverTests(SynchronousTestCase):
    def asleep(self, house: Harness) -> Guest:
        """Return a guest of before, of a Room that sleeps."""
        ada = house.join_or_create()
        ada.command("add", 7)
        ada.leave()
        house.advance(61)
        self.assertEqual(house.rooms, [])
        return ada

    def card(self, house: Harness, guest: Guest) -> Card:
        """Return what the archive knows of the Room of a guest."""
        return house.archive.rooms[guest.room_id].card

    def claim_before(self, method: str, guest: Guest) -> None:
        """Let another Node claim a Room a moment before the archive is asked for it."""
        left, before = [None], getattr(MemoryArchive, method)

        async def late(archive: MemoryArchive, *said: Any) -> Any:
            if left:
                left.pop()
                await MemoryArchive.claim(archive, guest.room_id, "another")
            return await before(archive, *said)

        self.patch(MemoryArchive, method, late)

    def asked(self, house: Harness, guest: Guest) -> Deferred[Any]:
        """Ask for the Room of a guest."""
        keeper = house.matchmaker.search.keeper
        assert keeper is not None
        asking = Deferred.fromCoroutine(keeper.wake(guest.room_id))
        house.advance(0)
        return asking

    def test_node_that_died_since_rooms_were_listed(self) -> None:
        """What it may have shown is not taken for what comes later: versions jump."""
        with banking() as house:
            ada = house.join_or_create()
            ada.command("add", 7)
            before = ada.replica.version
            self.claim_before("claim_many", ada)
            house.restart()
            [room] = house.rooms

            self.assertEqual(room.room.diary, ["crash"])
            self.assertEqual(self.card(house, ada).epoch, 3)
            ada.rejoin()
            house.tick()
            self.assertEqual(ada.resumed, "snapshot")
            self.assertGreater(ada.replica.version, before + 999_999)

    def test_room_that_changes_hands_all_the_time(self) -> None:
        """A Node that starts leaves it, as whoever was faster runs it."""
        with banking() as house:
            ada = house.join_or_create()
            claim = MemoryArchive.claim

            async def late(archive: MemoryArchive, room_id: str, *said: Any) -> Any:
                await claim(archive, room_id, "another")
                return await claim(archive, room_id, *said)

            self.patch(MemoryArchive, "claim", late)
            house.crash()
            self.assertEqual(house.rooms, [])
            self.patch(MemoryArchive, "claim", claim)

            refused = self.assertRaises(Refused, house.join_by_id, ada.room_id)
            self.assertIn("another node runs this room", str(refused))

    def test_room_that_ends_elsewhere_since_it_was_listed(self) -> None:
        """A Node that starts lets nothing go on that is over meanwhile."""
        with banking() as house:
            ada = house.join_or_create()
            many = MemoryArchive.claim_many

            async def over(archive: MemoryArchive, *said: Any) -> Any:
                del archive.rooms[ada.room_id]
                return await many(archive, *said)

            self.patch(MemoryArchive, "claim_many", over)
            house.crash()

            self.assertEqual((house.rooms, house.failures), ([], []))

    def test_node_that_wakes_it_first(self) -> None:
        """A Room that slept when it was looked at is not taken from who runs it."""
        with banking() as house:
            ada = self.asleep(house)
            self.claim_before("claim", ada)
            refused = self.assertRaises(Refused, house.join_by_id, ada.room_id)

            self.assertIn("another node runs this room", str(refused))
            card = self.card(house, ada)
            self.assertEqual((card.owner, card.epoch), ("another", 2))

    def test_room_that_others_wake_all_the_time(self) -> None:
        """Whoever is never fast enough is asked to try again, and not refused."""
        with banking() as house:
            ada = self.asleep(house)
            claim = MemoryArchive.claim

            async def late(archive: MemoryArchive, room_id: str, *said: Any) -> Any:
                card = await claim(archive, room_id, "another")
                assert card is not None
                await archive.put_back(
                    room_id, card.epoch, "another", Status.HIBERNATING
                )
                return await claim(archive, room_id, *said)

            self.patch(MemoryArchive, "claim", late)
            refused = self.assertRaises(Refused, house.join_by_id, ada.room_id)
            self.patch(MemoryArchive, "claim", claim)

            self.assertEqual(refused.code, Code.STOPPING)
            self.assertEqual(self.card(house, ada).epoch, 4)
            house.join_by_id(ada.room_id)

    def test_database_that_is_away_from_a_hook(self) -> None:
        """A start that tries a Room again goes on from what the first try wrote."""
        failing = [True]

        async def on_restore(self: Any, info: Any) -> None:
            self.state.rung += 1
            await self.clock.sleep(0.3)
            if failing:
                failing.pop()
                raise DatabaseAway("the author asked for something")

        with banking(on_restore=on_restore) as house:
            ada = house.join_or_create()
            ada.command("add", 7)
            house.crash()
            house.advance(5)
            [room] = house.rooms

            self.assertEqual((failing, house.failures), ([], []))
            ada.rejoin()
            self.assertEqual(ada.command("add", 1), 8)
            self.assertEqual(room.state.rung, 2)
            self.assertEqual(self.card(house, ada).epoch, 3)

    def test_database_that_stays_away_after_a_hook(self) -> None:
        """However long the first try cannot be written, the start waits for that."""
        failing = [True]

        async def on_restore(self: Any, info: Any) -> None:
            if failing:
                failing.pop()
                house.archive.away = "the test says so"
                await self.clock.sleep(0.3)
                raise DatabaseAway("the author asked for something")

        with banking(on_restore=on_restore) as house:
            ada = house.join_or_create()
            ada.command("add", 7)
            house.crash()
            house.advance(40)
            self.assertEqual(house.rooms, [])
            house.archive.away = ""
            house.advance(20)

            self.assertEqual(len(house.rooms), 1)
            ada.rejoin()
            self.assertEqual(ada.command("add", 1), 8)

    def test_room_that_cannot_wake_sleeps_on(self) -> None:
        """It can be woken later, or is given up when nobody comes."""
        wrong: list[Exception] = [KeyError("old save")]

        def on_restore(self: Any, info: Any) -> None:
            self.diary = [info.reason]
            if wrong:
                raise wrong[0]

        with banking(on_restore=on_restore) as house:
            ada = self.asleep(house)
            for error in (KeyError("old save"), Refused("not today"), DatabaseAway("")):
                wrong[:] = [error]
                self.assertRaises(Refused, house.join_by_id, ada.room_id)
                card = self.card(house, ada)
                self.assertEqual((card.status, card.owner), (Status.HIBERNATING, ""))
            self.assertEqual(card.epoch, 4)
            _ = house.failures
            wrong.clear()
            bob = house.join_by_id(ada.room_id)
            self.assertEqual(house.rooms[0].room.diary, ["sleep"])
            self.assertEqual(bob.command("add", 1), 8)

            bob.leave()
            house.advance(61)
            wrong.append(KeyError("old save"))
            self.assertRaises(Refused, house.join_by_id, ada.room_id)
            _ = house.failures
            house.advance(25 * 3600)
            self.assertIs(self.card(house, ada).status, Status.ABANDONED)

    def test_room_that_cannot_wake_while_the_database_is_away(self) -> None:
        """Whoever comes for it later wakes it all the same."""
        with banking() as house:
            ada = self.asleep(house)
            read = MemoryArchive.read

            async def fail(archive: MemoryArchive, *said: Any) -> Any:
                archive.away = "a cable"
                return await read(archive, *said)

            self.patch(MemoryArchive, "read", fail)
            refused = self.assertRaises(Refused, house.join_by_id, ada.room_id)
            self.assertEqual(refused.code, Code.STOPPING)
            self.patch(MemoryArchive, "read", read)
            house.archive.away = ""

            self.assertEqual(house.join_by_id(ada.room_id).command("add", 1), 8)

    def test_room_that_cannot_go_on_at_a_start(self) -> None:
        """One that was running is kept as such, and the next start tries again."""
        wrong: list[Exception] = [KeyError("old save")]

        def on_restore(self: Any, info: Any) -> None:
            if wrong:
                raise wrong[0]

        with banking(on_restore=on_restore) as house:
            ada = house.join_or_create()
            house.crash()
            self.assertRaises(Refused, house.join_by_id, ada.room_id)
            self.assertIs(self.card(house, ada).status, Status.ACTIVE)
            self.assertEqual(len(house.failures), 2)
            wrong.clear()
            house.restart()

            self.assertEqual(len(house.rooms), 1)
            ada.rejoin()

    def test_room_that_rested_and_cannot_go_on(self) -> None:
        """A Node that stopped in good order is not taken for one that died."""
        wrong: list[Exception] = [KeyError("old save")]

        def on_restore(self: Any, info: Any) -> None:
            self.diary = [info.reason]
            if wrong:
                raise wrong[0]

        with banking(on_restore=on_restore) as house:
            ada = house.join_or_create()
            ada.command("add", 7)
            version = ada.replica.version
            for error in (KeyError("old save"), Refused("not today")):
                wrong[:] = [error]
                house.restart()
                card = self.card(house, ada)
                self.assertEqual((card.status, card.owner), (Status.ACTIVE, ""))
            self.assertRaises(Refused, house.join_by_id, ada.room_id)
            _ = house.failures
            wrong.clear()
            house.restart()

            self.assertEqual(house.rooms[0].room.diary, ["restart"])
            ada.rejoin()
            self.assertEqual(ada.command("add", 1), 8)
            self.assertLess(ada.replica.version, version + 1000)

    def test_one_who_goes_away_as_it_wakes_the_room(self) -> None:
        """Others who wait for the Room get it all the same, as it slept."""
        gate: Deferred[None] = Deferred()
        read = MemoryArchive.read

        async def slow(archive: MemoryArchive, *said: Any) -> Any:
            self.patch(MemoryArchive, "read", read)
            await gate
            return await read(archive, *said)

        with banking() as house:
            ada = self.asleep(house)
            self.patch(MemoryArchive, "read", slow)
            asking = [self.asked(house, ada) for _ in range(3)]
            asking[0].cancel()
            house.advance(0)

            failed = self.failureResultOf(asking[0], Refused)
            self.assertEqual(failed.value.code, Code.STOPPING)
            [room] = house.rooms
            for each in asking[1:]:
                self.assertIs(self.successResultOf(each), room.room.actor)
            self.assertEqual(room.room.diary, ["sleep"])
