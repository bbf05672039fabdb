"""Cross-origin rules: which web pages may read our answers."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from twisted.web.iweb import IRequest
from twisted.web.resource import IResource, Resource
from typing_extensions import override

__all__ = ["ANY_ORIGIN", "Crossing"]

#: Every web page may.
ANY_ORIGIN: Final = ("*",)

_HEADERS: Final = (
    (b"access-control-allow-credentials", b"true"),
    (
        b"access-control-allow-headers",
        b"Origin, X-Requested-With, Content-Type, Accept, Authorization",
    ),
    (b"access-control-allow-methods", b"GET,HEAD,PUT,PATCH,POST,DELETE"),
    (b"access-control-max-age", b"2592000"),
)


class Crossing(Resource):
    """A root that says with every answer which pages may read it.

    The SDK sends credentials, so browsers want their very origin echoed. A page that
    may not read is answered without a word about it, and its browser refuses.

    Args:
        root: What answers.
        origins: Patterns of `scheme://host:port` in which `*` stands for anything.
    """

    def __init__(self, root: IResource, origins: tuple[str, ...]) -> None:
        super().__init__()
        self._root = root
        words = (map(re.escape, pattern.split("*")) for pattern in origins)
        self._origins = [re.compile(".*".join(each)) for each in words]

    @override
    def getChildWithDefault(self, path: bytes, request: IRequest) -> IResource:
        """Set the headers, and answer questions about them."""
        # Nobody needs to be told which library answers.
        request.responseHeaders.removeHeader(b"server")
        said = request.getHeader(b"origin")
        if said is None or self.allows(said.decode("latin-1")):
            request.setHeader(b"access-control-allow-origin", said or b"*")
            request.setHeader(b"vary", b"origin")
            for name, value in _HEADERS:
                request.setHeader(name, value)
        if request.method == b"OPTIONS":
            return _Preflight()
        child: IResource = self._root.getChildWithDefault(path, request)
        return child

    def allows(self, origin: str) -> bool:
        """Say whether the pages of an origin may read answers."""
        return any(pattern.fullmatch(origin) for pattern in self._origins)


class _Preflight(Resource):
    """The answer to what a browser asks before it sends anything."""

    isLeaf = True  # noqa: N815 -- the name that Twisted reads

    @override
    def render(self, request: IRequest) -> bytes:
        """Answer with the headers alone."""
        request.setResponseCode(HTTPStatus.NO_CONTENT)
        return b""
