"""Requests whose bodies are bounded, and cheap to take when they are JSON."""

from __future__ import annotations

from io import BytesIO
from typing import Final

from twisted.web import server
from typing_extensions import override

__all__ = ["Body", "Request"]

_JSON: Final = b"application/json"


class Body(BytesIO):
    """A body of which no more is kept than it takes to see that it is too long."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    @override
    def write(self, data: object) -> int:
        """Keep what there is place for."""
        chunk = memoryview(data)  # type: ignore[arg-type]  # as BytesIO takes it
        super().write(chunk[: max(0, self._most + 1 - self.tell())])
        return len(chunk)


class Request(server.Request):
    """A request whose JSON Twisted does not take for a form.

    To find out that JSON is no form, Twisted reads the content type with the parser of
    electronic mail, which costs as much as everything else that a join is asked with.
    """

    _said: bytes | None = None

    @override
    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """Take the request, with the type of its body put aside if that is JSON."""
        types = self.requestHeaders.getRawHeaders(b"content-type")
        if types and types[0].startswith(_JSON):
            self._said = types[0]
            self.requestHeaders.removeHeader(b"content-type")
        super().requestReceived(command, path, version)

    @override
    def process(self) -> None:
        """Answer, with the type of the body where it belongs."""
        if self._said is not None:
            self.requestHeaders.setRawHeaders(b"content-type", [self._said])
        super().process()
