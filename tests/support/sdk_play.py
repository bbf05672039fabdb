"""Many bots with our Python client, which do what `sdk.mjs` lists.

To whoever asks, times are milliseconds, and events have the names that they have in
JavaScript.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final

from attrs import define, evolve, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as LateError
from twisted.logger import LogEvent, globalLogPublisher

from nexus.client import Client, Room
from nexus.wire.native import plain
from tests.support.sdk_spelling import camel, chosen, seen, setting
from tests.support.sdk_value import read, spell
from tests.support.sdk_verb import SdkVerb

__all__ = ["Play"]

#: The ways into a Room, by their names in JavaScript.
_WAYS: Final = {
    "joinOrCreate": "join_or_create",
    "create": "create",
    "join": "join",
    "joinById": "join_by_id",
    "reconnect": "reconnect",
}

#: What a Room tells, beside Messages, errors and its State.
_EVENTS: Final = (
    "drop",
    "reconnecting",
    "reconnected",
    "reconnection_failed",
    "connection_quality",
    "latency",
    "undelivered",
    "leave",
)


@define(eq=False)
class _Bot:
    """A Room, all that it told, and who waits for more."""

    room: Room
    events: list[dict[str, Any]] = field(factory=list, init=False)
    _watchers: list[Callable[[], None]] = field(factory=list, init=False)

    def record(self) -> None:
        """Write down everything that the Room tells, in order."""
        room = self.room
        room.on_message(None, self._message)
        room.on("state", lambda _: self._add({"event": "state"}))
        room.on("error", lambda error: self._error(error.code, error.text))
        for name in _EVENTS:
            room.on(name, self._teller(camel(name)))

    def _teller(self, name: str) -> Callable[[Any], None]:
        def tell(event: Any) -> None:
            said = (
                {"messages": [spell(seen(each)) for each in event]}
                if isinstance(event, list)
                else seen(event)
            )
            self._add({"event": name} | said)

        return tell

    def _message(self, type_: Any, body: Any) -> None:
        self._add({"event": "message", "type": type_, "value": spell(body)})

    def _error(self, code: int, text: str) -> None:
        self._add({"event": "error", "code": code, "message": text})

    def _add(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        for watcher in tuple(self._watchers):
            watcher()

    def wait(self, count: int, find: Callable[[], list[Any]]) -> Deferred[list[Any]]:
        """Wait until so much is found."""

        def look() -> None:
            found = find()
            if len(found) >= count:
                self._watchers.remove(look)
                done.callback(found)

        done: Deferred[list[Any]] = Deferred(lambda _: self._watchers.remove(look))
        self._watchers.append(look)
        look()
        return done

    def facts(self) -> dict[str, Any]:
        """Tell what is known of it."""
        room = self.room
        return {
            "session": room.session_id,
            "room": room.room_id,
            "name": room.name,
            "token": room.reconnection_token,
            "serializer": "nexus" if room._conversation.has_state else "none",
            "open": room.is_joined,
            "fields": {},
        }


class _Late(Exception):
    """Something took too long."""


@define(eq=False)
class Play:
    """The bots, and what can be asked of them."""

    _reactor: Any
    _bots: dict[int, _Bot] = field(factory=dict, init=False)
    _complaints: deque[dict[str, str]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._complaints = deque(maxlen=1000)
        globalLogPublisher.addObserver(self._hear)

    def _hear(self, event: LogEvent) -> None:
        failure = event.get("log_failure")
        if failure is not None:
            text = failure.getTraceback()[-2000:]
            self._complaints.append({"kind": "uncaught", "text": text})

    def _bot(self, number: int) -> _Bot:
        try:
            return self._bots[number]
        except KeyError:
            raise LookupError(f"unknown bot {number}") from None

    async def answer(self, verb: int, bot: int, text: bytes) -> tuple[int, str]:
        """Answer one request; say whether it failed."""
        try:
            act = getattr(self, SdkVerb(verb).name.lower())
            return 0, json.dumps(await self._acted(act, bot, json.loads(text)))
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is the answer
            reason = getattr(error, "reason", None)
            said = {
                "name": getattr(error, "name", type(error).__name__.strip("_")),
                "message": getattr(error, "text", str(error)),
                "code": getattr(error, "code", None),
                "reason": None if reason is None else spell(reason),
            }
            return 1, json.dumps(said | ({"name": "Timeout"} if _late(error) else {}))

    async def _acted(
        self,
        act: Callable[..., Coroutine[Any, Any, Any]],
        bot: int,
        arguments: dict[str, Any],
    ) -> Any:
        timeout = arguments.pop("timeout", 30.0)
        acting = Deferred.fromCoroutine(act(bot, **arguments))
        return await acting.addTimeout(timeout, self._reactor)

    async def join(
        self,
        bot: int,
        *,
        endpoint: str,
        method: str,
        name: str,
        options: Any,
        auth: str = "",
        settings: dict[str, Any] | None = None,
    ) -> Any:
        """Let a bot in."""
        client = Client(
            endpoint, reactor=self._reactor, token=auth, setting=setting(settings)
        )
        given = () if method == "reconnect" else (read(options),)
        made = _Bot(await getattr(client, _WAYS[method])(name, *given))
        made.record()
        self._bots[bot] = made
        return made.facts()

    async def consume(self, bot: int, *, endpoint: str, reservation: Any) -> Any:
        """Let a bot take a Seat that it was given."""
        client = Client(endpoint, reactor=self._reactor)
        made = _Bot(await client.consume(read(reservation)))
        made.record()
        self._bots[bot] = made
        return made.facts()

    async def send(self, bot: int, *, type: str | int, **given: Any) -> None:  # noqa: A002 -- as on the wire
        """Send a Message."""
        said = (read(given["payload"]),) if "payload" in given else ()
        self._bot(bot).room.send(type, *said)

    async def bytes(self, bot: int, *, type: str | int, payload: Any) -> None:  # noqa: A002 -- as on the wire
        """Send bytes."""
        self._bot(bot).room.send_bytes(type, read(payload))

    async def request(self, bot: int, *, type: str | int, payload: Any) -> Any:  # noqa: A002 -- as on the wire
        """Ask the Room."""
        answer = await self._bot(bot).room.request(type, read(payload), timeout=60)
        return {"value": spell(answer)}

    async def leave(self, bot: int, *, consented: bool) -> int:
        """Leave, and return the code of the end."""
        if not consented:
            raise ValueError("the Python client leaves with consent only")
        found = self._bot(bot)
        await found.room.leave()
        [left] = [each for each in found.events if each["event"] == "leave"]
        return int(left["code"])

    async def drop(self, bot: int) -> None:
        """Lose the socket."""
        self._bot(bot).room.disconnect()

    async def state(self, bot: int) -> Any:
        """Tell the State."""
        state = self._bot(bot).room.state
        return {"value": spell(None if state is None else plain(state))}

    async def wait(
        self,
        bot: int,
        *,
        event: str,
        count: int = 1,
        since: int = 0,
        type: Any = None,  # noqa: A002 -- as on the wire
    ) -> Any:
        """Wait for events."""
        found = self._bot(bot)

        def find() -> list[Any]:
            return [
                each
                for each in found.events[since:]
                if each["event"] == event and type in (None, each.get("type"))
            ]

        waiting = found.wait(count, find)
        try:
            return await waiting
        except CancelledError:
            said = f"{len(find())} of {count} {event}s, more came not: "
            raise _Late(said + repr(found.events[-30:])) from None

    async def events(self, bot: int, *, since: int) -> Any:
        """Tell what happened."""
        return self._bot(bot).events[since:]

    async def tune(self, bot: int, **settings: Any) -> None:
        """Set how it comes back, although that is fixed once a client is made."""
        settings.pop("minDelay", None)
        lifeline = self._bot(bot).room._lifeline
        was = lifeline._setting
        new = evolve(was.reconnection, **chosen(settings))
        lifeline._setting = evolve(was, reconnection=new)

    async def facts(self, bot: int) -> Any:
        """Tell ids and the like."""
        return self._bot(bot).facts()

    async def echo(self, bot: int, *, payload: Any) -> Any:
        """Return a value as it is after the way there and back."""
        return {"value": spell(read(payload))}

    async def complaints(self, bot: int) -> Any:
        """Tell what went wrong that no answer told."""
        said = list(self._complaints)
        self._complaints.clear()
        return said

    async def fail(self, bot: int) -> None:
        """Raise where nobody catches it."""

        def failing() -> None:
            raise RuntimeError("failed on request")

        self._reactor.callLater(0, failing)

    async def forget(self, bot: int) -> None:
        """End a bot without a word."""
        found = self._bots.pop(bot, None)
        if found is not None:
            await self._end(found)

    async def _end(self, bot: _Bot) -> None:
        if not bot.room.has_left:
            bot.room.disconnect()
            await bot.room.leave()

    async def condition(self, bot: int) -> Any:
        """Tell how it goes."""
        room = self._bot(bot).room
        return {
            "quality": seen(room.quality),
            "serverTime": room.server_time() * 1000,
            "waiting": room.outbox.size,
            "bytes": room.outbox.bytes,
            "version": room.replica.version if room.state is not None else None,
        }


def _late(error: BaseException) -> bool:
    return isinstance(error, _Late | LateError)
