"""One bot, which a process of a client library plays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from attrs import define, field

from nexus.wire.plain import UNDEFINED
from tests.support.sdk_value import read, spell
from tests.support.sdk_verb import SdkVerb

if TYPE_CHECKING:
    from tests.support.sdk import Sdk

__all__ = ["PATIENCE", "Bot"]

#: How long a bot waits for one thing, in seconds.
PATIENCE: Final = 8.0

_ABSENT: Final = object()


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
            event: `message`, `state`, `error`, `leave`, `drop` or `reconnect`; for our
                own clients also what their `room.on` knows.
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
        self.sdk.drop(self.number)

    def forget(self) -> None:
        """End without a word, and never come back."""
        self.sdk.forget([self.number])
        self.forgotten = True

    def condition(self) -> dict[str, Any]:
        """Tell how our own client thinks that it goes.

        Returns:
            `quality`, `serverTime`, `waiting` and `bytes` (of its outbox), `version`.
        """
        found: dict[str, Any] = self._act(SdkVerb.CONDITION)
        return found

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
