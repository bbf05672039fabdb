"""How good our clients find networks that are slow, or lose what is said."""

from __future__ import annotations

import time
from typing import Any

from tests.scenario.client.network import Network
from tests.scenario.sdk.story import casts, until
from tests.support.sdk import Bot


class Qualities(Network):
    def quality(self, bot: Bot) -> dict[str, Any]:
        """Return how good a bot finds its connection."""
        found: dict[str, Any] = bot.condition()["quality"]
        return found

    def comes_to(self, bot: Bot, level: str, round_trip: float) -> bool:
        """Say whether a bot comes to find its connection so good, and so slow."""

        def holds() -> bool:
            seen = self.quality(bot)
            latency = seen["latency"] or 0
            return bool(seen["level"] == level and latency > 0.9 * round_trip)

        return bool(until(holds))

    def test_levels(self) -> None:
        """The level follows the round trip, and each change is told."""
        bot = self.enter()
        expected = {50: "excellent", 150: "good", 300: "fair", 500: "poor"}
        for round_trip, level in expected.items():
            self.lane.shape(delay=round_trip / 2000)
            self.assertTrue(self.comes_to(bot, level, round_trip), level)
        self.lane.shape()
        self.assertTrue(self.comes_to(bot, "excellent", 0))

        told = bot.wait("connectionQuality", 5)

        levels = ["unknown", *(each["level"] for each in told)]
        self.assertEqual([each["previous"] for each in told], levels[:-1])
        places = [levels.index(level) for level in expected.values()]
        self.assertEqual(places, sorted(places), levels)

    def test_loss(self) -> None:
        """Pings that are answered too late count as lost, until they are long ago."""
        bot = self.enter(silence=8000)
        bot.wait("latency", 5)
        self.assertEqual(self.quality(bot)["loss"], 0)
        self.lane.stall("down")

        self.assertTrue(until(lambda: self.quality(bot)["loss"] > 0.2))

        self.lane.release("down")
        self.assertTrue(until(lambda: self.quality(bot)["loss"] == 0))
        self.assertEqual(self.names(bot), [])

    def test_offline(self) -> None:
        """While the connection is lost the level says so."""
        bot = self.enter()
        bot.wait("latency", 2)
        self.lane.refuse()
        self.lane.cut()
        bot.wait("drop")
        self.assertEqual(self.quality(bot)["level"], "offline")

        self.lane.admit()

        bot.wait("reconnected")
        self.assertNotEqual(self.quality(bot)["level"], "offline")

    def test_server_time(self) -> None:
        """The time at the server is known, however long the way."""
        bot = self.enter()
        self.lane.shape(delay=0.1)
        bot.wait("latency", 12)

        before = time.time_ns() / 1e6
        said = bot.condition()["serverTime"]
        after = time.time_ns() / 1e6

        self.assertTrue(before - 60 <= said <= after + 60, (before, said, after))


# A browser counts as Node.js does.
globals().update(casts(__name__, [Qualities], ["nexus", "python"]))
