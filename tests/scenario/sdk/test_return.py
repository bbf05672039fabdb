"""How bots leave Rooms, and how they come back to them."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.scenario.sdk.story import Story, Story16, Story17, Story18, until
from tests.support.sdk import Bot, SdkError


class Leavers(Story):
    def test_consented(self) -> None:
        """A bot that leaves is told 4000, once."""
        bot = self.join("bench")

        self.assertEqual(bot.leave(), 4000)
        self.assertEqual([each["code"] for each in bot.wait("leave")], [4000])
        self.assertEqual([e for e in bot.events() if e["event"] == "drop"], [])

    def test_kicked(self) -> None:
        """A bot that is kicked is told the code and the reason, and stays away."""
        bot = self.join("kick")
        bot.send("kick", {"code": 4444, "reason": "bye \N{SNOWMAN}"})

        [left] = bot.wait("leave")

        self.assertEqual((left["code"], left["reason"]), (4444, "bye \N{SNOWMAN}"))
        self.assertFalse(bot.look()["open"])

    def test_others_stay(self) -> None:
        """Who leaves, is kicked or is lost takes nobody along."""
        first = self.join("kick")
        kicked, gone, lost = (self.beside(first) for _ in range(3))
        kicked.send("kick", {"code": 4321, "reason": ""})
        gone.leave()
        lost.forget()
        kicked.wait("leave")

        self.assertTrue(first.look()["open"])
        self.assertEqual(self.beside(first).room, first.room)


class Returns(Story):
    def away_for_good(self, bot: Bot, *, away: float = 0.0) -> None:
        """Check that a bot that drops is not let in again."""
        if not self.comes_back:
            error = self.assertRaises(SdkError, self.back, bot, away=away)
            self.assertEqual(error.code, self.code(524))
            return
        delay = 20 + 1000 * away
        bot.tune(minUptime=0, minDelay=delay, maxDelay=delay, delay=delay)
        bot.drop()
        [left] = bot.wait("leave")
        self.assertEqual(left["code"], 4003)
        if self.is_ours:
            [failed] = bot.wait("reconnectionFailed")
            self.assertEqual(failed["code"], 4003)
            return
        self.assertIn(524, [each["code"] for each in bot.wait("error")])

    def test_return(self) -> None:
        """A bot that was lost comes back as the same Client, with a new token."""
        bot = self.join("echo")
        session, token = bot.session, bot.facts["token"]

        back = self.back(bot)

        self.assertEqual((back.session, back.room), (session, bot.room))
        self.assertNotEqual(back.facts["token"], token)
        self.assertEqual(back.exchange("echo", "again"), "again")
        now = back.state()["n"]
        self.assertTrue(until(lambda: back.state()["n"] > now))

    def test_return_twice(self) -> None:
        """A bot may be lost more than once."""
        bot = self.join("echo")
        for _ in range(3):
            bot = self.back(bot)

        self.assertEqual(bot.exchange("echo", 1), 1)

    def test_state_after_return(self) -> None:
        """A bot that comes back sees what is true, also where entries are gone."""
        bot = self.join("drop", seconds=20)
        other = self.beside(bot, seconds=20)
        self.check_mirror(bot, other)

        back = self.back(bot, away=0.2)

        truth = self.check_mirror(back, other)
        self.assertEqual(sorted(truth["entries"]), ["a", "c", "d"])
        self.assertEqual(truth["entries"]["a"]["qty"], 2)

    def test_used_token(self) -> None:
        """A token that was used opens nothing any more."""
        bot = self.join("echo")
        token = bot.look()["token"]
        self.back(bot)

        error = self.refused(token, "reconnect")

        self.assertEqual(error.code, self.code(524))

    def test_takeover(self) -> None:
        """A token moves the Client to the socket that shows it, the old one ends."""
        bot = self.join("echo")
        if self.comes_back:
            bot.tune(enabled=False)

        new = self.keep(self.sdk.join(self.endpoint, bot.facts["token"], "reconnect"))

        bot.wait("leave")
        self.assertEqual(new.session, bot.session)
        self.assertEqual(new.exchange("echo", 1), 1)

    def test_no_return(self) -> None:
        """Where the Room holds no Seat, a bot that was lost is not let in again."""
        bot = self.join("drop", seconds=0)
        self.beside(bot)

        self.away_for_good(bot)

    def test_late_return(self) -> None:
        """A bot that comes back when its Seat is free again is not let in."""
        bot = self.join("drop", seconds=0.3)
        self.beside(bot)

        self.away_for_good(bot, away=1.0)


class AutomaticReturns(Story):
    def test_queued_messages(self) -> None:
        """What a bot says while it is away arrives when it is back, in order."""
        bot = self.join("echo")
        bot.tune(minUptime=0, minDelay=300, delay=300)
        since = bot.mark()
        bot.drop()
        bot.wait("drop", since=since)
        for number in range(5):
            bot.send("late", number)

        bot.wait("reconnected" if self.is_ours else "reconnect", since=since)

        self.assertEqual(bot.messages("late", 5, since=since), list(range(5)))

    def test_by_hand(self) -> None:
        """A game that does not want the automatism comes back with the token."""
        bot = self.join("echo")
        bot.tune(enabled=False)
        bot.drop()
        bot.wait("leave")

        back = self.keep(self.sdk.join(self.endpoint, bot.facts["token"], "reconnect"))

        self.assertEqual(back.session, bot.session)
        self.assertTrue(until(lambda: "n" in (back.state() or {})))


class Leavers16(Leavers, Story16, SynchronousTestCase):
    pass


class Leavers17(Leavers, Story17, SynchronousTestCase):
    pass


class Leavers18(Leavers, Story18, SynchronousTestCase):
    pass


class Returns16(Returns, Story16, SynchronousTestCase):
    pass


class Returns17(Returns, Story17, SynchronousTestCase):
    pass


class Returns18(Returns, Story18, SynchronousTestCase):
    pass


class AutomaticReturns17(AutomaticReturns, Story17, SynchronousTestCase):
    pass


class AutomaticReturns18(AutomaticReturns, Story18, SynchronousTestCase):
    pass
