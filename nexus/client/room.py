"""Room: what a client has of the Room that it is in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from nexus.client.conversation import Conversation
from nexus.client.endpoint import Endpoint
from nexus.client.error import RequestError
from nexus.client.event import EVENTS, Callback, Events, Saved
from nexus.client.lifeline import Lifeline, Stage
from nexus.client.port import Listener, Network, Socket
from nexus.client.quality import Reading
from nexus.client.request import Requests
from nexus.client.seat import Seat
from nexus.client.setting import Setting
from nexus.client.told import Answered, Changed, Dropped, Heard, Judged, Stored, Told
from nexus.errors import PeerError
from nexus.state.listen import Callback as StateCallback
from nexus.state.listen import Pattern
from nexus.sync import Command, Outbox
from nexus.wire.message import UNDEFINED
from nexus.wire.native import Replica

__all__ = ["Room"]


class Room:
    """A Room as one client sees it, from the join to the end.

    It outlives its sockets: when one is lost, it comes back by itself. Listeners are
    called in the order in which they came. What one raises is logged, and a coroutine
    that it returns is run.

    Attributes:
        name: The kind of the Room.
        room_id: The id of the Room.
        session_id: The id of the client.
        outbox: What was sent and is not acknowledged; it has a `size` and `bytes`.
        replica: What keeps the State.
        saved_version: Which version of the State is stored for good; -1: none is.
    """

    def __init__(
        self,
        seat: Seat,
        *,
        endpoint: Endpoint,
        network: Network,
        headers: Mapping[str, str],
        token: str,
        setting: Setting,
        clock: IReactorTime,
        random: Random,
    ) -> None:
        self.name = seat.name
        self.room_id = seat.room_id
        self.session_id = seat.session_id
        self.outbox = Outbox(
            max_messages=setting.outbox.max_messages,
            max_bytes=setting.outbox.max_bytes,
        )
        self._conversation = Conversation(self.outbox, size=setting.max_bytes)
        self.replica: Replica = self._conversation.replica
        self.saved_version = -1
        self._clock = clock
        self._events = Events()
        self._messages = Events()
        self._requests = Requests[int](clock)
        self._commands = Requests[Command](clock, "command")
        self._ready: list[Deferred[None]] = []
        said = {"sessionId": seat.session_id}
        if token:
            said["_authToken"] = token

        def dial(query: Mapping[str, str], listener: Listener) -> Socket:
            url = endpoint.room(seat.process_id, seat.room_id, **said, **query)
            return network.open(url, headers, listener)

        self._lifeline = Lifeline(
            self._conversation,
            dial=dial,
            tell=self._told,
            dropped=self._requests.fail,
            events=self._events,
            setting=setting,
            clock=clock,
            random=random,
        )
        _ = self.on("leave", lambda _: self._release())

    # How it is.

    @property
    def state(self) -> Any:
        """The State, kept up to date; None before it came, and where there is none."""
        try:
            return self.replica.state
        except PeerError:
            return None

    @property
    def applied_version(self) -> int:
        """The version of the State here; -1 before it came, and where there is none."""
        return -1 if self.state is None else self.replica.version

    @property
    def reconnection_token(self) -> str:
        """What `Client.reconnect` takes this client over with, also in a new process.

        It is another one after each return.
        """
        return f"{self.room_id}:{self._conversation.token}"

    @property
    def quality(self) -> Reading:
        """How good the Connection is; its `latency` is in seconds."""
        return self._lifeline.liveness.reading

    @property
    def is_joined(self) -> bool:
        """Whether there is a Connection now."""
        return self._conversation.is_joined

    @property
    def has_left(self) -> bool:
        """Whether the client is out of the Room, for good."""
        return self._lifeline.stage is Stage.OUT

    def server_time(self) -> float:
        """Return the time at the server, in seconds since 1970; it never runs back.

        Before the first answer to a ping it is the time here.
        """
        return self._conversation.clock.now(self._clock.seconds() * 1000) / 1000

    # Who listens.

    def on(self, event: str, callback: Callback) -> Callable[[], None]:
        """Call back with each event of a name.

        `drop`, then `reconnecting` before each attempt, and then `reconnected`, or
        `reconnection_failed` and `leave`: what happens to the Connection. `latency` and
        `connection_quality`: how good it is. `undelivered`: a list of Messages that may
        not have arrived. `error`: the server reports one. `state`: the State changed.
        `saved`: more of it is stored for good.

        Returns:
            What ends it.

        Raises:
            ValueError: There is no such event.
        """
        if event not in EVENTS:
            raise ValueError(
                f"there is no event {event!r}: {', '.join(sorted(EVENTS))}"
            )
        return self._events.on(event, callback)

    def on_message(
        self, type_: str | int | None, callback: Callback
    ) -> Callable[[], None]:
        """Call back with the body of each Message of a type.

        None stands for all types that nobody else listens for; that is called with type
        and body. What nobody listens for is dropped.

        Returns:
            What ends it.
        """
        return self._messages.on(type_, callback)

    def on_add(self, pattern: Pattern, callback: StateCallback) -> Callable[[], None]:
        """Call back with (value, path) for each entry that comes to a container.

        Returns:
            What ends it.
        """
        return self.replica.on_add(pattern, callback)

    def on_change(
        self, pattern: Pattern, callback: StateCallback
    ) -> Callable[[], None]:
        """Call back with (value, previous, path) when a value becomes another one.

        Returns:
            What ends it.
        """
        return self.replica.on_change(pattern, callback)

    def on_remove(
        self, pattern: Pattern, callback: StateCallback
    ) -> Callable[[], None]:
        """Call back with (value, path) for each entry that leaves a container.

        Returns:
            What ends it.
        """
        return self.replica.on_remove(pattern, callback)

    # What the client does.

    async def join(self, token: str | None = None) -> None:
        """Claim the seat; `Client` does so before it hands a Room out.

        Raises:
            JoinError: The client is not let in.
        """
        await self._lifeline.join(token)

    def send(self, type_: str | int, body: Any = UNDEFINED) -> None:
        """Send a Message; while the client is away it waits in the Outbox.

        The Room takes it once, and in order, or it is reported by `undelivered`.

        Raises:
            OutboxFull: Too much is not acknowledged; this one was not taken in.
            RequestError: The client is out of the Room.
            ValueError: The type or the body cannot be sent.
        """
        self._check_in()
        self._conversation.send(type_, body)
        self._lifeline.line.flush()

    def send_bytes(self, type_: str | int, content: bytes) -> None:
        """Send raw bytes as a Message; else like `send`.

        Raises:
            OutboxFull: Too much is not acknowledged; this one was not taken in.
            RequestError: The client is out of the Room.
            ValueError: The type cannot be sent.
        """
        self._check_in()
        self._conversation.send_bytes(type_, content)
        self._lifeline.line.flush()

    async def request(
        self, type_: str | int, body: Any = UNDEFINED, *, timeout: float = 10.0
    ) -> Any:
        """Ask the Room something, and return its answer.

        Requests do not wait for a return: without a Connection they fail at once, and
        when it is lost before the answer. They may overtake Messages that wait.

        Raises:
            RequestError: The answer is no, or there is none.
            ValueError: The type or the body cannot be sent.
        """
        if not self.is_joined or self._lifeline.stage is Stage.LEAVING:
            raise RequestError("closed", "there is no connection to ask by")
        number = self._conversation.request(type_, body)
        answer = self._requests.wait(number, type_, timeout)
        self._lifeline.line.flush()
        return await answer

    async def command(
        self, type_: str | int, body: Any = UNDEFINED, *, timeout: float | None = 10.0
    ) -> Any:
        """Give the Room a Command, and return what that led to.

        It survives losses: the Room applies it once, or not at all. After the timeout
        nobody knows which; with None it waits until the end.

        Raises:
            RequestError: The Verdict is no, or there is none; `full`: too many wait.
            ValueError: The type or the body cannot be sent.
        """
        self._check_in()
        command = self._conversation.command(type_, body)
        if command is None:
            raise RequestError("full", "too many commands wait for an answer")
        answer = self._commands.wait(command, type_, timeout)
        self._lifeline.line.flush()
        try:
            return await answer
        finally:
            self._conversation.commands.forget(command)

    async def ready(self) -> None:
        """Wait until there is a State, or the Room has said that it has none.

        Whoever listens to the State before gets to hear of all that is in it.

        Raises:
            RequestError: The client is out of the Room.
        """
        self._check_in()
        if not self._is_ready():
            waiting: Deferred[None] = Deferred(self._ready.remove)
            self._ready.append(waiting)
            await waiting

    async def leave(self) -> None:
        """Leave the Room; returns when that is over, however it went.

        What was sent and not acknowledged is reported by `undelivered`, although it may
        well have arrived: await the answer to a request before, to be sure.
        """
        await self._lifeline.leave()

    def disconnect(self) -> None:
        """Cut the socket, as if the network had failed: to try out what follows."""
        self._lifeline.cut()

    # What comes in.

    def _told(self, told: Told) -> None:
        if isinstance(told, Changed):
            self._wake()
            self._events.emit("state", self.state)
        elif isinstance(told, Heard):
            name = told.type
            if self._messages.has(name):
                self._messages.emit(name, told.body)
            else:
                self._messages.emit(None, name, told.body)
        elif isinstance(told, Answered):
            self._requests.answered(told.number, told.status, told.body)
        elif isinstance(told, Judged):
            self._commands.answered(told.command, told.status, told.body)
        elif isinstance(told, Stored):
            self.saved_version = told.saved
            self._events.emit("saved", Saved(told.saved, told.applied))
        elif isinstance(told, Dropped):
            self._events.emit("undelivered", [told.message])

    def _is_ready(self) -> bool:
        return self._conversation.has_state is False or self.state is not None

    def _wake(self) -> None:
        """Let those go on who wait for the State."""
        waiting, self._ready = self._ready, []
        for each in waiting:
            each.callback(None)

    def _release(self) -> None:
        """Let those go on who wait for what does not come any more."""
        self._commands.fail("the room was left before the answer")
        waiting, self._ready = self._ready, []
        for each in waiting:
            each.errback(RequestError("closed", "the client is out of the room"))

    def _check_in(self) -> None:
        if self._lifeline.stage in (Stage.LEAVING, Stage.OUT):
            raise RequestError("closed", "the client is out of the room")
