"""Tests of `nexus.match.keeper.revival`: Rooms that go on, in virtual time."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from nexus.app import App
from nexus.errors import Close, Refused
from nexus.room import Client, Room
from nexus.state import Map, State, field, int32
from nexus.testing import Harness
from tests.room.bank import Account, Bank, Hall, banking


class RestoreTests(SynchronousTestCase):
    def test_crash(self) -> None:
        """After a crash the Room goes on from what was committed, far ahead."""
        with banking() as house:
            ada = house.join_or_create(name="ada")
            ada.command("add", 7)
            before = ada.replica.version
            house.crash(away=5)
            [room] = house.rooms

            self.assertEqual(ada.closed, (Close.ABNORMAL, ""))
            self.assertEqual((room.room_id, room.state.total), (ada.room_id, 7))
            self.assertEqual(room.room.diary, ["crash"])
            self.assertGreaterEqual(room.room.info.away_seconds, 5)
            ada.rejoin()
            house.tick()
            self.assertEqual(ada.resumed, "snapshot")
            self.assertGreater(ada.replica.version, before + 999_999)
            self.assertEqual(ada.client.seat.options["name"], "ada")
            self.assertEqual(ada.state.accounts[ada.session_id].money, 7)

    def test_lives_that_saved_nothing(self) -> None:
        """What a guest was shown by a life that saved nothing is not taken for more."""
        with banking() as house:
            ada = house.join_or_create()
            for number in range(1, 4):
                house.crash()
                house.rooms[0].state.total = number
                ada.rejoin()
                self.assertEqual(ada.state.total, number)
            house.crash()
            house.rooms[0].state.rung = 1
            ada.rejoin()
            house.tick()

            self.assertEqual(ada.resumed, "snapshot")
            self.assertEqual((ada.state.total, ada.state.rung), (0, 1))

    def test_restart(self) -> None:
        """After a stop in good order nothing is missing, and nothing is sent again."""
        with banking() as house:
            ada = house.join_or_create()
            ada.command("soon", 7)
            house.restart(away=5)

            self.assertEqual(ada.closed, (4010, "the room rests: stopped"))
            [room] = house.rooms
            self.assertEqual(room.room.diary, ["restart"])
            ada.rejoin()
            house.tick()
            self.assertEqual(ada.resumed, "patches")
            self.assertEqual(ada.state.total, 7)
            states = [each.what for each in ada.wire()].count("state")
            self.assertEqual(states, 1)

    def test_many_lives(self) -> None:
        """However often the Node dies or stops, a client has its seat and its token."""
        with banking() as house:
            ada = house.join_or_create()
            for number in range(1, 11):
                (house.restart if number % 3 else house.crash)()
                ada.rejoin()
                self.assertEqual(ada.command("add", 1), number)
            house.tick()
            self.assertEqual(ada.state.total, 10)
            card = house.archive.rooms[ada.room_id].card
            self.assertEqual(card.epoch, 11)

    def test_journal_of_many_short_lives_is_folded(self) -> None:
        """What earlier lives wrote counts: a journal is no longer than in one life."""
        with banking() as house:
            ada = house.join_or_create()
            sizes = []
            for number in range(15):
                account = house.rooms[0].state.accounts[ada.session_id]
                account.notes[:] = [chr(65 + number) * 60_000]
                house.advance(1)
                kept = house.archive.rooms[ada.room_id]
                sizes.append(sum(len(each.payload) for each in kept.entries.values()))
                house.crash()
                ada.rejoin()

            self.assertGreater(max(sizes), 120_000)
            self.assertLess(max(sizes), 500_000)

    def test_page_that_is_loaded_anew_after_a_crash(self) -> None:
        """The token alone is enough, and commands count on."""
        with banking() as house:
            visitor = house.visitor()
            ada = visitor.join_or_create()
            ada.command("add", 1)
            house.crash()
            again = visitor.reconnect(ada.reconnection_token)

            self.assertEqual(again.session_id, ada.session_id)
            self.assertEqual(again.command("add", 1), 2)

    def test_seat_is_kept_for_its_time(self) -> None:
        """Who does not return in `return_seconds` leaves as anybody does."""
        with banking() as house:
            ada, bob = house.join_or_create(), house.join_or_create()
            house.crash()
            bob.rejoin()
            house.advance(29)
            self.assertIn(ada.session_id, bob.state.accounts)
            house.advance(2)

            self.assertNotIn(ada.session_id, bob.state.accounts)
            self.assertRaises(Refused, ada.rejoin)

    def test_what_was_not_committed_is_as_if_it_had_not_been(self) -> None:
        """A join and a message that nobody was told of are gone after a crash."""
        with banking() as house:
            ada = house.join_or_create()
            house.tick()
            ada.send("soon", 5)
            self.assertEqual(house.rooms[0].state.total, 5)
            house.crash()

            self.assertEqual(house.rooms[0].state.total, 0)
            self.assertEqual(ada.unsent, 1)
            ada.rejoin()
            house.advance(0.3)
            self.assertEqual(house.rooms[0].state.total, 5)
            self.assertEqual(ada.unsent, 0)

    def test_outbox_is_acknowledged_when_it_is_safe(self) -> None:
        """What is not committed is kept by the client; what is, is not said again."""
        with banking() as house:
            ada = house.join_or_create()
            with house.outage():
                ada.send("soon", 5)
                house.advance(2)
                self.assertEqual(ada.unsent, 1)
            house.advance(2)

            self.assertEqual(ada.unsent, 0)
            self.assertEqual(house.rooms[0].state.total, 5)

    def test_join_waits_for_its_commit(self) -> None:
        """Nobody is in whose seat would not outlive a crash."""
        with banking() as house:
            room = house.create()
            began = house.now
            house.join(room)
            self.assertGreater(house.now, began)
            with house.outage():
                self.assertRaises(AssertionError, house.join, room)
            house.advance(5)
            house.join(room)

    def test_new_rooms_while_the_database_is_away(self) -> None:
        """A Room that cannot be kept is not opened, and the Node knows none."""
        with banking() as house:
            with house.outage():
                refused = self.assertRaises(Refused, house.join_or_create)
            self.assertNotIn("the test", str(refused))
            self.assertEqual(house.rooms, [])
            house.join_or_create()

    def test_node_that_starts_without_its_database(self) -> None:
        """It waits, lets nobody in, and goes on as soon as the database is there."""
        with banking() as house:
            ada = house.join_or_create()
            ada.command("add", 7)
            with house.outage():
                house.crash()
                house.advance(5)
                self.assertEqual(house.rooms, [])
                refused = self.assertRaises(Refused, ada.rejoin)
                self.assertIn("the database is away", str(refused))
            house.advance(2)
            ada.rejoin()

            self.assertEqual(ada.command("add", 1), 8)

    def test_rooms_that_are_not_kept_are_gone(self) -> None:
        """What is to last no longer than its Node does not."""

        class Lobby(Room):
            pass

        app = App()
        app.define("lobby", Lobby)
        app.define("bank", Bank)
        with Harness(app) as house:
            ada, bob = house.join_or_create("lobby"), house.join_or_create("bank")
            for act in (house.crash, house.restart):
                act()

                self.assertEqual([each.kind for each in house.rooms], ["bank"])
                self.assertRaises(Refused, ada.rejoin)
                bob.rejoin()

    def test_card_comes_back(self) -> None:
        """What matchmaking knows of a Room outlives the Node."""
        app = App()
        app.define("bank", Bank, codes=True, filter_by=["mode"])
        with Harness(app) as house:
            room = house.create(mode="duel")
            ada = house.join(room)
            room.room.set_matchmaking(metadata={"name": "Oak"}, max_clients=3)
            room.room.set_matchmaking(private=True)
            house.advance(0.2)
            before = room.listing
            house.crash()
            [after] = house.rooms
            ada.rejoin()

            self.assertEqual(after.code, room.code)
            self.assertEqual(after.listing, evolve(before))
            self.assertEqual(house.opened(str(room.code)).room_id, room.room_id)


class NewHall(State):
    """As `Hall`, some time later."""

    formerly = ("Hall",)

    total: int32
    extra: int32 = field(default=9)
    accounts: Map[str, Account]


class OtherCodeTests(SynchronousTestCase):
    def test_classes_that_changed_are_told_of_after_two_crashes(self) -> None:
        """That a guest knows old classes is kept until it knows the new ones."""

        class Later(Room[NewHall]):
            durability = "saved"

            def on_create(self, options: Any) -> None:
                """Begin."""
                self.state = NewHall()

        app = App()
        app.define("bank", Bank)
        with Harness(app) as house:
            ada = house.join_or_create()
            house.advance(1)
            app.catalog._kinds["bank"] = evolve(app.catalog.get("bank"), room=Later)
            found = []
            for _ in range(2):
                house.crash()
                house.advance(1)
                found.append(len(house.rooms[0].room.actor.rejoins.outdated))
            ada.rejoin()
            house.advance(1)
            found.append(len(house.rooms[0].room.actor.rejoins.outdated))
            house.crash()
            found.append(len(house.rooms[0].room.actor.rejoins.outdated))

            self.assertEqual(found, [1, 1, 0, 0])

    def test_fields_that_changed(self) -> None:
        """Of a class with a new name, new fields have defaults, and old ones go."""
        seen: list[Any] = []

        class Bank(Room[Hall]):
            durability = "saved"

            def on_create(self, options: Any) -> None:
                """Begin."""
                self.state = Hall()
                self.state.total = 7

        class Later(Room[NewHall]):
            durability = "saved"

            def on_restore(self, info: Any) -> None:
                """Look what became of it."""
                seen.append((self.state.total, self.state.extra))
                seen.append((dict(info.defaulted), dict(info.dropped)))

            def on_drop(self, client: Client, code: int) -> None:
                """Keep the seat."""
                self.allow_reconnection(client, 20)

        app = App()
        app.define("bank", Bank)
        with Harness(app) as house:
            ada = house.join_or_create()
            house.advance(1)
            app.catalog._kinds["bank"] = evolve(app.catalog.get("bank"), room=Later)
            house.restart()
            ada.rejoin()
            house.tick()

            self.assertEqual(
                seen, [(7, 9), ({"NewHall.extra": 1}, {"NewHall.rung": 1})]
            )
            self.assertEqual((ada.state.total, ada.state.extra), (7, 9))
