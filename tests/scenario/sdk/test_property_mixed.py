"""Games of all three SDKs in one Room, at the mercy of chance."""

from __future__ import annotations

from random import Random
from typing import Any

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from tests import examples
from tests.scenario.sdk.story import Story
from tests.support.sdk import PACKAGES, Bot, SdkError, shared

_NAMES = ("ann", "bob", "cat", "dan")


def change(random: Random, truth: dict[str, Any]) -> list[Any]:
    """Choose a step that a Room with this State can do."""
    number = random.randrange(-100, 100)
    name = random.choice(_NAMES)
    member = {"name": name, "hp": number, "pos": {"x": number, "y": 0.5}}
    item = {"name": name, "qty": number + 100}
    steps: list[list[Any]] = [
        ["", "set", "num", number],
        ["", "set", "leader", random.choice([member, None])],
        ["origin", "set", "x", number],
        ["members", "put", name, member],
        ["scores", "put", name, number],
        ["log", "append", name],
        ["items", "append", item],
        ["tags", random.choice(["add", "discard"]), name],
        [random.choice(["scores", "log", "items", "tags"]), "clear"],
    ]
    for key in truth["members"]:
        steps += [["members", "delete", key], [f"members.{key}.pos", "set", "y", 7]]
    for key in truth["scores"]:
        steps.append(["scores", "delete", key])
    for place in range(len(truth["items"])):
        steps += [["items", "remove", place], [f"items.{place}", "set", "qty", 1]]
        steps += [["items", "replace", place, item], ["items", "insert", place, item]]
    for place in range(len(truth["log"])):
        steps += [["log", "remove", place], ["log", "insert", place, name]]
    return random.choice(steps)


class MixedTests(Story, SynchronousTestCase):
    version = "18"

    @override
    def setUp(self) -> None:
        """Open a Room with one bot of each SDK."""
        super().setUp()
        first = self.join("state")
        self.bots = [first]
        for version in PACKAGES:
            self.enter(version)

    def enter(self, version: str) -> None:
        """Let a bot of an SDK join the Room of the others."""
        self.version = version
        self.bots.append(self.beside(self.bots[0]))

    def returning(self, place: int) -> None:
        """Let a bot be lost and come back."""
        bot = self.bots[place]
        [self.version] = [each for each in PACKAGES if shared(each) is bot.sdk]
        self.bots[place] = self.back(bot)

    def test_messages(self) -> None:
        """What one of them asks for is done for all of them alike."""
        for bot in self.bots:
            bot.send("op", [["log", "append", bot.session]])
            bot.exchange("dump")

        truth = self.check_mirror(*self.bots)

        self.assertEqual(truth["log"], [bot.session for bot in self.bots])

    def test_return_into_changes(self) -> None:
        """Whoever was away sees what changed meanwhile, whatever its SDK."""
        for place in range(len(self.bots)):
            self.bots[place - 1].send("op", [["members", "put", "eve", {"hp": 1}]])
            self.check_mirror(*self.bots)
            self.bots[place - 1].send("op", [["members", "delete", "eve"]])
            self.returning(place)
            self.check_mirror(*self.bots)

    def test_chance(self) -> None:
        """Whatever happens in whatever order, in the end all see the truth."""
        for seed in range(examples(test=3, soak=60)):
            try:
                self.play(Random(seed))
            except (AssertionError, SdkError) as error:
                raise AssertionError(f"with seed {seed}: {error}") from error

    def play(self, random: Random) -> None:
        """Let this and that happen, and compare."""
        for _ in range(15):
            self.happen(random, random.choice(self.bots))
            truth = self.check_mirror(*self.bots[:2])
            self.bots[1].send("op", [change(random, truth)])
        self.check_mirror(*self.bots)

    def happen(self, random: Random, bot: Bot) -> None:
        """Let one thing happen to somebody."""
        match random.randrange(8):
            case 0 | 1:
                self.returning(self.bots.index(bot))
            case 2 if len(self.bots) > 4:
                self.bots.remove(bot)
                bot.leave()
            case 3 if len(self.bots) < 8:
                self.enter(random.choice(list(PACKAGES)))
            case _:
                truth = bot.exchange("dump")
                bot.send("op", [change(random, truth)])
                bot.exchange("dump")
