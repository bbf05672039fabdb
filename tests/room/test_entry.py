"""Tests of `nexus.room.entry`."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs, formatEvent

from nexus.errors import Close, Code, Refused
from nexus.room import ClientStatus
from tests.room.returning import ReturnTestCase
from tests.support.room import Gate, scripted
from tests.support.table import OUTSIDE, Table, TableTestCase, result


class JoinTests(TableTestCase):
    def test_hooks_run_in_order(self) -> None:
        """A Room is created, asks who comes, meets the client, and sends JOIN_ROOM."""
        room = scripted()
        self.table.define(room)

        guest = self.table.knock()

        self.assertEqual(room.diary, [("on_create",), ("on_auth",), ("on_join",)])
        self.assertTrue(guest.joined)

    def test_options_reach_the_hooks(self) -> None:
        """Each client's options are its own; what is ours is taken out of them."""
        seen: list[Any] = []
        room = scripted(script={"on_join": lambda _, __, options: seen.append(options)})
        self.table.define(room)

        self.table.sit(user="ada", __nexus={"serializer": "nexus"})
        self.table.sit(user="bob")

        self.assertEqual(seen, [{"user": "ada"}, {"user": "bob"}])

    def test_auth_becomes_the_clients(self) -> None:
        """What `on_auth` returns is kept; True says nothing."""
        answers = [{"user": 1}, True, 0]
        room = scripted(script={"on_auth": lambda *_: answers.pop(0)})
        self.table.define(room)

        guests = [self.table.sit() for _ in range(3)]

        self.assertEqual([each.client.auth for each in guests], [{"user": 1}, None, 0])

    def test_false_and_none_deny(self) -> None:
        """A client that `on_auth` does not know is told 525, and never was in."""
        for answer in (False, None):
            room = scripted(script={"on_auth": lambda *_, no=answer: no})
            self.table.define(room, f"no-{answer}")

            guest = self.table.knock(f"no-{answer}")

            self.assertEqual([each.code for each in guest.failures], [Code.AUTH_FAILED])
            self.assertEqual(guest.code, Close.ERROR)
            self.assertNotIn(("on_leave", 4002), room.diary)

    def test_refusal_keeps_its_code(self) -> None:
        """What `on_auth` refuses is told with the author's own words and number."""

        def deny(*_: Any) -> None:
            raise Refused("too young", 418)

        self.table.define(scripted(script={"on_auth": deny}))

        [failure] = self.table.knock().failures

        self.assertEqual((failure.code, failure.text), (418, "too young"))

    def test_mistake_in_on_auth_stays_ours(self) -> None:
        """What `on_auth` raises by mistake is told by an id only."""
        self.table.define(scripted(script={"on_auth": lambda *_: {}["secret"]}))

        [failure] = self.table.knock().failures

        self.assertEqual(failure.code, Code.APPLICATION)
        self.assertNotIn("secret", failure.text)
        self.assertEqual(self.logged(KeyError), ["'secret'"])

    def test_failed_join_is_undone(self) -> None:
        """A client that `on_join` does not want leaves again, and its seat is free."""
        room = scripted(script={"on_join": lambda *_: 1 / 0}, auto_dispose=False)
        self.table.define(room)

        guest = self.table.knock()

        self.assertEqual(room.diary[-1][0], "on_error")
        self.assertIn(("on_leave", 4002), room.diary)
        self.assertEqual(guest.code, Close.ERROR)
        self.assertEqual(len(guest.actor.seats), 0)
        self.assertEqual(guest.actor.members, {})
        self.logged(ZeroDivisionError)

    def test_socket_that_closes_during_on_join_is_undone(self) -> None:
        """A client that goes while it joins has left when its join is over."""
        gate = Gate()
        room = scripted(script={"on_join": gate.wait}, auto_dispose=False)
        self.table.define(room)
        guest = self.table.knock()

        guest.drop()
        gate.open()

        self.assertEqual(room.diary[-1], ("on_leave", 4002))
        self.assertEqual(len(guest.actor.seats), 0)
        self.assertFalse(guest.joined)

    def test_socket_that_closes_during_on_auth_was_never_in(self) -> None:
        """Who goes before it was let in is not parted from."""
        gate = Gate()
        room = scripted(script={"on_auth": gate.wait}, auto_dispose=False)
        self.table.define(room)
        guest = self.table.knock()

        guest.drop()
        gate.open()

        self.assertEqual(room.diary, [("on_create",), ("on_auth",)])
        self.assertEqual(len(guest.actor.seats), 0)

    def test_every_join_that_fails_says_why(self) -> None:
        """Each is in the log once; only who was a member has departed."""
        gate, slow = Gate(), Gate()
        for why, hook, at, departed in (
            ("joining took too long", "on_join", slow, 1),
            ("its socket was closed", "on_auth", gate, 0),
            ("its socket was closed", "on_join", gate, 1),
        ):
            self.table = Table()
            self.table.define(scripted(script={hook: at.wait}, message_seconds=1.0))
            with capturedLogs() as logs:
                guest = self.table.knock()
                self.table.beat(1.0 if at is slow else 0.0)
                guest.drop()
                gate.open()
            [line] = [each for each in map(formatEvent, logs) if "not let in," in each]
            departures = self.table.around.meters.departures.labels("4002")
            self.assertEqual((line[-len(why) :], departures.value), (why, departed))

    def test_join_that_never_ends_is_given_up(self) -> None:
        """An `on_join` that hangs frees its seat after `message_seconds`."""
        room = scripted(script={"on_join": Gate().wait}, message_seconds=3.0)
        self.table.define(room)
        guest = self.table.knock()

        self.table.beat(3.0)

        self.assertEqual(guest.failures[0].text, "joining took too long")
        self.assertEqual(guest.code, Close.ERROR)
        self.assertEqual(self.table.rooms, [])

    def test_client_that_leaves_in_on_join_never_was_in(self) -> None:
        """A client that `on_join` lets go at once is closed with that code."""
        room = scripted(script={"on_join": lambda _, client, __: client.leave(4005)})
        self.table.define(room)

        guest = self.table.knock()

        self.assertEqual(guest.code, 4005)
        self.assertFalse(guest.joined)
        self.assertEqual(room.diary[-2:], [("on_leave", 4002), ("on_dispose",)])

    def test_seat_is_claimed_once(self) -> None:
        """A second socket for one seat is turned away, and hurts the first not."""
        self.table.define(scripted())
        seat = self.table.reserve()
        first = self.table.come(seat)

        second = self.table.come(seat)

        self.assertEqual([each.code for each in second.failures], [Code.EXPIRED])
        self.assertEqual(second.code, Close.ERROR)
        self.assertTrue(first.joined)
        self.assertIsNone(first.code)

    def test_unknown_session_and_room_look_alike(self) -> None:
        """Whoever guesses learns nothing about which rooms there are."""
        self.table.define(scripted())
        seat = self.table.reserve()

        wrong = self.table.arrive(seat.listing.room_id, "guess")
        lost = self.table.arrive("nowhere", "guess")

        self.assertEqual(wrong.failures, lost.failures)
        self.assertEqual(wrong.code, lost.code)

    def test_room_that_ends_during_on_auth_lets_nobody_in(self) -> None:
        """A client that the Room still asks about is told that it has ended."""
        gate = Gate()
        room = scripted(script={"on_auth": gate.wait})
        self.table.define(room)
        guest = self.table.knock()

        self.table.background.spawn(guest.actor.close(4001), "close")

        self.assertEqual(guest.code, 4001)
        self.assertEqual(room.diary[-1], ("on_dispose",))
        gate.open()
        self.assertFalse(guest.joined)
        self.assertEqual(guest.actor.members, {})

    def test_room_that_ends_during_on_join_parts_before_it_disposes(self) -> None:
        """Who was half in has left before the Room is cleaned up."""
        room = scripted(script={"on_join": Gate().wait})
        self.table.define(room)
        guest = self.table.knock()

        self.table.background.spawn(guest.actor.close(4001), "close")

        self.assertEqual(guest.code, 4001)
        self.assertEqual(room.diary[-2:], [("on_leave", 4002), ("on_dispose",)])

    def test_seat_of_a_room_that_closes_cannot_be_claimed(self) -> None:
        """Who comes while a Room says good-bye is turned away."""
        room = scripted(script={"on_dispose": Gate().wait}, message_seconds=5.0)
        self.table.define(room)
        first = self.table.sit()
        seat = self.table.reserve()
        self.table.background.spawn(first.actor.close(), "close")

        late = self.table.come(seat)

        self.assertEqual([each.code for each in late.failures], [Code.EXPIRED])
        self.assertIsNotNone(late.code)
        self.assertEqual(room.diary.count(("on_auth",)), 1)
        self.table.beat(5.0)
        self.logged(Exception)

    def test_message_before_the_join_breaks_the_protocol(self) -> None:
        """A client that speaks before it was let in is let go."""
        gate = Gate()
        self.table.define(scripted(script={"on_join": gate.wait}))
        guest = self.table.knock()

        guest.send("hello")
        gate.open()

        self.assertEqual(guest.code, Close.ERROR)
        self.assertFalse(guest.joined)


class StaticAuthTests(TableTestCase):
    def seat(self, answer: Any, **script: Any) -> Any:
        """Ask for a seat where the static hook answers so."""

        def ask(*_: Any) -> Any:
            return answer() if callable(answer) else answer

        self.room = scripted(script=script, on_auth_static=staticmethod(ask))
        self.table.define(self.room)
        return result(self.table.matchmaker.join_or_create("room", {}, OUTSIDE))

    def test_answer_becomes_the_clients_auth(self) -> None:
        """What the static hook returns is the client's; the Room is not asked again."""
        guest = self.table.come(self.seat({"user": 5}))

        self.assertEqual(guest.client.auth, {"user": 5})
        self.assertNotIn(("on_auth",), self.room.diary)

    def test_true_lets_the_room_ask(self) -> None:
        """A static hook that says nothing leaves the question to the Room."""
        guest = self.table.come(self.seat(answer=True, on_auth=lambda *_: "who"))

        self.assertEqual(guest.client.auth, "who")

    def test_no_makes_no_room(self) -> None:
        """Who is denied beforehand costs no Room."""
        refusal = self.assertRaises(Refused, self.seat, None)

        self.assertEqual(refusal.code, Code.AUTH_FAILED)
        self.assertEqual(self.room.diary, [])

    def test_mistake_is_opaque(self) -> None:
        """What the static hook raises by mistake is told by an id only."""
        refusal = self.assertRaises(Refused, self.seat, lambda: {}["secret"])

        self.assertEqual(refusal.code, Code.UNHANDLED)
        self.assertNotIn("secret", str(refusal))
        self.logged(KeyError)

    def test_hook_that_hangs_is_given_up(self) -> None:
        """A static hook may not keep its caller for ever."""
        room = scripted(on_auth_static=staticmethod(Gate().wait), message_seconds=2.0)
        self.table.define(room)
        got: list[Any] = []
        wish = Deferred.fromCoroutine(
            self.table.matchmaker.join_or_create("room", {}, OUTSIDE)
        )
        wish.addErrback(got.append)

        self.table.beat(2.0)

        self.assertEqual(got[0].value.code, Code.UNHANDLED)
        self.logged(Exception)


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
