"""What becomes of games when their Node ends."""

from __future__ import annotations

import signal

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from tests.scenario.sdk.story import Story, Story16, Story17, Story18, launch
from tests.support.daemon import PATIENCE, Daemon
from tests.support.sdk import SdkError


class Ends(Story):
    @property
    @override
    def node(self) -> Daemon:
        """The Node that the bots play on, and that nobody else does."""
        return self._node

    @override
    def setUp(self) -> None:
        """Start a Node for this test alone."""
        self._node = launch()
        self.addCleanup(self._node.process.wait, PATIENCE)
        self.addCleanup(self._node.process.kill)
        super().setUp()

    def test_orderly(self) -> None:
        """A Node that is told to stop parts from everybody first, and then stops."""
        bots = [self.join("bench"), self.join("echo"), self.join("kick")]

        self._node.process.terminate()

        for bot in bots:
            [left] = bot.wait("leave")
            self.assertEqual(left["code"], 4001)
        self.assertIn(self._node.process.wait(PATIENCE), (0, -signal.SIGTERM))

    def test_sudden(self) -> None:
        """Games whose Node is gone at once are told that it cannot be reached."""
        bot = self.join("echo")
        if self.comes_back:
            bot.tune(minUptime=0, maxRetries=2, minDelay=10, maxDelay=10, delay=10)
        endpoint = self.endpoint

        self._node.process.kill()

        [left] = bot.wait("leave")
        self.assertEqual(left["code"], 4003 if self.comes_back else 1006)
        self.assertRaises(SdkError, self.sdk.join, endpoint, "echo")


class Ends16(Ends, Story16, SynchronousTestCase):
    pass


class Ends17(Ends, Story17, SynchronousTestCase):
    pass


class Ends18(Ends, Story18, SynchronousTestCase):
    pass
