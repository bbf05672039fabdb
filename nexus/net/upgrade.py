"""Upgrades of the plain case, which Autobahn need not read.

Autobahn writes a request down once more that was read already, reads that, keeps all
of it and sets a timer: a quarter of what a join costs. What is plain has nothing that
could be wrong, or that leaves a choice; all the rest is Autobahn's. A property test
holds both equal: in what is answered, who arrives, and what the socket is then.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha1
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import parse_qsl

from autobahn.websocket.compress import PerMessageDeflate

from nexus.net.deflate import accept_usual, compresses_well
from nexus.wire.request import Exchange, PlainRequest

if TYPE_CHECKING:
    from nexus.net.factory import SocketFactory
    from nexus.net.protocol import SocketProtocol

__all__ = ["upgrade_plainly"]

#: What RFC 6455 appends to a nonce.
_MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

_is_nonce: Final = re.compile(r"[A-Za-z0-9+/]{22}==").fullmatch
_is_host: Final = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?").fullmatch
_is_origin: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,4})?").fullmatch
_is_path: Final = re.compile(r"/([A-Za-z0-9_.~-][A-Za-z0-9_.~/-]*)?").fullmatch

_HEAD: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\n"
    b"Upgrade: WebSocket\r\n"
    b"Connection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: %b\r\n"
)


def upgrade_plainly(
    factory: SocketFactory, request: PlainRequest, exchange: Exchange
) -> bool:
    """Make a socket of the connection of a request, or refuse it.

    Returns:
        Whether that was done; if not, the request is not of the plain case.
    """
    if not _is_plain(factory, request):
        return False
    path, _, query = request.target.partition("?")
    accepted, offer = None, request.headers.get("sec-websocket-extensions")
    if offer is not None:
        accepted = accept_usual(offer)
        if accepted is None:
            return False
    # It may still be refused by those who lead it on: nothing was done before.
    transport = exchange.hand_over()
    if transport is None:
        return False
    nonce = request.headers["sec-websocket-key"].encode()
    answer = _HEAD % b64encode(sha1(nonce + _MAGIC, usedforsecurity=False).digest())
    asked = dict(parse_qsl(query, keep_blank_values=True))
    if not (
        factory.limits.compress_from and compresses_well(path, asked, request.headers)
    ):
        accepted = None
    if accepted is not None:
        extension: str = accepted.get_extension_string()
        answer += b"Sec-WebSocket-Extensions: %b\r\n" % extension.encode()
    socket = cast("SocketProtocol", factory.buildProtocol(None))
    socket.open_plainly(
        transport,
        path,
        asked,
        request.headers,
        answer + b"\r\n",
        accepted and PerMessageDeflate.create_from_offer_accept(True, accepted),  # noqa: FBT003  # as Autobahn has it
    )
    return True


def _is_plain(factory: SocketFactory, request: PlainRequest) -> bool:
    """Say whether a request asks for a socket, and nothing can be wrong with it."""
    headers = request.headers
    wishes = headers.get("connection", "").lower().split(",")
    origin = headers.get("origin")
    return (
        request.method == "GET"
        and not request.body
        and headers["upgrade"].lower() == "websocket"
        and "upgrade" in [wish.strip() for wish in wishes]
        and headers.get("sec-websocket-version") == "13"
        and "sec-websocket-protocol" not in headers
        and _is_nonce(headers.get("sec-websocket-key", "")) is not None
        and _is_host(headers.get("host", "")) is not None
        and (origin is None or _is_welcome(factory, origin))
        and _is_path(request.target.partition("?")[0]) is not None
    )


def _is_welcome(factory: SocketFactory, origin: str) -> bool:
    """Say whether a page is let in whatever its origin is."""
    return "*" in factory.limits.origins and _is_origin(origin) is not None
