"""Clients that come to Rooms that sleep."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from tests.scenario.kept.stage import Stage, everybody, join
from tests.scenario.sdk.story import until
from tests.support.sdk import Bot, missing

_CAST = ("18", "nexus", "python")


class SleepTests(SynchronousTestCase):
    skip = next(filter(None, map(missing, _CAST)), None)

    @override
    def setUp(self) -> None:
        """Start a Node."""
        self.stage = Stage()
        self.stage.start()
        self.addCleanup(lambda: self.stage.close())
        self.stage.ready()

    def slept(self, count: int) -> bool:
        """Say whether so many Rooms went to sleep."""
        log = self.stage.node.log.read_text("utf-8")
        return log.count("rests, hibernating") >= count

    def enter(self, client: str, name: str, method: str, **options: str) -> Bot:
        """Let a bot join."""
        bot = join(self.stage, client, name, method, **options)
        self.addCleanup(bot.forget)
        return bot

    def check(self, client: str, first: Bot, name: str, method: str) -> None:
        """Check that a bot wakes a Room, and finds it as another one left it."""
        bot = self.enter(client, name, method, topic=client)
        self.assertEqual(bot.room, first.room, client)
        self.assertNotEqual(bot.session, first.session, client)
        seen = until(lambda: (bot.state() or {}).get("notes"), [1, 2])
        self.assertEqual(seen, [1, 2], client)
        bot.leave()

    def test_ways_into_a_room_that_sleeps(self) -> None:
        """By its id, by its code and by what it is the only one of, it is woken."""

        def first(client: str) -> Bot:
            bot = self.enter(client, "only", "joinOrCreate", topic=client)
            for number in (1, 2):
                bot.send("note", number)
            until(lambda: (bot.state() or {}).get("notes"), [1, 2])
            bot.leave()
            return bot

        bots = everybody(first, _CAST)
        self.assertTrue(until(lambda: self.slept(3)))
        codes = self.stage.codes()
        for round_, (way, method) in enumerate(
            (("id", "joinById"), ("kind", "joinOrCreate"), ("code", "joinById"))
        ):

            def wake(client: str, way: str = way, method: str = method) -> None:
                room = bots[client].room
                names = {"id": room, "kind": "only", "code": codes[room]}
                self.check(client, bots[client], names[way], method)

            everybody(wake, _CAST)
            self.assertTrue(until(lambda n=round_: self.slept(3 * n + 6)))
