"""Two hundred games of the newest SDK in one Room."""

from __future__ import annotations

from typing import Any, Final

from twisted.trial.unittest import SynchronousTestCase

from tests.scenario.sdk.story import Story18, tidy, until
from tests.support.sdk import SdkError, SdkVerb
from tests.support.sdk_value import read, spell

_CROWD: Final = 200


class SwarmTests(Story18, SynchronousTestCase):
    def all(self, verb: SdkVerb, **arguments: Any) -> list[Any]:
        """Ask the same of all bots at once; none of them may fail."""
        numbers = [bot.number for bot in self.bots]
        answers = self.sdk.together(verb, numbers, {"timeout": 30.0} | arguments)
        failed = [each for each in answers if isinstance(each, SdkError)]
        self.assertEqual(failed, [])
        return answers

    def states(self) -> list[Any]:
        """Return what each bot sees."""
        return [tidy(read(each["value"])) for each in self.all(SdkVerb.STATE)]

    def test_crowd(self) -> None:
        """They join, play, see the same, and leave in order."""
        first = self.join("bench")
        crowd = self.sdk.join_many(_CROWD - 1, self.endpoint, first.room, "joinById")
        self.bots = [first, *(self.keep(bot) for bot in crowd)]
        self.assertEqual({bot.room for bot in self.bots}, {first.room})
        self.assertEqual(len({bot.session for bot in self.bots}), _CROWD)

        for turn in range(1, 6):
            step = spell({"x": turn, "y": -turn})
            self.all(SdkVerb.SEND, type="move", payload=step)
        truth = {
            bot.session: {"x": 5, "y": -5, "hp": 100, "name": ""} for bot in self.bots
        }
        everybody = [{"players": truth}] * _CROWD
        self.assertEqual(until(self.states, everybody), everybody)

        codes = self.all(SdkVerb.LEAVE, consented=True)
        self.assertEqual(set(codes), {4000})
        self.assertEqual(self.refused(first.room, "joinById").code, 522)
