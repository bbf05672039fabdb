"""Tests of `nexus.match.builtin.queue`: who is led into a match, and with whom."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from nexus.errors import Close
from nexus.match import Group, Listing, QueueRoom
from nexus.wire.dialect import DIALECTS
from tests.match.builtin.queueing import QueueTestCase
from tests.support.room import Gate, scripted
from tests.support.table import NATIVE, begin

_LATE = "the seat was not confirmed in time"


class MatchTests(QueueTestCase):
    def test_complete_group_gets_seats_in_one_room(self) -> None:
        """Two that wait are led into the same new Room, each with its own session."""
        self.serve()
        ann, bob = self.wait(), self.wait()

        self.cycle()

        seats = [self.seat(ann), self.seat(bob)]
        self.assertEqual(seats[0]["roomId"], seats[1]["roomId"])
        self.assertEqual(
            seats[0],
            {
                "name": "match",
                "sessionId": ann.session_id,
                "roomId": seats[0]["roomId"],
                "processId": "node",
            },
        )
        guest = self.table.arrive(seats[0]["roomId"], ann.session_id).ack()
        self.assertTrue(guest.joined)

    def test_nobody_is_led_alone(self) -> None:
        """Somebody who waits alone is told of one client, and goes on waiting."""
        self.serve()
        ann = self.wait()

        self.cycle(30)

        self.assertEqual(ann.messages("clients"), [1])
        self.assertEqual(ann.messages("seat"), [])
        self.assertEqual(self.matches(), 0)

    def test_count_is_told_when_it_changes(self) -> None:
        """Members of a group learn how many they are, up and down."""
        self.serve(max_players=3)
        ann, bob = self.wait(), self.wait()
        self.cycle(3)
        bob.leave()
        self.cycle(3)

        self.assertEqual(ann.messages("clients"), [1, 2, 1])
        self.assertEqual(bob.messages("clients"), [1, 2])

    def test_like_ranks_meet(self) -> None:
        """Those of near ranks meet; strangers wait until they have priority."""
        self.serve()
        weak, strong = self.wait(rank=1), self.wait(rank=5000)
        self.cycle(2)
        self.assertEqual(self.matches(), 0)

        near = self.wait(rank=3)
        self.cycle()
        self.assertEqual(self.seat(near)["roomId"], self.seat(weak)["roomId"])

        other = self.wait(rank=2)
        self.cycle(10)
        self.assertEqual(self.seat(other)["roomId"], self.seat(strong)["roomId"])

    def test_incomplete_group_goes_if_that_is_allowed(self) -> None:
        """After so many cycles a group is led as it is."""
        self.serve(max_players=4, allow_incomplete_groups=True, max_waiting_cycles=5)
        ann, bob = self.wait(), self.wait()
        self.cycle(4)
        self.assertEqual(ann.messages("seat"), [])

        self.cycle()

        self.assertEqual(self.seat(ann)["roomId"], self.seat(bob)["roomId"])

    def test_teams_meet(self) -> None:
        """A team waits for its mate, and then plays another team."""
        self.serve(max_players=4, max_team_size=2)
        guests = [self.wait(teamId=team) for team in "xy"]
        self.cycle()
        self.assertEqual(self.matches(), 0)
        guests += [self.wait(teamId=team) for team in "xy"]

        self.cycle()

        self.assertEqual(len({self.seat(guest)["roomId"] for guest in guests}), 1)

    def test_options_auth_and_format_go_along(self) -> None:
        """The match knows of a client what the queue knew."""
        seen: list[Any] = []
        match = scripted(
            script={
                "on_join": lambda _, client, options: seen.append(
                    (client.auth, options, client.seat.serializer)
                )
            }
        )
        self.serve(match, on_auth=lambda *_: {"user": 7})
        guests = [self.wait(rank=1, **NATIVE), self.wait(rank=1, hat="red")]
        self.cycle()

        for guest in guests:
            self.table.arrive(self.seat(guest)["roomId"], guest.session_id)

        user = {"user": 7}
        self.assertEqual(
            seen,
            [
                (user, {"rank": 1}, "nexus"),
                (user, {"rank": 1, "hat": "red"}, "schema"),
            ],
        )

    def test_old_sdk_gets_its_own_spelling(self) -> None:
        """A seat is written as the version of the client reads it."""
        self.serve()
        ann, bob = self.wait(), self.wait()
        ann.connection.dialect = DIALECTS["16"]

        self.cycle()

        self.assertEqual(self.seat(ann)["room"]["roomId"], self.seat(bob)["roomId"])
        self.assertEqual(self.seat(ann)["sessionId"], ann.session_id)

    def test_own_choice_of_room(self) -> None:
        """`on_group_ready` may lead groups into a Room that is there."""

        async def choose(self: QueueRoom, group: Group) -> Listing:
            [listing] = self.matchmaker.query({"name": "match"})
            return listing  # type: ignore[no-any-return]  # the matchmaker's type

        self.serve(on_group_ready=choose, match_kind="")
        open_ = self.table.sit("match")
        ann, _ = self.wait(), self.wait()
        self.cycle()

        self.assertEqual(self.seat(ann)["roomId"], open_.room_id)

    def test_rank_of_ones_own(self) -> None:
        """A subclass may take ranks from where players cannot lie."""
        self.serve(
            on_auth=lambda *_: {"elo": 1500},
            rank_of=lambda _, client, __: float(client.auth["elo"]),
        )
        ann, _ = self.wait(rank=1), self.wait(rank=10**6)

        self.cycle()

        self.assertEqual(len(ann.messages("seat")), 1)


class StealTests(QueueTestCase):
    def passer(self) -> Deferred[Any]:
        """Wish for a seat in any match, from outside."""
        return begin(self.table.matchmaker.join_or_create("match", {}))

    def test_who_waits_gets_no_seat_of_a_group(self) -> None:
        """Others who want the same kind make their own Room, however they come."""
        gate = Gate()
        self.serve(scripted(script={"on_create": gate.wait}, max_clients=2))
        ann, bob = self.wait(), self.wait()
        before = self.passer()
        self.cycle()
        while_it_opens = self.passer()

        gate.open()
        gate.open()

        seats = [self.seat(ann)["roomId"], self.seat(bob)["roomId"]]
        self.assertEqual(len(set(seats)), 1)
        for wish in (before, while_it_opens, self.passer()):
            self.assertNotEqual(self.successResultOf(wish).listing.room_id, seats[0])
            gate.open()
        gate.open()

    def test_incomplete_group_stays_among_itself(self) -> None:
        """Nobody joins it, until the author's code lets others in."""
        self.serve(max_players=4, allow_incomplete_groups=True, max_waiting_cycles=1)
        ann = self.wait()
        self.cycle()
        match = self.table.actor(self.seat(ann)["roomId"])

        apart = self.successResultOf(self.passer()).listing.room_id
        self.assertNotEqual(apart, match.room_id)
        self.assertEqual(len(match.seats), 1)
        self.table.actor(apart).room.lock()
        match.room.set_private(False)

        found = self.successResultOf(self.passer())
        self.assertEqual(found.listing.room_id, match.room_id)


class ConfirmTests(QueueTestCase):
    def setUp(self) -> None:
        """Let two be led into a match."""
        super().setUp()
        self.serve()
        self.ann, self.bob = self.wait(), self.wait()

    def test_confirmed_is_let_go(self) -> None:
        """Who confirms its seat is let go with 1000; others stay."""
        self.cycle()

        self.ann.send("confirm", {})

        self.assertEqual(self.ann.code, Close.NORMAL)
        self.assertIsNone(self.bob.code)

    def test_confirm_without_seat_is_nothing(self) -> None:
        """Who has no seat cannot confirm it."""
        self.ann.send("confirm")

        self.assertIsNone(self.ann.code)
        self.cycle()
        self.assertEqual(len(self.ann.messages("seat")), 1)

    def test_unconfirmed_is_let_go_in_time(self) -> None:
        """Who does not confirm is let go with 4002, and its seat is free again."""
        self.cycle()
        room_id = self.seat(self.ann)["roomId"]
        self.ann.send("confirm")
        self.table.arrive(room_id, self.ann.session_id).ack()

        self.cycle(16)

        self.assertEqual(self.bob.socket.closed, (4002, _LATE))
        self.assertEqual(len(self.table.actor(room_id).seats), 1)

    def test_seated_are_not_led_twice(self) -> None:
        """Who has a seat is in no other group, however long it stays."""
        self.cycle()
        late = self.wait()

        self.cycle(5)

        self.assertEqual(late.messages("clients"), [1])
        self.assertEqual(len(self.ann.messages("seat")), 1)
