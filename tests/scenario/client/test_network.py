"""Our clients on networks that fail: what they tell, in which order."""

from __future__ import annotations

import time

from typing_extensions import override

from tests.scenario.client.network import APP, Network
from tests.scenario.sdk.story import casts, launch
from tests.support.daemon import PATIENCE, Daemon
from tests.support.sdk_value import read


class Losses(Network):
    def test_cut(self) -> None:
        """A connection that is cut is told of once, and mended at the first attempt."""
        for cut in (self.lane.cut, self.lane.finish):
            bot = self.enter()
            self.note(bot, range(1))
            self.check_notes(bot, 1)
            cut()
            bot.wait("reconnected")

            lost, attempt, back = self.told(bot)

            self.assertEqual((lost["event"], lost["code"]), ("drop", 1006))
            self.assertEqual(attempt["event"], "reconnecting")
            self.assertEqual((attempt["attempt"], attempt["maxRetries"]), (1, 15))
            self.assertEqual((back["attempts"], back["how"]), (1, "patches"))

    def test_without_state(self) -> None:
        """Where there is no State nothing is to be made whole."""
        bot = self.enter("bare")
        self.lane.cut()

        [back] = bot.wait("reconnected")

        self.assertEqual(back["how"], "none")
        self.assertEqual(bot.exchange("echo", 1), 1)

    def test_attempts(self) -> None:
        """While nobody answers, each attempt is told with its number and its wait."""
        bot = self.enter()
        self.lane.refuse()
        self.lane.cut()
        attempts = bot.wait("reconnecting", 4)

        self.lane.admit()

        [back] = bot.wait("reconnected")
        attempts = bot.wait("reconnecting")
        self.assertEqual(
            self.names(bot),
            ["drop", *["reconnecting"] * len(attempts), "reconnected"],
        )
        self.assertEqual(back["attempts"], len(attempts))
        for number, each in enumerate(attempts, 1):
            longest = min(80, 20 * 2**number)
            self.assertEqual(each["attempt"], number)
            self.assertTrue(longest // 2 <= each["delay"] <= longest, each)

    def test_no_way_back(self) -> None:
        """When no attempt is left, what was not taken is reported, and it ends."""
        # The attempts are to last longer than it takes to say three things meanwhile.
        bot = self.enter(reconnection={"maxRetries": 2, "delay": 400})
        self.note(bot, range(2))
        self.check_notes(bot, 2)
        self.lane.refuse()
        self.lane.cut()
        bot.wait("drop")
        self.note(bot, range(2, 5))

        [left] = bot.wait("leave")

        self.assertEqual(
            self.names(bot),
            [
                "drop",
                "reconnecting",
                "reconnecting",
                "undelivered",
                "reconnectionFailed",
                "leave",
            ],
        )
        _, _, _, lost, failed, _ = self.told(bot)
        messages = [read(each) for each in lost["messages"]]
        told = [(each["id"], each["type"], each["body"]) for each in messages]
        self.assertEqual(told, [(3, "note", 2), (4, "note", 3), (5, "note", 4)])
        self.assertEqual((failed["code"], left["code"]), (4003, 4003))
        self.assertFalse(bot.look()["open"])

    def test_leaving_while_away(self) -> None:
        """Whoever leaves while away does not come back, and is not kept waiting."""
        bot = self.enter()
        self.lane.refuse()
        self.lane.cut()
        bot.wait("reconnecting")

        self.assertEqual(bot.leave(), 4000)

        self.lane.admit()
        time.sleep(0.3)
        self.assertEqual(self.names(bot)[-1], "leave")
        self.assertNotIn("reconnectionFailed", self.names(bot))
        self.assertNotIn("reconnected", self.names(bot))

    def test_half_open(self) -> None:
        """A socket on which nothing comes any more is given up, and mended."""
        bot = self.enter(silence=500)
        self.lane.swallow()
        bot.send("note", 0)

        [lost] = bot.wait("drop")

        self.assertEqual((lost["code"], lost["reason"]), (1006, "the server is silent"))
        bot.wait("reconnected")
        self.check_notes(bot, 1)

    def test_dead_network(self) -> None:
        """A network that answers nobody is tried again, until it does."""
        bot = self.enter(silence=300)
        self.lane.vanish()
        bot.wait("reconnecting", 2)

        self.lane.appear()

        bot.wait("reconnected")
        self.assertEqual(self.names(bot).count("drop"), 1)
        self.note(bot, range(3))
        self.check_notes(bot, 3)

    def test_quiet_room(self) -> None:
        """A Room in which nothing happens is no reason to give a socket up."""
        bot = self.enter(silence=400)

        time.sleep(1.2)

        self.assertEqual(self.names(bot), [])


class Restarts(Network):
    @property
    @override
    def node(self) -> Daemon:
        """The Node that goes."""
        return self._node

    @override
    def setUp(self) -> None:
        """Start a Node for this test alone."""
        self._node = self.another()
        super().setUp()

    def another(self) -> Daemon:
        """Start a Node that ends with the test."""
        node = launch(APP)
        self.addCleanup(node.process.wait, PATIENCE)
        self.addCleanup(node.process.kill)
        return node

    def test_restart(self) -> None:
        """A Node that was started again knows nobody, and the client is told so."""
        bot = self.enter()
        self.note(bot, range(1))
        self.check_notes(bot, 1)
        after = self.another()
        self.lane.refuse()
        self._node.process.kill()
        bot.wait("drop")
        bot.send("note", 1)
        self.lane.aim(self.port(after))
        self.lane.admit()

        [failed] = bot.wait("reconnectionFailed")

        self.assertEqual(failed["code"], 4003)
        names = [each for each in self.names(bot) if each != "reconnecting"]
        self.assertEqual(names, ["drop", "undelivered", "reconnectionFailed", "leave"])

    def test_orderly_end(self) -> None:
        """A Node that parts from its clients is not looked for."""
        bot = self.enter()
        self._node.process.terminate()

        [left] = bot.wait("leave")

        self.assertEqual(left["code"], 4001)
        self.assertEqual(self.names(bot), ["leave"])


globals().update(casts(__name__, [Losses]))
# A browser loses sockets in a way of its own; what it is told later is the same.
globals().update(casts(__name__, [Restarts], ["nexus", "python"]))
