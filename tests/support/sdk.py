"""Bots that play with the official SDKs, each SDK in a process of Node.js of its own.

What a game sees is decided by the SDK that it was built with, so our stories are played
by those themselves: 0.16, 0.17 and 0.18, each with its own major of `@colyseus/schema`.
All is blocking: a test asks and gets the answer, or an error when time is up.
"""

from __future__ import annotations

import atexit
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from attrs import define, field
from typing_extensions import override

from nexus.wire.plain import UNDEFINED
from tests.support.node import DecodeError, NodeProcess, Request, Verb
from tests.support.sdk_value import read, spell
from tests.support.sdk_verb import PACKAGES, SdkError, SdkVerb, missing, packages

__all__ = [
    "PACKAGES",
    "PATIENCE",
    "Bot",
    "Sdk",
    "SdkError",
    "SdkVerb",
    "missing",
    "packages",
    "shared",
]

#: How long a bot waits for one thing, in seconds.
PATIENCE: Final = 8.0

_SCRIPT: Final = Path(__file__).with_name("sdk.mjs")
_ABSENT: Final = object()


@define(eq=False)
class Sdk(NodeProcess):
    """A process with one SDK and the bots that use it.

    Attributes:
        version: The SDK: `16`, `17` or `18`.
    """

    version: str
    timeout: float = field(default=60.0, kw_only=True)
    _made: int = field(default=0, init=False)

    @override
    def command(self) -> list[str]:
        """Return what is to be run."""
        return ["node", str(_SCRIPT), self.version]

    def together(
        self, verb: SdkVerb, bots: Sequence[int], arguments: Mapping[str, Any]
    ) -> list[Any]:
        """Ask the same of many bots at once.

        Returns:
            An answer for each bot in order, with an `SdkError` where it failed.
        """
        payload = json.dumps(arguments, allow_nan=False).encode()
        answers = self.ask([Request(cast(Verb, verb), bot, payload) for bot in bots])
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
        answers = self.together(SdkVerb.JOIN, numbers, patience | arguments)
        return self._bots(numbers, answers)

    def consume(self, endpoint: str, reservation: Any) -> Bot:
        """Let a bot take a Seat that it was given.

        Raises:
            SdkError: It could not.
        """
        self._made += 1
        answer = self.together(
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
                self.together(SdkVerb.FORGET, numbers, {})
                raise answer
        return [
            Bot(self, number, answer)
            for number, answer in zip(numbers, answers, strict=True)
        ]

    def echo(self, value: Any) -> Any:
        """Return what became of a value on its way to JavaScript and back."""
        return read(self.act(SdkVerb.ECHO, payload=spell(value))["value"])

    def latency(self, endpoint: str) -> float:
        """Measure an endpoint, in milliseconds."""
        said = self.act(SdkVerb.LATENCY, endpoint=endpoint, timeout=PATIENCE)
        return float(said)

    def complaints(self) -> list[tuple[str, str]]:
        """Take what the process said: `info`, `warning` or `uncaught`, and the text."""
        return [(one["kind"], one["text"]) for one in self.act(SdkVerb.COMPLAINTS)]


@define(eq=False)
class Bot:
    """One client in one Room, as a game with that SDK is.

    Attributes:
        facts: What it was when last looked at: `session`, `room`, `name`, `token`,
            `serializer`, `open` and `fields` (of the root, with their types).
        forgotten: Whether it was ended without a word; nothing can be asked of it.
    """

    sdk: Sdk
    number: int
    facts: dict[str, Any]
    forgotten: bool = field(default=False, init=False)

    @property
    def session(self) -> str:
        """Its session id."""
        return str(self.facts["session"])

    @property
    def room(self) -> str:
        """The id of its Room."""
        return str(self.facts["room"])

    def look(self) -> dict[str, Any]:
        """Look at the facts again, and return them."""
        self.facts = self._act(SdkVerb.FACTS)
        return self.facts

    def send(self, kind: str | int, payload: Any = _ABSENT) -> None:
        """Send a Message, without a payload if none is given."""
        given = {} if payload is _ABSENT else {"payload": spell(payload)}
        self._act(SdkVerb.SEND, type=kind, **given)

    def send_bytes(self, kind: str | int, payload: bytes) -> None:
        """Send a Message that is bytes and nothing else."""
        self._act(SdkVerb.BYTES, type=kind, payload=spell(payload))

    def send_raw(self, payload: bytes) -> None:
        """Send a Frame as it is."""
        self._act(SdkVerb.RAW, payload=spell(payload))

    def request(self, kind: str | int, payload: Any = None) -> Any:
        """Ask the Room and return its answer.

        Raises:
            SdkError: It was rejected; `reason` says why, as the Room does.
        """
        answer = self._act(SdkVerb.REQUEST, type=kind, payload=spell(payload))
        return read(answer["value"])

    def exchange(
        self, kind: str | int, payload: Any = _ABSENT, *, reply: str | int | None = None
    ) -> Any:
        """Send a Message and return the payload of the next one of the reply's type."""
        since = self.mark()
        self.send(kind, payload)
        return self.messages(kind if reply is None else reply, since=since)[0]

    def messages(self, kind: str | int, count: int = 1, *, since: int = 0) -> list[Any]:
        """Wait for so many Messages of a type, and return their payloads."""
        seen = self.wait("message", count, kind=kind, since=since)
        return [read(each["value"]) for each in seen]

    def wait(
        self,
        event: str,
        count: int = 1,
        *,
        kind: str | int | None = None,
        since: int = 0,
        timeout: float = PATIENCE,
    ) -> list[dict[str, Any]]:
        """Wait for so many events, and return all that match.

        Args:
            event: `message`, `state`, `error`, `leave`, `drop` or `reconnect`.
            count: How many there are to be.
            kind: The type of the Message.
            since: How many events of the past do not count; see `mark`.
            timeout: How many seconds it may take.

        Raises:
            SdkError: There were not so many in time.
        """
        wanted = {} if kind is None else {"type": kind}
        found: list[dict[str, Any]] = self._act(
            SdkVerb.WAIT,
            event=event,
            count=count,
            since=since,
            timeout=timeout,
            **wanted,
        )
        return found

    def events(self, since: int = 0) -> list[dict[str, Any]]:
        """Return all that happened since then, in order."""
        found: list[dict[str, Any]] = self._act(SdkVerb.EVENTS, since=since)
        return found

    def mark(self) -> int:
        """Return how many events there were, for `since`."""
        return len(self.events())

    def state(self) -> Any:
        """Return the State that the game sees, None without one.

        An object of which no field is set is an empty dict; Maps are dicts, Sets are
        lists.
        """
        seen = read(self._act(SdkVerb.STATE)["value"])
        return None if seen is UNDEFINED else seen

    def leave(self, *, consented: bool = True) -> int:
        """Leave, and return the code that the game is told."""
        return int(self._act(SdkVerb.LEAVE, consented=consented))

    def drop(self) -> None:
        """Lose the socket, as when a network is gone."""
        self._act(SdkVerb.DROP)

    def forget(self) -> None:
        """End without a word, and never come back."""
        self._act(SdkVerb.FORGET)
        self.forgotten = True

    def tune(self, **settings: Any) -> None:
        """Set how the SDK comes back, such as `minUptime` (milliseconds)."""
        self._act(SdkVerb.TUNE, **settings)

    def ping(self) -> float:
        """Measure a round trip, in milliseconds."""
        return float(self._act(SdkVerb.PING))

    def _act(self, verb: SdkVerb, **arguments: Any) -> Any:
        arguments.setdefault("timeout", PATIENCE)
        if verb is SdkVerb.TUNE:
            del arguments["timeout"]
        return self.sdk.act(verb, self.number, **arguments)


@cache
def shared(version: str) -> Sdk:
    """Return the one process with an SDK that ends with this run."""
    sdk = Sdk(version)
    sdk.start()
    atexit.register(sdk.close)
    return sdk


def _answer(answer: Any) -> Any:
    if not isinstance(answer, DecodeError):
        return answer
    [said] = answer.args
    return SdkError(said["name"], said["message"], said["code"], read(said["reason"]))
