"""Tests of who may set a Room aside: its owner, and nobody who was that before."""

from __future__ import annotations

from typing import Any
from unittest import mock

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from nexus.archive.memory import MemoryArchive
from nexus.archive.port import Status
from nexus.errors import Refused
from nexus.journal.chain import DamagedJournal
from nexus.store.port import Damaged
from nexus.testing import Guest, Harness
from tests.room.bank import banking


class SetAsideTests(SynchronousTestCase):
    def asleep(self, house: Harness) -> Guest:
        """Return somebody whose Room sleeps since."""
        ada = house.join_or_create()
        ada.command("add", 7)
        ada.leave()
        house.advance(70)
        self.assertEqual(house.rooms, [])
        return ada

    def found(self, house: Harness, room_id: str, epoch: int) -> None:
        """Let compaction find that what an owner wrote is damaged."""
        storage = house._node._life.storage
        assert storage is not None
        error = DamagedJournal(room_id, 3, "its rows are newer than its journal")
        storage.compactor._on_damaged(room_id, epoch, error)
        house.advance(1)

    def test_word_of_an_earlier_life(self) -> None:
        """A Room that woke since is not set aside, and whoever is there stays."""
        with banking() as house:
            ada = self.asleep(house)
            bob = house.join_by_id(ada.room_id)
            self.found(house, ada.room_id, 1)

            card = house.archive.rooms[ada.room_id].card
            self.assertEqual((card.status, card.epoch), (Status.ACTIVE, 2))
            self.assertEqual(bob.command("add", 1), 8)
            self.found(house, ada.room_id, 2)
            card = house.archive.rooms[ada.room_id].card
            self.assertIs(card.status, Status.QUARANTINED)
            self.assertFalse(bob.is_in)

    def test_room_that_sleeps(self) -> None:
        """What is found while nobody runs a Room is its last owner's word."""
        for epoch, status in ((0, Status.HIBERNATING), (1, Status.QUARANTINED)):
            with banking() as house:
                ada = self.asleep(house)
                self.found(house, ada.room_id, epoch)

                card = house.archive.rooms[ada.room_id].card
                self.assertIs(card.status, status)

    def test_room_that_another_claimed_since(self) -> None:
        """Who was not quick enough may read half of something, and is silent."""
        read = MemoryArchive.read

        async def torn(archive: MemoryArchive, room_id: str, *most: Any) -> Any:
            found = await read(archive, room_id, *most)
            assert found is not None
            await archive.claim(room_id, "another")
            return evolve(found, stored=evolve(found.stored, checksum=bytes(16)))

        with banking() as house:
            ada = self.asleep(house)
            with mock.patch.object(MemoryArchive, "read", torn):
                self.assertRaises(Refused, house.join_by_id, ada.room_id)

            card = house.archive.rooms[ada.room_id].card
            self.assertEqual((card.status, card.owner), (Status.ACTIVE, "another"))
            self.assertEqual(len(house.failures), 1)

    def test_room_that_cannot_even_be_read(self) -> None:
        """Its owner sets it aside; if that is another by now, it is theirs to judge."""
        for other, status in (("", Status.QUARANTINED), ("another", Status.ACTIVE)):

            async def unread(
                archive: MemoryArchive, room_id: str, *_: Any, other: str = other
            ) -> Any:
                if other:
                    await archive.claim(room_id, other)
                raise Damaged(f"room {room_id} has no snapshot")

            with banking() as house:
                ada = self.asleep(house)
                with mock.patch.object(MemoryArchive, "read", unread):
                    self.assertRaises(Refused, house.join_by_id, ada.room_id)

                card = house.archive.rooms[ada.room_id].card
                self.assertIs(card.status, status)
                self.assertEqual(len(house.failures), 1)
