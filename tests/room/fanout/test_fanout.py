"""Tests of `nexus.room.fanout.fanout`: what is told to all who are there."""

from __future__ import annotations

from typing import Any

from nexus.errors import Close
from nexus.room.fanout.format import NativeFormat, SchemaFormat
from nexus.sim.grid import Grid
from nexus.wire.frame import JoinRoom, Patch
from nexus.wire.native import plain
from tests.room.fanout.deck import Deck, DeckTestCase, Hand
from tests.support.room import scripted
from tests.support.table import NATIVE, TableTestCase


class FanoutTests(DeckTestCase):
    def test_formats_stand_side_by_side(self) -> None:
        """Each client gets the format that it asked for, and JOIN_ROOM names it."""
        native, schema = self.seated(**NATIVE), self.seated()

        names = [
            each.serializer
            for guest in (native, schema)
            for each in guest.frames
            if isinstance(each, JoinRoom)
        ]

        self.assertEqual(names, ["nexus", "schema"])
        self.assertEqual(len(native.actor.fanout._formats), 2)  # type: ignore[union-attr]  # it has a State

    def test_which_format_one_has_is_found_at_once(self) -> None:
        """No code of a metaclass runs to say whether something is of such a class."""
        for format_ in (NativeFormat, SchemaFormat):
            self.assertIs(type(format_), type)

    def test_unused_format_costs_nothing(self) -> None:
        """What nobody asked for is not even made."""
        guest = self.seated(**NATIVE)

        self.assertEqual([*guest.actor.fanout._formats], [("nexus", 0)])  # type: ignore[union-attr]  # it has a State

    def test_one_patch_is_shared(self) -> None:
        """Clients that see the same are sent the very same bytes."""
        guests = [self.seated(**NATIVE) for _ in range(3)]
        self.state(guests[0]).turn = 5

        self.table.beat()

        self.assertEqual(len({guest.socket.sent[-1] for guest in guests}), 1)
        self.assertEqual([plain(g.follow().state)["turn"] for g in guests], [5] * 3)

    def test_away_clients_are_sent_nothing(self) -> None:
        """Patches go on for the others while somebody is away."""
        guest, other = self.seated(**NATIVE), self.seated(**NATIVE)
        guest.drop()
        sent = len(guest.socket.sent)
        self.state(other).hands["a"] = Hand(cards=3)

        self.table.beat()

        self.assertEqual(len(guest.socket.sent), sent)
        self.assertEqual(plain(other.follow().state)["hands"], {"a": {"cards": 3}})


class ShortWayTests(TableTestCase):
    def test_who_is_away_has_none(self) -> None:
        """Patches go to those who are there, by the new socket of who came back."""

        def create(room: Any, _: Any) -> None:
            room.state = Deck()

        def drop(room: Any, client: Any, _: int) -> None:
            room.allow_reconnection(client, 60)

        self.table.define(scripted(script={"on_create": create, "on_drop": drop}))
        guest, other = self.table.sit(), self.table.sit()
        self.table.beat(times=2)
        self.assertTrue(guest.socket.outlet.most)
        guest.drop()
        self.assertFalse(guest.socket.outlet.most)
        guest.actor.room.state.turn += 1
        before = len(guest.socket.sent), len(other.socket.sent)

        self.table.beat()

        after = len(guest.socket.sent), len(other.socket.sent)
        self.assertEqual((after[0] - before[0], after[1] - before[1]), (0, 1))
        back = guest.back().ack()
        self.table.beat()
        guest.actor.room.state.turn += 1
        before = len(back.socket.sent), len(other.socket.sent)

        self.table.beat()

        after = len(back.socket.sent), len(other.socket.sent)
        self.assertEqual((after[0] - before[0], after[1] - before[1]), (1, 1))
        self.assertTrue(back.socket.outlet.most)


class FailingTests(TableTestCase):
    def test_what_fails_for_one_costs_nobody_else_a_patch(self) -> None:
        """Who could not be told is let go and may return; the others were told."""

        def create(room: Any, _: Any) -> None:
            room.state = Deck()
            table = Grid(cell=10, bounds=(0, 0, 100, 100))
            room.space = room.make_space(table, room.state.birds, radius=10)

        def join(room: Any, client: Any, _: Any) -> None:
            room.space.watch(client, 5, 5)

        def drop(room: Any, client: Any, _: int) -> None:
            room.allow_reconnection(client, 60)

        acts = {"on_create": create, "on_join": join, "on_drop": drop}
        self.table.define(scripted(script=acts))
        for options in ({}, NATIVE):
            with self.subTest(options=options):
                guests = [self.table.sit(**options) for _ in range(3)]
                actor = guests[0].actor
                self.table.beat(times=2)
                broken = guests[1]

                def deliver(_: bytes) -> None:
                    raise KeyError("secret")

                self.patch(broken.socket, "deliver", deliver)
                for guest in guests:
                    guest.socket.sent.clear()

                actor.room.state.turn += 1
                self.table.beat()

                self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
                self.assertEqual(
                    [type(each) for guest in guests for each in guest.frames],
                    [Patch, Patch],
                )
                assert broken.socket.closed is not None
                self.assertEqual(broken.socket.closed[0], Close.MAY_REJOIN)
                self.assertNotIn("secret", broken.socket.closed[1])
                for guest in guests:
                    actor.room.kick(guest.session_id)
                self.table.hang_up()
                self.table.beat(times=3)
                self.table.catalog.remove("room")
                self.table.define(scripted(script=acts))
