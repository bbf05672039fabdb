"""Tests of returns that are cut off: `nexus.room.seat.entry` once more."""

from __future__ import annotations

from nexus.errors import Close
from nexus.room import ClientStatus
from tests.room.seat.returning import ReturnTestCase
from tests.support.room import Gate


class CutOffTests(ReturnTestCase):
    def test_token_is_good_until_the_next_was_taken(self) -> None:
        """A client whose JOIN_ROOM was lost comes back with the token that it has."""
        guest = self.seated()
        guest.drop()
        guest.back().drop()

        again = guest.back()
        self.assertTrue(again.joined)
        third = guest.back().ack()

        self.assertTrue(third.joined)
        self.assertEqual(again.code, Close.REPLACED)
        self.assertEqual(guest.back().code, Close.NOT_REJOINED)
        self.assertEqual(again.back().code, Close.NOT_REJOINED)
        self.assertIsNone(third.code)
        self.assertEqual(len(third.actor.entry.tokens), 1)

    def test_return_that_is_cut_off_leaves_the_rest_of_the_hold(self) -> None:
        """Who is lost while `on_reconnect` runs is away for the time that is left."""
        gate = Gate()
        guest = self.seated(on_reconnect=gate.wait)
        guest.drop()
        self.table.beat(5.0)
        cut = guest.back()
        cut.drop(1001)
        self.table.beat(5.0)
        gate.open()
        self.assertIs(cut.client.status, ClientStatus.AWAY)
        self.assertEqual(list(cut.actor.clients), [])

        self.table.beat(9.9)
        self.assertNotIn(("on_leave", 1001), self.room.diary)
        self.table.beat(0.1)

        self.assertEqual(self.room.diary.count(("on_leave", 1001)), 1)
        self.assertEqual(self.table.rooms, [])

    def test_return_after_one_that_was_cut_off(self) -> None:
        """The next socket waits for `on_reconnect`, and then brings the client back."""
        gate = Gate()
        guest = self.seated(
            on_reconnect=gate.wait,
            on_drop=lambda room, client, _: room.allow_reconnection(client, None),
        )
        guest.drop()
        guest.back().drop()
        again = guest.back()
        self.assertIsNone(again.code)

        gate.open()
        self.assertFalse(again.joined)
        gate.open()

        self.assertTrue(again.joined)
        self.assertIs(again.ack().client.status, ClientStatus.JOINED)
        self.assertEqual(self.room.diary.count(("on_reconnect",)), 2)
        self.assertEqual(len(again.actor.entry.tokens._clients), 1)
        self.assertEqual(again.actor.rejoins._awaited, {})

    def test_room_that_ends_while_a_return_was_cut_off(self) -> None:
        """A Room that ends waits for nobody whose return was cut off."""
        guest = self.seated(on_reconnect=Gate().wait)
        guest.drop()
        cut = guest.back()
        cut.drop()

        self.table.background.spawn(cut.actor.close(), "close")

        self.assertIn(("on_leave", 4003), self.room.diary)
        self.assertEqual(self.table.rooms, [])
