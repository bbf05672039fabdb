"""Tests of `nexus.match.matchmaker`."""

from __future__ import annotations

from nexus.errors import Code, Refused
from nexus.limit import Limits
from tests.match.wishing import MatchTestCase
from tests.support.room import scripted
from tests.support.table import result


class CardTests(MatchTestCase):
    def test_card_of_one_room(self) -> None:
        """A Room's card is had by its id, or its code."""
        self.table.define(scripted(), codes=True)
        actor = self.table.sit().actor
        matchmaker = self.table.matchmaker

        for name in (actor.room_id, str(actor.code), actor):
            self.assertEqual(matchmaker.listing(name).room_id, actor.room_id)
        self.assertEqual(
            self.assertRaises(Refused, matchmaker.listing, "nowhere").code, Code.NO_ROOM
        )

    def test_room_that_would_be_joined(self) -> None:
        """The card of the Room that fits is had without a seat in it."""
        self.table.define(scripted(max_clients=1), filter_by=("mode",))
        self.table.define(scripted(max_clients=1), "one", unique_by=("map",))
        find_one = self.table.matchmaker.find_one
        self.assertIsNone(find_one("room"))
        first = self.table.reserve(mode="duel").listing.room_id
        self.table.reserve("one")
        second = result(self.table.matchmaker.create_room("room", {"mode": "team"}))

        found = find_one("room", {"mode": "team"})

        assert found is not None
        self.assertEqual((found.room_id, found.clients), (second.room_id, 0))
        self.assertNotEqual(found.room_id, first)
        self.assertIsNone(find_one("room", {"mode": "duel"}))
        self.assertIsNone(find_one("one"))
        self.assertEqual(
            self.assertRaises(Refused, find_one, "none").code, Code.NO_KIND
        )


class ByIdTests(MatchTestCase):
    def test_room_is_found_by_id(self) -> None:
        """A private Room is found by its id."""
        self.table.define(scripted())
        guest = self.table.sit()
        guest.actor.room.set_private()

        seat = result(self.table.matchmaker.join_by_id(guest.room_id, {}))

        self.assertTrue(self.table.come(seat).joined)

    def test_code_is_as_good_as_the_id(self) -> None:
        """A Room with a code is found by it, however it is typed."""
        self.table.define(scripted(), codes=True)
        guest = self.table.sit()
        code = guest.actor.code
        assert code is not None

        typed = f" {code[:2]}-{code[2:]} ".lower()
        seat = result(self.table.matchmaker.join_by_id(typed, {}))

        self.assertEqual(seat.listing.room_id, guest.room_id)
        guest.leave()
        self.table.beat(15.0)
        self.assertEqual(self.table.matchmaker.registry._coded, {})

    def test_unknown_and_locked_rooms(self) -> None:
        """A Room that is not there, or takes nobody in, is refused with 522."""
        self.table.define(scripted())
        guest = self.table.sit()
        guest.actor.room.lock()

        for room_id in ("nowhere", "", "x" * 10_000, guest.room_id):
            refusal = self.refusal(self.table.matchmaker.join_by_id(room_id, {}))
            self.assertEqual(refusal.code, Code.NO_ROOM)

    def test_return_needs_a_token(self) -> None:
        """Whoever returns shows a token of that Room."""
        self.table.define(scripted())
        guest = self.table.sit()
        matchmaker = self.table.matchmaker

        codes = [
            self.refusal(matchmaker.reconnect(guest.room_id, options)).code
            for options in (
                {},
                {"reconnectionToken": ""},
                {"reconnectionToken": 5},
                {"reconnectionToken": "guess"},
            )
        ]

        self.assertEqual(codes, [Code.UNHANDLED] * 3 + [Code.EXPIRED])
        found = result(
            matchmaker.reconnect(guest.room_id, {"reconnectionToken": guest.token})
        )
        self.assertEqual(found.session_id, guest.session_id)


class LimitTests(MatchTestCase):
    limits = Limits(rooms=2)

    def test_node_has_so_many_rooms(self) -> None:
        """A Room beyond the limit is refused with 429."""
        self.table.define(scripted())
        for _ in range(2):
            result(self.table.matchmaker.create("room", {}))

        refusal = self.refusal(self.table.matchmaker.create("room", {}))

        self.assertEqual(refusal.code, Code.LIMIT)

    def test_unknown_serializer_is_refused(self) -> None:
        """A state format that there is none of is refused, and makes no Room wait."""
        self.table.define(scripted())

        for wish in ("json", 5, [], {"a": 1}, "x" * 9_999):
            options = {"__nexus": {"serializer": wish}}
            refusal = self.refusal(
                self.table.matchmaker.join_or_create("room", options)
            )
            self.assertEqual(refusal.code, Code.UNHANDLED)
        self.table.beat(15.0)
        self.assertEqual(self.table.rooms, [])
