"""Dispatch: from a frame that a client sent to the author's code, and back."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.python.failure import Failure

from nexus.errors import Code, LimitError, PeerError
from nexus.room.answer import Answers
from nexus.room.client import Client, ClientStatus
from nexus.room.message import Listener
from nexus.room.route import Routes, unheard
from nexus.wire.colyseus.primitive import decode_type
from nexus.wire.frame import Opcode, read_request_number
from nexus.wire.message import UNDEFINED, decode
from nexus.wire.ours import OURS, OUT, read_out

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.connection import Connection

__all__ = ["Dispatch"]

#: So many bytes of messages may wait in a Room.
_MOST_BYTES: Final = 16 * 2**20

#: How a frame of ours begins behind its opcode and the length of its type, and how one
#: of an outbox begins; its payload follows at once.
_FRAME_OF_OURS: Final = OURS.encode()
_FRAME_OF_OUTBOX: Final = b"\x0d%c%b" % (0xA0 + len(OUT), OUT)
_OUTBOX_PAYLOAD: Final = len(_FRAME_OF_OUTBOX)


class Dispatch:
    """Calls what listens, one message of a client after the other.

    Plain functions are called at once. While an `async def` runs, further messages of
    the same client wait in its inbox; everything else goes on.
    """

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        self._answers = Answers(actor.faults)
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
        if client.inbox is not None:
            self._put_off(client, connection, data)
            return
        # Nearly all types are short names; their bytes are the key.
        head = data[1] if len(data) > 1 else 0
        if data[0] == Opcode.ROOM_DATA and 0xA0 < head < 0xC0:
            end = head - 0x9E
            name = data[2:end]
            listeners = self.routes.by_name.get(name)
            if listeners is not None:
                body = decode(data[end:]) if end < len(data) else UNDEFINED
                self._call(listeners, client, connection, body, None)
                return
            if name == OUT and client.receipt is not None:
                ident, frame = read_out(data, end)
                # What was taken before was sent again by a client that had not heard.
                if ident > client.receipt.taken:
                    client.receipt.taken = ident
                    self._hear_out(client, connection, frame, ident)
                return
        self._hear_rare(client, connection, data)

    def _hear_out(
        self, client: Client, connection: Connection, frame: bytes, ident: int
    ) -> None:
        """Take the plain message that one of an outbox stands for.

        Raises:
            PeerError: As for any message; it was not heard then.
        """
        receipt = client.receipt
        assert receipt is not None
        before = receipt.heard
        receipt.heard = max(before, ident)
        # Before it is heard, as that may let the client go.
        self._actor.receipts.owe(client)
        try:
            self.hear(client, connection, frame)
        except PeerError:
            receipt.heard = before
            raise

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
                self._answers.error(connection, number, "invalid_payload", str(error))
                return
        if listeners:
            self._call(listeners, client, connection, body, number)
        elif number is not None:
            text = (
                f'room "{self._actor.kind}" has no onMessage("{type_}") handler to'
                " answer this request."
            )
            self._answers.error(connection, number, "no_handler", text)
        elif isinstance(type_, str) and type_.startswith(OURS):
            if opcode == Opcode.ROOM_DATA:
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

    def _put_off(self, client: Client, connection: Connection, data: bytes) -> None:
        """Put a message behind the one that is being worked on, if it can wait.

        Raises:
            PeerError: The frame is wrong, or the client has too many waiting.
        """
        ident, receipt = 0, client.receipt
        if (
            receipt is not None
            and data[0] == Opcode.ROOM_DATA
            and data[2:10] == _FRAME_OF_OURS
            # The length of a long name stands where short ones begin.
            and 0xA0 < data[1] < 0xC0
        ):
            if data[:_OUTBOX_PAYLOAD] != _FRAME_OF_OUTBOX:
                # Neither a ping nor a return waits for anything.
                self._hear_rare(client, connection, data)
                return
            ident, data = read_out(data, _OUTBOX_PAYLOAD)
            if ident <= receipt.taken:
                return
            receipt.taken = ident
        beyond = self._beyond(client, data)
        if beyond is not None:
            self._turn_away(client, connection, data, ident, beyond)
            return
        assert client.inbox is not None
        self._waiting += 1
        self._weight += len(data)
        client.inbox.append((connection, data, ident))

    def _beyond(self, client: Client, data: bytes) -> LimitError | None:
        """Return which limit keeps a message from waiting."""
        limits = self._actor.around.limits
        assert client.inbox is not None
        weight = len(data) + sum(len(waiting) for _, waiting, _ in client.inbox)
        full = len(client.inbox) >= limits.inbox or weight > limits.bytes_per_second
        # One message may be as large as any; it is what waits beside it that counts.
        if full and client.inbox:
            return LimitError("too many messages wait for an earlier one", "inbox")
        if self._waiting >= limits.room_inbox or self._weight > _MOST_BYTES:
            return LimitError("the room is busy", "room_inbox")
        return None

    def _turn_away(
        self,
        client: Client,
        connection: Connection,
        data: bytes,
        ident: int,
        beyond: LimitError,
    ) -> None:
        """Do without a message that cannot wait, and say so.

        Raises:
            LimitError: It is the client's own fault, and nobody would tell it which of
                its messages was dropped.
        """
        own = beyond.limit == "inbox"
        if own and not ident:
            raise beyond
        self._actor.around.meters.beyond.labels(beyond.limit).inc()
        if ident:
            self._actor.receipts.refuse(client, ident, str(beyond))
        elif data[0] & 0x1F == Opcode.ROOM_REQUEST:
            number, _ = read_request_number(data)
            self._answers.error(connection, number, "Error", str(beyond), Code.LIMIT)
        else:
            connection.fail(Code.LIMIT, str(beyond))

    def forget(self, client: Client) -> None:
        """Drop what waits of a client that is gone."""
        self._actor.receipts.forget(client)
        if client.inbox:
            self._waiting -= len(client.inbox)
            self._weight -= sum(len(data) for _, data, _ in client.inbox)
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
                self._answers.error(connection, number, "invalid_payload", str(error))
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
            if client.inbox is None:
                client.inbox = deque()
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
            self._drain(client)

    def _drain(self, client: Client) -> None:
        """Go on with what waited, until something makes it wait again."""
        waiting, client.inbox = client.inbox, None
        while waiting:
            connection, data, ident = waiting.popleft()
            self._waiting -= 1
            self._weight -= len(data)
            if client.status in (ClientStatus.LEAVING, ClientStatus.GONE):
                continue
            try:
                if ident:
                    self._hear_out(client, connection, data, ident)
                else:
                    self.hear(client, connection, data)
            except PeerError as error:
                if ident and connection is not client.connection:
                    # The one to blame is closed: its client is not hurt, but told.
                    self._actor.receipts.refuse(client, ident, str(error))
                else:
                    connection.refuse(error)
            if client.inbox is not None:
                client.inbox.extend(waiting)
                return


async def _coroutine(result: Awaitable[Any]) -> Any:
    """Await whatever an author's function returned."""
    return await result
