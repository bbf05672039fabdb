"""Answers: what a client is told of its messages and requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.python.failure import Failure

from nexus.errors import Code, Refused, Rejected
from nexus.room.client import Client
from nexus.room.message.message import Listener
from nexus.room.message.verdict import Ident, Verdict
from nexus.wire.envelope import seal
from nexus.wire.frame import Status, encode_response
from nexus.wire.message import UNDEFINED, encode
from nexus.wire.ours import verdict_frame

if TYPE_CHECKING:
    from nexus.room.connection import Connection
    from nexus.room.fault import Faults

__all__ = ["Answers"]


class Answers:
    """Answers requests and commands, and tells of errors.

    Args:
        faults: Who logs what went wrong.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def value(self, connection: Connection, number: int, value: Any) -> None:
        """Answer with what a listener returned."""
        self.deliver(connection, number, self.done(connection.client, value))

    def error(
        self,
        connection: Connection,
        number: int,
        name: str,
        text: str,
        code: int | None = None,
    ) -> None:
        """Answer what nobody could answer otherwise."""
        self.deliver(connection, number, self._error(name, text, code))

    def failed(
        self,
        listener: Listener,
        client: Client,
        connection: Connection,
        number: int | None,
        failure: Failure,
    ) -> None:
        """Tell the client, and the log if it was not a refusal, what went wrong."""
        verdict, code, text = self.undone(listener, client, failure)
        if number is None:
            connection.fail(code, text)
        else:
            self.deliver(connection, number, verdict)

    def done(self, client: Client | None, value: Any) -> Verdict:
        """Return the answer that is made of what a listener returned."""
        if value is None:
            return Verdict(Status.OK, b"")
        return self._made(client, Status.OK, value)

    def undone(
        self, listener: Listener, client: Client, failure: Failure
    ) -> tuple[Verdict, int, str]:
        """Return the answer to what a listener raised, and its code and sentence.

        What is no refusal goes into the log, and the client is told where.
        """
        error = failure.value
        if isinstance(error, Rejected):
            made = self._made(client, Status.REJECTED, error.reason)
            return made, error.code, str(error)
        if isinstance(error, Refused):
            text, code = str(error), error.code
        else:
            ident = self._faults.fail(f"message {listener.type}", client, failure)
            text, code = f"internal error {ident}", int(Code.APPLICATION)
        return self._error("Error", text, code), code, text

    def _made(self, client: Client | None, status: Status, value: Any) -> Verdict:
        """Return an answer; the author's value may be none that can be sent."""
        try:
            return Verdict(status, b"" if value is UNDEFINED else encode(value))
        except (TypeError, ValueError) as error:
            ident = self._faults.fail("answer", client, Failure(error))
            text = f"internal error {ident}"
            return self._error("Error", text, Code.APPLICATION)

    @staticmethod
    def _error(name: str, text: str, code: int | None) -> Verdict:
        error: dict[str, Any] = {"name": name, "message": text}
        if code is not None:
            error["code"] = code
        return Verdict(Status.ERROR, encode(error))

    @staticmethod
    def deliver(connection: Connection, number: int, verdict: Verdict) -> None:
        """Send an answer, if the one who asked is still there."""
        if not isinstance(number, Ident):
            if connection.closed is None:
                frame = encode_response(number, verdict.status, verdict.payload)
                connection.post(seal(frame))
            return
        client = connection.client
        assert client is not None
        client.verdicts.settle(number, verdict)
        # It may have come back by another socket; one that is away asks again.
        if client.connection is not None:
            client.connection.post(
                verdict_frame(int(number), verdict.status, verdict.payload)
            )
