"""What an app puts beside its Rooms: resources of its own, and files."""

from __future__ import annotations

import os
from typing import Final, cast

from twisted.web.http import Request
from twisted.web.iweb import IRequest
from twisted.web.resource import IResource, Resource
from twisted.web.static import File
from typing_extensions import override

from nexus.api.listing import Listings
from nexus.api.resource import Missing, Root
from nexus.app import App
from nexus.match import Matchmaker

__all__ = ["put_content"]

#: How many parts of a file one request may ask for: each costs as much as a request.
_MOST_PARTS: Final = 8


class _Files(File):
    """Files of a folder; folders are not listed.

    Names that begin with a dot are kept back, `.well-known` excepted, and so is what
    links lead to outside of the folder.
    """

    #: The folder, without links; of files below, too.
    _top = ""

    @override
    def getChild(self, path: bytes, request: Request) -> IResource:
        """Find a file, or a folder of files."""
        hidden = path.startswith(b".") and path != b".well-known"
        if hidden or b"\0" in path or not _is_text(path):
            return Missing()
        child: IResource = super().getChild(path, request)
        if not isinstance(child, _Files):
            return child if child is not self.childNotFound else Missing()
        child._top = self._top or os.path.realpath(self.path)
        real = os.path.realpath(child.path)
        if os.path.commonpath((child._top, real)) != child._top:
            return Missing()
        return child

    @override
    def render_GET(self, request: Request) -> bytes | int:
        """Send a file, or some parts of it."""
        request.setHeader(b"x-content-type-options", b"nosniff")
        ranges = request.getHeader(b"range") or b""
        if ranges.count(b",") >= _MOST_PARTS:
            request.requestHeaders.removeHeader(b"range")
        if not self.exists():
            return Missing().render(cast(IRequest, request))
        answer: bytes | int = super().render_GET(request)
        return answer

    render_HEAD = render_GET  # noqa: N815 -- found by its name

    @override
    def directoryListing(self) -> Resource:
        """Refuse to list."""
        return Missing()


def _is_text(path: bytes) -> bool:
    """Say whether Twisted can read a part of a path; it logs a failure otherwise."""
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def put_content(root: Root, app: App, matchmaker: Matchmaker) -> None:
    """Put the listing, the routes and the folders of an app where it said."""
    if app.listings is not None:
        _put(root, app.listings, Listings(matchmaker))
    for words, folder in app.folders.items():
        _put(root, words, _Files(folder))
    for words, resource in app.routes.items():
        _put(root, words, resource)


def _put(root: Resource, words: tuple[bytes, ...], resource: IResource) -> None:
    here = root
    for word in words[:-1]:
        below = here.children.get(word)
        if below is None:
            below = Root()
            here.putChild(word, below)
        here = below
    here.putChild(words[-1], resource)
