"""Tests of `nexus.app`."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource

from nexus.app import App
from nexus.limit import Limits
from nexus.room import Client, Room
from tests.support.room import scripted
from tests.support.table import Table


class AppTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make an app."""
        self.app = App()

    def test_kinds_are_defined(self) -> None:
        """An app hands what is said of a kind to its catalog."""
        kind = self.app.define("arena", Room, filter_by=("mode",), codes=True)

        self.assertIs(self.app.catalog.get("arena"), kind)
        self.assertTrue(kind.codes)
        self.assertRaises(TypeError, self.app.define, "b", Room, colour="red")

    def test_latency_is_in_its_range(self) -> None:
        """A Node seems as far away as that makes sense, and no nearer than it is."""
        self.assertEqual(self.app.simulated_latency, 0)
        for wrong in (-0.1, 10.5, float("nan")):
            self.assertRaises(ValueError, App, simulated_latency=wrong)

    def test_apps_share_nothing(self) -> None:
        """Two apps have kinds, limits and paths of their own."""
        other = App(limits=Limits(rooms=1))
        self.app.define("arena", Room)
        self.app.route("/a", Resource())

        self.assertEqual((len(other.catalog), other.routes), (0, {}))
        self.assertEqual(self.app.limits.rooms, 10_000)

    def test_watchers_are_shown_rooms(self) -> None:
        """Who watches is told what became of which Room, and of which client."""
        table = Table()
        table.define(scripted())
        told: list[tuple[str, str, bool]] = []

        @self.app.watch
        def note(event: str, room: Room[Any], client: Client | None) -> None:
            told.append((event, room.kind, client is None))

        self.app.serve(table.matchmaker)
        table.sit().leave()

        self.assertIs(self.app.matchmaker, table.matchmaker)
        self.assertIn(("create", "room", True), told)
        self.assertIn(("join", "room", False), told)
        self.assertEqual(told[-1], ("dispose", "room", True))

    def test_listing_has_a_path_of_its_own(self) -> None:
        """Rooms are listed where the app says, and nothing else stands there."""
        self.app.list_rooms("/open/rooms")

        self.assertEqual(self.app.listings, (b"open", b"rooms"))
        self.assertRaises(ValueError, self.app.route, "/open/rooms", Resource())

    def test_paths_of_ours_are_not_free(self) -> None:
        """What a Node answers itself, and the root, cannot be taken."""
        for path in ("", "/", "/matchmake", "health/x", "/v16", "//v18/a", "metrics"):
            self.assertRaises(ValueError, self.app.route, path, Resource())
            self.assertRaises(ValueError, self.app.static, path, ".")

    def test_path_is_taken_once(self) -> None:
        """Two things cannot stand at one path."""
        self.app.route("/a/b", Resource())
        self.app.static("/files/", ".")

        for path in ("a/b", "/a//b/", "/files"):
            self.assertRaises(ValueError, self.app.route, path, Resource())
            self.assertRaises(ValueError, self.app.static, path, ".")
