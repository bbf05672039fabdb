"""Tests of `nexus.api.listing`."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from math import inf, nan
from typing import Any

from nexus.api.listing import Listings
from nexus.api.resource import Root
from tests.support.http import ask
from tests.support.room import scripted
from tests.support.table import TableTestCase, result


class ListingsTests(TableTestCase):
    def setUp(self) -> None:
        """Serve the listing of a Node with a listed kind and one that is not."""
        super().setUp()
        self.table.define(scripted(), "duel", listed=True, filter_by=("mode",))
        self.table.define(scripted(), "quiet")
        self.root = Root()
        self.root.putChild(b"rooms", Listings(self.table.matchmaker))

    def rooms(self, query: bytes = b"") -> list[Any]:
        """Ask for the rooms, a while after the last time."""
        self.table.clock.advance(1.0)
        reply = ask(self.root, b"GET", b"/rooms" + query)
        self.assertEqual(reply.status, 200)
        document = json.loads(reply.body)
        self.assertEqual(document["count"], len(document["rooms"]))
        rooms: list[Any] = document["rooms"]
        return rooms

    def make(self, name: str, **options: Any) -> str:
        """Make a Room, and return its id."""
        seat = result(self.table.matchmaker.create(name, options))
        room_id: str = seat.listing.room_id
        return room_id

    def test_listed_rooms_are_shown(self) -> None:
        """Rooms of listed kinds are told as in a lobby; others are not."""
        room_id = self.make("duel", mode="ranked")
        self.make("quiet")

        [card] = self.rooms()

        self.assertEqual((card["roomId"], card["name"]), (room_id, "duel"))
        self.assertEqual(card["metadata"], {"mode": "ranked"})
        self.assertIsNone(card["maxClients"])

    def test_private_rooms_are_not_shown(self) -> None:
        """What is private or unlisted is nobody else's business."""
        for hide in ({"private": True}, {"unlisted": True}):
            actor = self.table.actor(self.make("duel"))
            actor.room.set_matchmaking(**hide)

        self.assertEqual(self.rooms(), [])

    def test_query_filters(self) -> None:
        """Fields of the card and of its metadata can be asked for."""
        ranked = self.make("duel", mode="ranked")
        two = self.make("duel", mode=2)

        for query, ids in (
            (b"?mode=ranked", [ranked]),
            (b"?name=duel&mode=2", [two]),
            (b"?clients=1", [ranked, two]),
            (b"?clients=true", []),
            (b"?mode=[[", []),
        ):
            found = [card["roomId"] for card in self.rooms(query)]
            self.assertEqual(found, ids, query)

    def test_times_and_infinity_have_a_spelling(self) -> None:
        """Times are told as ISO text, what is no finite number as null."""
        metadata = {
            "since": datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC),
            "days": [date(2026, 5, 4), (True, 1.5, None)],
            "limits": {"high": inf, "low": -inf, "none": nan},
        }
        self.table.actor(self.make("duel")).room.set_metadata(metadata)

        [card] = self.rooms()

        self.assertEqual(
            card["metadata"],
            {
                "since": "2026-05-04T03:02:01+00:00",
                "days": ["2026-05-04", [True, 1.5, None]],
                "limits": {"high": None, "low": None, "none": None},
            },
        )

    def test_what_json_lacks_hides_the_metadata_of_its_room(self) -> None:
        """A Room whose metadata cannot be told is told without; others are whole."""
        ring: list[Any] = []
        ring.append(ring)
        strange = ({1}, b"x", object(), 10**5000, {1: "x"}, ring)
        for value in strange:
            self.table.actor(self.make("duel")).room.set_metadata({"x": value})
        self.make("duel", mode="ranked")

        *hidden, told = self.rooms()

        self.assertEqual(len(hidden), len(strange))
        self.assertFalse(any("metadata" in card for card in hidden))
        self.assertEqual(told["metadata"], {"mode": "ranked"})

    def test_query_that_is_no_text_is_refused(self) -> None:
        """Bytes that are no UTF-8 are answered with 400."""
        reply = ask(self.root, b"GET", b"/rooms?mode=%ff")

        self.assertEqual(reply.status, 400)

    def test_asking_often_costs_little(self) -> None:
        """What was found is good for half a second."""
        self.rooms()
        self.make("duel")

        soon = json.loads(ask(self.root, b"GET", b"/rooms").body)

        self.assertEqual(soon["count"], 0)
        self.assertEqual(len(self.rooms()), 1)
