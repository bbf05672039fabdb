"""HTTP requests of the plain case: whole in one chunk, and nothing special about them.

Nearly all who join ask like that, twice: for a Seat, and to be upgraded. Such a request
is read by two matches instead of a call a line. `read_plain` takes no part in judging
what HTTP allows: whatever it does not take is somebody else's to read, or to refuse.
"""

from __future__ import annotations

import re
from typing import Any, Final, Protocol, runtime_checkable

from attrs import frozen

__all__ = ["Exchange", "PlainRequest", "PlainTaker", "read_plain"]

#: Longer heads are not plain.
_MAX_HEAD: Final = 8_192

#: A whole head: no folded lines, no bytes beyond ASCII, no fragment in the target.
_head: Final = re.compile(
    rb"(GET|POST) (/[!\"$-~]*) HTTP/1\.1\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e]*\r\n)+)\r\n"
).match

#: With one of these a request is not plain: they change how it is to be read.
_SPECIAL: Final = frozenset({"expect", "transfer-encoding"})

#: No length has more digits, and no head more lines.
_MAX_DIGITS: Final = 7
_MAX_LINES: Final = 100


@frozen
class PlainRequest:
    """One whole request.

    Attributes:
        method: `GET` or `POST`.
        target: What it asks for, still percent-encoded.
        headers: Its headers by their names in lower case; none comes twice.
        body: What came with it, as long as it says.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Exchange(Protocol):
    """The connection that a plain request came over."""

    @property
    def address(self) -> Any:
        """Where the peer is."""

    @property
    def is_gone(self) -> bool:
        """Whether nobody is there to be answered any more."""

    def respond(self, head: bytes, body: bytes) -> None:
        """Send the answer to the request.

        Args:
            head: The first line and the headers, each with its end.
            body: What follows them.
        """

    def hand_over(self) -> Any:
        """Give the transport away, which speaks HTTP no more; None: it cannot be."""


@runtime_checkable
class PlainTaker(Protocol):
    """What answers plain requests."""

    def take_plain(self, request: PlainRequest, exchange: Exchange) -> bool:
        """Take a request, which is answered at once or later.

        Returns:
            Whether it was taken; if not, nothing was done.
        """


def read_plain(chunk: bytes) -> PlainRequest | None:
    """Read the request that a chunk is; None: it is not the plain case."""
    head = _head(chunk, 0, _MAX_HEAD)
    if head is None:
        return None
    lines = head[3].decode("ascii").split("\r\n")
    lines.pop()
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip(" \t")
    if not len(headers) == len(lines) <= _MAX_LINES:
        return None
    if not _SPECIAL.isdisjoint(headers):
        return None
    body = chunk[head.end() :]
    length = headers.get("content-length", "0")
    if len(length) > _MAX_DIGITS or not length.isdigit() or int(length) != len(body):
        return None
    return PlainRequest(head[1].decode(), head[2].decode(), headers, body)
