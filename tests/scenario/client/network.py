"""What the stories on bad networks share: a Node, a proxy before it, and haste."""

from __future__ import annotations

import atexit
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from typing_extensions import override

from tests.scenario.sdk.story import Story, launch, until
from tests.support.daemon import Daemon
from tests.support.proxy import shared_proxy
from tests.support.sdk import Bot
from tests.support.sdk_value import spell

__all__ = ["APP", "Network"]

APP: Final = "tests.scenario.client.rooms"

#: Nobody has time to wait as long as players do.
_HASTE: Final[dict[str, Any]] = {
    "reconnection": {"delay": 20, "maxDelay": 80},
    "pingInterval": 100,
    "silence": 4000,
}

#: What is told of a loss and what comes of it.
_LOSS: Final = (
    "drop",
    "reconnecting",
    "reconnected",
    "undelivered",
    "reconnectionFailed",
    "leave",
)


@cache
def common_node() -> Daemon:
    """Return the Node behind all networks but those of which it disappears."""
    daemon = launch(APP)
    atexit.register(daemon.process.kill)
    return daemon


class Network(Story):
    """A story behind a proxy; each bot that `enter` lets in has settings of its own."""

    @property
    @override
    def node(self) -> Daemon:
        return common_node()

    @override
    def setUp(self) -> None:
        """Open a network to the Node."""
        super().setUp()
        self.lane = shared_proxy().open(self.port(self.node))
        self.addCleanup(self.lane.close)

    def port(self, node: Daemon) -> int:
        """Return where a Node serves."""
        port = urlsplit(node.url()).port
        assert port is not None
        return port

    def enter(self, kind: str = "ledger", **settings: Any) -> Bot:
        """Let a bot in through the network."""
        [bot] = self.sdk.enter(
            endpoint=f"ws://127.0.0.1:{self.lane.port}",
            method="create",
            name=kind,
            options=spell({}),
            settings={**_HASTE, **settings},
        )
        return self.keep(bot)

    def told(self, bot: Bot) -> list[dict[str, Any]]:
        """Return what a bot was told of losses."""
        return [each for each in bot.events() if each["event"] in _LOSS]

    def names(self, bot: Bot) -> list[str]:
        """Return the names of what a bot was told of losses."""
        return [each["event"] for each in self.told(bot)]

    def note(self, bot: Bot, numbers: range) -> None:
        """Let a bot have numbers noted."""
        for number in numbers:
            bot.send("note", number)

    def check_notes(self, bot: Bot, count: int) -> None:
        """Check that each number was noted once, in order, and that the bot knows it.

        A request may overtake what waits in the Outbox: first the State is looked at.
        """
        expected = {"notes": list(range(count))}
        self.assertEqual(until(bot.state, expected), expected)
        self.assertEqual(until(lambda: bot.condition()["waiting"], 0), 0)
        self.assertEqual(bot.request("read"), expected["notes"])
        self.assertNotIn("undelivered", self.names(bot))
