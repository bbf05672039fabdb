"""The root of the HTTP side, and how every answer looks: JSON, errors included."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from twisted.web import server
from twisted.web.error import UnsupportedMethod
from twisted.web.http import Request
from twisted.web.iweb import IRequest
from twisted.web.resource import IResource, Resource
from typing_extensions import override

__all__ = ["JSONResource", "Missing", "Root", "Site", "answer", "refuse"]


def answer(
    request: IRequest,
    document: Mapping[str, object],
    status: HTTPStatus = HTTPStatus.OK,
) -> bytes:
    """Set the head of a JSON answer and return its body."""
    body = json.dumps(document).encode() + b"\n"
    request.setResponseCode(status)
    request.setHeader(b"content-type", b"application/json")
    request.setHeader(b"cache-control", b"no-store")
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
    """The HTTP side of a Node, without a log line a request."""

    noisy = False

    @override
    def log(self, request: Request) -> None:
        """Keep quiet: a balancer that asks for health every second fills a disk."""
