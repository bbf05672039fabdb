"""Where the pages stand: `/nexus/client/` always, `/` in development mode only."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from twisted.web.iweb import IRequest
from typing_extensions import override

from nexus.api.resource import JSONResource, Root
from nexus.app import App
from nexus.match import Matchmaker
from nexus.page.dev import NodeCard, RoomCards
from nexus.page.file import Files
from nexus.page.guard import Guard, Guarded, Hosts

__all__ = ["put_client", "put_pages"]

_HERE: Final = Path(__file__).parent
_UNBUILT: Final = (
    "the JavaScript client has not been built: run `sh scripts/setup.sh run` in the"
    " repository of nexus, or `npm ci && npm run build` in its folder clients/js"
)


def put_client(root: Root, folder: Path = _HERE / "client") -> Root:
    """Serve the JavaScript client at `/nexus/client/`.

    Args:
        root: The path `/`.
        folder: Where it was built to.

    Returns:
        The path `/nexus`.
    """
    nexus = Root()
    root.putChild(b"nexus", nexus)
    nexus.putChild(b"client", Files(folder, absent=_UNBUILT))
    return nexus


def put_pages(
    root: Root,
    nexus: Root,
    app: App,
    matchmaker: Matchmaker,
    *,
    hosts: Hosts,
    version: str,
    name: str,
) -> None:
    """Serve the welcome page and the playground at `/`, and what they ask for below.

    Args:
        root: The path `/`.
        nexus: The path `/nexus`.
        app: What the Node serves.
        matchmaker: What knows its Rooms.
        hosts: The names under which the Node may be asked.
        version: The version of Nexus.
        name: What the app was loaded from.
    """
    guard = Guard(hosts)
    static = Files(_HERE / "static")
    dev = Root()
    dev.putChild(b"node", NodeCard(app, matchmaker, version=version, name=name))
    dev.putChild(b"rooms", RoomCards(matchmaker))
    dev.putChild(b"static", static)
    nexus.putChild(b"dev", Guarded(dev, guard))
    root.putChild(b"", Guarded(_Index(static), guard))


class _Index(JSONResource):
    """The page at `/`."""

    def __init__(self, files: Files) -> None:
        super().__init__()
        self._files = files

    @override
    def render(self, request: IRequest) -> bytes | int:
        """Send it."""
        page = self._files.getChild(b"index.html", request)
        body: bytes | int = page.render(request)
        return body
