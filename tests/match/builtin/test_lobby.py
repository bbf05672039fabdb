"""Tests of `nexus.match.builtin.lobby`."""

from __future__ import annotations

from datetime import datetime
from math import inf
from typing import Any

from nexus.limit import Limits
from nexus.match import LobbyRoom
from nexus.room import Room
from tests.match.visiting import enter, news, serve
from tests.support.room import Gate, scripted
from tests.support.table import Guest, TableTestCase


class ListingTests(TableTestCase):
    def setUp(self) -> None:
        """Serve a lobby."""
        super().setUp()
        serve(self.table)

    def test_newcomer_is_told_which_rooms_there_are(self) -> None:
        """`rooms` has a card for each Room whose kind is listed."""
        first = self.table.sit("game", mode="duo")
        self.table.sit("hidden")

        guest = enter(self.table)

        [[card]] = guest.messages("rooms")
        self.assertIsInstance(card.pop("createdAt"), datetime)
        self.assertEqual(
            card,
            {
                "roomId": first.room_id,
                "name": "game",
                "clients": 1,
                "maxClients": inf,
                "locked": False,
                "private": False,
                "unlisted": False,
                "processId": "node",
                "metadata": {"mode": "duo"},
            },
        )

    def test_no_rooms_are_told_as_such(self) -> None:
        """Where nothing is listed, `rooms` is empty."""
        self.assertEqual(enter(self.table).messages("rooms"), [[]])

    def test_many_rooms_are_written_as_one_array(self) -> None:
        """A list of more than fifteen is read by every client."""
        for _ in range(20):
            self.table.knock("game", mode=str(len(self.table.rooms)))

        [cards] = enter(self.table).messages("rooms")

        self.assertEqual(len({card["roomId"] for card in cards}), 20)

    def test_rooms_waits_for_the_acknowledgement(self) -> None:
        """For a client that never takes its join no news pile up."""
        game = self.table.sit("stays")
        guest = self.table.knock("lobby")
        for number in range(300):
            game.client.room.set_metadata({"number": number})
            self.table.beat()
        before = guest.messages("rooms")

        guest.ack()
        self.table.beat()

        self.assertEqual((before, guest.messages("+")), ([], []))
        [[card]] = guest.messages("rooms")
        self.assertEqual(card["metadata"], {"number": 299})

    def test_hidden_rooms_are_not_told_of(self) -> None:
        """What is private, or unlisted, is neither in `rooms` nor in news."""
        private, unlisted = self.table.sit("game", mode="a"), self.table.sit("stays")
        private.client.room.set_private()
        unlisted.client.room.set_matchmaking(unlisted=True)
        guest = enter(self.table)

        self.table.sit("game", mode="a").client.room.set_private()
        private.client.room.set_metadata({"x": 1})
        self.table.beat()

        self.assertEqual(guest.messages("rooms"), [[]])
        self.assertEqual(news(guest), [])

    def test_lobby_is_not_listed(self) -> None:
        """A lobby is in no list, also where its kind is listed."""
        self.table.define(LobbyRoom, "open-lobby", listed=True)
        self.table.sit("open-lobby")

        self.assertEqual(enter(self.table).messages("rooms"), [[]])

    def test_list_is_bounded(self) -> None:
        """`rooms` has so many cards at most, those of the oldest Rooms."""
        small = type("Small", (LobbyRoom,), {"most_listed": 2})
        self.table.define(small, "small")
        ids = [self.table.sit("game", mode=mode).room_id for mode in "abc"]

        guest = self.table.sit("small")
        self.table.beat()

        [cards] = guest.messages("rooms")
        self.assertEqual([card["roomId"] for card in cards], ids[:2])


class NewsTests(TableTestCase):
    def setUp(self) -> None:
        """Serve a lobby, and let somebody listen."""
        super().setUp()
        serve(self.table)
        self.guest = enter(self.table)

    def test_life_of_a_room_is_told(self) -> None:
        """A Room that is new, changes and goes is told of each time."""
        game = self.table.sit("game", mode="a")
        self.table.beat()
        other = self.table.sit("game", mode="a")
        self.table.beat()
        other.leave()
        self.table.beat()
        game.leave()
        self.table.beat()

        room_id = game.room_id
        told = [(room_id, 1), (room_id, 2), (room_id, 1), (room_id, None)]
        self.assertEqual(news(self.guest), told)

    def test_many_changes_are_one_message(self) -> None:
        """Whatever happens to a Room between two patches is told once."""
        game = self.table.sit("game", mode="a")
        for number in range(50):
            game.client.room.set_metadata({"mode": "a", "number": number})
        self.table.sit("game", mode="a")
        self.table.beat()

        self.assertEqual(news(self.guest), [(game.room_id, 2)])

    def test_room_that_came_and_went_is_not_told_of(self) -> None:
        """What nobody was told of needs no farewell, and is forgotten at once."""
        self.table.sit("game", mode="a").leave()
        noted = dict(self.guest.client.room._changed)
        self.table.beat()

        self.assertEqual(noted, {})
        self.assertEqual(news(self.guest), [])

    def test_id_may_be_used_again(self) -> None:
        """A Room that still ends does not take the next one of its id along."""
        gate = Gate()

        def name(self: Room[Any], options: Any) -> None:
            self.room_id = "arena-1"

        script = {"on_create": name, "on_leave": gate.wait}
        self.table.define(scripted(script=script), "named", listed=True)
        first = self.table.sit("named")
        self.table.beat()
        self.table.background.spawn(first.actor.close(), "close")

        second = self.table.sit("named")
        self.table.beat()
        gate.open()
        self.table.beat()
        told = news(self.guest)
        gate.open()
        self.table.background.spawn(second.actor.close(), "close")
        gate.open()

        self.assertEqual(told, [("arena-1", 1), ("arena-1", 1)])

    def test_nothing_new_is_not_told(self) -> None:
        """What happens to a Room without another card is no news."""
        game = self.table.sit("game", mode="a")
        self.table.beat()
        game.client.room.set_matchmaking(locked=True)
        game.client.room.set_matchmaking(locked=False)
        self.table.beat()

        self.assertEqual(len(news(self.guest)), 1)

    def test_lock_visibility_and_metadata_are_told(self) -> None:
        """Locks, metadata and becoming private change what is told."""
        game = self.table.sit("game", mode="a")
        self.table.beat()
        room = game.client.room
        room.lock()
        self.table.beat()
        room.set_metadata({"map": "x"})
        self.table.beat()
        room.set_private()
        self.table.beat()
        room.set_private(False)
        self.table.beat()

        cards = [card for _, card in self.guest.messages("+")]
        told = [(card["locked"], card["metadata"]) for card in cards]
        old, new = {"mode": "a"}, {"mode": "a", "map": "x"}
        self.assertEqual(told, [(False, old), (True, old), (True, new), (True, new)])
        self.assertEqual(self.guest.messages("-"), [game.room_id])

    def test_metadata_that_is_changed_in_place_is_news(self) -> None:
        """An author may write into the dict that was set before, and set it again."""
        game = self.table.sit("stays")
        metadata = {"round": 1}
        game.client.room.set_metadata(metadata)
        self.table.beat()
        metadata["round"] = 2
        game.client.room.set_metadata(metadata)
        self.table.beat()

        cards = [card["metadata"] for _, card in self.guest.messages("+")]
        self.assertEqual(cards, [{"round": 1}, {"round": 2}])

    def test_leaver_is_told_nothing(self) -> None:
        """Who left is forgotten, and the lobby with the last one."""
        lobby = self.guest.client.room
        self.guest.leave()
        self.table.sit("game", mode="a")
        self.table.beat()

        self.assertEqual(news(self.guest), [])
        self.assertEqual((lobby._wishes, lobby._audience, lobby._waiting), ({}, {}, {}))

    def test_closed_lobby_watches_no_more(self) -> None:
        """When a lobby ends, Rooms do not tell it anything any more."""
        lobby = self.guest.client.room
        self.guest.leave()
        self.table.beat()

        self.table.sit("game", mode="a")

        self.assertEqual(lobby._changed, {})
        self.assertEqual(self.table.matchmaker.registry._watchers, [])


class BoundTests(TableTestCase):
    limits = Limits(rooms=500)

    def test_hostile_metadata_hides_one_room(self) -> None:
        """A Room whose creator slipped in what cannot be sent is not told of."""
        serve(self.table)
        guest = enter(self.table)
        for mode in ("\ud800", 2**60, [[[]]] * 3, {"a": {"b": "c"}}):
            self.table.sit("game", mode=mode)
        good = self.table.sit("game", mode="good")
        self.table.beat()

        told = [room_id for room_id, _ in news(guest)]
        self.assertEqual(len(told), 3)
        self.assertIn(good.room_id, told)
        [cards] = enter(self.table).messages("rooms")
        self.assertEqual([card["roomId"] for card in cards], told)

    def storm(self, clients: int, rooms: int) -> tuple[list[Guest], list[int]]:
        """Change all Rooms again and again; return how much was sent for each patch."""
        table = self.table
        small = type("Small", (LobbyRoom,), {"effort": 2_000})
        serve(table, small)
        games = [table.sit("game", mode=str(number)) for number in range(rooms)]
        guests = [table.sit("lobby") for _ in range(clients)]
        table.beat(times=20)
        sent = []
        for round_ in range(30):
            for game in games:
                game.client.room.set_metadata({"round": round_})
            before = sum(len(guest.socket.sent) for guest in guests)
            table.beat()
            sent.append(sum(len(guest.socket.sent) for guest in guests) - before)
        table.beat(times=60)
        return guests, sent

    def test_storm_is_spread_over_patches(self) -> None:
        """A patch costs the same however many Rooms change, and nothing is lost."""
        guests, sent = self.storm(clients=20, rooms=40)

        self.assertEqual(set(sent), {5 * 20})
        for guest in guests:
            last = dict(guest.messages("+"))
            self.assertEqual(len(last), 40)
            for card in last.values():
                self.assertEqual(card["metadata"]["round"], 29)

    def test_crowd_of_different_wishes_is_answered_in_turns(self) -> None:
        """Those who wait for `rooms` get it over several patches, one at least each."""
        serve(self.table)
        small = type("Small", (LobbyRoom,), {"effort": 60})
        self.table.define(small, "small")
        for mode in range(30):
            self.table.sit("game", mode=str(mode))
        wishes = [{"name": "game", "metadata": {"mode": str(n)}} for n in range(10)]
        guests = [self.table.sit("small", filter=wish) for wish in wishes]
        waits = []
        for _ in range(12):
            self.table.beat()
            waits.append(sum(not guest.messages("rooms") for guest in guests))

        self.assertEqual(waits, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0])
