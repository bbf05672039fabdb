"""Tests of `nexus.match.keeper.restoration`: what may go wrong as all Rooms go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from nexus.app import App
from nexus.archive.memory import MemoryArchive
from nexus.archive.port import Found, Status
from nexus.errors import Refused
from nexus.store.port import Damaged, DatabaseAway, DatabaseFull, StoreError
from nexus.testing import Harness, life
from tests.room.bank import Bank, banking


class RestorationTests(SynchronousTestCase):
    def refuse(self, method: str, *errors: Exception) -> list[Exception]:
        """Let the archive fail some times; returns what it will fail with."""
        script, before = list(errors), getattr(MemoryArchive, method)

        async def fail(archive: MemoryArchive, *said: Any) -> Any:
            if script:
                raise script.pop(0)
            return await before(archive, *said)

        self.patch(MemoryArchive, method, fail)
        return script

    def test_full_database_is_waited_for(self) -> None:
        """A disk that is full costs no Room its place: the Node waits."""
        with banking() as house:
            ada = house.join_or_create()
            ada.command("add", 7)
            self.refuse("claim_many", *[DatabaseFull("full")] * 3)
            self.patch(life, "NODE", "another")
            house.crash()
            house.advance(4)
            ada.rejoin()

            self.assertEqual(ada.command("add", 1), 8)

    def test_database_that_goes_away_before_anything_is_known(self) -> None:
        """A Node that cannot even ask which Rooms there are waits."""
        with banking() as house:
            ada = house.join_or_create()
            self.refuse("cards", *[DatabaseAway("gone")] * 3)
            house.crash()
            house.advance(4)
            ada.rejoin()

    def test_room_that_the_database_refuses_can_be_woken(self) -> None:
        """What went wrong at the start shuts nobody out when it is over."""
        with banking() as house:
            ada = house.join_or_create()
            ada.command("add", 7)
            self.refuse("claim_many", StoreError("too long"))
            script = self.refuse("claim", *[StoreError("too long")] * 2)
            self.patch(life, "NODE", "another")
            house.crash()
            self.assertEqual((house.rooms, len(script)), ([], 1))
            refused = self.assertRaises(Refused, house.join_by_id, ada.room_id)
            self.assertNotIn("too long", str(refused))

            bob = house.join_by_id(ada.room_id)
            self.assertEqual(bob.command("add", 1), 8)
            ada.rejoin()

    def test_rooms_are_asked_for_together(self) -> None:
        """Many small Rooms cost the database a few transactions, not one for each."""
        asked: list[list[str]] = []
        alone: list[str] = []
        many, one = MemoryArchive.claim_many, MemoryArchive.claim

        async def claim_many(
            archive: MemoryArchive, epochs: Mapping[str, int], owner: str
        ) -> Mapping[str, Found]:
            asked.append(list(epochs))
            # The first is too large to be read along with others.
            return await many(archive, dict(list(epochs.items())[1:]), owner)

        async def claim(archive: MemoryArchive, room_id: str, *said: Any) -> Any:
            alone.append(room_id)
            return await one(archive, room_id, *said)

        with banking(max_clients=1) as house:
            for _ in range(40):
                house.join_or_create()
            self.patch(MemoryArchive, "claim_many", claim_many)
            house.crash()
            self.assertEqual([len(each) for each in asked], [16, 16, 8])
            self.assertEqual(len(house.rooms), 40)

        self.patch(MemoryArchive, "claim", claim)
        with banking(max_clients=1) as house:
            first = house.join_or_create()
            house.crash()
            self.assertEqual(alone, [first.room_id])

    def test_rooms_of_an_unknown_kind_are_left(self) -> None:
        """A Node that does not know a kind does not take its Rooms from their owner."""
        app = App()
        for name in ("bank", "shop"):
            app.define(name, Bank)
        with Harness(app) as house:
            ada, bob = house.join_or_create("bank"), house.join_or_create("shop")
            app.catalog.remove("bank")
            house.crash()

            rooms = house.archive.rooms
            self.assertEqual([each.room_id for each in house.rooms], [bob.room_id])
            epochs = [rooms[each.room_id].card.epoch for each in (ada, bob)]
            self.assertEqual(epochs, [1, 2])

    def test_row_that_cannot_be_read(self) -> None:
        """A Room of which not even the rows can be read is set aside, and named."""
        with banking() as house:
            ada = house.join_or_create()
            self.refuse("claim_many", Damaged("no snapshot"))
            self.refuse("read", Damaged("no snapshot"))
            house.crash()

            card = house.archive.rooms[ada.room_id].card
            self.assertIs(card.status, Status.QUARANTINED)
            self.assertIn("no snapshot", card.reason)
            [failed] = house.failures
            self.assertEqual(failed.room_id, ada.room_id)

    def test_stop_in_the_midst_of_it(self) -> None:
        """A Node that stops begins with no other Room, and lets nobody in again."""
        begun: list[Any] = []

        def on_restore(self: Any, info: Any) -> Any:
            begun.append(Deferred())
            return begun[-1]

        with banking(max_clients=1, on_restore=on_restore) as house:
            for _ in range(20):
                house.join_or_create()
            node = house._node
            node._life.die()
            another = node._life = node._born()
            another.app.serve(another.matchmaker)
            assert another.storage is not None
            another.loop.act(another.storage.start)
            count = len(begun)
            another.stop()
            house.advance(20)

            self.assertEqual((count, len(begun)), (6, 6))
            self.assertEqual(house.rooms, [])
            self.assertIn("shutting down", str(another.matchmaker.maker.stopping))
            self.assertIsNotNone(another.starting)
            self.assertEqual(house.failures, [])
