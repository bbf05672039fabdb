"""Tests of `nexus.room.keeping.stored`, and of journals: what is kept is what lives."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.journal.kept import Kept, recover
from nexus.room.keeping.stored import stored_of
from nexus.testing import Harness
from nexus.wire.native import plain
from tests.room.bank import banking


def told(kept: Kept) -> Any:
    """Return everything that is kept, in a form that can be compared."""
    assert kept.replica is not None
    return (
        kept.number,
        kept.version,
        kept.chain,
        plain(kept.replica.state),
        {key: each.records() for key, each in kept.members.items()},
        kept.timers,
        kept.card,
    )


def written(house: Harness) -> Kept:
    """Fold what the archive has of the Room that there is."""
    [kept] = house.archive.rooms.values()
    later = [kept.entries[each] for each in sorted(kept.entries)]
    later = [each for each in later if each.number > kept.stored.number]
    return recover(kept.stored, later)


class StoredTests(SynchronousTestCase):
    def same(self, house: Harness) -> None:
        """Check that the journal says what the whole Room says."""
        house.advance(0.5)
        [room] = house.rooms
        actor = room.room.actor
        whole = Kept.of(stored_of(actor, actor.journal))

        self.assertEqual(told(written(house)), told(whole))

    def test_journal_says_what_the_room_is(self) -> None:
        """Whatever happens in a Room, its journal leads to the whole of it."""
        with banking() as house:
            self.same_after_each(house)

    def same_after_each(self, house: Harness) -> None:
        """Do one thing after the other."""
        visitor = house.visitor()
        ada = visitor.join_or_create(name="ada")
        bob = house.join_or_create(name="bob")
        room = house.rooms[0].room
        for act in (
            lambda: None,
            lambda: ada.command("add", 5),
            lambda: ada.request("ring", 100),
            lambda: bob.request("beat", 7),
            lambda: bob.send("soon", 1),
            ada.drop,
            ada.rejoin,
            lambda: room.set_matchmaking(metadata={"a": [1, None]}, locked=True),
            lambda: setattr(room.state, "rung", 9),
            lambda: house.advance(20),
            bob.leave,
            lambda: visitor.reconnect(ada.reconnection_token),
        ):
            act()
            self.same(house)

    def test_metadata_is_bounded(self) -> None:
        """More of it than whoever looks for Rooms should read is refused at once."""
        with banking() as house:
            house.join_or_create()
            room = house.rooms[0].room
            room.set_metadata({"a": "x" * 65_000})
            with self.assertRaisesRegex(ValueError, "at most 65536 are kept"):
                room.set_metadata({"a": "x" * 66_000})
            self.same(house)

            self.assertEqual(len(room.metadata["a"]), 65_000)

    def test_after_a_crash(self) -> None:
        """A Room that goes on is kept as completely as a new one."""
        with banking() as house:
            ada = house.join_or_create()
            ada.command("add", 5)
            ada.request("ring", 100)
            for act in (house.crash, house.restart):
                act()
                ada.rejoin()
                self.same(house)
                ada.command("add", 5)
                self.same(house)

    def test_compaction_changes_nothing(self) -> None:
        """A long journal becomes a snapshot, and the Room goes on from that."""
        with banking() as house:
            ada = house.join_or_create()
            for _ in range(120):
                ada.command("add", 1)
                house.advance(5)
            [kept] = house.archive.rooms.values()
            self.assertGreater(kept.stored.number, 0)
            self.assertIn('"total":', kept.readable)
            self.same(house)
            house.crash()
            ada.rejoin()

            self.assertEqual(ada.command("add", 1), 121)


class JournalTests(SynchronousTestCase):
    def test_quiet_room_writes_nothing(self) -> None:
        """While nothing happens, nothing is written."""
        with banking() as house:
            ada = house.join_or_create()
            ada.command("add", 1)
            house.advance(1)
            before = written(house).number
            house.advance(60)

            self.assertEqual(written(house).number, before)

    def test_many_changes_are_one_entry(self) -> None:
        """What happens between two commits is written together."""
        with banking() as house:
            ada = house.join_or_create()
            house.advance(1)
            before = written(house).number
            for _ in range(20):
                ada.send("soon", 1)
            house.advance(0.06)

            self.assertEqual(written(house).number, before + 1)
            self.assertEqual(house.rooms[0].state.total, 20)

    def test_verdict_that_was_not_told(self) -> None:
        """A Room that is written whole remembers commands that nobody heard of."""
        with banking() as house:
            ada = house.join_or_create()
            keeper: Any = house.matchmaker.around.keeping
            keeper.writer._intake._most_bytes = 1
            with house.outage():
                order = ada.order("add", 1)
                house.advance(3)
                ada.drop()
                house.advance(3)
            house.advance(5)
            [kept] = house.archive.rooms.values()
            self.assertGreater(kept.stored.number, 0)
            house.crash()
            ada.rejoin()
            house.advance(0.3)

            self.assertEqual((order.answer, house.rooms[0].state.total), (1, 1))

    def test_room_that_is_too_large_to_wait(self) -> None:
        """When too much waits it is thrown away, and the Room is written whole."""
        with banking() as house:
            ada = house.join_or_create()
            keeper: Any = house.matchmaker.around.keeping
            keeper.writer._intake._most_bytes = 2_000
            with house.outage():
                for _ in range(60):
                    ada.send("soon", 1)
                    house.advance(1)
            house.advance(5)

            [kept] = house.archive.rooms.values()
            self.assertGreater(kept.stored.number, 0)
            self.assertEqual(
                written(house).version, house.rooms[0].room.actor.tree.version
            )
            house.crash()
            ada.rejoin()
            self.assertEqual(ada.command("add", 1), 61)
