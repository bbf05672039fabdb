"""Tests of `nexus.room.fanout.fanout`: listeners that write, as somebody comes."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus import OWNER, Map, Room, State, field, uint8
from nexus.room.fanout.fanout import Fanout
from nexus.testing import Harness
from tests.support.table import NATIVE, TableTestCase


class Player(State):
    """Somebody who plays."""

    hand: uint8 = field(default=0, visible=OWNER)


class Club(State):
    """Who plays, and how many these are."""

    count: uint8
    players: Map[str, Player]
    pile: Map[str, Player] = field(visible=OWNER)


class ClubRoom(Room[Club]):
    """A Room that counts whenever somebody comes."""

    def on_create(self, options: Any) -> None:
        """Listen to the own State."""
        self.state = Club()  # type: ignore[call-arg]  # its Maps are made by themselves
        _ = self.tree.on_add("players", self.recount)

    def recount(self, *_: object) -> None:
        """Write how many there are."""
        self.state.count = len(self.state.players)

    def on_join(self, client: Any, options: Any) -> None:
        """Let somebody play."""
        self.state.players[client.session_id] = Player()

    def on_drop(self, client: Any, code: int) -> None:
        """Keep the seat of who is lost."""
        self.allow_reconnection(client, 1000)


class ListenerTests(TableTestCase):
    def test_newcomers_are_told_before_listeners(self) -> None:
        """Whatever a listener writes as somebody comes: it has its State."""
        self.table.define(ClubRoom)
        for count, how in enumerate(({}, NATIVE, {}, NATIVE), 1):
            guest = self.table.sit(**how)
            self.table.beat()

            self.assertEqual((len(guest.states), guest.code), (1, None))
            state = guest.actor.room.state
            self.assertEqual((state.count, len(state.players)), (count, count))
        self.table.beat()
        self.assertEqual(guest.follow().state.count, 4)

    def test_returns_are_told_before_listeners(self) -> None:
        """Whoever comes back as a listener writes has its State, too."""
        with Harness(ClubRoom) as house:
            first = house.join_or_create()
            second = house.join(first.room)
            house.tick(2)
            second.drop()
            house.rooms[0].state.players["bot"] = Player()
            second.rejoin()
            house.tick(2)

            self.assertEqual((first.state.count, second.state.count), (3, 3))
            self.assertEqual(house.failures, [])


class FaultTests(TableTestCase):
    def test_who_cannot_be_welcomed_is_sent_back(self) -> None:
        """It holds no State, and may come again; the others are told, and listeners."""
        self.table.define(ClubRoom)
        first = self.table.sit(**NATIVE)
        self.table.beat()
        broken = self.patch(Fanout, "welcome", self.fail_now)

        second = self.table.sit(**NATIVE)
        self.table.beat()

        broken.restore()
        self.assertEqual((second.code, second.connection.ready), (4010, False))
        state = first.follow().state
        self.assertEqual((len(state.players), state.count), (2, 2))
        self.assertEqual(self.logged(RuntimeError), ["it fails"])

    def test_who_comes_as_nothing_can_be_told_is_sent_back(self) -> None:
        """Whoever got no State is told of no patch, and may come again."""
        self.table.define(ClubRoom)
        self.table.sit(**NATIVE)
        self.table.beat()
        broken = self.patch(Fanout, "_publish_apart", self.fail_now)

        second = self.table.sit(**NATIVE)
        self.table.beat()

        broken.restore()
        self.assertEqual((second.code, second.connection.ready), (4010, False))
        self.assertEqual(set(self.logged(RuntimeError)), {"it fails"})

    def fail_now(self, *_: object) -> None:
        """Raise what nobody expects."""
        raise RuntimeError("it fails")


class OwnerTests(SynchronousTestCase):
    def test_what_was_owned_only_while_away_is_not_told(self) -> None:
        """Who owned something and does no longer comes back by a snapshot."""
        with Harness(ClubRoom) as house:
            ann = house.join_or_create()
            bob = house.join(ann.room)
            house.tick(2)
            pile = house.rooms[0].state.pile
            ann.drop()
            house.tick()
            card = pile["card"] = Player(hand=77)
            card.owner = ann.session_id
            house.tick()
            card.owner = bob.session_id
            house.tick()

            ann.rejoin()
            house.tick(2)

            self.assertEqual(ann.resumed, "snapshot")
            self.assertFalse(ann.was_told(77))
            self.assertTrue(bob.was_told(77))
            self.assertEqual(bob.state.pile["card"].hand, 77)
