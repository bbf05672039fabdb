"""Tests of `nexus.match.keeper`, with its writer and its Rooms, in virtual time."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from nexus.archive.port import Status
from nexus.errors import Close, Refused
from nexus.testing import Guest, Harness
from tests.room.bank import banking


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
