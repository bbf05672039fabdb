"""Tests of `nexus.page.dev`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from twisted.logger import LogLevel, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from nexus.api import Root
from nexus.app import App
from nexus.page.dev import DevMode, NodeCard, RoomCards
from tests.support.http import ask
from tests.support.room import scripted
from tests.support.table import TableTestCase, result


class NodeCardTests(TableTestCase):
    def test_node_tells_its_kinds_and_pages(self) -> None:
        """The card has the kinds, and those folders of the app that have a page."""
        self.table.define(scripted(), "arena")
        folder = Path(self.mktemp())
        folder.mkdir()
        (folder / "index.html").write_text("play")
        app = App()
        app.static("/play", str(folder))
        app.static("/art", str(folder.parent))
        root = Root()
        root.putChild(
            b"node",
            NodeCard(app, self.table.matchmaker, version="1.2", name="game"),
        )

        card = json.loads(ask(root, b"GET", b"/node").body)

        self.assertEqual((card["version"], card["app"]), ("1.2", "game"))
        self.assertEqual(card["process"], self.table.matchmaker.process_id)
        self.assertEqual([each["name"] for each in card["kinds"]], ["arena"])
        self.assertEqual(card["pages"], ["/play/"])


class RoomCardsTests(TableTestCase):
    def setUp(self) -> None:
        """Serve the Rooms of two kinds."""
        super().setUp()
        self.table.define(scripted(), "arena")
        self.table.define(scripted(), "coded", codes=True)
        self.root = Root()
        self.root.putChild(b"rooms", RoomCards(self.table.matchmaker))

    def rooms(self, query: bytes = b"") -> dict[str, Any]:
        """Ask for Rooms."""
        reply = ask(self.root, b"GET", b"/rooms" + query)
        self.assertEqual(reply.status, 200, query)
        document: dict[str, Any] = json.loads(reply.body)
        return document

    def make(self, kind: str = "arena") -> str:
        """Make a Room, and return its id."""
        room_id: str = result(self.table.matchmaker.create(kind, {})).listing.room_id
        return room_id

    def ids(self, query: bytes) -> list[str]:
        """Return the ids of the Rooms that a query finds."""
        return [each["id"] for each in self.rooms(query)["rooms"]]

    def test_no_rooms_are_none(self) -> None:
        """An empty Node has nothing to tell, and says so."""
        told = self.rooms()

        self.assertEqual(told["rooms"], [])
        self.assertEqual((told["count"], told["total"], told["clients"]), (0, 0, 0))

    def test_rooms_are_told_a_page_at_a_time(self) -> None:
        """The newest come first, the counts are those of all."""
        made = [self.make() for _ in range(125)][::-1]

        first, second = self.rooms(), self.rooms(b"?offset=100&limit=100")

        self.assertEqual((first["count"], first["total"], first["clients"]), (125,) * 3)
        self.assertEqual([each["id"] for each in first["rooms"]], made[:100])
        self.assertEqual([each["id"] for each in second["rooms"]], made[100:])
        self.assertEqual(self.ids(b"?offset=2&limit=3"), made[2:5])
        self.assertEqual(self.ids(b"?offset=9999"), [])

    def test_private_and_unlisted_rooms_are_neither_told_nor_counted(self) -> None:
        """Nothing says that such Rooms are there, whatever is asked for."""
        shown = self.make()
        for hide in ({"private": True}, {"unlisted": True}):
            hidden = self.make()
            self.table.actor(hidden).room.set_matchmaking(**hide)
            for query in (b"", b"?find=" + hidden.encode(), b"?kind=arena"):
                told = self.rooms(query)
                self.assertNotIn(hidden, json.dumps(told))
                self.assertEqual((told["total"], told["clients"]), (1, 1))

        self.assertEqual(self.ids(b""), [shown])

    def test_query_filters(self) -> None:
        """Rooms are found by kind and by how their id or code begins."""
        plain, coded = self.make(), self.make("coded")
        code = self.table.actor(coded).code
        assert code is not None

        for query, found in (
            ("?kind=coded", [coded]),
            ("?kind=nothing", []),
            (f"?find={plain[:5]}", [plain]),
            (f"?find={code.lower()}", [coded]),
            (f"?find={code}&kind=arena", []),
            ("?find=%ff%fe", []),
        ):
            self.assertEqual(self.ids(query.encode()), found, query)
        self.assertEqual(self.rooms(b"?kind=coded")["total"], 2)

    def test_nonsense_is_taken_for_nothing(self) -> None:
        """What is no number counts as none; no answer is longer than one page."""
        made = [self.make() for _ in range(3)][::-1]

        for query in (
            b"?offset=-1",
            b"?offset=x",
            b"?offset=1e5",
            b"?offset=" + b"9" * 60,
            b"?offset=%ff",
            b"?kind=&kind=",
            b"?limit=99999",
        ):
            self.assertEqual(self.ids(query), made, query)
        self.assertEqual(self.ids(b"?limit=x"), [])


class DevModeTests(SynchronousTestCase):
    def said(self, *, is_ours: bool) -> tuple[LogLevel, str]:
        """Start development mode, and return what is logged."""
        events: list[dict[str, Any]] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)
        DevMode(is_ours=is_ours).startService()
        [event] = events
        return event["log_level"], event["log_format"]

    def test_public_address_is_a_loud_warning(self) -> None:
        """Where others can come, the log says what they see."""
        level, text = self.said(is_ours=False)

        self.assertIs(level, LogLevel.warn)
        self.assertIn("DEVELOPMENT MODE ON A PUBLIC ADDRESS", text)

    def test_loopback_is_a_word(self) -> None:
        """Where nobody else can come, the log says where to look."""
        self.assertIs(self.said(is_ours=True)[0], LogLevel.info)
