"""Tests of `nexus.room.seat.exit`: lost Connections, and who is waited for."""

from __future__ import annotations

from typing import Any

from nexus.errors import Close
from nexus.room import ClientStatus, Hold, NotReturned
from tests.room.seat.leaving import ExitTestCase, keep, keeps
from tests.support.room import Gate


class DropTests(ExitTestCase):
    def test_loss_without_on_drop_is_a_leave(self) -> None:
        """Where nobody listens for losses, a lost client has left."""
        guest = self.seated()

        guest.drop(1006)

        self.assertEqual(self.left(), [("on_leave", 1006), ("on_dispose",)])

    def test_loss_without_a_hold_is_a_leave(self) -> None:
        """A client that `on_drop` does not wait for leaves right after."""
        guest = self.seated(on_drop=lambda *_: None)

        guest.drop(1001)

        self.assertEqual(
            self.left(), [("on_drop", 1001), ("on_leave", 1001), ("on_dispose",)]
        )

    def test_on_drop_that_raises_is_a_leave(self) -> None:
        """A client is not held by a hook that failed before it said so."""
        guest = self.seated(on_drop=lambda *_: 1 / 0)

        guest.drop()

        self.assertIn(("on_leave", 1006), self.left())
        self.assertEqual(self.table.rooms, [])
        self.logged(ZeroDivisionError)

    def test_on_drop_that_never_ends_is_cut_short(self) -> None:
        """An `on_drop` that hangs without a hold lets the client go in the end."""
        guest = self.seated(on_drop=Gate().wait)
        guest.drop()

        self.table.beat(30.0)

        self.assertIn(("on_leave", 1006), self.left())
        self.assertEqual(self.table.rooms, [])
        self.logged(Exception)

    def test_held_client_is_away(self) -> None:
        """Who is waited for is not among the clients, but its seat is taken."""
        guest = self.seated(on_drop=keeps)
        client = guest.client

        guest.drop()

        self.assertIs(client.status, ClientStatus.AWAY)
        self.assertEqual(list(guest.actor.room.clients), [])
        self.assertEqual(len(guest.actor.seats), 1)
        self.assertTrue(guest.actor.is_open)

    def test_time_runs_out(self) -> None:
        """Who does not return in time leaves with the code that it was lost with."""
        guest = self.seated(on_drop=keeps)
        guest.drop(1006)

        self.table.beat(19.9)
        self.assertTrue(guest.actor.is_open)
        self.table.beat(0.2)

        self.assertEqual(self.left()[1:], [("on_leave", 1006), ("on_dispose",)])

    def test_waiting_longer_than_hooks_may_take(self) -> None:
        """A hook that awaits a return is not cut short by `message_seconds`."""

        async def wait(room: Any, client: Any, _: int) -> None:
            await room.allow_reconnection(client, 100)

        guest = self.seated(on_drop=wait)
        guest.drop()
        self.table.beat(10.0, times=9)

        self.assertTrue(guest.back().joined)

    def test_not_returning_is_no_fault(self) -> None:
        """A hook that does not catch `NotReturned` has made no mistake."""

        async def wait(room: Any, client: Any, _: int) -> None:
            await room.allow_reconnection(client, 5)

        guest = self.seated(on_drop=wait)
        guest.drop()
        self.table.beat(5.0)

        self.assertEqual(self.left()[1:], [("on_leave", 1006), ("on_dispose",)])
        self.assertEqual(self.logged(), [])

    def test_awaited_hold_gives_the_client(self) -> None:
        """Whoever awaits the hold gets the client that is back, or NotReturned."""
        got: list[Any] = []

        async def wait(room: Any, client: Any, _: int) -> None:
            try:
                got.append(await room.allow_reconnection(client, 5))
            except NotReturned:
                got.append("gone")

        guest = self.seated(on_drop=wait)
        guest.drop()
        again = guest.back().ack()
        again.drop()
        self.table.beat(5.0)

        self.assertEqual(got, [guest.client, "gone"])

    def test_two_calls_for_one_loss_are_one_hold(self) -> None:
        """Asking twice to keep a seat gives the same hold."""
        holds: list[Hold] = []

        def twice(room: Any, client: Any, _: int) -> None:
            holds.extend((keep(room, client), keep(room, client)))

        guest = self.seated(on_drop=twice)
        guest.drop()

        self.assertIs(holds[0], holds[1])

    def test_manual_hold_ends_when_told(self) -> None:
        """A seat that is kept for good is free when the author ends that."""
        holds: list[Hold] = []

        def manual(room: Any, client: Any, _: int) -> None:
            holds.append(room.allow_reconnection(client, None))

        guest = self.seated(on_drop=manual)
        guest.drop(1006)
        self.table.beat(100.0, times=10)
        self.assertTrue(guest.actor.is_open)

        holds[0].end()

        self.assertEqual(self.left()[1:], [("on_leave", 1006), ("on_dispose",)])
        self.assertEqual(guest.back().code, Close.NOT_REJOINED)

    def test_wrong_time_keeps_nothing(self) -> None:
        """A time that is none is refused, and the client leaves."""
        for seconds in (-1, float("nan"), float("inf")):

            def wrong(room: Any, client: Any, _: int, time: float = seconds) -> None:
                room.allow_reconnection(client, time)

            self.table = type(self.table)()
            guest = self.seated(on_drop=wrong)
            guest.drop()

            self.assertIn(("on_leave", 1006), self.left())
            self.assertEqual(self.table.rooms, [])
        self.assertEqual(len(self.logged(ValueError)), 3)

    def test_hold_of_who_is_there_is_none(self) -> None:
        """A client that was not lost cannot be waited for."""
        guest = self.seated()

        hold = keep(guest.actor.room, guest.client)

        self.assertIs(hold.returned, False)
        guest.drop()
        self.assertEqual(self.table.rooms, [])

    def test_away_client_can_be_let_go(self) -> None:
        """Kicking who is waited for ends the wait; it has left, once."""
        guest = self.seated(on_drop=keeps)
        guest.drop()

        guest.actor.room.kick(guest.session_id, 4444)

        self.assertEqual(self.left()[1:], [("on_leave", 4444), ("on_dispose",)])
        self.assertEqual(guest.back().code, Close.NOT_REJOINED)

    def test_messages_to_who_is_away_are_dropped(self) -> None:
        """What is sent to a client that is away is not kept for it."""
        guest = self.seated(on_drop=keeps)
        guest.drop()
        guest.client.send("news")

        self.assertEqual(guest.back().ack().messages("news"), [])

    def test_slow_on_drop_does_not_end_the_next_absence(self) -> None:
        """A hook that is still busy with an old loss lets nobody go for a new one."""
        gates = [Gate(), Gate()]

        async def slow(room: Any, client: Any, _: int) -> None:
            gate = gates.pop(0)
            if not gates:
                await gate.wait()
            keep(room, client)
            if gates:
                await gate.wait()

        first, second = gates
        guest = self.seated(on_drop=slow)
        guest.drop()
        again = guest.back().ack()
        again.drop()
        first.open()
        second.open()

        self.assertIs(guest.client.status, ClientStatus.AWAY)
        self.assertTrue(again.back().joined)

    def test_slow_on_leave_does_not_end_the_next_absence(self) -> None:
        """Nor does an `on_leave` that was told of an old loss."""
        gate = Gate()

        async def slow(room: Any, client: Any, _: int) -> None:
            keep(room, client)
            await gate.wait()

        guest = self.seated(on_leave=slow)
        guest.drop()
        again = guest.back().ack()
        self.room.script["on_leave"] = keeps
        again.drop()
        gate.open()

        self.assertTrue(again.back().joined)

    def test_seat_is_free_when_hooks_of_old_losses_hang(self) -> None:
        """A hook that hangs in an old loss keeps no seat in the next one."""
        guest = self.seated(on_leave=lambda r, c, _: keep(r, c) and Gate().wait())
        guest.drop()
        again = guest.back().ack()
        self.room.script["on_leave"] = keeps
        again.drop()

        self.table.beat(20.0)

        self.assertEqual(self.table.rooms, [])
        self.table.beat(30.0)
        self.logged(Exception)

    def test_kick_during_on_drop(self) -> None:
        """A client that is let go while its loss is told leaves once."""
        gate = Gate()
        guest = self.seated(on_drop=gate.wait)
        guest.drop()

        guest.actor.room.kick(guest.session_id, 4444)
        gate.open()

        self.assertEqual(self.left()[1:], [("on_leave", 4444), ("on_dispose",)])


class LegacyTests(ExitTestCase):
    """`allow_reconnection` in `on_leave`, as it was done before there was `on_drop`."""

    async def wait(self, room: Any, client: Any, code: int) -> None:
        """Keep the seat unless the client wanted to go."""
        if code != Close.CONSENTED:
            await room.allow_reconnection(client, 20)

    def test_return_from_on_leave(self) -> None:
        """A client can return while its `on_leave` waits for it."""
        guest = self.seated(on_leave=self.wait)
        guest.drop()

        again = guest.back().ack()

        self.assertTrue(again.joined)
        again.leave()
        self.assertEqual(
            self.left(),
            [
                ("on_leave", 1006),
                ("on_reconnect",),
                ("on_leave", 4000),
                ("on_dispose",),
            ],
        )

    def test_no_return_from_on_leave(self) -> None:
        """Who does not return has left once, and the seat is free."""
        guest = self.seated(on_leave=self.wait)
        guest.drop()

        self.table.beat(20.0)

        self.assertEqual(self.left(), [("on_leave", 1006), ("on_dispose",)])

    def test_hold_that_on_leave_does_not_await(self) -> None:
        """Keeping the seat without awaiting it works as well."""
        guest = self.seated(on_leave=keeps)
        guest.drop()
        again = guest.back().ack()
        again.drop()

        self.table.beat(20.0)

        self.assertEqual(self.left().count(("on_leave", 1006)), 2)
        self.assertEqual(self.table.rooms, [])

    def test_kick_of_who_is_waited_for(self) -> None:
        """`on_leave` is not told twice of one leave."""
        guest = self.seated(on_leave=self.wait)
        guest.drop()

        guest.actor.room.kick(guest.session_id, 4444)

        self.assertEqual(self.left(), [("on_leave", 1006), ("on_dispose",)])

    def test_leave_after_a_return_is_told(self) -> None:
        """Who was told to have left, returned, and is lost again, leaves again."""
        guest = self.seated(on_drop=lambda *_: None, on_leave=self.wait)
        guest.drop()
        again = guest.back().ack()
        self.room.script["on_drop"] = keeps
        self.room.script["on_leave"] = lambda *_: None
        again.drop()

        self.table.beat(20.0)

        self.assertEqual(self.left()[-2:], [("on_leave", 1006), ("on_dispose",)])
        self.assertEqual(self.left().count(("on_leave", 1006)), 2)
