"""The root of the HTTP side, and how every answer looks: JSON, errors included."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Protocol
from twisted.web import http, server
from twisted.web.error import UnsupportedMethod
from twisted.web.iweb import IRequest
from twisted.web.resource import IResource, Resource
from typing_extensions import override

from nexus.api.channel import Channel, Turned
from nexus.api.request import Body, Request
from nexus.metrics import Counter
from nexus.wire.request import PlainTaker

__all__ = ["JSONResource", "Missing", "Root", "Site", "answer", "refuse"]


def answer(
    request: IRequest,
    document: Mapping[str, object],
    status: int = HTTPStatus.OK,
) -> bytes:
    """Set the head of a JSON answer and return its body."""
    body = json.dumps(document).encode() + b"\n"
    request.setResponseCode(status)
    request.setHeader(b"content-type", b"application/json")
    request.setHeader(b"cache-control", b"no-store")
    # Answers repeat what was asked for; no browser is to take one for a page.
    request.setHeader(b"x-content-type-options", b"nosniff")
    request.setHeader(b"content-length", b"%d" % len(body))
    return b"" if request.method == b"HEAD" else body


def refuse(request: IRequest, status: HTTPStatus) -> bytes:
    """Answer with an error, in the shape that every error has."""
    document = {"code": status.value, "error": status.phrase.lower()}
    return answer(request, document, status)


class JSONResource(Resource):
    """A resource that has no children unless told, and refuses in JSON."""

    @override
    def getChild(self, path: bytes, request: IRequest) -> IResource:
        """Refuse a path that nothing was put at."""
        return Missing()

    @override
    def render(self, request: IRequest) -> bytes | int:
        """Answer, or refuse a method that this resource does not have."""
        try:
            body: bytes | int = super().render(request)
        except UnsupportedMethod as refusal:
            request.setHeader(b"allow", b", ".join(sorted(refusal.allowedMethods)))
            return refuse(request, HTTPStatus.METHOD_NOT_ALLOWED)
        return body


class Missing(JSONResource):
    """What stands at every path where nothing is."""

    @override
    def render(self, request: IRequest) -> bytes:
        """Refuse whatever is asked."""
        return refuse(request, HTTPStatus.NOT_FOUND)


class Root(Missing):
    """The path `/`: nothing itself, it leads to what was put below it."""


class Site(server.Site):
    """The HTTP side of a Node, without a log line a request.

    Args:
        resource: The root.
        body_bytes: How much of the body of a request is kept.
        seconds: How long a request may take to arrive, and how long a connection may
            wait for its next one.
        enter: Called with the address of each connection; returns what is called when
            it ends, or None if there is no place for it.
        slow: Counts connections that were cut off as their requests took too long.
        **said: What a `twisted.web` site takes.
    """

    noisy = False
    protocol = Channel  # type: ignore[assignment]  # it is said to be of another class

    def __init__(
        self,
        resource: IResource,
        *,
        body_bytes: int = 16_384,
        seconds: float = 15.0,
        enter: Callable[[IAddress | None], Callable[[], object] | None] | None = None,
        slow: Counter | None = None,
        **said: Any,
    ) -> None:
        super().__init__(resource, requestFactory=Request, timeout=seconds, **said)
        self._body_bytes = body_bytes
        self._enter = enter
        self._plain = resource if isinstance(resource, PlainTaker) else None
        self._slow = slow or Counter()

    @override
    def buildProtocol(  # type: ignore[override]  # it is said to be of another class
        self, addr: IAddress | None
    ) -> Protocol:
        """Take a connection, or cut it off if there is no place for it."""
        leave = None if self._enter is None else self._enter(addr)
        if leave is None and self._enter is not None:
            return Turned()
        channel: Channel = super().buildProtocol(addr)
        channel.slow, channel.plain = self._slow, self._plain
        if leave is not None:
            channel.ended = leave
        return channel

    @override
    def acceptableProtocols(self) -> list[bytes]:
        """Agree to HTTP/1.1 only: what bounds requests is written for it."""
        return [b"http/1.1"]

    def getContentFile(self, length: int | None) -> Body:  # noqa: N802 -- Twisted's
        """Return where the body of a request goes."""
        return Body(self._body_bytes)

    @override
    def log(self, request: http.Request) -> None:
        """Keep quiet: a balancer that asks for health every second fills a disk."""
