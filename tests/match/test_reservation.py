"""Tests of `nexus.match.reservation`: Seats that are promised together."""

from __future__ import annotations

from typing import Any

from nexus.errors import Code, Refused
from nexus.match import Listing, SeatWish
from tests.support.room import scripted
from tests.support.table import TableTestCase, result


class ReserveManyTests(TableTestCase):
    def room(self, **said: Any) -> str:
        """Make a Room that nobody is in, and return its id."""
        self.table.define(scripted(**said))
        return result(self.table.matchmaker.create_room("room")).room_id

    def reserve(self, room_id: str, *wishes: SeatWish) -> Any:
        """Promise seats together."""
        return result(self.table.matchmaker.reserve_many(room_id, wishes))

    def test_party_gets_its_seats(self) -> None:
        """Each of a party has a seat, and joins with options and auth of its own."""
        joined: list[Any] = []
        room_id = self.room(
            script={"on_join": lambda _, client, said: joined.append((client, said))}
        )

        seats = self.reserve(
            room_id,
            SeatWish({"side": "red"}, {"name": "ada"}),
            SeatWish({"side": "blue"}),
            SeatWish(session_id="bob"),
        )
        guests = [self.table.come(each).ack() for each in seats]

        self.assertTrue(all(each.joined for each in guests))
        self.assertEqual(
            [said for _, said in joined], [{"side": "red"}, {"side": "blue"}, {}]
        )
        self.assertEqual(joined[0][0].auth, {"name": "ada"})
        self.assertEqual(guests[2].session_id, "bob")
        self.assertIsInstance(seats[0].listing, Listing)

    def test_all_or_none(self) -> None:
        """A party that is too many gets no seat, and takes none from others."""
        room_id = self.room(max_clients=3)
        self.reserve(room_id, SeatWish())

        with self.assertRaises(Refused) as caught:
            self.reserve(room_id, *[SeatWish()] * 3)

        self.assertEqual(caught.exception.code, Code.NO_ROOM)
        self.assertEqual(len(self.table.actor(room_id).seats), 1)
        self.assertEqual(len(self.reserve(room_id, *[SeatWish()] * 2)), 2)

    def test_what_was_promised_is_taken_back(self) -> None:
        """If one of a party cannot be promised a seat, the others have none either."""
        events: list[str] = []
        room_id = self.room(max_clients=2)
        actor = self.table.actor(room_id)
        self.table.matchmaker.registry.watch(lambda event, *_: events.append(event))

        with self.assertRaises(Refused):
            self.reserve(
                room_id,
                SeatWish(session_id="ada"),
                SeatWish({"__nexus": {"serializer": 5}}),
            )

        self.assertEqual(len(actor.seats), 0)
        self.assertTrue(actor.is_open)
        self.assertFalse(actor.is_locked)
        self.assertEqual(self.table.matchmaker.registry._seated, {})
        self.assertEqual(len(self.reserve(room_id, *[SeatWish()] * 2)), 2)
        self.assertEqual(events, ["lock"])

    def test_empty_room_ends_though_a_party_failed(self) -> None:
        """A Room that would have ended meanwhile ends when nobody gets a seat."""
        room_id = self.room(auto_dispose=False)
        self.table.beat(15.0)
        self.table.actor(room_id).room.auto_dispose = True

        with self.assertRaises(Refused):
            self.reserve(room_id, SeatWish(), SeatWish({"__nexus": {"serializer": 5}}))

        self.assertEqual(self.table.rooms, [])

    def test_session_has_one_seat(self) -> None:
        """A party in which one comes twice is refused; who sits is replaced."""
        room_id = self.room(max_clients=2)
        first = self.table.come(self.reserve(room_id, SeatWish(session_id="ada"))[0])

        with self.assertRaises(Refused):
            self.reserve(room_id, SeatWish(session_id="a"), SeatWish(session_id="a"))
        seats = self.reserve(room_id, SeatWish(session_id="ada"), SeatWish())

        self.assertIsNotNone(first.code)
        self.assertTrue(all(self.table.come(each).joined for each in seats))

    def test_nobody_gets_nothing(self) -> None:
        """An empty party is promised nothing, even where nothing is left."""
        room_id = self.room(max_clients=1)
        self.reserve(room_id, SeatWish())

        self.assertEqual(self.reserve(room_id), [])
