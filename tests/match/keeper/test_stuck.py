"""Tests of `nexus.match.keeper.stuck`: which Rooms could not go on, and until when."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from twisted.internet.defer import CancelledError
from twisted.trial.unittest import SynchronousTestCase

from nexus.app import App
from nexus.archive.memory import MemoryArchive
from nexus.archive.port import Status
from nexus.errors import Code, Refused
from nexus.store.port import DatabaseAway, StoreError
from nexus.testing import Guest, Harness
from tests.room.bank import Bank, banking


def stuck(house: Harness) -> int:
    """Return how many Rooms the Node knows that cannot go on."""
    storage = house._node._life.storage
    assert storage is not None
    count: int = storage.health().stuck
    return count


def asleep(house: Harness) -> Guest:
    """Return somebody whose Room sleeps since."""
    ada = house.join_or_create()
    ada.command("add", 7)
    ada.leave()
    house.advance(70)
    return ada


class StuckTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Let a Room raise whatever is wrong as it goes on."""
        self.wrong: list[BaseException] = []

        def on_restore(room: Any, info: Any) -> None:
            if self.wrong:
                raise self.wrong[0]

        self.house = banking(on_restore=on_restore)
        self.addCleanup(self.house.close)

    def failed(self, count: int) -> None:
        """Check how many Rooms could not go on for a reason that is logged."""
        self.assertEqual(len(self.house.failures), count)

    def test_start(self) -> None:
        """A Room whose code cannot go on is counted from the start until it wakes."""
        ada = self.house.join_or_create()
        self.wrong.append(KeyError("old save"))
        self.house.crash()
        self.failed(1)
        self.assertEqual(stuck(self.house), 1)
        self.house.advance(60)
        self.assertEqual(stuck(self.house), 1)
        self.wrong.clear()
        self.house.join_by_id(ada.room_id)

        self.assertEqual(stuck(self.house), 0)

    def test_wake(self) -> None:
        """So is one that sleeps, once however often it is asked for."""
        ada = asleep(self.house)
        self.wrong.append(Refused("not today", Code.NO_ROOM))
        for _ in range(3):
            self.assertRaises(Refused, self.house.join_by_id, ada.room_id)
        self.assertEqual(stuck(self.house), 1)
        self.wrong.clear()
        self.house.join_by_id(ada.room_id)

        self.assertEqual(stuck(self.house), 0)

    def test_errors_that_say_nothing_of_the_room(self) -> None:
        """A database that is away, a Node that is full, or an ended call counts not."""
        ada = asleep(self.house)
        for error, count in (
            (DatabaseAway("gone"), 0),
            (CancelledError(), 0),
            (Refused("this node has no place for another room", Code.LIMIT), 0),
            (Refused("the node stops", Code.STOPPING), 0),
            (StoreError("what is this?"), 1),
        ):
            self.wrong[:] = [error]
            self.assertRaises(Refused, self.house.join_by_id, ada.room_id)
            self.assertEqual(stuck(self.house), count, error)

    def test_damage(self) -> None:
        """What is set aside is counted as such, and not here."""
        ada = self.house.join_or_create()
        kept = self.house.archive.rooms[ada.room_id]
        kept.stored = evolve(kept.stored, checksum=bytes(16))
        self.house.crash()

        self.failed(1)
        self.assertIs(kept.card.status, Status.QUARANTINED)
        self.assertEqual(stuck(self.house), 0)

    def test_room_that_others_saw_to(self) -> None:
        """One that ended, was set aside, or runs elsewhere is counted no more."""
        for changes in (
            {"status": Status.ABANDONED},
            {"status": Status.QUARANTINED},
            {"status": Status.ACTIVE, "owner": "another"},
        ):
            ada = asleep(self.house)
            self.wrong[:] = [KeyError("old save")]
            self.assertRaises(Refused, self.house.join_by_id, ada.room_id)
            self.wrong.clear()
            kept = self.house.archive.rooms[ada.room_id]
            self.assertEqual(stuck(self.house), 1)
            kept.card = evolve(kept.card, **changes)
            self.house.advance(31)
            self.assertEqual(stuck(self.house), 0, changes)
        self.failed(3)

    def test_archive_that_cannot_say(self) -> None:
        """While nobody can say what became of a Room, it stays counted."""
        ada = asleep(self.house)
        self.wrong.append(KeyError("old save"))
        self.assertRaises(Refused, self.house.join_by_id, ada.room_id)
        del self.house.archive.rooms[ada.room_id]

        async def find(*_: Any) -> Any:
            raise StoreError("what is this?")

        with_find = self.patch(MemoryArchive, "find", find)
        self.house.advance(31)
        self.assertEqual(stuck(self.house), 1)
        with_find.restore()
        self.house.advance(31)
        self.assertEqual(stuck(self.house), 0)
        self.failed(1)

    def test_many(self) -> None:
        """All are looked at, some at a time."""
        app = App()
        app.define("bank", Bank)
        app.define("shop", Bank)
        with Harness(app) as house:
            for _ in range(40):
                house.create("bank")
            app.catalog.remove("bank")
            house.crash()
            self.assertEqual(stuck(house), 40)
            for each in list(house.archive.rooms)[20:]:
                del house.archive.rooms[each]
            house.advance(31)
            self.assertGreater(stuck(house), 20)
            house.advance(90)
            self.assertEqual(stuck(house), 20)
