"""Hearings: functions of the author's that listen are called, and answered for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.python.failure import Failure

from nexus.errors import PeerError
from nexus.room.client import Client
from nexus.room.message.answer import Answers
from nexus.room.message.command import Commands
from nexus.room.message.inbox import Inboxes
from nexus.room.message.message import Listener

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.connection import Connection

__all__ = ["Hearings"]


class Hearings:
    """Calls what listens for the messages of one Room.

    Plain functions have ended when the call returns. While an `async def` runs, its
    client has an inbox, where its next messages wait.

    Args:
        actor: The Room.
        answers: Who tells clients what came of it.
        go_on: Told of a client whose last `async def` is over.
    """

    def __init__(
        self, actor: RoomActor, answers: Answers, go_on: Callable[[Client], None]
    ) -> None:
        self._actor = actor
        self._answers = answers
        self._go_on = go_on
        self._commands = Commands(actor, answers)
        #: How many `async def`s of a client run.
        self._running: dict[Client, int] = {}

    def tell(
        self, listener: Listener, client: Client, connection: Connection, body: Any
    ) -> None:
        """Call the only one that listens for a plain message.

        It comes to the same as `call`, in less: nearly every message comes here.

        Raises:
            PeerError: The payload is not what it has to be.
        """
        if listener.shape is not None:
            body = listener.shape.read(body, listener.type)
        turns = self._actor.turns
        turns.begin()
        try:
            if listener.takes == 2:
                result = listener.call(client, body)
            else:
                result = listener.call(client)
            if result is not None and isawaitable(result):
                self._follow(listener, client, connection, None, result)
        except Exception:  # noqa: BLE001  # the author's code may raise anything
            self._answers.failed(listener, client, connection, None, Failure())
        finally:
            turns.end()

    def call(
        self,
        listeners: list[Listener],
        client: Client,
        connection: Connection,
        body: Any,
        payload: bytes,
        number: int | None,
    ) -> None:
        """Call all that listen; the first answers."""
        is_command = (
            self._actor.journal is not None
            and self._commands.durability(listeners[0]) != "memory"
        )
        calls = []
        # Whoever is called may let others listen.
        for each in tuple(listeners):
            value = body
            try:
                if each.shape is not None:
                    value = each.shape.read(body, each.type)
            except PeerError as error:
                if number is None:
                    raise
                self._answers.error(connection, number, "invalid_payload", str(error))
                return
            arguments = (client, value) if each.takes == 2 else (client,)
            if is_command:
                calls.append((each, arguments))
            else:
                self.call_one(each, client, connection, arguments, number)
                number = None
        if is_command:
            self._commands.run(calls, client, connection, payload, number)

    def call_one(
        self,
        listener: Listener,
        client: Client,
        connection: Connection,
        arguments: tuple[Any, ...],
        number: int | None,
    ) -> None:
        """Call one that listens; nothing that it does is taken back."""
        turns = self._actor.turns
        turns.begin()
        try:
            result = listener.call(*arguments)
            if result is not None and isawaitable(result):
                self._follow(listener, client, connection, number, result)
            elif number is not None:
                self._answers.value(connection, number, result)
        except Exception:  # noqa: BLE001  # the author's code may raise anything
            self._answers.failed(listener, client, connection, number, Failure())
        finally:
            turns.end()

    def _follow(
        self,
        listener: Listener,
        client: Client,
        connection: Connection,
        number: int | None,
        result: Awaitable[Any],
    ) -> None:
        """Let an `async def` run; the client's next messages wait for it."""
        running: Deferred[Any] = ensureDeferred(_coroutine(result))
        waits = not running.called
        if waits:
            Inboxes.open(client)
            self._running[client] = self._running.get(client, 0) + 1
            self._actor.faults.limit_time(running)

        def done(value: Any) -> None:
            if isinstance(value, Failure):
                self._answers.failed(listener, client, connection, number, value)
            elif number is not None:
                self._answers.value(connection, number, value)
            if waits:
                self._ended(client)

        _ = running.addCallbacks(done, done)
        _ = running.addErrback(
            lambda failure: self._actor.faults.fail("message", client, failure)
        )

    def _ended(self, client: Client) -> None:
        """Take note that an `async def` is over; the last lets the client go on."""
        left = self._running.pop(client, 1) - 1
        if left:
            self._running[client] = left
        else:
            self._go_on(client)


async def _coroutine(result: Awaitable[Any]) -> Any:
    """Await whatever an author's function returned."""
    return await result
