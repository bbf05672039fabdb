"""Tests of `nexus.match.maker`, as a Matchmaker uses it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import Code
from nexus.match import Reservation
from nexus.match.maker import canonical
from tests.match.wishing import MatchTestCase
from tests.support.room import Gate, scripted
from tests.support.table import begin, result


class CanonicalTests(SynchronousTestCase):
    def test_values_that_mean_the_same(self) -> None:
        """What is written in another way is the same."""
        for one, other in (
            (1, 1.0),
            (0.0, -0.0),
            ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
            ([{"a": [1]}], [{"a": [1.0]}]),
            ([1], (1,)),
            (float("nan"), float("nan")),
        ):
            self.assertEqual(canonical(one), canonical(other))
            self.assertEqual(hash(canonical(one)), hash(canonical(other)))

    def test_values_that_differ(self) -> None:
        """Nothing else is taken for the same."""
        values = [
            *(None, True, False, 1, 0, 1.5, "1", "", "True", "nan", float("nan")),
            *([], {}, [1], [True], [[1]], [1, 2], [2, 1], ["bool", True]),
            *({"a": 1}, {"a": True}, {"a": "1"}, {"b": 1}, ["a", 1], [["a", 1]]),
            *(["dict"], ["list"], ["nan"], "list", b"1", {1}),
        ]

        self.assertEqual(len({canonical(each) for each in values}), len(values))


class FindTests(MatchTestCase):
    def test_unknown_kind(self) -> None:
        """A kind that nobody defined is refused with 520."""
        matchmaker = self.table.matchmaker

        for wish in (matchmaker.join, matchmaker.create, matchmaker.join_or_create):
            self.assertEqual(self.refusal(wish("nothing", {})).code, Code.NO_KIND)

    def test_join_makes_no_room(self) -> None:
        """Joining finds a Room or is refused with 521."""
        self.table.define(scripted())

        refusal = self.refusal(self.table.matchmaker.join("room", {}))

        self.assertEqual(refusal.code, Code.NO_MATCH)
        self.assertEqual(self.table.rooms, [])

    def test_first_room_is_joined_first(self) -> None:
        """Without an order of its own the oldest Room is filled first."""
        self.table.define(scripted())
        first = result(self.table.matchmaker.create("room", {}))
        result(self.table.matchmaker.create("room", {}))

        seat = result(self.table.matchmaker.join("room", {}))

        self.assertEqual(seat.listing.room_id, first.listing.room_id)

    def test_locked_private_and_full_rooms_are_passed_over(self) -> None:
        """Nobody is sent to a Room that does not take part in matchmaking."""
        self.table.define(scripted(max_clients=2))
        seats = [result(self.table.matchmaker.create("room", {})) for _ in range(3)]
        locked, private, full = (self.table.come(seat) for seat in seats)
        locked.actor.room.lock()
        private.actor.room.set_private()
        self.table.reserve()

        refusal = self.refusal(self.table.matchmaker.join("room", {}))

        self.assertTrue(full.actor.is_full)
        self.assertEqual(refusal.code, Code.NO_MATCH)

    def test_options_filter(self) -> None:
        """A Room fits whose creator gave the same value; what is not given fits all."""
        self.table.define(scripted(), filter_by=("mode",))
        duel = self.table.reserve(mode="duel")
        team = self.table.reserve(mode="team")

        def where(**options: Any) -> str:
            joined = result(self.table.matchmaker.join("room", options))
            return joined.listing.room_id

        self.assertNotEqual(duel.listing.room_id, team.listing.room_id)
        self.assertEqual(where(mode="team"), team.listing.room_id)
        self.assertEqual(where(), duel.listing.room_id)
        self.assertEqual(duel.listing.metadata, {"mode": "duel"})

    def test_true_is_not_one(self) -> None:
        """Filters tell apart what Python takes for equal."""
        self.table.define(scripted(), filter_by=("ranked",))
        self.table.reserve(ranked=True)

        refusal = self.refusal(self.table.matchmaker.join("room", {"ranked": 1}))

        self.assertEqual(refusal.code, Code.NO_MATCH)

    def test_filters_of_any_type(self) -> None:
        """Whatever JSON can say may be filtered by, and breaks nothing."""
        self.table.define(scripted(), filter_by=("x",))

        for value in (None, [], {}, {"a": [1]}, "\ud800", 10**400, 1.5, float("nan")):
            seat = self.table.reserve(x=value)
            self.assertEqual(len(self.table.matchmaker.query()), len(self.table.rooms))
            self.assertIn("x", seat.listing.metadata or {})

    def test_equal_values_wait_for_one_room(self) -> None:
        """Wishes that are equal in other words share the Room that is being made."""
        gate = Gate()
        self.table.define(scripted(script={"on_create": gate.wait}), filter_by=("x",))

        got = self.wishes(1, x={"a": 1, "b": 2})
        more = self.wishes(1, x={"b": 2.0, "a": 1.0})
        gate.open()

        self.assertEqual(got[0].listing.room_id, more[0].listing.room_id)

    def test_options_of_the_kind_stand_above_filters(self) -> None:
        """A value that the kind fixes is the same for all, whatever they ask for."""
        self.table.define(
            scripted(), options={"mode": "fixed"}, filter_by=("mode", "map")
        )

        rooms = {
            self.table.reserve(map="m", **wish).listing.room_id
            for wish in ({}, {"mode": "fixed"}, {"mode": "other"})
        }

        self.assertEqual(len(rooms), 1)
        [actor] = self.table.rooms
        self.assertEqual(actor.sign.metadata, {"mode": "fixed", "map": "m"})

    def test_unique_key_of_the_kind(self) -> None:
        """A unique value that the kind fixes leaves one Room."""
        self.table.define(scripted(), options={"map": "a"}, unique_by=("map",))

        rooms = {
            self.table.reserve(**wish).listing.room_id for wish in ({}, {"map": "b"})
        }

        self.assertEqual(len(rooms), 1)

    def test_value_that_was_not_given_is_none(self) -> None:
        """A Room whose creator did not say has none, and only those who want none."""
        self.table.define(scripted(), filter_by=("mode",))
        silent = self.table.reserve().listing.room_id

        self.assertEqual(self.table.reserve(mode=None).listing.room_id, silent)
        self.assertNotEqual(self.table.reserve(mode="x").listing.room_id, silent)

    def test_rooms_are_sorted(self) -> None:
        """The order of a kind says which Room is filled first."""
        self.table.define(scripted(), sort_by={"clients": "desc", "rank": 1})
        small, big = (result(self.table.matchmaker.create("room", {})) for _ in "ab")
        result(self.table.matchmaker.join_by_id(big.listing.room_id, {}))

        for _ in range(2):
            seat = result(self.table.matchmaker.join("room", {}))
            self.assertEqual(seat.listing.room_id, big.listing.room_id)
        self.assertNotEqual(small.listing.room_id, big.listing.room_id)

    def test_sorting_by_what_some_rooms_lack(self) -> None:
        """Values of different types, and none at all, can stand in one order."""
        self.table.define(scripted(auto_dispose=False), sort_by={"rank": "desc"})
        for rank in (None, 5, "high", True, [1]):
            actor = self.table.come(
                result(self.table.matchmaker.create("room", {}))
            ).actor
            actor.room.set_metadata({"rank": rank})

        seat = result(self.table.matchmaker.join("room", {}))

        self.assertEqual(seat.listing.metadata, {"rank": "high"})


class AtOnceTests(MatchTestCase):
    def test_eight_at_once_make_two_rooms_of_four(self) -> None:
        """Those who wish at the same time share Rooms, though these open slowly."""
        gate = Gate()
        self.table.define(scripted(script={"on_create": gate.wait}, max_clients=4))

        got = self.wishes(8)
        for _ in range(4):
            gate.open()

        self.assertTrue(all(isinstance(each, Reservation) for each in got), got)
        rooms = Counter(each.listing.room_id for each in got)
        self.assertEqual(sorted(rooms.values()), [4, 4])

    def test_creator_has_a_seat_in_its_own_room(self) -> None:
        """Who made a Room gets a seat in it before those who waited."""
        gate = Gate()
        self.table.define(scripted(script={"on_create": gate.wait}, max_clients=1))

        got = self.wishes(3)
        for _ in range(4):
            gate.open()

        self.assertEqual(len({each.listing.room_id for each in got}), 3)

    def test_failed_creation_fails_its_creator_only(self) -> None:
        """When a Room cannot be made, the next who waits tries for itself."""
        gate = Gate()
        self.table.define(scripted(script={"on_create": gate.wait}))
        got = self.wishes(3)

        gate.fail(KeyError("mistake"))
        gate.open()

        kinds = [isinstance(each, Reservation) for each in got]
        self.assertEqual(kinds, [False, True, True])
        self.assertEqual(len(self.table.rooms), 1)
        self.logged(KeyError)

    def test_two_creators_and_one_who_waits(self) -> None:
        """Rooms that are made at the same time wake those who wait once."""
        gate = Gate()
        self.table.define(scripted(script={"on_create": gate.wait}))
        got: list[Any] = []
        for _ in range(2):
            begin(self.table.matchmaker.create("room", {})).addBoth(got.append)
        got_too = self.wishes(2)

        for each in list(gate.waiting):
            each.callback(None)

        self.assertEqual(len(got + got_too), 4)
        self.assertTrue(all(isinstance(each, Reservation) for each in got + got_too))
        self.assertEqual(self.table.matchmaker.maker._making, {})

    def test_other_filters_do_not_wait(self) -> None:
        """Who wants another Room does not wait for one that opens slowly."""
        gate = Gate()
        slow = {"on_create": lambda _, options: gate.wait() if options["m"] else None}
        self.table.define(scripted(script=slow), filter_by=("m",))

        waiting = self.wishes(1, m=1)
        quick = self.wishes(1, m=0)

        self.assertEqual((len(waiting), len(quick)), (0, 1))
        gate.open()
