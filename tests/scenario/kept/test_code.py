"""Clients that come back to Rooms whose code is another one."""

from __future__ import annotations

from typing import Final

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.errors import Close
from tests.scenario.kept.stage import (
    CAST,
    OURS,
    Stage,
    back,
    come_back,
    everybody,
    join,
    truth,
)
from tests.scenario.sdk.story import until
from tests.support.sdk import Bot, missing

_OLD: Final = '''\
"""A game that changes."""

from __future__ import annotations

from nexus import App, Client, Map, Room, State, field, on_message, uint32
from examples.conformance.dump import plain, whole


class Member(State):
    name: str = ""
    old: uint32 = 7


class World(State):
    text: str = "first"
    count: uint32 = 1
    members: Map[str, Member] = field(factory=dict)


class Game(Room[World]):
    durability = "confirmed"

    def on_create(self, options):
        self.state = World()

    def on_join(self, client, options):
        self.state.members["a"] = Member(name="a")

    def on_drop(self, client, code):
        self.allow_reconnection(client, 20)

    @on_message("count")
    def do_count(self, client: Client):
        self.state.members["b"] = Member(name="b")
        self.state.count += 1

    @on_message("dump")
    def dump(self, client: Client):
        client.send("dump", plain(self.state))


app = App()
app.define("game", Game)
'''

#: A field comes before others, and one goes.
_NEW: Final = _OLD.replace(
    '    name: str = ""\n    old: uint32 = 7\n',
    '    title: str = "new"\n    name: str = ""\n',
).replace("    text: str", "    more: uint32 = 5\n    text: str")


class CodeTestCase(SynchronousTestCase):
    maxDiff = None
    skip = next(filter(None, map(missing, CAST)), None)

    @override
    def setUp(self) -> None:
        """Write a game."""
        self.stage = Stage("game", options=self.options())
        self.stage.write("game.py", _OLD)
        self.stage.start()
        self.addCleanup(lambda: self.stage.close())
        self.stage.ready()

    def options(self) -> tuple[str, ...]:
        """Return what the Node is started with."""
        return ()

    def enter(self, client: str) -> Bot:
        """Let a bot make a Room, and see it."""
        bot = join(self.stage, client, "game")
        self.addCleanup(bot.forget)
        bot.send("count")
        self.check(bot)
        return bot

    def check(self, bot: Bot) -> None:
        """Check that a bot sees what is true."""
        said, seen = truth(bot)
        self.assertEqual(seen, said, bot.sdk.version)


class CodeTests(CodeTestCase):
    def test_other_fields(self) -> None:
        """Who comes back sees the fields that there are now, with what was kept."""
        bots = everybody(self.enter)
        since = everybody(lambda client: bots[client].mark())
        self.stage.stop()
        self.stage.write("game.py", _NEW)
        self.stage.start()
        cast = ("16", *OURS)

        def act(client: str) -> Bot:
            bot = back(self.stage, bots[client], since[client])
            self.addCleanup(bot.forget)
            self.assertEqual(bot.session, bots[client].session)
            self.check(bot)
            self.assertEqual(bot.state()["more"], 5)
            self.assertEqual(bot.state()["members"]["b"], {"title": "new", "name": "b"})
            bot.send("count")
            self.check(bot)
            return bot

        everybody(act, cast)
        for client in ("17", "18"):
            # What keeps the classes that it knew would misread all that it is told.
            bots[client].wait("leave", since=since[client])
            self.assertEqual(bots[client].state()["text"], "first", client)
            token = bots[client].look()["token"]
            self.check(self.again(client, token))

    def again(self, client: str, token: str) -> Bot:
        """Let a game whose client gave up come back with a new object."""
        bot = come_back(self.stage, client, token)
        self.addCleanup(bot.forget)
        return bot


class ReloadTests(CodeTestCase):
    @override
    def options(self) -> tuple[str, ...]:
        return ("--reload",)

    def test_reload(self) -> None:
        """A save of the code costs nobody the game."""
        cast = ("18", "nexus", "python")
        bots = everybody(self.enter, cast)
        since = everybody(lambda client: bots[client].mark(), cast)
        pid = self.stage.node.process.pid
        self.stage.write("game.py", _OLD.replace("count += 1", "count += 10"))

        back_ = everybody(
            lambda client: back(self.stage, bots[client], since[client]), cast
        )

        for client, bot in back_.items():
            self.assertEqual(bot.session, bots[client].session, client)
            lost, *_ = bot.wait("drop", since=since[client])
            self.assertEqual(lost["code"], Close.MAY_REJOIN, client)
            if client in OURS:
                [came] = bot.wait("reconnected", since=since[client])
                self.assertEqual(came["how"], "patches", client)
            bot.send("count")
            self.assertEqual(until(lambda b=bot: b.state()["count"], 12), 12, client)
            self.check(bot)
        self.assertEqual(self.stage.node.process.pid, pid)
        self.assertIsNone(self.stage.node.process.poll())
