"""Tests of `nexus.match.promise`."""

from __future__ import annotations

from typing import Any

from nexus.errors import Code, Refused
from nexus.room import Context
from tests.match.wishing import MatchTestCase
from tests.support.room import Gate, scripted
from tests.support.table import begin, result


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
