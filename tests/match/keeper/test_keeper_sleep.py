"""Tests of `nexus.match.keeper.keeper`: Rooms that sleep, and wake or end."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import SynchronousTestCase

from nexus.app import App
from nexus.archive.memory import MemoryArchive
from nexus.archive.port import Status
from nexus.errors import Refused
from nexus.room import Context
from nexus.store.port import DatabaseFull
from nexus.testing import Harness
from tests.room.bank import Bank, banking


class SleepTests(SynchronousTestCase):
    def test_empty_room_sleeps_and_wakes(self) -> None:
        """A Room that nobody is in rests; whoever asks for it by its id wakes it."""
        with banking() as house:
            ada = house.join_or_create()
            ada.command("add", 7)
            room = house.rooms[0].room
            ada.leave()
            house.advance(50)
            self.assertEqual(len(house.rooms), 1)
            house.advance(15)

            self.assertEqual(house.rooms, [])
            self.assertEqual(room.diary, ["create", "hibernate"])
            card = house.archive.rooms[ada.room_id].card
            self.assertIs(card.status, Status.HIBERNATING)
            bob = house.join_by_id(ada.room_id)
            [woken] = house.rooms
            self.assertEqual(woken.room.diary, ["sleep"])
            self.assertEqual(bob.command("add", 1), 8)
            house.tick()
            self.assertLess(bob.replica.version, 1000)

    def test_room_whose_maker_never_comes_ends(self) -> None:
        """Asking for Rooms fills no database: who asked has to come, or it ends."""
        with banking() as house:
            context = Context("", "10.9.9.9", {})
            asking = house.matchmaker.create("bank", {}, context)
            seat = self.successResultOf(Deferred.fromCoroutine(asking))
            made = house.matchmaker.create_room("bank")
            ours = self.successResultOf(Deferred.fromCoroutine(made))
            house.advance(100)

            kept = house.archive.rooms
            self.assertEqual(house.rooms, [])
            self.assertIs(kept[seat.listing.room_id].card.status, Status.CLOSED)
            self.assertIs(kept[ours.room_id].card.status, Status.HIBERNATING)

    def test_who_wakes_a_room_and_does_not_come(self) -> None:
        """A Room that was woken for nobody sleeps on when the seat is free again."""
        with banking() as house:
            ada = house.join_or_create()
            ada.command("add", 7)
            ada.leave()
            house.advance(100)
            joining = house.matchmaker.join_by_id(
                ada.room_id, {}, Context("", "10.9.9.9", {})
            )
            self.successResultOf(Deferred.fromCoroutine(joining))
            self.assertEqual(len(house.rooms), 1)
            house.advance(20)

            self.assertEqual(house.rooms, [])
            card = house.archive.rooms[ada.room_id].card
            self.assertIs(card.status, Status.HIBERNATING)
            self.assertEqual(house.join_by_id(ada.room_id).command("add", 1), 8)
            house.advance(50)
            self.assertEqual(len(house.rooms), 1)

    def test_room_that_its_maker_left_sleeps(self) -> None:
        """Once somebody was in it a Room is worth to be kept."""
        with banking() as house:
            ada = house.join_or_create()
            ada.leave()
            house.advance(100)

            card = house.archive.rooms[ada.room_id].card
            self.assertIs(card.status, Status.HIBERNATING)

    def test_sleeping_room_outlives_its_node(self) -> None:
        """What sleeps is not woken by a start, but by whoever comes."""
        with banking() as house:
            ada = house.join_or_create()
            ada.leave()
            house.advance(70)
            house.crash()
            self.assertEqual(house.rooms, [])

            bob = house.join_by_id(ada.room_id)
            self.assertEqual(bob.room.room.diary, ["sleep"])

    def test_by_code_and_by_key(self) -> None:
        """A Room that sleeps is found by its code, or by what only it has."""
        app = App()
        app.define("bank", Bank, codes=True, unique_by=["town"])
        with Harness(app) as house:
            ada = house.join_or_create(town="Ulm")
            code = str(house.rooms[0].code)
            for name in (code.lower(), None):
                ada.leave()
                house.advance(70)
                self.assertEqual(house.rooms, [])
                other = house.join_or_create(town="Bonn")
                if name is None:
                    again = house.join_or_create(town="Ulm")
                else:
                    again = house.join_by_id(name)
                self.assertEqual(again.room_id, ada.room_id)
                self.assertEqual(again.room.code, code)
                other.leave()
                ada = again

    def test_two_who_wake_at_once(self) -> None:
        """Whoever comes while a Room wakes waits for the same one."""
        woken: list[Any] = []

        async def on_restore(self: Any, info: Any) -> None:
            woken.append(info.reason)
            await self.clock.sleep(1)

        with banking(on_restore=on_restore) as house:
            ada = house.join_or_create()
            ada.leave()
            house.advance(70)
            ask = house.matchmaker.join_by_id
            both = [ask(ada.room_id, {}), ask(ada.room_id, {})]
            node = house._node
            seats = [node.finish(_both(both), "bank")][0]

            self.assertEqual(woken, ["sleep"])
            self.assertEqual(len({each.session_id for each in seats}), 2)
            self.assertEqual(len(house.rooms), 1)

    def test_room_that_is_joined_as_it_goes_to_sleep(self) -> None:
        """Who comes a moment too late waits, and wakes it; nothing is a crash."""

        async def on_hibernate(self: Any) -> None:
            await self.clock.sleep(2)

        with banking(on_hibernate=on_hibernate) as house:
            ada = house.join_or_create()
            ada.command("add", 3)
            ada.leave()
            while house.rooms:
                house.advance(0.5)
            bob = house.join_by_id(ada.room_id)

            self.assertEqual(bob.room.room.diary, ["sleep"])
            self.assertEqual(bob.command("add", 1), 4)

    def test_ended_room_does_not_wake(self) -> None:
        """A Room that its author ended is gone for good."""
        with banking() as house:
            ada = house.join_or_create()
            room = house.rooms[0].room
            ada.leave()
            _ = Deferred.fromCoroutine(room.disconnect())
            house.advance(1)

            card = house.archive.rooms[ada.room_id].card
            self.assertIs(card.status, Status.CLOSED)
            self.assertRaises(Refused, house.join_by_id, ada.room_id)
            house.crash()
            self.assertEqual(house.rooms, [])

    def test_room_that_ends_while_the_database_is_away_has_ended(self) -> None:
        """The archive is told of it later, and the Room does not come back."""
        with banking() as house:
            ada = house.join_or_create()
            with house.outage():
                closing = Deferred.fromCoroutine(ada.room.room.disconnect())
                house.advance(30)
                self.assertTrue(closing.called)
                self.assertEqual(house.rooms, [])
            house.advance(3)

            card = house.archive.rooms[ada.room_id].card
            self.assertIs(card.status, Status.CLOSED)
            house.crash()
            self.assertEqual(house.rooms, [])

    def test_end_that_a_full_database_does_not_take(self) -> None:
        """It is told again when there is room, and the Room does not come back."""
        before, script = MemoryArchive.update, [DatabaseFull("full")] * 3

        async def update(archive: MemoryArchive, *said: Any) -> bool:
            if script:
                raise script.pop()
            return await before(archive, *said)

        with banking() as house:
            ada = house.join_or_create()
            house.advance(2)
            self.patch(MemoryArchive, "update", update)
            _ = Deferred.fromCoroutine(ada.room.room.disconnect())
            house.advance(0.5)
            self.assertRaises(Refused, house.join_by_id, ada.room_id)
            house.advance(4)

            card = house.archive.rooms[ada.room_id].card
            self.assertIs(card.status, Status.CLOSED)

    def test_room_whose_kind_was_removed_ends(self) -> None:
        """Nobody may ask for its kind any more; it still rests, or ends for good."""
        app = App()
        app.define("bank", Bank, unique_by=["town"])
        with Harness(app) as house:
            ada = house.join_or_create(town="Ulm")
            bob = house.join_or_create(town="Bonn")
            app.catalog.remove("bank")
            ada.leave()
            house.advance(70)
            _ = Deferred.fromCoroutine(bob.room.room.disconnect())
            house.advance(1)

            cards = [house.archive.rooms[each.room_id].card for each in (ada, bob)]
            statuses = [each.status for each in cards]
            self.assertEqual(statuses, [Status.HIBERNATING, Status.CLOSED])
            self.assertEqual(cards[0].key, '["Ulm"]')
            self.assertEqual(len(house.matchmaker.registry.closing), 0)

    def test_ended_room_is_not_woken_before_its_end_is_told(self) -> None:
        """What the archive still takes for a Room that runs is over all the same."""
        with banking() as house:
            ada = house.join_or_create()
            with house.outage():
                closing = Deferred.fromCoroutine(ada.room.room.disconnect())
                house.advance(30)
                self.assertTrue(closing.called)
            self.assertRaises(Refused, house.join_by_id, ada.room_id)
            self.assertRaises(Refused, ada.rejoin)
            house.advance(3)

            card = house.archive.rooms[ada.room_id].card
            self.assertIs(card.status, Status.CLOSED)

    def test_end_is_told_before_the_node_stops(self) -> None:
        """A Node that stops just after its database is back leaves no Room behind."""
        with banking() as house:
            ada = house.join_or_create()
            with house.outage():
                closing = Deferred.fromCoroutine(ada.room.room.disconnect())
                house.advance(30)
                self.assertTrue(closing.called)
            house.restart()

            card = house.archive.rooms[ada.room_id].card
            self.assertEqual((card.status, house.rooms), (Status.CLOSED, []))

    def test_end_that_cannot_be_told_before_the_node_stops(self) -> None:
        """A Node waits no longer than it may, and the Room comes back, as is said."""
        with banking() as house:
            ada = house.join_or_create()
            with house.outage():
                closing = Deferred.fromCoroutine(ada.room.room.disconnect())
                house.advance(30)
                self.assertTrue(closing.called)
                storage = house._node._life.storage
                assert storage is not None
                before = house.now
                stopping = Deferred.fromCoroutine(storage.keeper.finish(5))
                house.advance(4)
                self.assertNoResult(stopping)
                house.advance(2)
                self.successResultOf(stopping)
            self.assertEqual(house.now, before + 6)
            house.crash()

            self.assertEqual([each.room_id for each in house.rooms], [ada.room_id])

    def test_no_sleep_while_the_database_is_behind(self) -> None:
        """What cannot be saved stays awake."""
        with banking() as house:
            ada = house.join_or_create()
            with house.outage():
                ada.send("soon", 1)
                house.advance(60)
                ada.leave()
                house.advance(100)
                self.assertEqual(len(house.rooms), 1)
            house.advance(70)

            self.assertEqual(house.rooms, [])
            bob = house.join_by_id(ada.room_id)
            self.assertEqual(bob.room.state.total, 1)


async def _both(works: list[Any]) -> list[Any]:
    """Do two things at once."""
    return list(await gatherResults(map(Deferred.fromCoroutine, works)))
