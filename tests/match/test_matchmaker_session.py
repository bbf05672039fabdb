"""Tests of `nexus.match.matchmaker`: sessions that are known, and have one seat."""

from __future__ import annotations

from typing import Any

from nexus.errors import Close, Code, Refused
from nexus.match import Reservation
from nexus.room import Context
from tests.match.wishing import MatchTestCase, session
from tests.support.room import Gate, scripted
from tests.support.table import Guest, begin, result


class SessionTests(MatchTestCase):
    def seat(self, name: str) -> Reservation:
        """Reserve for a session of one's own."""
        return result(self.table.matchmaker.join_or_create("room", {}, session(name)))

    def room(self, **said: Any) -> None:
        """Define a kind in which the token names the session."""

        def ask(token: str, options: Any, context: Context) -> Any:
            return {"session_id": token, "user": token.title()}

        self.kind = scripted(on_auth_static=staticmethod(ask), **said)
        self.table.define(self.kind)

    def sit(self, name: str) -> Guest:
        """Sit down with a session of one's own."""
        return self.table.come(self.seat(name)).ack()

    def test_auth_names_the_session(self) -> None:
        """A static hook may say which session its caller is."""
        self.room()

        guest = self.sit("ada")

        self.assertEqual(guest.client.session_id, "ada")
        self.assertEqual(guest.client.auth["user"], "Ada")

    def test_session_that_fits_no_path_is_refused(self) -> None:
        """A session stands in paths and must look like it; nothing is left behind."""
        self.room()

        for name in ("a/b", "", "x" * 65, "\u00e9", "a b"):
            self.assertEqual(
                self.assertRaises(Refused, self.seat, name).code, Code.AUTH_FAILED
            )
        self.table.beat(15.0, times=2)
        self.assertEqual(self.table.rooms, [])

    def test_newer_socket_replaces_the_older(self) -> None:
        """A session that comes again takes the place of itself, in the same Room."""
        self.room()
        first = self.sit("ada")

        second = self.sit("ada")

        self.assertEqual(first.code, Close.REPLACED)
        self.assertTrue(second.joined)
        self.assertEqual(second.room_id, first.room_id)
        self.assertEqual(list(second.actor.clients), ["ada"])

    def test_own_seat_is_found_in_a_full_or_locked_room(self) -> None:
        """The second tab of somebody who sits gets the same seat, by each way."""
        self.room(max_clients=1)
        matchmaker = self.table.matchmaker
        first = self.sit("ada")
        actor = first.actor

        for shut in (lambda: None, actor.room.lock, actor.room.set_private):
            shut()
            for wish in (
                matchmaker.join_or_create("room", {}, session("ada")),
                matchmaker.join("room", {}, session("ada")),
                matchmaker.join_by_id(first.room_id, {}, session("ada")),
            ):
                guest = self.table.come(result(wish)).ack()
                self.assertTrue(guest.joined)
                self.assertEqual(guest.room_id, first.room_id)
        self.assertEqual(len(self.table.rooms), 1)
        self.assertEqual(list(actor.clients), ["ada"])
        wish = matchmaker.join_by_id(first.room_id, {}, session("bob"))
        self.assertEqual(self.refusal(wish).code, Code.NO_ROOM)

    def test_own_seat_is_ones_own_where_there_are_fewer(self) -> None:
        """Who sits is replaced in place, though the Room has become smaller."""
        self.room()
        self.sit("bob")
        first = self.sit("ada")
        first.actor.room.max_clients = 1

        self.assertEqual(self.sit("ada").room_id, first.room_id)
        self.assertEqual(list(first.actor.clients), ["bob", "ada"])

    def test_own_seat_is_found_in_the_full_room_of_a_key(self) -> None:
        """Where a full unique Room refuses others, its members get in."""
        self.room(max_clients=1)
        self.table.catalog.remove("room")
        self.table.define(self.kind, unique_by=("map",))
        first = self.sit("ada")

        self.assertEqual(self.sit("ada").room_id, first.room_id)
        self.assertRaises(Refused, self.seat, "bob")

    def test_own_seat_is_looked_for_among_rooms_that_fit(self) -> None:
        """A wish for other Rooms leaves the seat alone; the Room need not be first."""
        self.room()
        self.table.catalog.remove("room")
        self.table.define(self.kind, filter_by=("mode",))
        matchmaker = self.table.matchmaker
        result(matchmaker.create("room", {"mode": "duel"}))
        first = result(matchmaker.create("room", {"mode": "duel"}, session("ada")))
        guest = self.table.come(first)

        wish = matchmaker.join_or_create("room", {"mode": "team"}, session("ada"))
        apart = result(wish)
        wish = matchmaker.join_or_create("room", {"mode": "duel"}, session("ada"))
        again = result(wish)

        self.assertNotEqual(apart.listing.room_id, guest.room_id)
        self.assertEqual(again.listing.room_id, guest.room_id)

    def test_first_comer_stays_in_a_full_room(self) -> None:
        """Where the newer socket is refused, it gets no other Room either."""
        self.room(second_seat="refuse", max_clients=1)
        first = self.sit("ada")

        refusal = self.assertRaises(Refused, self.seat, "ada")

        self.assertEqual(refusal.code, Code.EXPIRED)
        self.assertIsNone(first.code)
        self.assertEqual(len(self.table.rooms), 1)

    def test_seats_of_sessions_are_forgotten(self) -> None:
        """Whether claimed or not, seats that are gone leave nothing behind."""
        self.room()
        guest = self.sit("ada")
        self.seat("bob")
        self.table.beat(15.0)
        self.assertEqual(list(self.table.matchmaker.registry._seated), ["ada"])

        guest.leave()

        self.assertEqual(self.table.matchmaker.registry._seated, {})

    def test_session_that_is_none(self) -> None:
        """None names no session; what is no text is refused, and makes no Room."""
        ids: list[Any] = [None, 5, b"ada", ["ada"], True]
        kind = scripted(
            on_auth_static=staticmethod(lambda *_: {"session_id": ids.pop(0)})
        )
        self.table.define(kind)

        first = self.seat("ada")
        self.assertEqual(len(first.session_id), 9)
        for _ in range(len(ids)):
            refusal = self.assertRaises(Refused, self.seat, "ada")
            self.assertEqual(refusal.code, Code.AUTH_FAILED)
        self.assertEqual(len(self.table.rooms), 1)

    def test_session_replaces_itself_by_id(self) -> None:
        """Who names the Room that it is in takes its own place there."""
        self.room()
        first = self.sit("ada")

        seat = result(
            self.table.matchmaker.join_by_id(first.room_id, {}, session("ada"))
        )

        self.assertTrue(self.table.come(seat).joined)

    def test_older_socket_may_stay(self) -> None:
        """A Room may say that the first comer stays."""
        self.room(second_seat="refuse")
        first = self.sit("ada")

        refusal = self.assertRaises(Refused, self.seat, "ada")

        self.assertEqual(refusal.code, Code.EXPIRED)
        self.assertIsNone(first.code)

    def test_newer_promise_replaces_the_older(self) -> None:
        """Of two promises to a session the newer one counts."""
        self.room()
        old, new = self.seat("ada"), self.seat("ada")

        guest = self.table.come(new)

        self.assertTrue(guest.joined)
        self.assertEqual(len(guest.actor.seats), 1)
        self.assertEqual(old.session_id, new.session_id)

    def test_who_joins_still_is_replaced_too(self) -> None:
        """A session that hangs in `on_join` makes way, without a twin."""
        self.room(script={"on_join": Gate().wait})
        first = self.table.come(self.seat("ada"))
        self.kind.script.clear()

        second = self.sit("ada")

        self.assertEqual(first.code, Close.REPLACED)
        self.assertTrue(second.joined)
        self.assertEqual(len(second.actor.seats), 1)

    def test_who_is_leaving_still_is_waited_for(self) -> None:
        """A session whose `on_leave` runs gets its new seat when that is over."""
        gate = Gate()
        self.room(script={"on_leave": gate.wait})
        first = self.sit("ada")
        first.leave()
        wish = begin(self.table.matchmaker.join_or_create("room", {}, session("ada")))

        self.assertFalse(wish.called)
        gate.open()

        self.assertTrue(wish.called)
        self.assertTrue(first.actor.is_open)
        self.kind.script.clear()

    def test_who_is_away_is_replaced(self) -> None:
        """A session that comes anew instead of coming back has left before."""
        self.room(script={"on_drop": lambda r, c, _: r.allow_reconnection(c, 20)})
        first = self.sit("ada")
        first.drop()

        second = self.sit("ada")

        self.assertTrue(second.joined)
        self.assertEqual(first.back().code, Close.NOT_REJOINED)
