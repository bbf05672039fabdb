"""Cross-origin rules: which web pages may read our answers."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final, cast

from twisted.web.iweb import IRequest
from twisted.web.resource import IResource, Resource
from typing_extensions import override

from nexus.api.plain import PlainLeaf
from nexus.api.resource import Root
from nexus.wire.request import Exchange, PlainRequest

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


#: The same in an answer that we write ourselves.
_LINES: Final = b"".join(
    b"%b: %b\r\n" % (name.title(), value) for name, value in _HEADERS
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

    def take_plain(self, request: PlainRequest, exchange: Exchange) -> bool:
        """Take a plain request, if what stands at its path takes it."""
        target = request.target
        # Whatever is encoded, or asks for more than a path, is not plain here.
        if request.method != "POST" or "%" in target or "?" in target:
            return False
        words = target[1:].split("/")
        here: object = self._root
        for place, word in enumerate(words, start=1):
            if type(here) is not Root:
                return False
            here = here.children.get(word.encode())
            # To ask whether it is a PlainLeaf takes longer than what it does.
            if hasattr(here, "take_below"):
                leaf = cast(PlainLeaf, here)
                said = self._lines(request.headers.get("origin"))
                return leaf.take_below(words[place:], request, exchange, said)
        return False

    def _lines(self, origin: str | None) -> bytes:
        """Return the headers that say who may read an answer."""
        if origin is not None and not self.allows(origin):
            return b""
        return b"Access-Control-Allow-Origin: %b\r\nVary: origin\r\n%b" % (
            (origin or "*").encode(),
            _LINES,
        )

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
