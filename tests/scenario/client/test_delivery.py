"""What becomes of Messages on networks that fail: each is taken once, and in order."""

from __future__ import annotations

import time

from tests.scenario.client.network import Network
from tests.scenario.sdk.story import casts, until
from tests.support.sdk import SdkError


class Deliveries(Network):
    def test_lost_on_the_way_there(self) -> None:
        """What a cut socket had taken, and the Node had not, is sent again."""
        bot = self.enter()
        self.note(bot, range(3))
        self.check_notes(bot, 3)
        self.lane.stall("up")
        self.note(bot, range(3, 9))
        self.lane.cut()

        bot.wait("reconnected")

        self.note(bot, range(9, 12))
        self.check_notes(bot, 12)

    def test_lost_on_the_way_back(self) -> None:
        """What the Node took, but could not acknowledge, is not taken twice."""
        bot = self.enter()
        other = self.beside(bot)
        self.lane.stall("down")
        self.note(bot, range(6))
        expected = {"notes": list(range(6))}
        self.assertEqual(until(other.state, expected), expected)
        self.assertEqual(bot.condition()["waiting"], 6)
        self.lane.cut()

        bot.wait("reconnected")

        self.note(bot, range(6, 9))
        self.check_notes(bot, 9)

    def test_overtaken(self) -> None:
        """What an old socket brings after the new one is taken once and in order."""
        bot = self.enter()
        self.note(bot, range(2))
        self.check_notes(bot, 2)
        self.lane.stall("up")
        self.note(bot, range(2, 8))
        bot.drop()
        bot.wait("reconnected")
        self.note(bot, range(8, 10))
        self.check_notes(bot, 10)

        self.lane.release("up")

        time.sleep(0.2)
        self.check_notes(bot, 10)
        self.assertEqual(self.names(bot).count("drop"), 1)

    def test_busy_room(self) -> None:
        """What waits in the Room when the network fails is not taken twice."""
        bot = self.enter()
        bot.send("late", 0)
        self.note(bot, range(1, 5))
        time.sleep(0.1)
        self.lane.cut()

        bot.wait("reconnected")

        self.note(bot, range(5, 7))
        self.check_notes(bot, 7)

    def test_cut_again_and_again(self) -> None:
        """However often the network fails, each Message is taken once and in order."""
        bot = self.enter()
        for turn in range(6):
            self.note(bot, range(8 * turn, 8 * turn + 4))
            self.lane.stall("up" if turn % 2 else "down")
            self.note(bot, range(8 * turn + 4, 8 * turn + 8))
            since = bot.mark()
            self.lane.cut()
            if turn % 3:
                bot.wait("reconnected", since=since)

        self.check_notes(bot, 48)

    def test_full(self) -> None:
        """An Outbox that is full says so, and keeps what it has."""
        bot = self.enter(outbox={"maxMessages": 3})
        self.lane.refuse()
        self.lane.cut()
        bot.wait("drop")
        self.note(bot, range(3))

        error = self.assertRaises(SdkError, bot.send, "note", 99)

        self.assertIn("the outbox is full: 3 messages wait", error.message)
        self.assertEqual(bot.condition()["waiting"], 3)
        self.lane.admit()
        self.check_notes(bot, 3)

    def test_requests(self) -> None:
        """A request fails when its connection does, and at once where there is none."""
        bot = self.enter()
        self.lane.refuse()
        self.lane.stall("down")
        self.note(bot, range(1))
        self.lane.cut()
        bot.wait("drop")

        self.assertRaises(SdkError, bot.request, "read")

        self.lane.admit()
        bot.wait("reconnected")
        self.check_notes(bot, 1)


globals().update(casts(__name__, [Deliveries]))
