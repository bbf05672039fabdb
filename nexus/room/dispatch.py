"""Dispatch: from a frame that a client sent to the author's code, and back."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.python.failure import Failure

from nexus.errors import Code, LimitError, PeerError, Refused, Rejected
from nexus.room.client import Client, ClientStatus
from nexus.room.message import Listener
from nexus.room.route import Routes, unheard
from nexus.wire.colyseus.primitive import decode_type
from nexus.wire.envelope import seal
from nexus.wire.frame import (
    Opcode,
    Status,
    encode_response,
    read_request_number,
)
from nexus.wire.message import UNDEFINED, decode, encode

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.connection import Connection

__all__ = ["Dispatch"]

#: So many bytes of messages may wait in a Room.
_MOST_BYTES: Final = 16 * 2**20

#: Types that begin so are ours; authors do not listen for them.
_OURS: Final = "__nexus."


class Dispatch:
    """Calls what listens, one message of a client after the other.

    Plain functions are called at once. While an `async def` runs, further messages of
    the same client wait in its inbox; everything else goes on.
    """

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        self.routes = Routes()
        #: Messages that wait, of all clients.
        self._waiting = 0
        self._weight = 0
        #: How many `async def`s of a client run.
        self._running: dict[Client, int] = {}

    def hear(self, client: Client, connection: Connection, data: bytes) -> None:
        """Take ROOM_DATA, ROOM_DATA_BYTES or ROOM_REQUEST.

        Raises:
            PeerError: The frame is wrong, or nobody listens for its type.
        """
        if client.inbox is not None and not _is_ours(connection, data):
            self._wait(client, connection, data)
            return
        # Nearly all types are short names; their bytes are the key.
        head = data[1] if len(data) > 1 else 0
        if data[0] == Opcode.ROOM_DATA and 0xA0 < head < 0xC0:
            end = head - 0x9E
            listeners = self.routes.by_name.get(data[2:end])
            if listeners is not None:
                body = decode(data[end:]) if end < len(data) else UNDEFINED
                self._call(listeners, client, connection, body, None)
                return
        self._hear_rare(client, connection, data)

    def _hear_rare(self, client: Client, connection: Connection, data: bytes) -> None:
        """Take what is not a plain message with a short name that somebody awaits."""
        opcode = data[0] & 0x1F
        number, end = None, 1
        if opcode == Opcode.ROOM_REQUEST:
            number, end = read_request_number(data)
        type_, end = decode_type(data, end)
        if opcode == Opcode.ROOM_DATA_BYTES:
            listeners = self.routes.find(type_, raw=True)
            body: Any = data[end:]
        else:
            listeners = self.routes.find(type_)
            try:
                body = decode(data[end:]) if end < len(data) else UNDEFINED
            except PeerError as error:
                if number is None:
                    raise
                self._answer_error(connection, number, "invalid_payload", str(error))
                return
        if listeners:
            self._call(listeners, client, connection, body, number)
        elif number is not None:
            text = (
                f'room "{self._actor.kind}" has no onMessage("{type_}") handler to'
                " answer this request."
            )
            self._answer_error(connection, number, "no_handler", text)
        elif isinstance(type_, str) and type_.startswith(_OURS):
            connection.hear_ours(type_, body)
        elif rest := self.routes.rest():
            for each in rest:
                self._call_one(each, client, connection, (client, type_, body), None)
        else:
            self._unheard(connection, type_)

    def _unheard(self, connection: Connection, type_: str | int) -> None:
        """Do with a message that nobody listens for what the Room says."""
        error, rule = unheard(type_), self._actor.room.unknown_message
        if rule == "close":
            raise error
        if rule == "error":
            connection.fail(Code.INVALID_MESSAGE, str(error))

    def _wait(self, client: Client, connection: Connection, data: bytes) -> None:
        """Put a message behind the one that is being worked on.

        Raises:
            PeerError: The client has too many waiting.
        """
        limits = self._actor.around.limits
        assert client.inbox is not None
        weight = len(data) + sum(len(waiting) for _, waiting in client.inbox)
        full = len(client.inbox) >= limits.inbox or weight > limits.bytes_per_second
        # One message may be as large as any; it is what waits beside it that counts.
        if full and client.inbox:
            raise LimitError("too many messages wait for an earlier one", "inbox")
        if self._waiting >= limits.room_inbox or self._weight > _MOST_BYTES:
            self._actor.around.meters.beyond.labels("room_inbox").inc()
            busy = "the room is busy"
            if data[0] & 0x1F == Opcode.ROOM_REQUEST:
                number, _ = read_request_number(data)
                self._answer_error(connection, number, "Error", busy, Code.LIMIT)
            else:
                connection.fail(Code.LIMIT, busy)
            return
        self._waiting += 1
        self._weight += len(data)
        client.inbox.append((connection, data))

    def forget(self, client: Client) -> None:
        """Drop what waits of a client that is gone."""
        if client.inbox:
            self._waiting -= len(client.inbox)
            self._weight -= sum(len(data) for _, data in client.inbox)
            client.inbox.clear()

    def _call(
        self,
        listeners: list[Listener],
        client: Client,
        connection: Connection,
        body: Any,
        number: int | None,
    ) -> None:
        """Call all that listen; the first answers."""
        for each in tuple(listeners) if len(listeners) > 1 else listeners:
            value = body
            try:
                if each.shape is not None:
                    value = each.shape.read(body, each.type)
            except PeerError as error:
                if number is None:
                    raise
                self._answer_error(connection, number, "invalid_payload", str(error))
                return
            arguments = (client, value) if each.takes == 2 else (client,)
            self._call_one(each, client, connection, arguments, number)
            number = None

    def _call_one(
        self,
        listener: Listener,
        client: Client,
        connection: Connection,
        arguments: tuple[Any, ...],
        number: int | None,
    ) -> None:
        turns = self._actor.turns
        turns.begin()
        try:
            result = listener.call(*arguments)
            if result is not None and isawaitable(result):
                self._follow(listener, client, connection, number, result)
            elif number is not None:
                self._answer(connection, number, result)
        except Exception:  # noqa: BLE001  # the author's code may raise anything
            self._failed(listener, client, connection, number, Failure())
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
            if client.inbox is None:
                client.inbox = deque()
            self._running[client] = self._running.get(client, 0) + 1
            self._actor.faults.limit_time(running)

        def done(value: Any) -> None:
            if isinstance(value, Failure):
                self._failed(listener, client, connection, number, value)
            elif number is not None:
                self._answer(connection, number, value)
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
            self._drain(client)

    def _drain(self, client: Client) -> None:
        """Go on with what waited, until something makes it wait again."""
        waiting, client.inbox = client.inbox, None
        while waiting:
            connection, data = waiting.popleft()
            self._waiting -= 1
            self._weight -= len(data)
            if client.status in (ClientStatus.LEAVING, ClientStatus.GONE):
                continue
            try:
                self.hear(client, connection, data)
            except PeerError as error:
                connection.refuse(error)
            if client.inbox is not None:
                client.inbox.extend(waiting)
                return

    def _failed(
        self,
        listener: Listener,
        client: Client,
        connection: Connection,
        number: int | None,
        failure: Failure,
    ) -> None:
        """Tell the client, and the log if it was not a refusal, what went wrong."""
        error = failure.value
        if isinstance(error, Rejected) and number is not None:
            self._respond(connection, number, Status.REJECTED, error.reason)
        elif isinstance(error, Refused):
            if number is None:
                connection.fail(error.code, str(error))
            else:
                self._answer_error(connection, number, "Error", str(error), error.code)
        else:
            ident = self._actor.faults.fail(f"message {listener.type}", client, failure)
            text = f"internal error {ident}"
            if number is None:
                connection.fail(Code.APPLICATION, text)
            else:
                self._answer_error(connection, number, "Error", text, Code.APPLICATION)

    def _answer(self, connection: Connection, number: int, value: Any) -> None:
        self._respond(
            connection, number, Status.OK, UNDEFINED if value is None else value
        )

    def _answer_error(
        self,
        connection: Connection,
        number: int,
        name: str,
        text: str,
        code: int | None = None,
    ) -> None:
        error: dict[str, Any] = {"name": name, "message": text}
        if code is not None:
            error["code"] = code
        self._respond(connection, number, Status.ERROR, error)

    def _respond(
        self, connection: Connection, number: int, status: Status, value: Any
    ) -> None:
        """Send the answer to a request, if the one who asked is still there."""
        if connection.closed is not None:
            return
        try:
            payload = b"" if value is UNDEFINED else encode(value)
        except (TypeError, ValueError) as error:
            ident = self._actor.faults.fail("answer", connection.client, Failure(error))
            status = Status.ERROR
            text = f"internal error {ident}"
            payload = encode(
                {"name": "Error", "message": text, "code": Code.APPLICATION}
            )
        connection.post(seal(encode_response(number, status, payload)))


async def _coroutine(result: Awaitable[Any]) -> Any:
    """Await whatever an author's function returned."""
    return await result


def _is_ours(connection: Connection, data: bytes) -> bool:
    """Say whether this is about the return of a client, which waits for nothing."""
    return not connection.ready and data[2:10] == b"__nexus." and data[0] == 0x0D
