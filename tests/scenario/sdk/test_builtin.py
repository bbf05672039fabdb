"""The Rooms that come with the server: Lobby, Queue and Relay."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.scenario.sdk.story import Story, Story16, Story17, Story18, until
from tests.support.sdk import Bot
from tests.support.sdk_value import read


class Lobbies(Story):
    def heard(self, lobby: Bot, kind: str, room: str) -> list[Any]:
        """Return what a lobby said of one Room, in Messages of one type."""
        told = [
            read(event["value"])
            for event in lobby.events()
            if event["event"] == "message" and event["type"] == kind
        ]
        return [each for each in told if room in (each, each[0])]

    def test_listing(self) -> None:
        """A lobby tells what Rooms there are, what becomes of them, and their end."""
        before = self.join("bench")
        lobby = self.join("lobby", "joinOrCreate")
        [listings] = lobby.messages("rooms")
        [listing] = [each for each in listings if each["roomId"] == before.room]
        self.assertEqual((listing["name"], listing["clients"]), ("bench", 1))
        self.assertIsInstance(listing["createdAt"], datetime)
        self.assertNotIn("lobby", [each["name"] for each in listings])

        after = self.join("bench")

        self.assertTrue(until(lambda: bool(self.heard(lobby, "+", after.room))))
        second = self.beside(after)
        self.assertTrue(
            until(lambda: self.heard(lobby, "+", after.room)[-1][1]["clients"] == 2)
        )
        second.leave()
        after.leave()
        self.assertTrue(until(lambda: bool(self.heard(lobby, "-", after.room))))

    def test_filter(self) -> None:
        """A lobby that was asked for one kind tells of no other."""
        bench = self.join("bench")
        lobby = self.join("lobby", "joinOrCreate", filter={"name": "bench"})
        [listings] = lobby.messages("rooms")
        self.assertIn(bench.room, [each["roomId"] for each in listings])

        since = lobby.mark()
        lobby.send("filter", {"name": "nothing"})

        self.assertEqual(lobby.messages("rooms", since=since), [[]])
        since = lobby.mark()
        other = self.join("bench")
        lobby.send("filter", {"name": "bench"})
        [listings] = lobby.messages("rooms", since=since)
        self.assertIn(other.room, [each["roomId"] for each in listings])
        self.assertEqual(self.heard(lobby, "+", other.room), [])

    def test_private(self) -> None:
        """A private Room stays unheard of."""
        hidden = self.join("private")
        lobby = self.join("lobby", "joinOrCreate")
        [listings] = lobby.messages("rooms")

        self.assertNotIn(hidden.room, [each["roomId"] for each in listings])


class Queues(Story):
    def test_group(self) -> None:
        """Who waits in a queue is told so, and led into one Room with the others."""
        first = self.join("queue", "joinOrCreate", rank=1)
        self.assertEqual(first.messages("clients")[-1], 1)
        second = self.join("queue", "joinOrCreate", rank=1)
        seats = [bot.messages("seat")[0] for bot in (first, second)]

        bots = [self.keep(self.sdk.consume(self.endpoint, seat)) for seat in seats]
        first.send("confirm")
        second.send("confirm")

        self.assertEqual(bots[0].room, bots[1].room)
        self.assertEqual(bots[0].facts["name"], "bench")
        codes = [bot.wait("leave")[0]["code"] for bot in (first, second)]
        self.assertEqual(codes, [1000, 1000])


class Relays(Story):
    def test_others_hear(self) -> None:
        """What one says in a relay the others hear, with its name, and nobody else."""
        first = self.join("relay")
        others = [self.beside(first), self.beside(first)]
        stranger = self.join("relay")

        first.send("wave", {"x": [1, "two"]})
        first.send(7)

        for bot in others:
            heard = [first.session, {"x": [1, "two"]}]
            self.assertEqual(bot.messages("wave"), [heard])
            self.assertEqual(bot.messages(7)[0][0], first.session)
        others[0].send("back", 1)
        self.assertEqual(first.messages("back"), [[others[0].session, 1]])
        for bot in (first, stranger):
            kinds = [event.get("type") for event in bot.events()]
            self.assertNotIn("wave", kinds)

    def test_state(self) -> None:
        """A relay shows who is there."""
        first = self.join("relay", allowReconnectionTime=5)
        other = self.beside(first)
        both = {first.session, other.session}

        def seen() -> set[str]:
            return set((first.state() or {}).get("players", ()))

        self.assertEqual(until(seen, both), both)
        other.leave()
        self.assertEqual(until(seen, {first.session}), {first.session})


class Lobbies16(Lobbies, Story16, SynchronousTestCase):
    pass


class Lobbies17(Lobbies, Story17, SynchronousTestCase):
    pass


class Lobbies18(Lobbies, Story18, SynchronousTestCase):
    pass


class Queues16(Queues, Story16, SynchronousTestCase):
    pass


class Queues17(Queues, Story17, SynchronousTestCase):
    pass


class Queues18(Queues, Story18, SynchronousTestCase):
    pass


class Relays16(Relays, Story16, SynchronousTestCase):
    pass


class Relays17(Relays, Story17, SynchronousTestCase):
    pass


class Relays18(Relays, Story18, SynchronousTestCase):
    pass
