"""Tests of `nexus.room.seat.entry`."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs, formatEvent

from nexus.errors import Close, Code, Refused
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
