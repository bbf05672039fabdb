"""What a client is refused, as errors."""

from __future__ import annotations

from typing import Any

from nexus.errors import NexusError, Refused

__all__ = ["JoinError", "RequestError"]


class JoinError(Refused):
    """The client was not let into a Room, or no Room could be asked.

    Attributes:
        code: A number for programs: one of `nexus.errors.Code`, an HTTP status, the
            code that a socket was closed with, or the author's own.
        text: The reason, for people.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text, code)
        self.text = text


class RequestError(NexusError):
    """A request that was not answered as it was hoped.

    Args:
        name: `rejected`; or `closed`, when the Connection was lost before the answer;
            or `timeout`; or what the server calls the error, such as `no_handler`.
        text: The reason, for people.
        code: A number for programs, if there is one.
        reason: What the Room's code rejected it with.
    """

    def __init__(
        self, name: str, text: str, code: int | None = None, reason: Any = None
    ) -> None:
        super().__init__(text if reason is None else f"{text}: {reason}")
        self.name = name
        self.text = text
        self.code = code
        self.reason = reason
