"""Clients that come back by themselves to Rooms whose Node was gone for a while."""

from __future__ import annotations

from typing import Any, Final

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.errors import Close
from tests.scenario.kept.stage import CAST, OURS, Stage, back, everybody, join, truth
from tests.scenario.sdk.story import tidy, until
from tests.support.sdk import Bot, missing

#: What happens before: Maps and Sets with holes, Lists that were edited in the middle.
_BEFORE: Final[list[list[Any]]] = [
    *[["members", "put", key, {"name": key, "pos": {"x": 1}}] for key in "abcdef"],
    ["members", "delete", "a"],
    ["members", "delete", "d"],
    ["members", "put", "a", {"name": "again"}],
    *[["items", "append", {"name": name}] for name in ("bow", "axe", "cup", "key")],
    ["items", "remove", 1],
    ["items", "insert", 1, {"name": "hat", "qty": 3}],
    *[["log", "append", word] for word in ("one", "two", "three")],
    ["log", "insert", 1, "middle"],
    ["log", "remove", 0],
    *[["tags", "add", word] for word in ("one", "two", "three")],
    ["tags", "discard", "two"],
    *[["scores", "put", key, at] for at, key in enumerate("xyz")],
    ["scores", "delete", "x"],
    ["", "set", "leader", {"name": "ann", "hp": 5}],
]

#: What clients see, and what is lost.
_LOST: Final[list[list[Any]]] = [
    ["members", "put", "lost", {"name": "lost"}],
    ["members", "delete", "c"],
    ["members.e", "set", "hp", 77],
    ["items", "append", {"name": "lost"}],
    ["items", "remove", 0],
    ["log", "append", "lost"],
    ["tags", "add", "lost"],
    ["scores", "put", "lost", 1],
    ["", "set", "leader", None],
    ["origin", "set", "x", 99],
]

#: What happens after, with new entries where others were lost.
_AFTER: Final[list[list[Any]]] = [
    ["members", "put", "new", {"name": "new"}],
    ["members.e", "set", "hp", 5],
    ["members", "delete", "f"],
    ["members", "put", "lost", {"name": "another"}],
    ["items", "append", {"name": "new", "qty": 1}],
    ["items", "insert", 0, {"name": "first"}],
    ["items.1", "set", "qty", 9],
    ["log", "append", "new"],
    ["log", "remove", 0],
    ["tags", "add", "new"],
    ["tags", "discard", "three"],
    ["scores", "put", "new", 2],
    ["scores", "delete", "y"],
    ["", "set", "leader", {"name": "bob"}],
    ["leader", "set", "hp", 3],
    ["origin", "set", "x", 5],
]

#: The clients that tell which members come and go.
_WATCHING: Final = ("17", "18", "nexus", "python")


class ReturnTestCase(SynchronousTestCase):
    maxDiff = None
    skip = next(filter(None, map(missing, CAST)), None)

    @override
    def setUp(self) -> None:
        """Start a Node with a database of its own."""
        self.stage = Stage(options=self.options())
        self.stage.start()
        self.stage.ready()
        self.addCleanup(lambda: self.stage.close())

    def options(self) -> tuple[str, ...]:
        """Return what the Node is started with."""
        return ()

    def enter(self, kind: str, cast: tuple[str, ...] = CAST) -> dict[str, Bot]:
        """Let a bot of each client make a Room, and do what comes before."""

        def act(client: str) -> Bot:
            bot = join(self.stage, client, kind)
            self.addCleanup(bot.forget)
            bot.send("op", _BEFORE)
            said, seen = truth(bot)
            self.assertEqual(seen, said, client)
            return bot

        return everybody(act, cast)

    def back(self, bots: dict[str, Bot], since: dict[str, int]) -> dict[str, Bot]:
        """Wait until all are back in their seats."""

        def act(client: str) -> Bot:
            bot = back(self.stage, bots[client], since[client])
            if bot is not bots[client]:
                self.addCleanup(bot.forget)
            self.assertEqual(bot.session, bots[client].session, client)
            self.assertEqual(bot.room, bots[client].room, client)
            return bot

        return everybody(act, bots)

    def check(self, bots: dict[str, Bot]) -> dict[str, Any]:
        """Check that all see what is true; returns that."""

        def act(client: str) -> Any:
            said, seen = truth(bots[client])
            self.assertEqual(seen, said, client)
            return said

        return everybody(act, bots)

    def told(self, bot: Bot, kind: str, since: int) -> list[str]:
        """Return the members of which a bot was told."""
        return sorted(
            each["value"]
            for each in bot.events(since)
            if each["event"] == "message" and each["type"] == kind
        )


class CrashTests(ReturnTestCase):
    @override
    def options(self) -> tuple[str, ...]:
        return ("--commit-interval=1.5",)

    def test_return_after_a_crash(self) -> None:
        """All that was lost is taken back, the rest is as it was, and goes on."""
        bots = self.enter("busy")
        # It is answered when all is safe, and it is a while until the next commit.
        bots["nexus"].request("op", [])
        since = everybody(lambda client: self.lose(bots[client]))
        self.stage.kill()
        self.stage.start()

        bots = self.back(bots, since)

        for client, said in self.check(bots).items():
            self.assertEqual(sorted(said["members"]), list("acefz"), client)
            self.assertEqual(said["text"], "crash", client)
            self.assertEqual(said["members"]["e"]["hp"], 0, client)
        for client in _WATCHING:
            bot, mark = bots[client], since[client]
            if client != "17":
                # The format of 17 has no other way than to tell all anew.
                self.assertEqual(self.told(bot, "added", mark), ["c", "z"], client)
            gone = self.told(bot, "removed", mark)
            self.assertLessEqual({"b", "lost"}, {*gone}, client)
            if client != "17":
                self.assertEqual(gone, ["b", "lost"], client)
        everybody(lambda client: bots[client].send("op", _AFTER))
        for client, said in self.check(bots).items():
            self.assertEqual(
                sorted(said["members"]),
                sorted(["a", "c", "e", "lost", "new", "z"]),
                client,
            )

    def lose(self, bot: Bot) -> int:
        """Let a bot do, and see, what is to be lost."""
        if bot.sdk.version in OURS:
            # A message would wait in its outbox, and come again.
            bot.request("hurry", _LOST)
        else:
            bot.send("hurry", _LOST)
        found = until(lambda: "lost" in bot.state()["tags"])
        self.assertTrue(found)
        return bot.mark()


class RestartTests(ReturnTestCase):
    def test_return_after_a_stop(self) -> None:
        """Nothing is lost or told twice; ours are sent nothing of the State."""
        bots = self.enter("still")
        hands = everybody(self.hold, ("18", "nexus", "python"))
        since = everybody(lambda client: bots[client].mark())
        marks = everybody(lambda client: hands[client].mark(), hands)
        self.stage.stop()
        for bot in (*bots.values(), *hands.values()):
            if bot.sdk.version != "16":
                lost, *_ = bot.wait("drop")
                self.assertEqual(lost["code"], Close.MAY_REJOIN, bot.sdk.version)
        self.stage.start()

        bots, hands = self.back(bots, since), self.back(hands, marks)

        for client in OURS:
            [came] = bots[client].wait("reconnected")
            self.assertEqual(came["how"], "patches", client)
            events = bots[client].events(since[client])
            self.assertNotIn("state", [each["event"] for each in events], client)
        self.check(bots)
        for client in ("18", "nexus", "python"):
            for kind in ("added", "removed"):
                self.assertEqual(self.told(bots[client], kind, since[client]), [])
        everybody(lambda client: bots[client].send("op", _AFTER))
        self.check(bots)
        for bot in hands.values():
            bot.send("draw", 9)
            wanted = self.hand(bot, 1, 2, 3, 9)
            self.assertEqual(until(lambda b=bot: tidy(b.state()), wanted), wanted)

    def hold(self, client: str) -> Bot:
        """Let a bot be dealt a hand of which others know nothing."""
        bot = join(self.stage, client, "hands", master=True)
        self.addCleanup(bot.forget)
        wanted = self.hand(bot, 1, 2, 3)
        self.assertEqual(until(lambda: tidy(bot.state()), wanted), wanted)
        return bot

    def hand(self, bot: Bot, *cards: int) -> Any:
        """Return what a master sees who has some cards."""
        mine = {"name": "somebody", "hand": list(cards)}
        return {"secret": "hidden", "sheets": {bot.session: mine}}


class OutboxTests(ReturnTestCase):
    def test_what_was_said_meanwhile(self) -> None:
        """Messages and commands that a client gives while nobody is there come once."""
        cast = ("nexus", "nexus-browser", "python")
        bots = everybody(lambda client: self.begin(client), cast)
        for round_ in range(2):
            since = everybody(lambda client: bots[client].mark(), cast)
            if round_:
                everybody(lambda client: self.say(bots[client], 300), cast)
                self.stage.kill()
            else:
                self.stage.stop()
            for client in cast:
                bots[client].wait("drop", since=since[client])
                self.say(bots[client], 100 * (1 + round_))
            self.stage.start()
            self.back(bots, since)

        for client, bot in bots.items():
            # Between messages and commands there is no order.
            noted = [1, *range(100, 104), *range(300, 304), *range(200, 204)]
            added = [104, 304, 204]
            until(lambda b=bot: len(b.state()["notes"]), len(noted + added))
            notes = bot.state()["notes"]
            self.assertEqual([n for n in notes if n % 100 != 4], noted, client)
            self.assertEqual([n for n in notes if n % 100 == 4], added, client)
            self.assertEqual(until(lambda b=bot: b.condition()["waiting"], 0), 0)
            if client == "nexus-browser":
                continue
            verdicts = bot.messages("verdict", 3)
            self.assertEqual(verdicts, [[104, 104], [304, 408], [204, 612]], client)

    def begin(self, client: str) -> Bot:
        """Let a bot make a Room, and wait until it is safe."""
        bot = join(self.stage, client, "ledger")
        self.addCleanup(bot.forget)
        bot.send("note", 1)
        self.assertEqual(until(lambda: bot.condition()["waiting"], 0), 0)
        return bot

    def say(self, bot: Bot, first: int) -> None:
        """Have four numbers noted, and another one added by a command."""
        for number in range(first, first + 4):
            bot.send("note", number)
        kind = "add" if bot.sdk.version == "nexus-browser" else "command"
        bot.send(kind, first + 4)
