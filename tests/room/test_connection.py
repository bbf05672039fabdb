"""Tests of `nexus.room.connection`."""

from __future__ import annotations

from typing import Any

from nexus.errors import Close
from nexus.limit import Limits
from nexus.wire.phase import Phase
from tests.support.room import Gate, scripted
from tests.support.table import NATIVE, Guest, Table, TableTestCase


class ConnectionTests(TableTestCase):
    limits = Limits(messages_per_second=10.0, messages_burst=20, queued=5)

    def seated(self, said: Any = None, **script: Any) -> Guest:
        """Sit in a Room of a kind of its own."""
        self.room = scripted(script=script, **(said or {}))
        self.table.define(self.room)
        return self.table.sit()

    def test_ping_is_answered(self) -> None:
        """A ping comes back as it is, before the join as well as after."""
        guest = self.seated()

        guest.say(b"\x12")

        self.assertEqual(guest.socket.sent[-1], b"\x12")

    def test_second_acknowledgement_changes_nothing(self) -> None:
        """Some clients acknowledge twice; they get one state and one queue."""
        guest = self.seated(on_join=lambda _, client, __: client.send("hello"))

        guest.ack()

        self.assertEqual(len(guest.messages("hello")), 1)

    def test_messages_wait_for_the_acknowledgement(self) -> None:
        """What is sent to a client before it took its state comes behind that."""
        self.room = scripted(script={"on_join": lambda _, c, __: c.send("hello")})
        self.table.define(self.room)
        guest = self.table.knock()
        guest.client.send("more")

        self.assertEqual(len(guest.frames), 1)
        guest.ack()

        self.assertEqual(
            [len(guest.messages(type_)) for type_ in ("hello", "more")], [1, 1]
        )

    def test_queue_has_a_bound(self) -> None:
        """A client that never acknowledges is let go when too much waits for it."""
        self.table.define(scripted())
        guest = self.table.knock()

        for _ in range(6):
            guest.client.send("news")

        self.assertEqual(guest.code, Close.ERROR)
        self.assertEqual(self.table.rooms, [])

    def test_queue_has_a_bound_in_bytes(self) -> None:
        """So it is when few messages wait that are large."""
        self.table = Table(Limits(outgoing_bytes=65_536))
        self.table.define(scripted())
        guest = self.table.knock()
        guest.client.send_bytes("news", bytes(40_000))
        self.assertIsNone(guest.code)

        guest.client.send_bytes("news", bytes(40_000))

        self.assertEqual(guest.code, Close.ERROR)
        self.assertEqual(self.table.rooms, [])

    def test_queue_that_was_sent_counts_no_more(self) -> None:
        """What a client has taken leaves room for all that comes later."""
        self.table = Table(Limits(outgoing_bytes=65_536))
        self.table.define(scripted())
        guest = self.table.knock()

        for _ in range(3):
            guest.client.send_bytes("news", bytes(40_000))
            guest.ack()

        self.assertIsNone(guest.code)

    def test_client_that_never_acknowledges_is_let_go(self) -> None:
        """Who does not take its state gives its seat back after `seat_seconds`."""
        self.table.define(scripted(seat_seconds=4.0))
        guest = self.table.knock()
        other = self.table.sit()
        self.table.beat(3.9)
        self.assertIsNone(guest.code)

        self.table.beat(0.1)

        self.assertEqual(guest.socket.closed, (4002, "no acknowledgement"))
        self.assertIsNone(other.code)
        self.assertEqual(len(other.actor.seats), 1)

    def test_nobody_is_waited_for_who_has_gone(self) -> None:
        """No timer is left of a client that acknowledged, was lost, or is let go."""
        gate = Gate()
        room = scripted(auto_dispose=False, script={"on_leave": gate.wait})
        self.table.define(room)
        acks, drops, leaves = (self.table.knock() for _ in range(3))
        timers = len(self.table.clock.getDelayedCalls())

        acks.ack()
        self.assertEqual(len(self.table.clock.getDelayedCalls()), timers - 1)
        for guest in (drops, leaves):
            if guest is drops:
                guest.drop()
            else:
                guest.client.leave()
            # One for the acknowledgement goes, one for its `on_leave` comes.
            self.assertEqual(len(self.table.clock.getDelayedCalls()), timers - 1)
        gate.open()
        self.assertEqual(len(self.table.clock.getDelayedCalls()), timers - 3)
        room.script.clear()

    def test_too_many_messages_close(self) -> None:
        """Who sends more than the burst is let go; who waits may send again."""
        guest = self.seated()
        guest.actor.room.listen("hi", lambda client: None)
        for _ in range(20):
            guest.send("hi")
        self.table.beat(1.0)
        for _ in range(10):
            guest.send("hi")
        self.assertIsNone(guest.code)

        guest.send("hi")

        self.assertEqual(guest.code, Close.ERROR)

    def test_pings_count_as_messages(self) -> None:
        """A flood of pings is answered no longer than a flood of messages."""
        guest = self.seated()

        for _ in range(100):
            guest.say(b"\x12")

        self.assertEqual(guest.code, Close.ERROR)
        self.assertLessEqual(len(guest.socket.sent), 25)

    def test_frames_that_mean_nothing_count(self) -> None:
        """Frames of no use are limited as well: unknown, empty, acknowledged twice."""
        for frame in (b"\x1f", b"", b"\x0a"):
            self.table = Table(self.limits)
            guest = self.seated()
            for _ in range(20):
                guest.say(frame)
            self.assertIsNone(guest.code)

            guest.say(frame)

            self.assertEqual(guest.code, Close.ERROR, frame)

    def test_first_acknowledgement_is_free(self) -> None:
        """A client may send its whole burst after it joined."""
        guest = self.seated()

        for _ in range(20):
            guest.say(b"\x12")

        self.assertIsNone(guest.code)

    def test_pings_and_unknown_frames_count_in_bytes(self) -> None:
        """Large frames are too many bytes, whatever they mean."""
        for head in (b"\x12", b"\x1f", b"\x0a"):
            self.table = Table(Limits(bytes_per_second=1_000.0, message_bytes=2_000))
            guest = self.seated()

            for _ in range(3):
                guest.say(head + bytes(900))

            self.assertEqual(guest.code, Close.ERROR, head)

    def test_flood_of_one_that_leaves_closes_its_socket(self) -> None:
        """Who floods while `on_leave` runs is closed then and there; the hook ends."""
        gate = Gate()
        guest = self.seated(on_leave=gate.wait)
        guest.leave()
        self.assertIsNone(guest.code)

        for _ in range(30):
            guest.say(b"\x0d\xa2hi")

        self.assertEqual(guest.code, Close.ERROR)
        gate.open()
        self.assertEqual(self.room.diary.count(("on_leave", 4000)), 1)
        self.assertEqual(self.table.rooms, [])

    def test_too_many_bytes_close(self) -> None:
        """Who sends more bytes than it may is let go."""
        self.table = Table(Limits(bytes_per_second=1_000.0, message_bytes=2_000))
        guest = self.seated()
        guest.actor.room.listen("hi", lambda client, message: None)

        for _ in range(3):
            guest.send("hi", "x" * 900)

        self.assertEqual(guest.code, Close.ERROR)

    def test_rates_are_each_clients_own(self) -> None:
        """A client that sends too much takes nothing from another."""
        guest = self.seated()
        other = self.table.sit()
        for _ in range(30):
            guest.say(b"\x12")

        other.say(b"\x12")

        self.assertIsNone(other.code)

    def test_round_trip_is_told(self) -> None:
        """A measured round trip is the client's; a client of ours is told of it."""
        plain = self.seated()
        ours = self.table.sit(__nexus={"serializer": "nexus"})

        for guest in (plain, ours):
            guest.connection.measured(0.0421)

        self.assertEqual(plain.client.latency, 0.0421)
        self.assertEqual(plain.messages("__nexus.latency"), [])
        self.assertEqual(ours.messages("__nexus.latency"), [{"ms": 42.1}])

    def test_nobody_is_told_of_a_round_trip_too_early(self) -> None:
        """Before the join there is nobody to tell."""
        self.table.define(scripted())
        guest = self.table.knock()

        guest.connection.measured(0.1)

        self.assertIsNone(guest.client.latency)

    def test_empty_frame_is_nothing(self) -> None:
        """A message without a byte means nothing and hurts nobody."""
        guest = self.seated()

        guest.say(b"")

        self.assertIsNone(guest.code)

    def test_frames_of_ours_mean_nothing(self) -> None:
        """A client that sends what only we send, or nobody, is ignored."""
        guest = self.seated()

        for opcode in (0, 11, 14, 15, 16, 19, 20, 22, 31):
            guest.say(bytes((opcode, 1, 2)))

        self.assertIsNone(guest.code)

    def test_closed_connection_is_left_alone(self) -> None:
        """Nothing is sent by a connection that was closed, nor closed twice."""
        guest = self.seated()
        connection = guest.connection
        guest.leave()

        connection.close(4001)
        connection.fail(1, "late")
        connection.post(b"\x82\x00")

        self.assertEqual(guest.code, Close.CONSENTED)
        self.assertIs(connection.phase, Phase.LEAVING)
        self.assertEqual(guest.failures, [])

    def test_loss_is_taken_once(self) -> None:
        """A socket that is lost after it was closed changes nothing."""
        guest = self.seated()
        guest.leave()

        guest.drop()

        self.assertEqual(self.room.diary.count(("on_leave", 4000)), 1)


class PingTests(TableTestCase):
    def seated(self) -> Guest:
        """Sit in a Room with a listener that waits, as a client of ours."""
        self.gate = Gate()
        self.table.define(scripted(script={"on_create": self.listen}))
        return self.table.sit(**NATIVE)

    def listen(self, room: Any, _: Any) -> None:
        """Let the Room listen."""
        room.listen("slow", lambda client, message: self.gate.wait())

    def test_ping_is_answered_with_the_time(self) -> None:
        """Its number comes back at once, with the time in milliseconds."""
        guest = self.seated()
        self.table.clock.advance(0.0625)

        guest.send("__nexus.ping", 1)
        guest.send("__nexus.ping", 2.0**40)

        self.assertEqual(
            guest.messages("__nexus.pong"), [[1, 1000062.5], [2**40, 1000062.5]]
        )

    def test_ping_does_not_wait(self) -> None:
        """It is answered before the state was taken, and while a message is at work."""
        seated = self.seated()
        early = self.table.knock(**NATIVE)
        seated.send("slow")
        self.assertIsNotNone(seated.client.inbox)

        for guest in (seated, early):
            guest.send("__nexus.ping", 1)

            self.assertEqual(len(guest.messages("__nexus.pong")), 1)
            self.assertIsNone(guest.code)
        self.gate.open()

    def test_pings_are_counted(self) -> None:
        """They are frames like all others, of which there may be too many."""
        self.table = Table(Limits(messages_burst=5))
        guest = self.seated()

        for number in range(6):
            guest.send("__nexus.ping", number + 1)

        self.assertEqual(len(guest.messages("__nexus.pong")), 5)
        self.assertEqual(guest.code, Close.ERROR)

    def test_pings_of_others_are_ignored(self) -> None:
        """Who did not ask to be told is told nothing, and does no harm."""
        self.seated()
        plain = self.table.sit()

        for number in (1, None, "x"):
            plain.send("__nexus.ping", number)

        self.assertEqual(plain.messages("__nexus.pong"), [])
        self.assertIsNone(plain.code)

    def test_ping_is_a_message(self) -> None:
        """Bytes of that type are nothing, and a request is not answered so."""
        guest = self.seated()

        guest.say(b"\x11\xac__nexus.ping\x01")
        guest.request(1, "__nexus.ping", 1)

        self.assertEqual(guest.messages("__nexus.pong"), [])
        self.assertEqual(guest.answers()[0][1], "ERROR")
        self.assertIsNone(guest.code)
