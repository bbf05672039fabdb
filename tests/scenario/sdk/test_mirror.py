"""What bots see of a State while it changes."""

from __future__ import annotations

from typing import Any, Final

from twisted.trial.unittest import SynchronousTestCase

from tests.scenario.sdk.story import Story, Story16, Story17, Story18, until
from tests.support.sdk_value import BigInt

_ANN: Final = {"name": "ann", "hp": 5, "pos": {"x": 1.5, "y": -2}}
_BOB: Final = {"name": "bob", "hp": -7, "pos": {"x": 0, "y": 0.25}}
_BOW: Final = {"name": "bow", "qty": 1}
_AXE: Final = {"name": "axe", "qty": 2}
_CUP: Final = {"name": "cup", "qty": 300}

#: Changes of the scalars, each sent as one Message.
SCALARS: Final[list[dict[str, Any]]] = [
    {"i8": -128, "i16": -(2**15), "i32": -(2**31)},
    {"i8": 127, "i16": 2**15 - 1, "i32": 2**31 - 1},
    {"u8": 255, "u16": 2**16 - 1, "u32": 2**32 - 1},
    {"i64": BigInt(-(2**53) + 1), "u64": BigInt(2**53 - 1)},
    {"f32": 1.5, "f64": 0.1, "num": -0.3},
    {"f64": 1e300, "num": 12345},
    {"num": -40, "text": "", "flag": True},
    {"text": "snow \N{SNOWMAN} \U0001f600", "flag": False},
    {"text": "x" * 255},
    {"text": "y" * 256},
    {"text": "z" * 3000},
    {"maybe": "there"},
    {"maybe": None},
]

#: Changes of the containers: lists of `[path, verb, ...arguments]`, one list a Message.
STEPS: Final[list[list[list[Any]]]] = [
    [["", "set", "origin", {"x": 3, "y": 4}]],
    [["origin", "set", "x", 3.5]],
    [["members", "put", "ann", _ANN]],
    [["members", "put", "bob", _BOB], ["members.ann", "set", "hp", 6]],
    [["members.bob.pos", "set", "y", 8]],
    [["members", "put", "ann", _BOB]],
    [["members", "delete", "bob"], ["members", "put", "bob", _ANN]],
    [["members", "put", "cat", _ANN], ["members", "delete", "cat"]],
    [["members", "delete", "ann"]],
    [["", "set", "leader", _ANN]],
    [["leader.pos", "set", "x", 9]],
    [["", "set", "leader", None]],
    [["scores", "put", "a", 1], ["scores", "put", "b", 2.5]],
    [["scores", "put", "a", -1], ["scores", "delete", "b"], ["scores", "put", "ä", 3]],
    [["scores", "clear"]],
    [["scores", "clear"], ["scores", "put", "c", 4]],
    [["log", "append", "one"], ["log", "append", "two"], ["log", "append", "three"]],
    [["log", "insert", 0, "zero"], ["log", "replace", 2, "TWO"]],
    [["log", "remove", 1]],
    [["log", "remove", 0], ["log", "insert", 1, "middle"], ["log", "append", "end"]],
    [["log", "clear"], ["log", "append", "again"]],
    [["items", "append", _BOW], ["items", "append", _AXE], ["items", "append", _CUP]],
    [["items.1", "set", "qty", 9]],
    [["items", "remove", 0]],
    [["items", "insert", 0, _CUP], ["items.0", "set", "name", "mug"]],
    [["items", "replace", 1, _BOW], ["items", "remove", 2], ["items", "append", _AXE]],
    [["items", "clear"]],
    [["tags", "add", "red"], ["tags", "add", "blue"]],
    [["tags", "discard", "red"], ["tags", "add", "green"], ["tags", "add", "blue"]],
    [["tags", "clear"]],
    [["tags", "add", "last"], ["members.bob", "set", "name", "robert"]],
]


class Mirrors(Story):
    def test_scalars(self) -> None:
        """A bot sees each value of each kind of scalar."""
        bot = self.join("state")
        for change in SCALARS:
            bot.send("set", change)
            truth = self.check_mirror(bot)

            for name, value in change.items():
                self.assertEqual(truth.get(name), value)

    def test_containers(self) -> None:
        """A bot sees each change of each container, and a newcomer the sum of them."""
        bot = self.join("state")
        for step in STEPS:
            bot.send("op", step)
            self.check_mirror(bot)
        late = self.beside(bot)
        truth = self.check_mirror(bot, late)

        self.assertEqual(truth["members"]["bob"]["name"], "robert")
        self.assertEqual(truth["tags"], ["last"])

    def test_newcomers(self) -> None:
        """Who joins in between sees the same as who was there from the start."""
        bots = [self.join("state")]
        for number, step in enumerate(STEPS):
            bots[0].send("op", step)
            if number % 4 == 0:
                bots.append(self.beside(bots[0]))

        truth = self.check_mirror(*bots)

        self.assertEqual(truth["tags"], ["last"])

    def test_burst(self) -> None:
        """However fast changes come, nothing is lost on the way to any bot."""
        bots = [self.join("state")]
        bots += [self.beside(bots[0]), self.beside(bots[0])]
        for _ in range(5):
            for bot in bots:
                for step in STEPS[12:21]:
                    bot.send("op", step)

        self.check_mirror(*bots)

    def test_joining_and_leaving(self) -> None:
        """What is kept of each bot comes and goes with it."""
        bots = [self.join("bench")]
        bots += [self.beside(bots[0]) for _ in range(3)]
        for number, bot in enumerate(bots):
            bot.send("move", {"x": number + 0.5, "y": -number})
        sessions = {bot.session for bot in bots}

        def seen() -> set[str]:
            return set(bots[0].state()["players"])

        self.assertEqual(until(seen, sessions), sessions)
        truth = self.check_mirror(*bots)
        last = {"x": 3.5, "y": -3, "hp": 100, "name": ""}
        self.assertEqual(truth["players"][bots[3].session], last)

        bots[3].leave()

        sessions.remove(bots[3].session)
        self.assertEqual(until(seen, sessions), sessions)
        self.check_mirror(*bots[:3])


class Views(Story):
    def test_roles_and_owners(self) -> None:
        """What is meant for a role or an owner is seen by nobody else."""
        ann = self.join("views", name="ann")
        master = self.beside(ann, name="mia", role="gm")
        own = {"name": "ann", "hand": "hand of ann"}

        members = {"ann": own, "mia": {"name": "mia"}}
        self.check_sees(ann, {"title": "open", "members": members, "chests": {}})
        members = {
            "ann": {"name": "ann"},
            "mia": {"name": "mia", "hand": "hand of mia"},
        }
        everything = {"title": "open", "secret": "gm only", "members": members}
        self.check_sees(master, everything | {"chests": {}})

    def test_shown(self) -> None:
        """What was shown to a bot is seen by it alone, until it is hidden again."""
        ann = self.join("views", name="ann")
        bob = self.beside(ann, name="bob")

        ann.send("show", "one")

        def chests(bot: Any) -> Any:
            return (bot.state() or {}).get("chests")

        chest = {"one": {"gold": 7}}
        self.assertEqual(until(lambda: chests(ann), chest), chest)
        ann.send("hide", "one")
        self.assertEqual(until(lambda: chests(ann), {}), {})
        self.assertEqual(until(lambda: chests(bob), {}), {})


class Mirrors16(Mirrors, Story16, SynchronousTestCase):
    pass


class Mirrors17(Mirrors, Story17, SynchronousTestCase):
    pass


class Mirrors18(Mirrors, Story18, SynchronousTestCase):
    pass


class Views16(Views, Story16, SynchronousTestCase):
    pass


class Views17(Views, Story17, SynchronousTestCase):
    pass


class Views18(Views, Story18, SynchronousTestCase):
    pass
