"""What bots see of a Table when they see only what is near them."""

from __future__ import annotations

import atexit
from functools import cache
from typing import Any

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from tests.scenario.sdk.story import Story, Story16, Story17, Story18, launch, until
from tests.support.daemon import Daemon
from tests.support.sdk import Bot


@cache
def meadow_node() -> Daemon:
    """Return the Node with the meadow."""
    daemon = launch("tests.scenario.sdk.meadow")
    atexit.register(daemon.process.kill)
    return daemon


class Meadows(Story):
    @property
    @override
    def node(self) -> Daemon:
        return meadow_node()

    def check_near(self, *bots: Bot) -> list[set[str]]:
        """Check that bots come to see what they are to see; return which sheep."""

        def is_right(bot: Bot) -> bool:
            truth: Any = bot.exchange("dump")
            return bool(bot.state() == truth)

        for bot in bots:
            # Answered when all that it asked for is done.
            bot.exchange("dump")
        for bot in bots:
            self.assertTrue(until(lambda bot=bot: is_right(bot)))
        return [set(bot.state()["sheep"]) for bot in bots]

    def test_walk(self) -> None:
        """Sheep come into view and go out of it as a bot walks, and as they do."""
        ann = self.join("meadow")
        bob = self.beside(ann)
        [corner, same] = self.check_near(ann, bob)
        self.assertEqual(corner, same)
        self.assertTrue(3 <= len(corner) < 20)

        ann.send("walk", [55, 45])
        [middle, still] = self.check_near(ann, bob)
        self.assertFalse(middle & corner)
        self.assertEqual(still, corner)
        for _ in range(3):
            bob.send("herd", [7, 4])
            self.check_near(ann, bob)
        bob.send("wolf")
        bob.send("walk", [48, 52])
        [one, two] = self.check_near(ann, bob)
        self.assertTrue(one & two)

    def test_roles(self) -> None:
        """Who becomes a shepherd sees the marks of sheep, and no one who is none."""
        ann = self.join("meadow", fold=True)
        bob = self.beside(ann)
        for bot in (ann, bob):
            bot.send("walk", [55, 45])
        bob.send("herd", [3, 2])
        self.check_near(ann, bob)

        ann.send("roles", ["shepherd"])
        self.check_near(ann, bob)
        self.assertTrue(any(each["mark"] for each in ann.state()["sheep"].values()))
        bob.send("herd", [8, 8])
        bob.send("wolf")
        ann.send("walk", [48, 52])
        self.check_near(ann, bob)

        ann.send("roles", [])
        bob.send("roles", ["shepherd"])
        self.check_near(ann, bob)
        self.assertFalse(any("mark" in each for each in ann.state()["sheep"].values()))

    def test_shepherd_that_returns(self) -> None:
        """A bot that was away sees what its role lets it see by now."""
        ann = self.join("meadow", fold=True)
        bob = self.beside(ann)
        ann.send("roles", ["shepherd"])
        self.check_near(ann)

        ann = self.back(ann)
        bob.send("herd", [3, 3])

        self.check_near(ann, bob)

    def test_return(self) -> None:
        """A bot that was away sees what is near it now, and nothing else."""
        ann = self.join("meadow")
        bob = self.beside(ann)
        ann.send("walk", [55, 45])
        self.check_near(ann)

        ann = self.back(ann)
        bob.send("herd", [-20, 3])
        ann.send("walk", [75, 45])

        self.check_near(ann, bob)


class Meadows16(Meadows, Story16, SynchronousTestCase):
    pass


class Meadows17(Meadows, Story17, SynchronousTestCase):
    pass


class Meadows18(Meadows, Story18, SynchronousTestCase):
    pass
