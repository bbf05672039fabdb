"""Tests of `nexus.room.seat.exit`."""

from __future__ import annotations

from typing import Any

from nexus.errors import Close
from nexus.room import ClientStatus
from tests.room.seat.leaving import ExitTestCase, keeps
from tests.support.room import Gate


class LeaveTests(ExitTestCase):
    def test_consented_leave(self) -> None:
        """A client that leaves is parted from before its socket closes."""
        guest = self.seated()

        guest.leave()

        self.assertEqual(self.left(), [("on_leave", 4000), ("on_dispose",)])
        self.assertEqual(guest.code, Close.CONSENTED)
        self.assertIs(guest.client.status, ClientStatus.GONE)

    def test_leave_waits_for_on_leave(self) -> None:
        """The socket stays open, and the seat is taken, while `on_leave` runs."""
        gate = Gate()
        guest = self.seated(on_leave=gate.wait)
        guest.leave()

        self.assertIsNone(guest.code)
        self.assertEqual(len(guest.actor.seats), 1)
        self.assertEqual(len(self.table.rooms), 1)
        gate.open()
        self.assertEqual(guest.code, Close.CONSENTED)
        self.assertEqual(self.table.rooms, [])

    def test_leave_that_never_ends_is_cut_short(self) -> None:
        """An `on_leave` that hangs keeps neither the seat nor the Room for ever."""
        guest = self.seated(on_leave=Gate().wait)
        guest.leave()

        self.table.beat(30.0)

        self.assertEqual(guest.code, Close.CONSENTED)
        self.assertEqual(self.table.rooms, [])
        self.logged(Exception)

    def test_on_leave_that_raises_hurts_nobody(self) -> None:
        """What goes wrong in `on_leave` is logged, and the client is gone."""
        guest = self.seated(on_leave=lambda *_: 1 / 0)

        guest.leave()

        self.assertEqual(guest.code, Close.CONSENTED)
        self.assertEqual(self.table.rooms, [])
        self.assertEqual(len(self.logged(ZeroDivisionError)), 1)

    def test_what_a_leaving_client_says_is_dropped(self) -> None:
        """Messages of a client that leaves are not heard."""
        gate, heard = Gate(), []
        guest = self.seated(on_leave=gate.wait)
        guest.actor.room.listen("hi", lambda client: heard.append(client))
        guest.leave()

        guest.send("hi")
        guest.say(b"\xff\x00")
        guest.leave()

        self.assertEqual(heard, [])
        gate.open()
        self.assertEqual(self.left().count(("on_leave", 4000)), 1)

    def test_message_in_on_leave_arrives(self) -> None:
        """A client can be told a last word before its socket closes."""
        guest = self.seated(on_leave=lambda _, client, __: client.send("bye"))

        guest.leave()

        self.assertEqual(len(guest.messages("bye")), 1)

    def test_kick_is_no_loss(self) -> None:
        """A client that is kicked has left with that code; nobody waits for it."""
        guest = self.seated(on_drop=keeps)

        guest.actor.room.kick(guest.session_id, 4444, "cheater")

        self.assertEqual(guest.socket.closed, (4444, "cheater"))
        self.assertEqual(self.left(), [("on_leave", 4444), ("on_dispose",)])

    def test_kick_of_nobody_does_nothing(self) -> None:
        """A session that is not there cannot be kicked, and no error says so."""
        guest = self.seated()

        guest.actor.room.kick("nobody", 4444)

        self.assertIsNone(guest.code)

    def test_code_that_no_socket_takes_is_refused(self) -> None:
        """A wrong code is the author's mistake, told at once; nobody is let go."""
        guest = self.seated()
        room = guest.actor.room

        for code in (0, 999, 1001, 1005, 2999, 5000):
            self.assertRaises(ValueError, guest.client.leave, code)
            self.assertRaises(ValueError, room.kick, guest.session_id, code)
            closing = self.table.background.start(room.disconnect(code), "x")
            self.assertTrue(closing.called)

        self.assertIsNone(guest.code)
        self.assertTrue(guest.actor.is_open)
        self.assertEqual(len(self.logged(ValueError)), 6)

    def test_long_reason_is_cut(self) -> None:
        """A reason is cut to what a close frame holds, between characters."""
        guest = self.seated()

        guest.client.leave(4000, "\u00e9" * 100)

        assert guest.socket.closed is not None
        self.assertEqual(guest.socket.closed[1], "\u00e9" * 61)

    def test_client_kicks_another_in_a_hook(self) -> None:
        """A hook may let another client go, and that one its own."""

        def drag(room: Any, client: Any, _: int) -> None:
            for other in room.clients:
                other.leave(4001)

        first = self.seated(on_leave=drag)
        others = [self.table.sit() for _ in range(3)]

        first.leave()

        self.assertEqual([each.code for each in others], [4001] * 3)
        self.assertEqual(self.table.rooms, [])

    def test_message_before_on_leave_ends_does_not_leak(self) -> None:
        """What waits of a client that is gone weighs on the Room's inbox no more."""
        guest = self.seated(said={"auto_dispose": False})
        gate = Gate()
        guest.actor.room.listen("slow", lambda client, body: gate.wait())
        for _ in range(10):
            guest.send("slow", 1)

        guest.drop()

        self.assertEqual(guest.actor.dispatch._inboxes._count, 0)
        self.table.beat(31.0)
        self.logged(Exception)
