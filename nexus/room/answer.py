"""Answers: what a client is told of its messages and requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.python.failure import Failure

from nexus.errors import Code, Refused, Rejected
from nexus.room.client import Client
from nexus.room.message import Listener
from nexus.wire.envelope import seal
from nexus.wire.frame import Status, encode_response
from nexus.wire.message import UNDEFINED, encode

if TYPE_CHECKING:
    from nexus.room.connection import Connection
    from nexus.room.fault import Faults

__all__ = ["Answers"]


class Answers:
    """Answers requests, and tells of errors.

    Args:
        faults: Who logs what went wrong.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def value(self, connection: Connection, number: int, value: Any) -> None:
        """Answer a request with what a listener returned."""
        self._respond(
            connection, number, Status.OK, UNDEFINED if value is None else value
        )

    def error(
        self,
        connection: Connection,
        number: int,
        name: str,
        text: str,
        code: int | None = None,
    ) -> None:
        """Answer a request that nobody could answer otherwise."""
        error: dict[str, Any] = {"name": name, "message": text}
        if code is not None:
            error["code"] = code
        self._respond(connection, number, Status.ERROR, error)

    def failed(
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
                self.error(connection, number, "Error", str(error), error.code)
        else:
            ident = self._faults.fail(f"message {listener.type}", client, failure)
            text = f"internal error {ident}"
            if number is None:
                connection.fail(Code.APPLICATION, text)
            else:
                self.error(connection, number, "Error", text, Code.APPLICATION)

    def _respond(
        self, connection: Connection, number: int, status: Status, value: Any
    ) -> None:
        """Send the answer to a request, if the one who asked is still there."""
        if connection.closed is not None:
            return
        try:
            payload = b"" if value is UNDEFINED else encode(value)
        except (TypeError, ValueError) as error:
            ident = self._faults.fail("answer", connection.client, Failure(error))
            status = Status.ERROR
            text = f"internal error {ident}"
            payload = encode(
                {"name": "Error", "message": text, "code": Code.APPLICATION}
            )
        connection.post(seal(encode_response(number, status, payload)))
