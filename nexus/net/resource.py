"""The way from HTTP to sockets: upgrade requests, at any path."""

from __future__ import annotations

import re
from typing import Final

from autobahn.twisted.resource import WebSocketResource
from twisted.web.http import Request
from twisted.web.http_headers import Headers
from twisted.web.iweb import IRequest
from twisted.web.resource import IResource, Resource
from typing_extensions import override

from nexus.net.factory import SocketFactory
from nexus.net.upgrade import upgrade_plainly
from nexus.wire.request import Exchange, PlainRequest, PlainTaker

__all__ = ["Door", "Upgrading"]

#: Characters at which Python ends a line, and HTTP does not. Autobahn reads headers by
#: Python's rules: with one of these in a value, a peer could add headers of its own
#: behind those of a trusted proxy.
_LINE_ENDS: Final = bytes.maketrans(b"\r\n\x0b\x0c\x1c\x1d\x1e\x85", b" " * 8)

#: Finds one of them.
_breaks: Final = re.compile(rb"[\r\n\x0b\x0c\x1c\x1d\x1e\x85]").search


class Door(WebSocketResource):
    """Turns the connection of a request into a socket, or refuses in the handshake."""

    @override
    def render(self, request: Request) -> bytes | int:
        """Hand the connection over."""
        lines = list(request.requestHeaders.getAllRawHeaders())
        if _breaks(b"".join([value for _, values in lines for value in values])):
            harmless = Headers()
            for name, values in lines:
                harmless.setRawHeaders(
                    name, [value.translate(_LINE_ENDS) for value in values]
                )
            request.requestHeaders = harmless
        request.uri = request.uri.translate(_LINE_ENDS)
        answer: bytes | int = super().render(request)
        return answer


class Upgrading(Resource):
    """A root that lets sockets in at every path, and leaves the rest to another root.

    Args:
        sockets: What becomes of requests to be upgraded.
        others: The root for all other requests.
    """

    def __init__(self, sockets: SocketFactory, others: IResource) -> None:
        super().__init__()
        self._door = Door(sockets)
        self._sockets = sockets
        self._others = others
        self._plain = others if isinstance(others, PlainTaker) else None

    def take_plain(self, request: PlainRequest, exchange: Exchange) -> bool:
        """Take a plain request."""
        if "upgrade" in request.headers:
            return upgrade_plainly(self._sockets, request, exchange)
        return self._plain is not None and self._plain.take_plain(request, exchange)

    @override
    def getChildWithDefault(self, path: bytes, request: IRequest) -> IResource:
        """Choose by the header, not by the path."""
        if _wants_socket(request):
            return self._door
        child: IResource = self._others.getChildWithDefault(path, request)
        return child

    @override
    def putChild(self, path: bytes, child: IResource) -> None:
        """Put a child below the other root."""
        self._others.putChild(path, child)


def _wants_socket(request: IRequest) -> bool:
    wishes = request.getHeader(b"upgrade") or b""
    return b"websocket" in [wish.strip().lower() for wish in wishes.split(b",")]
