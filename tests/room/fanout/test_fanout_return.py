"""Tests of `nexus.room.fanout.fanout`: what those are told who return."""

from __future__ import annotations

from typing import Any

from nexus.errors import Close
from nexus.wire.frame import JoinRoom, Message, Patch, Snapshot
from tests.room.fanout.deck import Deck, DeckTestCase
from tests.support.room import scripted
from tests.support.table import NATIVE, Guest, TableTestCase


class ResumeTests(DeckTestCase):
    def patches(self, guest: Guest) -> int:
        """Count the patches that came."""
        return sum(isinstance(each, Patch) for each in guest.frames)

    def test_resume_tells_what_was_missed(self) -> None:
        """Who returns with a version gets one patch from there, and no new state."""
        guest = self.seated(**NATIVE)
        replica = guest.follow()
        guest.drop()
        for turn in range(1, 4):
            self.state(guest).turn = turn
            self.table.beat()

        again = guest.back(skipHandshake="1")
        again.send("__nexus.resume", {"version": replica.version})
        again.ack()

        self.assertEqual(again.messages("__nexus.resumed")[0]["how"], "patches")
        self.assertEqual((len(again.states), self.patches(again)), (0, 1))
        self.assertEqual(again.follow(guest).state.turn, 3)

    def test_resume_without_a_miss(self) -> None:
        """Who missed nothing gets nothing but the word that it is so."""
        guest = self.seated(**NATIVE)
        version = guest.follow().version
        guest.drop()

        again = guest.back(skipHandshake="1")
        again.send("__nexus.resume", {"version": version})
        again.ack()

        self.assertEqual((len(again.states), self.patches(again)), (0, 0))

    def test_resume_from_too_long_ago(self) -> None:
        """Who lacks more than is kept gets a snapshot and is told so."""
        for missed, how, states in ((2_048, "patches", 0), (2_049, "snapshot", 1)):
            guest = self.seated(**NATIVE)
            version = guest.follow().version
            guest.drop()
            for turn in range(missed):
                self.state(guest).turn = turn + 1
                guest.actor.rhythm.patch()

            again = guest.back(skipHandshake="1")
            again.send("__nexus.resume", {"version": version})
            again.ack()

            self.assertEqual(again.messages("__nexus.resumed")[0]["how"], how)
            self.assertEqual(len(again.states), states)
            self.assertEqual(again.follow(guest).state.turn, missed)
            again.leave()
            self.table.beat()

    def test_sum_of_patches_is_shared(self) -> None:
        """Who lacks the same is sent the very same bytes; few such sums are kept."""
        guests = [self.seated(**NATIVE) for _ in range(3)]
        version = guests[0].follow().version
        for guest in guests:
            guest.drop()
        fanout = guests[0].actor.fanout
        for turn in range(30):
            self.state(guests[0]).turn = turn + 1
            guests[0].actor.rhythm.patch()

        sent = set()
        for guest in guests:
            again = guest.back(skipHandshake="1")
            again.send("__nexus.resume", {"version": version})
            again.ack()
            self.table.beat()
            sent.add(again.socket.sent[-1])
        self.assertEqual(len(sent), 1)

        for lacking in range(1, 30):
            again.drop()
            again = again.back(skipHandshake="1")
            again.send("__nexus.resume", {"version": version + lacking})
            again.ack()
            self.table.beat()
        self.assertEqual(len(fanout._sums._made), 8)  # type: ignore[union-attr]  # it has a State

    def test_resume_from_nonsense(self) -> None:
        """A version that never was leads to a snapshot, not to an error."""
        for version in (-1, 10**12, 2**53 - 1):
            guest = self.seated(**NATIVE)
            guest.drop()

            again = guest.back(skipHandshake="1")
            again.send("__nexus.resume", {"version": version})
            again.ack()

            self.assertEqual(len(again.states), 1)
            self.assertIsNone(again.code)

    def test_schema_resumes_with_a_state(self) -> None:
        """Colyseus' format knows no versions: who returns gets the whole."""
        guest = self.seated()
        guest.drop()

        again = guest.back(skipHandshake="1")
        again.send("__nexus.resume", {"version": 0})
        again.ack()

        self.assertEqual(len(again.states), 1)

    def test_resume_after_the_state_is_too_late(self) -> None:
        """A wish to resume that comes behind the acknowledgement is ignored."""
        guest = self.seated(**NATIVE)

        guest.send("__nexus.resume", {"version": 0})

        self.assertEqual(guest.messages("__nexus.resumed"), [])


class LateTests(TableTestCase):
    def test_who_joined_before_there_was_a_state_returns_for_it(self) -> None:
        """Whoever was told that there is none knows none of its classes."""

        def drop(room: Any, client: Any, _: int) -> None:
            room.allow_reconnection(client, 60)

        self.table.define(scripted(script={"on_drop": drop}))
        for options in ({}, NATIVE):
            with self.subTest(options=options):
                guest = self.table.sit(**options)
                self.table.beat(times=2)

                guest.actor.room.state = Deck()

                self.assertEqual(
                    guest.socket.closed,
                    (
                        Close.MAY_REJOIN,
                        "the room has a state now: it is sent to who returns",
                    ),
                )
                guest.drop()
                self.table.beat()
                back = guest.back().ack()
                back.actor.room.state.turn += 1
                self.table.beat()
                told = [each for each in back.frames if not isinstance(each, Message)]
                self.assertEqual(
                    [type(each) for each in told], [JoinRoom, Snapshot, Patch]
                )
                back.actor.room.kick(back.session_id)
                self.table.hang_up()
                self.table.beat(times=3)
