"""Dispatch: from a frame that a client sent to the author's code, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nexus.errors import Code, LimitError, PeerError
from nexus.room.client import Client
from nexus.room.message.answer import Answers
from nexus.room.message.hearing import Hearings
from nexus.room.message.inbox import Inboxes
from nexus.room.message.ours import hear_ours
from nexus.room.message.route import Routes, unheard
from nexus.room.message.verdict import Ident
from nexus.wire.colyseus.primitive import decode_type
from nexus.wire.frame import Opcode, read_request_number
from nexus.wire.message import UNDEFINED, decode, encode
from nexus.wire.ours import COMMAND, OURS, OUT, Command, read_command, read_out
from nexus.wire.record import flat_record

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.connection import Connection

__all__ = ["Dispatch"]

#: How a frame of ours begins behind its opcode and the length of its type, and how one
#: of an outbox begins; its payload follows at once.
_FRAME_OF_OURS: Final = OURS.encode()
_FRAME_OF_OUTBOX: Final = b"\x0d%c%b" % (0xA0 + len(OUT), OUT)
_OUTBOX_PAYLOAD: Final = len(_FRAME_OF_OUTBOX)
_FRAME_OF_COMMAND: Final = b"\x0d%c%b" % (0xA0 + len(COMMAND), COMMAND.encode())


class Dispatch:
    """Calls what listens, one message of a client after the other.

    Plain functions are called at once. While an `async def` runs, further messages of
    the same client wait in its inbox; everything else goes on.
    """

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        self._answers = Answers(actor.faults)
        self.routes = Routes()
        self._inboxes = Inboxes(actor.around.limits)
        self._hearings = Hearings(actor, self._answers, self._drain)
        # Nearly every message comes to one of these.
        self._call = self._hearings.call
        self._tell = self._hearings.tell

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
                payload = data[end:]
                # What `decode` tries first, without its calls.
                body: Any = flat_record(payload)
                if body is None:
                    body = decode(payload) if payload else UNDEFINED
                if self._actor.journal is None and len(listeners) == 1:
                    self._tell(listeners[0], client, connection, body)
                else:
                    self._call(listeners, client, connection, body, payload, None)
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
        if self._actor.journal is not None:
            self._actor.journal.heard(client, receipt.heard)
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
        payload = data[end:]
        if opcode == Opcode.ROOM_DATA_BYTES:
            listeners = self.routes.find(type_, raw=True)
            body: Any = payload
        else:
            listeners = self.routes.find(type_)
            try:
                body = decode(payload) if payload else UNDEFINED
            except PeerError as error:
                if number is None:
                    raise
                self._answers.error(connection, number, "invalid_payload", str(error))
                return
        if listeners:
            self._call(listeners, client, connection, body, payload, number)
        elif number is not None:
            self._unanswered(connection, number, type_)
        elif isinstance(type_, str) and type_.startswith(OURS):
            if opcode == Opcode.ROOM_DATA and type_ == COMMAND:
                self._hear_command(client, connection, body)
            elif opcode == Opcode.ROOM_DATA:
                hear_ours(client, connection, type_, body)
        elif rest := self.routes.rest():
            for each in rest:
                self._hearings.call_one(
                    each, client, connection, (client, type_, body), None
                )
        else:
            self._unheard(connection, type_)

    def _hear_command(
        self, client: Client, connection: Connection, body: object
    ) -> None:
        """Take a message that is answered with a verdict; once, however often it came.

        Raises:
            PeerError: It is none.
        """
        command, verdicts = read_command(body), client.verdicts
        number = Ident(command.id)
        if verdicts.knows(number):
            known = verdicts.find(number)
            if known is not None:
                self._answers.deliver(connection, number, known)
            return
        if number <= verdicts.last:
            text = "what became of this command is not remembered any more"
            self._answers.error(connection, number, "forgotten", text)
            return
        listeners, payload = self.routes.find(command.type), _packed(command)
        verdicts.begin(number)
        if listeners:
            self._call(listeners, client, connection, command.body, payload, number)
        else:
            self._unanswered(connection, number, command.type)

    def _unanswered(
        self, connection: Connection, number: int, type_: str | int
    ) -> None:
        """Answer what nobody listens for."""
        text = (
            f'room "{self._actor.kind}" has no onMessage("{type_}") handler to'
            " answer this request."
        )
        self._answers.error(connection, number, "no_handler", text)

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
            if data[:_OUTBOX_PAYLOAD] == _FRAME_OF_OUTBOX:
                ident, data = read_out(data, _OUTBOX_PAYLOAD)
                if ident <= receipt.taken:
                    return
                receipt.taken = ident
            elif not data.startswith(_FRAME_OF_COMMAND):
                # Neither a ping nor a return waits for anything.
                self._hear_rare(client, connection, data)
                return
        beyond = self._inboxes.put(client, connection, data, ident)
        if beyond is not None:
            self._turn_away(client, connection, data, ident, beyond)

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
        elif data.startswith(_FRAME_OF_COMMAND):
            command = Ident(read_command(decode(data[len(_FRAME_OF_COMMAND) :])).id)
            if not client.verdicts.knows(command):
                why = str(beyond)
                self._answers.error(connection, command, "Error", why, Code.LIMIT)
        elif data[0] & 0x1F == Opcode.ROOM_REQUEST:
            number, _ = read_request_number(data)
            self._answers.error(connection, number, "Error", str(beyond), Code.LIMIT)
        else:
            connection.fail(Code.LIMIT, str(beyond))

    def forget(self, client: Client) -> None:
        """Drop what waits of a client that is gone."""
        self._actor.receipts.forget(client)
        self._inboxes.clear(client)

    def _drain(self, client: Client) -> None:
        """Go on with what waited, until something makes it wait again."""
        for connection, data, ident in self._inboxes.drain(client):
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


def _packed(command: Command) -> bytes:
    """Return the body of a command as it came.

    Raises:
        PeerError: It is something that no message of ours carries back.
    """
    try:
        return b"" if command.body is UNDEFINED else encode(command.body)
    except (TypeError, ValueError) as error:
        raise PeerError(f"the body of a command: {error}") from error
