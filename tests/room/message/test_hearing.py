"""Tests of `nexus.room.message.hearing`."""

from __future__ import annotations

from typing import Any

from nexus.errors import Close
from nexus.room import Client
from nexus.wire.message import UNDEFINED
from tests.room.message.hearing import DispatchTestCase
from tests.support.room import Gate


class TurnTests(DispatchTestCase):
    def test_kick_in_a_loop_waits_for_its_end(self) -> None:
        """Plain code that lets clients go does not meet `on_leave` in its midst."""
        guests = [self.seated(), self.table.sit(), self.table.sit()]
        room = guests[0].actor.room
        left: list[str] = []
        self.room.script["on_leave"] = lambda _, client, code: left.append(client.id)

        def sweep(*_: Any) -> list[int]:
            for each in room.clients:
                room.kick(each.session_id)
            return [len(left), len(room.clients)]

        self.listen(guests[0], "sweep", sweep)
        guests[0].request(1, "sweep")

        self.assertEqual(len(left), 3)
        self.assertEqual([each.code for each in guests], [Close.CONSENTED] * 3)
        self.assertEqual(self.heard, [UNDEFINED])

    def test_what_was_let_go_is_gone_within_the_turn(self) -> None:
        """Who was let go is deaf and no client any more, before its hooks ran."""
        guest, other = self.seated(), self.table.sit()
        seen: list[Any] = []

        def sweep(client: Client, _: Any) -> None:
            other.client.leave()
            seen.append((len(client.room.clients), other.code))

        self.listen(guest, "sweep", sweep)
        guest.send("sweep")

        self.assertEqual(seen, [(1, None)])
        self.assertEqual(other.code, Close.CONSENTED)


class SeveralTests(DispatchTestCase):
    def test_all_that_run_are_waited_for(self) -> None:
        """With several `async` listeners the next message waits for the last."""
        first, second = Gate(), Gate()
        guest = self.seated()
        self.listen(guest, "go", lambda *_: first.wait())
        self.listen(guest, "go", lambda *_: second.wait())
        self.listen(guest, "next")
        guest.send("go", 1)
        guest.send("next", 2)
        self.assertEqual(self.heard, [1, 1])

        first.open()
        self.assertEqual(self.heard, [1, 1])
        second.open()

        self.assertEqual(self.heard, [1, 1, 2])

    def test_messages_behind_a_second_wait_are_kept(self) -> None:
        """What stands behind a message that waits as well is not lost."""
        gates = [Gate(), Gate()]
        guest = self.seated()
        self.listen(guest, "go", lambda _, number: gates[number].wait())
        self.listen(guest, "next")
        for type_, value in (("go", 0), ("go", 1), ("next", 2), ("next", 3)):
            guest.send(type_, value)

        gates[0].open()
        self.assertEqual(self.heard, [0, 1])
        gates[1].open()

        self.assertEqual(self.heard, [0, 1, 2, 3])

    def test_what_a_client_says_that_leaves_is_dropped(self) -> None:
        """Messages that wait when their client is let go are not heard."""
        gate = Gate()
        guest = self.seated()
        self.listen(guest, "go", lambda *_: gate.wait())
        self.listen(guest, "next")
        guest.send("go", 0)
        guest.send("next", 1)

        guest.client.leave()
        gate.open()

        self.assertEqual(self.heard, [0])

    def test_waiting_bytes_are_bounded(self) -> None:
        """A few large messages that wait are too much, as many small ones are."""
        gate = Gate()
        guest = self.seated()
        self.listen(guest, "go", lambda *_: gate.wait())
        guest.send("go", 0)

        for _ in range(6):
            guest.send("go", b"x" * 60_000)

        self.assertEqual(guest.code, Close.ERROR)
        gate.open()
