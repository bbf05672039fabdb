"""Tests of `nexus.room.wait`: what `async` code makes wait, and what not."""

from __future__ import annotations

from typing import Any

from nexus.errors import Close, Code
from nexus.limit import Limits
from nexus.room import Client
from nexus.room.wait import invoke, settle
from tests.support.room import Gate, scripted
from tests.support.table import Guest, TableTestCase, result


class SettleTests(TableTestCase):
    def test_plain_results_are_there_at_once(self) -> None:
        """What is nothing to wait for is returned as it is."""
        self.assertEqual(
            [result(settle(each)) for each in (None, 0, [], True)], [None, 0, [], True]
        )

    def test_coroutines_and_deferreds_are_awaited(self) -> None:
        """Whatever can be awaited is, and only once."""

        async def seven() -> int:
            return 7

        gate = Gate()
        waiting = self.table.background.start(settle(gate.wait()), "x")
        self.assertEqual(result(invoke(seven)), 7)
        self.assertFalse(waiting.called)
        gate.open()

        self.assertTrue(waiting.called)


class WaitTestCase(TableTestCase):
    def seated(self, **said: Any) -> Guest:
        """Sit in a Room whose listeners a test adds; keep what they hear."""
        self.heard: list[Any] = []
        self.room = scripted(**said)
        self.table.define(self.room)
        return self.table.sit()

    def listen(self, guest: Guest, type_: str | int, act: Any = None) -> Any:
        """Let a Room listen for a type, note the payload, and do something."""

        def hear(client: Client, payload: Any) -> Any:
            self.heard.append(payload)
            return None if act is None else act(client, payload)

        return guest.actor.room.listen(type_, hear)


class AsyncTests(WaitTestCase):
    limits = Limits(inbox=4, room_inbox=6)

    def slow(self, guest: Guest) -> Gate:
        """Let a Room take its time for `slow`, and none for `quick`."""
        gate = Gate()
        self.listen(guest, "slow", lambda *_: gate.wait())
        self.listen(guest, "quick")
        return gate

    def test_messages_of_one_client_keep_their_order(self) -> None:
        """What a client sends behind a slow message is heard after it."""
        guest = self.seated()
        gate = self.slow(guest)

        guest.send("slow", 1)
        guest.send("quick", 2)
        guest.send("slow", 3)
        guest.send("quick", 4)
        self.assertEqual(self.heard, [1])
        gate.open()
        self.assertEqual(self.heard, [1, 2, 3])
        gate.open()

        self.assertEqual(self.heard, [1, 2, 3, 4])
        self.assertIsNone(guest.client.inbox)

    def test_other_clients_go_on(self) -> None:
        """A slow message of one client keeps no other waiting."""
        guest = self.seated()
        other = self.table.sit()
        gate = self.slow(guest)

        guest.send("slow", 1)
        other.send("quick", 2)

        self.assertEqual(self.heard, [1, 2])
        gate.open()

    def test_full_inbox_closes_its_client(self) -> None:
        """Who sends more than may wait is let go."""
        guest = self.seated(auto_dispose=False)
        gate = self.slow(guest)

        for number in range(6):
            guest.send("slow", number)

        self.assertEqual(guest.code, Close.ERROR)
        gate.open()
        self.assertEqual(self.heard, [0])
        self.assertEqual(guest.actor.dispatch._inboxes._count, 0)

    def test_full_room_refuses_the_message(self) -> None:
        """When too much waits in a Room, the next message is refused, not lost."""
        guest = self.seated()
        other = self.table.sit()
        gate = self.slow(guest)
        for number in range(5):
            guest.send("slow", number)

        for number in range(5):
            other.send("slow", 10 + number)

        other.request(3, "quick", 20)

        self.assertEqual([each.code for each in other.failures], [Code.LIMIT] * 2)
        self.assertEqual([each[:2] for each in other.answers()], [(3, "ERROR")])
        self.assertIsNone(other.code)
        for _ in range(10):
            gate.open()
        self.assertEqual(sorted(self.heard), [0, 1, 2, 3, 4, 10, 11, 12])
        self.assertEqual(guest.actor.dispatch._inboxes._count, 0)

    def test_slow_message_is_given_up(self) -> None:
        """A listener that never returns fails, and what waits behind it is heard."""
        guest = self.seated(message_seconds=2.0)
        self.slow(guest)
        guest.send("slow", 1)
        guest.send("quick", 2)

        self.table.beat(2.0)

        self.assertEqual(self.heard, [1, 2])
        self.assertEqual(len(guest.failures), 1)
        self.logged(Exception)

    def test_slow_request_is_given_up(self) -> None:
        """A request that nobody answers in time is answered with an error."""
        guest = self.seated(message_seconds=2.0)
        self.slow(guest)
        guest.request(6, "slow", 1)

        self.table.beat(2.0)

        self.assertEqual([each[:2] for each in guest.answers()], [(6, "ERROR")])
        self.logged(Exception)

    def test_failure_after_a_wait(self) -> None:
        """What is raised late is treated like what is raised at once."""
        guest = self.seated()
        gate = self.slow(guest)
        guest.send("slow", 1)
        guest.send("quick", 2)

        gate.fail(KeyError("secret"))

        self.assertEqual(self.heard, [1, 2])
        self.assertNotIn("secret", guest.failures[0].text)
        self.logged(KeyError)

    def test_wrong_message_in_the_inbox_closes(self) -> None:
        """A message that waited is judged when its turn comes."""
        guest = self.seated()
        gate = self.slow(guest)
        guest.send("slow", 1)
        guest.send("huh", 2)
        guest.send("quick", 3)

        gate.open()

        self.assertEqual(guest.code, Close.ERROR)
        self.assertEqual(self.heard, [1])

    def test_old_socket_cannot_hurt_the_new_one(self) -> None:
        """A wrong message of a socket that was replaced closes nobody."""

        def keep(room: Any, client: Any, _: int) -> None:
            room.allow_reconnection(client, 9)

        guest = self.seated(script={"on_drop": keep})
        gate = self.slow(guest)
        guest.send("slow", 1)
        guest.send("huh", 2)
        newer = guest.back().ack()

        gate.open()

        self.assertIsNone(newer.code)
        self.assertTrue(newer.joined)

    def test_client_that_leaves_is_not_heard_any_more(self) -> None:
        """What waits of a client that leaves is dropped."""
        guest = self.seated(auto_dispose=False)
        gate = self.slow(guest)
        guest.send("slow", 1)
        guest.send("quick", 2)
        guest.leave()

        gate.open()

        self.assertEqual(self.heard, [1])

    def test_listener_that_lets_its_client_go(self) -> None:
        """A listener may let its own client go, in the middle of a queue."""
        guest = self.seated(auto_dispose=False)
        gate = self.slow(guest)
        self.listen(guest, "bye", lambda client, _: client.leave())
        guest.send("slow", 1)
        guest.send("bye", 2)
        guest.send("quick", 3)

        gate.open()

        self.assertEqual(self.heard, [1, 2])
        self.assertEqual(guest.code, Close.CONSENTED)

    def test_two_slow_listeners_of_one_message(self) -> None:
        """The next message waits for whom the first listener is."""
        guest = self.seated()
        gates = [self.slow(guest), Gate()]
        self.listen(guest, "slow", lambda *_: gates[1].wait())
        guest.send("slow", 1)
        guest.send("quick", 2)

        gates[1].open()
        self.assertEqual(self.heard, [1, 1])
        gates[0].open()

        self.assertEqual(self.heard, [1, 1, 2])
