"""`/nexus/dev`: what the pages for developers ask, in development mode only."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any, Final

from twisted.application.service import Service
from twisted.logger import Logger
from twisted.web.iweb import IRequest
from typing_extensions import override

from nexus.api.resource import JSONResource, answer
from nexus.app import App
from nexus.match import Matchmaker
from nexus.page.card import kind_card, room_card
from nexus.room import RoomActor

__all__ = ["DevMode", "NodeCard", "RoomCards"]

#: So many Rooms are told at once.
_MOST: Final = 100
#: How much of a query is looked at.
_LONGEST: Final = 64


class NodeCard(JSONResource):
    """Says what the Node is and which kinds it serves.

    Args:
        app: What it serves.
        matchmaker: What knows its Rooms.
        version: The version of Nexus.
        name: What the app was loaded from.
    """

    def __init__(
        self, app: App, matchmaker: Matchmaker, *, version: str, name: str
    ) -> None:
        super().__init__()
        self._app = app
        self._matchmaker = matchmaker
        self._said = {
            "name": "nexus",
            "version": version,
            "python": platform.python_version(),
            "app": name,
            "process": matchmaker.process_id,
        }

    def render_GET(self, request: IRequest) -> bytes:  # noqa: N802 -- found by its name
        """Answer with the card."""
        pages = [
            f"/{b'/'.join(words).decode()}/"
            for words, folder in self._app.folders.items()
            if (Path(folder) / "index.html").is_file()
        ]
        kinds = [kind_card(kind) for kind in self._matchmaker.catalog]
        return answer(request, self._said | {"pages": pages, "kinds": kinds})


class RoomCards(JSONResource):
    """Lists the Rooms that anybody may find, a page at a time, the newest first.

    Private and unlisted Rooms are neither told nor counted.
    """

    def __init__(self, matchmaker: Matchmaker) -> None:
        super().__init__()
        self._matchmaker = matchmaker
        self._clock = matchmaker.around.clock
        self._since = self._clock.seconds()

    def render_GET(self, request: IRequest) -> bytes:  # noqa: N802 -- found by its name
        """Answer with some cards, and how many there are."""
        shown = [
            each
            for each in self._matchmaker.registry
            if not each.sign.private and not each.sign.unlisted
        ]
        found = _matching(shown, _said(request, b"kind"), _said(request, b"find"))
        offset = _whole(_said(request, b"offset"), 10**9)
        limit = _whole(_said(request, b"limit") or str(_MOST), _MOST)
        now = self._clock.seconds()
        page = found[::-1][offset : offset + limit]
        document: dict[str, Any] = {
            "process": self._matchmaker.process_id,
            "uptime": round(max(0.0, now - self._since), 1),
            "rooms": [room_card(each, now) for each in page],
            "offset": offset,
            "count": len(found),
            "total": len(shown),
            "clients": sum(len(each.seats) for each in shown),
        }
        return answer(request, document)


def _matching(rooms: list[RoomActor], kind: str, text: str) -> list[RoomActor]:
    """Return the Rooms of a kind whose id or code begins with a text."""
    wanted = text.lower()
    return [
        each
        for each in rooms
        if (not kind or each.kind == kind)
        and (
            not wanted
            or each.room_id.lower().startswith(wanted)
            or (each.code or "").lower().startswith(wanted)
        )
    ]


def _said(request: IRequest, name: bytes) -> str:
    """Return what the query says; nothing, if it is no text."""
    values = request.args.get(name, [b""])
    found: str = values[-1][:_LONGEST].decode("utf-8", "replace")
    return found


def _whole(text: str, most: int) -> int:
    """Read a whole number; what is none is 0."""
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        return 0
    return min(int(text), most)


class DevMode(Service):
    """Says at the start that the pages for developers can be seen, and by whom.

    Args:
        is_ours: Whether only this machine can reach them.
    """

    _log = Logger()

    def __init__(self, *, is_ours: bool) -> None:
        self._is_ours = is_ours

    @override
    def startService(self) -> None:
        """Say so."""
        Service.startService(self)
        if self._is_ours:
            self._log.info("development mode: the welcome page and playground are at /")
            return
        self._log.warn(
            "DEVELOPMENT MODE ON A PUBLIC ADDRESS: whoever reaches this port sees the"
            " rooms and the messages that they take; leave --dev and NEXUS_DEV out"
            " where others than developers play"
        )
