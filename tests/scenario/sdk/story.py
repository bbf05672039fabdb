"""What the stories share: one Node, one process a client library, and patience."""

from __future__ import annotations

import atexit
import json
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.request import Request, urlopen

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.wire.plain import UNDEFINED
from tests import ROOT
from tests.support.daemon import Daemon, clean_environment, start
from tests.support.sdk import OURS, PATIENCE, Bot, Sdk, SdkError, missing, shared

__all__ = [
    "Story",
    "Story16",
    "Story17",
    "Story18",
    "casts",
    "launch",
    "tidy",
    "until",
]

#: Where an SDK finds its own spelling of the protocol, if not where all others do.
_PATHS: Final = {"16": "/v16", "17": "/v17"}

#: What 0.16 says instead of the codes 520 to 526, which it does not know.
_CODES_16: Final = {520 + n: 4210 + n for n in range(7)}

if TYPE_CHECKING:
    # The stories are mixed into test cases, and are none themselves: they have no SDK.
    from twisted.trial.unittest import SynchronousTestCase as _Case
else:
    _Case = object


def launch(app: str = "examples.conformance", *options: str) -> Daemon:
    """Start a Node that serves an app."""
    return start(
        Path(tempfile.mkdtemp(prefix="node-", dir=".")),
        (f"--app={app}", "--port=0", *options),
        environment=clean_environment(PYTHONPATH=str(ROOT)),
    )


@cache
def common_node() -> Daemon:
    """Return the Node that serves all stories but those about its end."""
    daemon = launch()
    atexit.register(daemon.process.kill)
    return daemon


def tidy(value: Any, name: str = "") -> Any:
    """Make a State comparable: fields without a value go, Sets are put in order."""
    if isinstance(value, dict):
        return {
            key: tidy(item, key)
            for key, item in value.items()
            if item is not None and item is not UNDEFINED
        }
    if isinstance(value, list):
        return sorted(value) if name == "tags" else [tidy(item) for item in value]
    return value


def until(found: Callable[[], Any], wanted: Any = True) -> Any:
    """Ask until the answer is what is wanted or patience ends; return the last one."""
    for _ in range(int(PATIENCE / 0.02)):
        if (answer := found()) == wanted:
            return answer
        time.sleep(0.02)
    return found()


class Story(_Case):
    """Helps to tell what happens to bots of one client library.

    Attributes:
        version: The library: one of `CLIENTS`.
        expected_failures: How many bugs of the app this test makes the Node log.
    """

    skip = missing()
    version = ""
    expected_failures = 0

    @property
    def comes_back(self) -> bool:
        """Whether the SDK returns to its Room by itself."""
        return self.version != "16"

    @property
    def is_ours(self) -> bool:
        """Whether our own client plays, which tells more."""
        return self.version in OURS

    @property
    def sdk(self) -> Sdk:
        """The process that plays."""
        return shared(self.version)

    @property
    def node(self) -> Daemon:
        """The Node that the bots play on."""
        return common_node()

    @property
    def endpoint(self) -> str:
        """What a game of this SDK is told to connect to."""
        return self.node.url().replace("http", "ws", 1) + _PATHS.get(self.version, "")

    @override
    def setUp(self) -> None:
        """Note what the Node has logged so far, and what the process said."""
        super().setUp()
        self.sdk.start()
        self.sdk.complaints()
        self.endpoint  # noqa: B018 -- waits until the Node serves
        self._logged = len(self.node.log.read_text("utf-8"))

    @override
    def tearDown(self) -> None:
        """Fail for what the Node logged as a bug, and for what no game could catch."""
        super().tearDown()
        uncaught = [text for kind, text in self.sdk.complaints() if kind == "uncaught"]
        self.assertEqual(uncaught, [])
        wanted = self.expected_failures
        self.assertEqual(until(self.failures, wanted), wanted, self.log())

    def failures(self) -> int:
        """Count the bugs that the Node logged since this test began."""
        return self.log().count("Traceback (most recent call last)")

    def log(self) -> str:
        """Return what the Node logged since this test began."""
        return self.node.log.read_text("utf-8")[self._logged :]

    def join(self, kind: str, method: str = "create", /, **options: Any) -> Bot:
        """Let a bot join, which goes when the test ends."""
        return self.keep(self.sdk.join(self.endpoint, kind, method, **options))

    def beside(self, bot: Bot, **options: Any) -> Bot:
        """Let another bot join the same Room."""
        return self.join(bot.room, "joinById", **options)

    def keep(self, bot: Bot) -> Bot:
        """Have a bot leave when the test ends, and forgotten if it cannot."""
        self.addCleanup(bot.forget)
        self.addCleanup(self._go, bot)
        return bot

    def _go(self, bot: Bot) -> None:
        """Leave in order, so that no seat is held for a bot of another test."""
        if not bot.forgotten and bot.look()["open"]:
            bot.leave()

    def back(self, bot: Bot, *, away: float = 0.0) -> Bot:
        """Drop a bot and let it come back as its SDK does; return the one that did."""
        token = bot.look()["token"]
        if not self.comes_back:
            bot.drop()
            [left] = bot.wait("leave")
            self.assertEqual(left["code"], 1006)
            time.sleep(away)
            return self.keep(self.sdk.join(self.endpoint, token, "reconnect"))
        since = bot.mark()
        delay = 20 + 1000 * away
        bot.tune(minUptime=0, minDelay=delay, maxDelay=delay, delay=delay)
        bot.drop()
        [lost] = bot.wait("drop", since=since)
        self.assertEqual(lost["code"], 1006)
        bot.wait("reconnected" if self.is_ours else "reconnect", since=since)
        # The token is replaced right after this event is told.
        self.assertTrue(until(lambda: bot.look()["token"] != token))
        return bot

    def refused(self, kind: str, method: str, /, **options: Any) -> SdkError:
        """Return the error of a join that must fail."""
        error: SdkError = self.assertRaises(
            SdkError, self.sdk.join, self.endpoint, kind, method, **options
        )
        return error

    def code(self, code: int) -> int:
        """Return what this SDK has for an error code of 0.18."""
        return _CODES_16[code] if self.version == "16" else code

    def reserve(self, method: str, name: str, **options: Any) -> dict[str, Any]:
        """Reserve a Seat by HTTP, as a game's own server might."""
        request = Request(
            f"{self.endpoint.replace('ws', 'http', 1)}/matchmake/{method}/{name}",
            json.dumps(options).encode(),
            {"Content-Type": "application/json"},
        )
        with urlopen(request, timeout=PATIENCE) as answer:
            seat: dict[str, Any] = json.load(answer)
        return seat

    def check_mirror(self, *bots: Bot) -> Any:
        """Check that bots come to see what the Room says is true, and return it.

        Each is answered when all that it asked for is done, which says nothing
        of what others asked for: so the truth is what the last one is told.
        """
        truth = [tidy(bot.exchange("dump")) for bot in bots][-1]
        for bot in bots:
            self.check_sees(bot, truth)
        return truth

    def check_sees(self, bot: Bot, truth: Any) -> None:
        """Check that a bot comes to see just this."""
        self.assertEqual(until(lambda: tidy(bot.state()), truth), truth)


class Story16(Story):
    """With SDK 0.16, which leaves returning to the game."""

    version = "16"


class Story17(Story):
    """With SDK 0.17."""

    version = "17"


class Story18(Story):
    """With SDK 0.18."""

    version = "18"


def casts(
    where: str, stories: Iterable[type[Story]], clients: Iterable[str] = OURS
) -> dict[str, type[SynchronousTestCase]]:
    """Make the classes in which clients play stories, by their names.

    `Entries` and `nexus-browser` make `EntriesNexusBrowser`.

    Args:
        where: The module that they are to be in.
        stories: The stories.
        clients: The clients, each of which plays all of them.
    """
    cases = {}
    for client in clients:
        for story in stories:
            name = story.__name__ + client.title().replace("-", "")
            words = {
                "__doc__": f"{story.__name__}, played by {client}.",
                "__module__": where,
                "version": client,
                "skip": missing(client),
            }
            cases[name] = type(name, (story, SynchronousTestCase), words)
    return cases
