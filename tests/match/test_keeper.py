"""Tests of `nexus.match.keeper`, with its writer and its Rooms, in virtual time."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import SynchronousTestCase

from nexus.app import App
from nexus.archive.memory import MemoryArchive
from nexus.archive.port import Status
from nexus.errors import Close, Refused
from nexus.room import Context
from nexus.store.port import DatabaseFull
from nexus.testing import Guest, Harness
from tests.room.bank import Bank, banking


class FaultTests(SynchronousTestCase):
    def damage(self, house: Harness, guest: Guest) -> None:
        """Flip a bit in what is stored of a Room."""
        kept = house.archive.rooms[guest.room_id]
        entry = kept.entries[max(kept.entries)]
        payload = bytes([entry.payload[0], entry.payload[1] ^ 1, *entry.payload[2:]])
        kept.entries[entry.number] = evolve(entry, payload=payload)

    def test_damaged_room_is_set_aside(self) -> None:
        """A Room that cannot be read costs no other one, and is named."""
        with banking(max_clients=1) as house:
            ada, bob = house.join_or_create(), house.join_or_create()
            for each in (ada, bob):
                each.command("add", 1)
            self.damage(house, ada)
            house.crash()

            [room] = house.rooms
            self.assertEqual(room.room_id, bob.room_id)
            card = house.archive.rooms[ada.room_id].card
            self.assertIs(card.status, Status.QUARANTINED)
            self.assertIn(ada.room_id, card.reason)
            self.assertRaises(Refused, ada.rejoin)
            self.assertRaises(Refused, house.join_by_id, ada.room_id)
            [failed] = house.failures
            self.assertEqual(failed.room_id, ada.room_id)
            bob.rejoin()

    def test_damage_that_compaction_finds(self) -> None:
        """A Room that lives on what cannot be read is ended, and set aside."""
        with banking() as house:
            ada = house.join_or_create()
            ada.command("add", 1)
            self.damage(house, ada)
            for _ in range(80):
                if ada.is_in:
                    ada.command("add", 1)
                    house.advance(10)
            _ = self.flushLoggedErrors()

            self.assertEqual(ada.closed[0] if ada.closed else 0, Close.MAY_REJOIN)
            card = house.archive.rooms[ada.room_id].card
            self.assertIs(card.status, Status.QUARANTINED)

    def test_on_restore_that_raises(self) -> None:
        """A Room whose code cannot go on stays in the archive until it can."""
        wrong: list[Exception] = [KeyError("old save")]

        def on_restore(self: Any, info: Any) -> None:
            if wrong:
                raise wrong[0]

        with banking(on_restore=on_restore) as house:
            ada = house.join_or_create()
            ada.command("add", 7)
            house.crash()

            self.assertEqual(house.rooms, [])
            [failed] = house.failures
            self.assertIsInstance(failed.error, KeyError)
            self.assertRaises(Refused, house.join_by_id, ada.room_id)
            self.assertEqual(len(house.failures), 2)
            wrong.clear()
            bob = house.join_by_id(ada.room_id)
            self.assertEqual(bob.command("add", 1), 8)
            ada.rejoin()
            self.assertEqual(ada.command("add", 1), 9)

    def test_owner_that_was_superseded(self) -> None:
        """Who learns that another owns its Room ends it at once."""
        with banking() as house:
            ada = house.join_or_create()
            claim = house.archive.claim(ada.room_id, "another")
            self.assertRaises(StopIteration, claim.send, None)
            order = ada.order("add", 1)
            house.advance(0.2)

            self.assertFalse(order.is_answered)
            self.assertEqual(ada.closed[0] if ada.closed else 0, Close.MAY_REJOIN)
            self.assertEqual(house.rooms, [])

    def test_owner_of_before_sets_nothing_aside(self) -> None:
        """A Room that is too large for its last owner is the next one's to judge."""
        with banking() as house:
            ada = house.join_or_create()
            keeper = house.matchmaker.search.keeper
            assert keeper is not None
            claim = house.archive.claim(ada.room_id, "another")
            self.assertRaises(StopIteration, claim.send, None)
            keeper.damaged(ada.room_id, ValueError("too large"))
            house.advance(1)

            card = house.archive.rooms[ada.room_id].card
            self.assertEqual((card.status, card.owner), (Status.ACTIVE, "another"))
            self.assertEqual(house.rooms, [])

    def test_database_that_lost_what_it_had_committed(self) -> None:
        """A Room that lives is written whole: what follows is not built on a hole."""
        with banking() as house:
            ada = house.join_or_create()
            for _ in range(3):
                ada.command("add", 1)
            kept = house.archive.rooms[ada.room_id]
            for number in sorted(kept.entries)[-2:]:
                del kept.entries[number]
            self.assertEqual(ada.command("add", 1), 4)
            house.crash()
            ada.rejoin()

            self.assertEqual(ada.command("add", 1), 5)
            self.assertEqual(house.failures, [])

    def test_stored_number_stands_against_ours(self) -> None:
        """A Room in whose journal there is something else ends, and no other one."""
        with banking(max_clients=1) as house:
            ada, bob = house.join_or_create(), house.join_or_create()
            kept = house.archive.rooms[ada.room_id]
            last = kept.entries[max(kept.entries)]
            kept.entries[last.number + 1] = evolve(last, number=last.number + 1)
            lost, done = ada.order("add", 1), bob.order("add", 1)
            house.advance(1)

            self.assertEqual((lost.is_answered, done.answer), (False, 1))
            self.assertFalse(ada.is_in)
            self.assertTrue(bob.is_in)


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
