"""Bots that play with the official SDKs and our own clients, each in its own process.

What a game sees is decided by the client that it was built with, so our stories are
played by those themselves: the SDKs 0.16, 0.17 and 0.18, each with its own major of
`@colyseus/schema`, and our clients in JavaScript and in Python; in Node.js and in a
browser. All is blocking: a test asks and gets the answer, or an error when time is up.
"""

from __future__ import annotations

import atexit
import json
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import define, field
from typing_extensions import override

from tests.support.browser import chromium
from tests.support.node import DecodeError, NodeProcess, Request
from tests.support.proxy import Lane, shared_proxy
from tests.support.sdk_bot import PATIENCE, Bot
from tests.support.sdk_value import read, spell
from tests.support.sdk_verb import (
    CLIENTS,
    OURS,
    PACKAGES,
    SdkError,
    SdkVerb,
    missing,
)

__all__ = [
    "CLIENTS",
    "OURS",
    "PACKAGES",
    "PATIENCE",
    "Bot",
    "Sdk",
    "SdkError",
    "SdkVerb",
    "missing",
    "shared",
]

_SCRIPT: Final = Path(__file__).with_name("sdk.mjs")
_PAGE: Final = Path(__file__).with_name("sdk_browser.mjs")


@define(eq=False)
class Sdk(NodeProcess):
    """A process with one client library and the bots that use it.

    Attributes:
        version: The library: one of `CLIENTS`.
    """

    version: str
    timeout: float = field(default=60.0, kw_only=True)
    _made: int = field(default=0, init=False)

    @override
    def command(self) -> list[str]:
        """Return what is to be run."""
        if self.version == "python":
            return [sys.executable, "-m", "tests.support.sdk_python"]
        return ["node", str(_SCRIPT), self.version]

    def together(
        self, verb: SdkVerb, bots: Sequence[int], arguments: Mapping[str, Any]
    ) -> list[Any]:
        """Ask the same of many bots at once.

        Returns:
            An answer for each bot in order, with an `SdkError` where it failed.
        """
        payload = json.dumps(arguments, allow_nan=False).encode()
        answers = self.ask([Request(verb, bot, payload) for bot in bots])
        return [_answer(each) for each in answers]

    def act(self, verb: SdkVerb, bot: int = 0, **arguments: Any) -> Any:
        """Ask one thing of one bot.

        Raises:
            SdkError: It failed.
        """
        [answer] = self.together(verb, [bot], arguments)
        if isinstance(answer, SdkError):
            raise answer
        return answer

    def join(
        self, endpoint: str, name: str, method: str = "joinOrCreate", /, **options: Any
    ) -> Bot:
        """Let one bot join; `name` is a kind, the id of a Room, or a token.

        Raises:
            SdkError: It could not.
        """
        [bot] = self.join_many(1, endpoint, name, method, **options)
        return bot

    def join_many(
        self,
        count: int,
        endpoint: str,
        name: str,
        method: str = "joinOrCreate",
        /,
        **options: Any,
    ) -> list[Bot]:
        """Let so many bots join at once.

        Raises:
            SdkError: One of them could not.
        """
        return self.enter(
            count, endpoint=endpoint, method=method, name=name, options=spell(options)
        )

    def enter(self, count: int = 1, **arguments: Any) -> list[Bot]:
        """Let bots join with all arguments that the verb knows.

        Raises:
            SdkError: One of them could not.
        """
        numbers = list(range(self._made + 1, self._made + 1 + count))
        self._made += count
        patience = {"timeout": PATIENCE if count == 1 else self.timeout / 2}
        answers = self._arrive(SdkVerb.JOIN, numbers, patience | arguments)
        return self._bots(numbers, answers)

    def _arrive(
        self, verb: SdkVerb, bots: Sequence[int], arguments: Mapping[str, Any]
    ) -> list[Any]:
        """Ask new bots to come, each from a network that can be cut."""
        return self.together(verb, bots, arguments)

    def consume(self, endpoint: str, reservation: Any) -> Bot:
        """Let a bot take a Seat that it was given.

        Raises:
            SdkError: It could not.
        """
        self._made += 1
        answer = self._arrive(
            SdkVerb.CONSUME,
            [self._made],
            {
                "endpoint": endpoint,
                "reservation": spell(reservation),
                "timeout": PATIENCE,
            },
        )
        [bot] = self._bots([self._made], answer)
        return bot

    def _bots(self, numbers: Sequence[int], answers: Sequence[Any]) -> list[Bot]:
        for answer in answers:
            if isinstance(answer, SdkError):
                self.forget(numbers)
                raise answer
        return [
            Bot(self, number, answer)
            for number, answer in zip(numbers, answers, strict=True)
        ]

    def drop(self, bot: int) -> None:
        """Let a bot lose its socket."""
        self.act(SdkVerb.DROP, bot)

    def forget(self, bots: Sequence[int]) -> None:
        """End bots without a word."""
        self.together(SdkVerb.FORGET, bots, {})

    def echo(self, value: Any) -> Any:
        """Return what became of a value on its way to the library and back."""
        return read(self.act(SdkVerb.ECHO, payload=spell(value))["value"])

    def latency(self, endpoint: str) -> float:
        """Measure an endpoint, in milliseconds."""
        said = self.act(SdkVerb.LATENCY, endpoint=endpoint, timeout=PATIENCE)
        return float(said)

    def complaints(self) -> list[tuple[str, str]]:
        """Take what the process said: `info`, `warning` or `uncaught`, and the text."""
        return [(one["kind"], one["text"]) for one in self.act(SdkVerb.COMPLAINTS)]


@define(eq=False)
class BrowserSdk(Sdk):
    """A headless browser with one library in one page.

    A page cannot lose a socket without saying good-bye, so each bot has a network of
    its own, which can be cut.
    """

    farewell: float = field(default=5.0, kw_only=True)
    _lanes: dict[int, Lane] = field(factory=dict, init=False)

    @override
    def command(self) -> list[str]:
        """Return what is to be run."""
        library = self.version.removesuffix("-browser")
        return ["node", str(_PAGE), library, chromium() or ""]

    @override
    def _arrive(
        self, verb: SdkVerb, bots: Sequence[int], arguments: Mapping[str, Any]
    ) -> list[Any]:
        requests = []
        for bot in bots:
            way = urlsplit(arguments["endpoint"])
            assert way.port is not None
            lane = self._lanes[bot] = shared_proxy().open(way.port)
            mine = way._replace(netloc=f"{way.hostname}:{lane.port}").geturl()
            payload = json.dumps({**arguments, "endpoint": mine}).encode()
            requests.append(Request(verb, bot, payload))
        return [_answer(each) for each in self.ask(requests)]

    @override
    def drop(self, bot: int) -> None:
        """Cut the network of a bot; it can connect again at once."""
        self._lanes[bot].cut()

    @override
    def forget(self, bots: Sequence[int]) -> None:
        """End bots without a word."""
        super().forget(bots)
        for bot in bots:
            if lane := self._lanes.pop(bot, None):
                lane.close()


@cache
def shared(version: str) -> Sdk:
    """Return the one process with a library that ends with this run."""
    sdk = (BrowserSdk if version.endswith("-browser") else Sdk)(version)
    sdk.start()
    atexit.register(sdk.close)
    return sdk


def _answer(answer: Any) -> Any:
    if not isinstance(answer, DecodeError):
        return answer
    [said] = answer.args
    return SdkError(said["name"], said["message"], said["code"], read(said["reason"]))
