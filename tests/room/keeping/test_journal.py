"""Tests of `nexus.room.keeping.journal`: what waits in memory, in virtual time."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.room.keeping import journal
from tests.room.bank import banking


class JournalTests(SynchronousTestCase):
    def test_little_waits_for_a_database_that_is_away(self) -> None:
        """However long it is away, a client that goes on sending costs no more."""
        with banking(durability="saved") as house:
            ada = house.join_or_create()
            kept = house.rooms[0].room.actor.journal
            with house.outage():
                for _ in range(200):
                    ada.send("soon", 1)
                    house.advance(0.5)
                self.assertLess(len(kept._waiting), 5)
            house.advance(5)

            self.assertEqual((ada.unsent, house.rooms[0].state.total), (0, 200))

    def test_entry_that_nobody_could_read(self) -> None:
        """What is too long to be read back is not written; what was before stays."""
        with banking() as house:
            ada = house.join_or_create()
            ada.command("add", 7)
            self.patch(journal, "MAX_PAYLOAD", 1_000)
            house.rooms[0].state.accounts[ada.session_id].notes.append("x" * 1_001)
            house.advance(1)
            self.assertEqual(house.rooms, [])
            _ = self.flushLoggedErrors(ValueError)
            bob = house.join_by_id(ada.room_id)

            self.assertEqual(bob.command("add", 1), 8)
