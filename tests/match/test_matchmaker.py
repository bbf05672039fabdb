"""Tests of `nexus.match.matchmaker`."""

from __future__ import annotations

from typing import Any

from nexus.errors import Close, Code, Refused
from nexus.limit import Limits
from nexus.match import Reservation
from nexus.room import Context
from tests.support.room import Gate, scripted
from tests.support.table import Guest, TableTestCase, begin, result


def session(name: str) -> Context:
    """Make the context of somebody whose token is the session."""
    return Context(name, "192.0.2.7", {})


class MatchTestCase(TableTestCase):
    def wishes(self, count: int, name: str = "room", **options: Any) -> list[Any]:
        """Wish for so many seats at once; return where what came of it is put."""
        got: list[Any] = []
        for _ in range(count):
            wish = begin(self.table.matchmaker.join_or_create(name, options))
            wish.addBoth(got.append)
        return got

    def refusal(self, work: Any) -> Refused:
        """Return why a wish is denied."""
        return self.assertRaises(Refused, result, work)


class PromiseTests(MatchTestCase):
    def wish(self, holder: str) -> Any:
        """Wish for a seat that counts for somebody."""
        context = Context("", "192.0.2.7", {}, holder)
        return self.table.matchmaker.join_or_create("room", {}, context)

    def test_unclaimed_seats_are_bounded(self) -> None:
        """Who leaves too many seats unclaimed gets no more until one is settled."""
        self.table.define(scripted())
        for _ in range(self.table.around.limits.seats_per_address):
            result(self.wish("192.0.2.7"))

        refusal = self.refusal(self.wish("192.0.2.7"))
        result(self.wish("192.0.2.8"))

        self.assertEqual(refusal.code, Code.LIMIT)

        self.table.clock.advance(15.0)
        result(self.wish("192.0.2.7"))
        self.assertEqual(self.table.matchmaker.promises._counts, {"192.0.2.7": 1})

    def test_wishes_at_once_are_bounded(self) -> None:
        """A wish counts from its beginning, though its Room opens slowly."""
        gate = Gate()
        self.table.define(scripted(script={"on_create": gate.wait}))
        most = self.table.around.limits.seats_per_address
        context = Context("", "192.0.2.7", {}, "192.0.2.7")
        got: list[Any] = []

        for _ in range(most + 20):
            wish = self.table.matchmaker.create("room", {}, context)
            begin(wish).addErrback(got.append)

        self.assertEqual(len(self.table.rooms), most)
        self.assertEqual([each.value.code for each in got], [Code.LIMIT] * 20)
        gate.open()
        self.assertEqual(self.table.matchmaker.promises._counts["192.0.2.7"], most)
        self.table.clock.advance(15.0)
        self.assertEqual(self.table.matchmaker.promises._counts, {})

    def test_wish_that_fails_counts_no_more(self) -> None:
        """Whatever denies a wish, nothing of it is counted afterwards."""
        kind = scripted(script={"on_create": lambda *_: 1 / 0}, max_clients=1)
        self.table.define(kind)
        self.assertRaises(Refused, result, self.wish("192.0.2.7"))
        self.logged(ZeroDivisionError)
        kind.script.clear()
        room_id = self.table.reserve().listing.room_id
        context = Context("", "192.0.2.7", {}, "192.0.2.7")
        wishes = (
            self.table.matchmaker.join_by_id(room_id, {}, context),
            self.table.matchmaker.join("room", {}, context),
            self.table.matchmaker.create(
                "room", {"__nexus": {"serializer": 5}}, context
            ),
        )

        for wish in wishes:
            self.refusal(wish)

        self.assertEqual(self.table.matchmaker.promises._counts, {})

    def test_claimed_seat_counts_no_more(self) -> None:
        """A seat counts for its address until somebody sits in it."""
        self.table.define(scripted())
        seat = result(self.wish("192.0.2.7"))

        self.table.come(seat)

        self.assertEqual(self.table.matchmaker.promises._counts, {})

    def test_seat_that_is_kept_counts(self) -> None:
        """Who leaves behind too many clients that may return gets no more seats."""
        script = {"on_drop": lambda room, client, _: room.allow_reconnection(client, 9)}
        self.table.define(scripted(script=script))
        most = self.table.around.limits.seats_per_address
        guests = [self.table.come(result(self.wish("192.0.2.7"))) for _ in range(most)]
        for guest in guests:
            guest.ack().drop()
        counts = self.table.matchmaker.promises._counts
        self.assertEqual(counts, {"192.0.2.7": most})

        self.assertEqual(self.refusal(self.wish("192.0.2.7")).code, Code.LIMIT)
        back = guests[0].back().ack()

        self.assertTrue(back.joined)
        self.assertEqual(counts, {"192.0.2.7": most - 1})
        self.table.beat(9.0)
        self.assertEqual(counts, {})
        self.table.come(result(self.wish("192.0.2.7")))

    def test_return_that_is_cut_off_counts_once(self) -> None:
        """A client that is lost again as it returns counts as one that is away."""
        gate = Gate()
        script = {
            "on_drop": lambda room, client, _: room.allow_reconnection(client, 9),
            "on_reconnect": gate.wait,
        }
        self.table.define(scripted(script=script))
        guest = self.table.come(result(self.wish("192.0.2.7"))).ack()
        guest.drop()

        guest.back().drop()
        gate.open()

        self.assertEqual(self.table.matchmaker.promises._counts, {"192.0.2.7": 1})
        self.table.beat(9.0)
        self.assertEqual(self.table.matchmaker.promises._counts, {})


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
