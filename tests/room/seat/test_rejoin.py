"""Tests of `nexus.room.seat.rejoin`: clients that were lost come back."""

from __future__ import annotations

from typing import Any

from nexus.errors import Close, Code, Refused
from nexus.room import ClientStatus
from nexus.state import State, int32
from nexus.wire.frame import JoinRoom
from nexus.wire.native import plain
from tests.room.seat.returning import ReturnTestCase
from tests.support.room import Gate, scripted
from tests.support.table import NATIVE, Guest


class RejoinTests(ReturnTestCase):
    def test_same_client_is_back(self) -> None:
        """Who returns is the same Client, with all that the author put on it."""
        guest = self.seated()
        client = guest.client
        client.user_data = {"hp": 3}
        guest.drop()

        again = guest.back()

        self.assertTrue(again.joined)
        self.assertIs(again.client, client)
        self.assertIs(client.status, ClientStatus.JOINED)
        self.assertEqual(client.user_data, {"hp": 3})
        self.assertEqual(list(again.actor.clients), [client.session_id])

    def test_hooks_run_in_order(self) -> None:
        """The Room learns of the loss, then of the return; not of a leave."""
        guest = self.seated()
        guest.drop(1006)

        guest.back()

        self.assertEqual(self.room.diary[3:], [("on_drop", 1006), ("on_reconnect",)])

    def test_token_is_used_once(self) -> None:
        """Each return gives a new token, and the old one lets nobody in."""
        guest = self.seated()
        guest.drop()
        again = guest.back().ack()
        again.drop()

        thief = guest.back()

        self.assertNotEqual(again.token, guest.token)
        self.assertEqual([each.code for each in thief.failures], [Code.EXPIRED])
        self.assertEqual(thief.code, Close.NOT_REJOINED)
        self.assertTrue(again.back().joined)

    def test_session_alone_claims_no_held_seat(self) -> None:
        """Who knows the session but not the token stays outside."""
        guest = self.seated()
        guest.drop()

        thief = self.table.arrive(guest.room_id, guest.session_id)

        self.assertEqual([each.code for each in thief.failures], [Code.EXPIRED])
        self.assertTrue(guest.back().joined)

    def test_token_of_another_session_fits_not(self) -> None:
        """A token counts for its own session only."""
        guest = self.seated()
        other = self.table.sit()
        guest.drop()

        thief = self.table.arrive(
            guest.room_id, other.session_id, reconnectionToken=guest.token
        )

        self.assertEqual(thief.code, Close.NOT_REJOINED)
        self.assertIsNone(other.code)

    def test_second_socket_takes_over_at_once(self) -> None:
        """The newer of two sockets stays; the older is told why it does not."""
        guest = self.seated()

        newer = guest.back()

        self.assertTrue(newer.joined)
        self.assertEqual(guest.code, Close.REPLACED)
        self.assertEqual(self.room.diary[3:], [("on_drop", 4011), ("on_reconnect",)])

    def test_late_close_of_the_old_socket_hurts_nobody(self) -> None:
        """A socket that was replaced may close whenever it likes."""
        guest = self.seated()
        newer = guest.back().ack()

        guest.drop()

        self.assertIs(newer.client.status, ClientStatus.JOINED)
        self.assertEqual(self.room.diary.count(("on_drop", 4011)), 1)

    def test_take_over_that_the_room_does_not_allow(self) -> None:
        """Where no seat is kept, both sockets are out, and the seat is free."""
        guest = self.seated(on_drop=lambda *_: None)

        newer = guest.back()

        self.assertEqual(newer.code, Close.NOT_REJOINED)
        self.assertEqual(guest.code, Close.REPLACED)
        self.assertEqual(self.table.rooms, [])

    def test_take_over_waits_for_a_slow_on_drop(self) -> None:
        """The newer socket waits until the Room has kept the seat."""
        gate = Gate()

        async def slow(room: Any, client: Any, _: int) -> None:
            await gate.wait()
            await room.allow_reconnection(client, 20)

        guest = self.seated(on_drop=slow)
        newer = guest.back()
        self.assertFalse(newer.joined)

        gate.open()
        self.table.beat(0)

        self.assertTrue(newer.joined)

    def test_take_over_waits_for_a_slow_on_leave(self) -> None:
        """So it does where `on_leave` keeps the seat, as it was done of old."""
        gate = Gate()

        async def slow(room: Any, client: Any, _: int) -> None:
            await gate.wait()
            await room.allow_reconnection(client, 20)

        self.room = scripted(script={"on_leave": slow})
        self.table.define(self.room)
        guest = self.table.sit()
        newer = guest.back()

        gate.open()
        self.table.beat(0)

        self.assertTrue(newer.joined)
        gate.waiting.clear()
        self.room.script.clear()

    def test_socket_lost_while_it_waits_keeps_its_token(self) -> None:
        """Who is cut off again on its way back may come by a third socket."""
        gate = Gate()

        async def slow(room: Any, client: Any, _: int) -> None:
            await gate.wait()
            room.allow_reconnection(client, 20)

        guest = self.seated(on_drop=slow)
        newer = guest.back()
        newer.drop()
        gate.open()
        self.table.beat(0)

        self.assertTrue(guest.back().joined)

    def test_who_comes_too_early_keeps_its_token(self) -> None:
        """Who was refused while the Room made up its mind may come again after that."""
        gate = Gate()

        def give_up(room: Any, client: Any, _: int) -> None:
            room.allow_reconnection(client, 20).end()

        async def think_better(room: Any, client: Any, _: int) -> None:
            await gate.wait()
            await room.allow_reconnection(client, 20)

        guest = self.seated(on_drop=give_up, on_leave=think_better)
        early = guest.back()
        self.table.beat(0)
        self.assertEqual([each.code for each in early.failures], [Code.EXPIRED])
        gate.open()
        self.table.beat(0)

        self.assertTrue(guest.back().joined)
        gate.waiting.clear()
        self.room.script.clear()

    def test_return_denied_by_raising(self) -> None:
        """What `on_reconnect` raises lets the client leave with 4003."""

        def deny(*_: Any) -> None:
            raise Refused("not you", 4100)

        guest = self.seated(on_reconnect=deny)
        guest.drop()

        again = guest.back()

        self.assertEqual(again.failures[0].text, "not you")
        self.assertEqual(again.code, Close.NOT_REJOINED)
        self.assertIn(("on_leave", 4003), self.room.diary)
        self.assertEqual(self.table.rooms, [])

    def test_return_denied_by_leaving(self) -> None:
        """A client that `on_reconnect` lets go leaves with 4003."""
        guest = self.seated(on_reconnect=lambda _, client: client.leave())
        guest.drop()

        again = guest.back()

        self.assertEqual(again.code, Close.CONSENTED)
        self.assertIn(("on_leave", 4003), self.room.diary)

    def test_return_that_never_ends_is_given_up(self) -> None:
        """An `on_reconnect` that hangs frees the seat."""
        guest = self.seated(on_reconnect=Gate().wait)
        guest.drop()
        again = guest.back()

        self.table.beat(30.0)

        self.assertEqual(again.code, Close.NOT_REJOINED)
        self.assertEqual(self.table.rooms, [])

    def test_second_loss_is_told_again(self) -> None:
        """Who returned and is lost for good has left, once."""
        guest = self.seated()
        guest.drop()
        again = guest.back().ack()
        again.drop()

        self.table.beat(20.0)

        self.assertEqual(self.room.diary.count(("on_leave", 1006)), 1)
        self.assertEqual(self.table.rooms, [])


class Deck(State):
    turn: int32 = 0


class OutdatedTests(ReturnTestCase):
    """Clients that may know other classes than the State has by now."""

    def outdated(self, **options: Any) -> Guest:
        """Sit in a Room with a State, be lost, and miss that its classes changed."""

        def create(room: Any, _: Any) -> None:
            room.state = Deck(turn=3)

        def drop(room: Any, client: Any, _: int) -> None:
            room.allow_reconnection(client, 20)

        self.table.define(scripted(script={"on_create": create, "on_drop": drop}))
        guest = self.table.sit(**options)
        self.table.beat()
        if options:
            guest.follow()
        guest.actor.rejoins.outdated.add(guest.client)
        guest.drop()
        return guest

    def handshake(self, guest: Guest) -> bytes:
        """Return what JOIN_ROOM said of the classes."""
        [join] = [each for each in guest.frames if isinstance(each, JoinRoom)]
        return join.handshake

    def test_client_that_learns_the_classes_anew(self) -> None:
        """A new object of an SDK is told of them, and is up to date then."""
        guest = self.outdated()

        again = guest.back()

        self.assertTrue(self.handshake(again))
        self.assertIn(again.client, again.actor.rejoins.outdated)
        again.ack()
        self.assertEqual(again.actor.rejoins.outdated, set())
        again.drop()
        self.assertEqual(self.handshake(again.back(skipHandshake="1")), b"")

    def test_client_that_keeps_what_it_knew(self) -> None:
        """An SDK that comes back by itself is refused; its seat and token are kept."""
        guest = self.outdated()

        deaf = guest.back(skipHandshake="1")

        self.assertFalse(deaf.joined)
        [failure] = deaf.failures
        self.assertEqual(failure.code, Code.EXPIRED)
        self.assertIn("join anew", failure.text)
        self.assertTrue(guest.back().joined)

    def test_client_of_ours_begins_anew(self) -> None:
        """Ours is told of the classes though it knows some, and of the whole State."""
        guest = self.outdated(**NATIVE)
        version = guest.replica.version

        again = guest.back(skipHandshake="1")
        again.send("__nexus.resume", {"version": version})
        again.ack()
        self.table.beat(times=2)

        self.assertTrue(again.connection.begins_anew)
        self.assertTrue(self.handshake(again))
        [resumed] = again.messages("__nexus.resumed")
        self.assertEqual(resumed["how"], "snapshot")
        self.assertEqual(plain(again.follow(guest).state), {"turn": 3})
        again.drop()
        third = again.back(skipHandshake="1")
        third.send("__nexus.resume", {"version": again.replica.version})
        third.ack()
        self.assertFalse(third.connection.begins_anew)
        self.assertEqual(self.handshake(third), b"")
        self.assertEqual(third.messages("__nexus.resumed")[0]["how"], "patches")

    def test_client_that_leaves_is_not_remembered(self) -> None:
        """Who does not come back in time is not waited for as outdated either."""
        guest = self.outdated()
        actor = guest.actor

        self.table.beat(21.0)

        self.assertEqual(actor.rejoins.outdated, set())
