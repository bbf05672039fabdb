"""Answers to requests of the plain case, in the shape that every answer has."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, Protocol, runtime_checkable

from twisted.web.http import RESPONSES, datetimeToString

from nexus.wire.request import Exchange, PlainRequest

__all__ = ["PlainLeaf", "answer_plainly"]

#: What `nexus.api.resource.answer` says of a document, in this order.
_OF_JSON: Final = (
    b"Content-Type: application/json\r\n"
    b"Cache-Control: no-store\r\n"
    b"X-Content-Type-Options: nosniff\r\n"
    b"Content-Length: %d\r\n"
)


@runtime_checkable
class PlainLeaf(Protocol):
    """What answers plain requests for paths that begin where it was put."""

    def take_below(
        self,
        words: Sequence[str],
        request: PlainRequest,
        exchange: Exchange,
        said: bytes,
    ) -> bool:
        """Take a request, which is answered at once or later.

        Args:
            words: The rest of the path.
            request: The request.
            exchange: Where the answer goes.
            said: Headers that the answer is to have as well.

        Returns:
            Whether it was taken; if not, nothing was done.
        """


def answer_plainly(
    exchange: Exchange, document: Mapping[str, object], status: int, said: bytes
) -> None:
    """Answer with a document, unless nobody is there any more."""
    if exchange.is_gone:
        return
    body = json.dumps(document).encode() + b"\n"
    phrase = RESPONSES.get(status, b"Unknown Status")
    first = b"HTTP/1.1 %d %b\r\nDate: %b\r\n" % (status, phrase, datetimeToString())
    exchange.respond(b"".join((first, said, _OF_JSON % len(body))), body)
