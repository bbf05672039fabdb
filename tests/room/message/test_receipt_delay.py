"""Tests of `nexus.room.message.receipt`: messages heard late, or refused."""

from __future__ import annotations

from typing import Any

from nexus.errors import Close
from nexus.limit import Limits
from tests.room.message.receiving import ACK, ReceiptTestCase

REFUSED = "__nexus.refused"


class WaitTests(ReceiptTestCase):
    def test_what_waits_is_not_acknowledged(self) -> None:
        """A message counts as heard when its turn has come."""
        self.out(1, "slow", 1)
        self.out(2, "hi", 2)
        self.wait()
        self.assertEqual(self.guest.messages(ACK), [1])

        self.gate.open()
        self.wait()

        self.assertEqual(self.heard, [1, 2])
        self.assertEqual(self.guest.messages(ACK), [1, 2])

    def test_what_waits_is_taken_once(self) -> None:
        """A client that returns may send again what waits; it is heard once."""
        self.out(1, "slow", 1)
        self.out(2, "hi", 2)
        again = self.returned(skipHandshake="1")
        self.assertEqual(again.messages(ACK), [1])

        self.out(2, "hi", 2, guest=again)
        self.out(3, "hi", 3, guest=again)
        self.gate.open()
        self.wait()

        self.assertEqual(self.heard, [1, 2, 3])
        self.assertEqual(again.messages(ACK), [1, 3])

    def test_type_that_looks_like_one_of_ours_waits(self) -> None:
        """A long name does not pass for one of ours by the byte of its length."""
        name = "_nexus." + "x" * (ord("_") - len("_nexus."))
        rest: list[Any] = []
        self.guest.actor.room.listen("*", lambda _, type_, body: rest.append(type_))
        self.out(1, "slow", 1)

        self.guest.send(name, 2)
        self.assertEqual(rest, [])

        self.gate.open()
        self.wait()
        self.assertEqual(rest, [name])

    def test_another_object_counts_on_behind_what_waits(self) -> None:
        """One that returns and knows nothing is not told an id that is used up."""
        for ident, type_ in enumerate(("slow", "slow", "hi"), start=1):
            self.out(ident, type_, ident)
        again = self.returned()
        self.assertEqual(again.messages(ACK), [3])

        self.gate.open()
        self.wait()
        self.assertEqual(again.messages(ACK), [3, 3])
        self.out(4, "hi", 4, guest=again)
        self.gate.open()

        self.assertEqual(self.heard, [1, 2, 3, 4])

    def test_what_waits_of_a_client_that_leaves(self) -> None:
        """It is neither heard nor acknowledged."""
        self.out(1, "slow", 1)
        self.out(2, "hi", 2)

        self.guest.leave()
        self.gate.open()
        self.wait()

        self.assertEqual(self.heard, [1])
        self.assertEqual(self.guest.messages(ACK), [1])

    def test_wrong_message_of_a_socket_that_was_lost(self) -> None:
        """Its client, which is back, is told which it was, and goes on."""
        self.out(1, "slow", 1)
        self.out(2, "move", {"x": "far"})
        self.out(3, "hi", 3)
        again = self.returned(skipHandshake="1")

        self.gate.open()
        self.wait()

        self.assertEqual(self.heard, [1, 3])
        [[ident, reason]] = again.messages(REFUSED)
        self.assertEqual(ident, 2)
        self.assertIn("move", reason)
        self.assertIsNone(again.code)


class RefusalTests(ReceiptTestCase):
    limits = Limits(inbox=2)

    def test_full_inbox_refuses(self) -> None:
        """A message of an outbox that cannot wait is named; its client stays."""
        for ident, type_ in enumerate(("slow", "hi", "hi", "hi"), start=1):
            self.out(ident, type_, ident)
        self.assertEqual(
            self.guest.messages(REFUSED),
            [[4, "too many messages wait for an earlier one"]],
        )

        self.gate.open()
        self.out(5, "hi", 5)
        self.wait()

        self.assertEqual(self.heard, [1, 2, 3, 5])
        self.assertEqual(self.guest.messages(ACK), [5])
        self.assertIsNone(self.guest.code)

    def test_refusal_comes_again(self) -> None:
        """A client that was lost may not know it: it is told, and before the ack."""
        for ident, type_ in enumerate(("slow", "hi", "hi", "hi"), start=1):
            self.out(ident, type_, ident)
        self.guest.drop()
        self.gate.open()

        again = self.guest.back(skipHandshake="1").ack()
        self.out(4, "hi", 4, guest=again)

        kinds = [each.type for each in again.frames if hasattr(each, "type")]
        self.assertEqual(kinds, [REFUSED, ACK])
        self.assertEqual(again.messages(REFUSED)[0][0], 4)
        self.assertEqual(self.heard, [1, 2, 3])

    def test_plain_messages_close_as_ever(self) -> None:
        """Nobody could be told which plain message was dropped."""
        self.guest.send("slow")
        for _ in range(3):
            self.guest.send("hi")

        self.assertEqual(self.guest.code, Close.ERROR)
        self.assertEqual(self.guest.messages(REFUSED), [])
        self.gate.open()

    def test_refusals_are_bounded(self) -> None:
        """However much is refused, the newest thousand are remembered."""
        receipt = self.guest.client.receipt
        assert receipt is not None
        for ident in range(1, 1_500):
            self.guest.actor.receipts.refuse(self.guest.client, ident, "no")

        assert receipt.refusals is not None
        self.assertEqual(len(receipt.refusals), 1_000)
        again = self.returned()
        self.assertEqual(again.messages(REFUSED)[-1], [1_499, "no"])


class BusyTests(ReceiptTestCase):
    limits = Limits(room_inbox=1)

    def test_busy_room_refuses(self) -> None:
        """A message that finds its Room busy is refused, and named."""
        other = self.table.sit()
        other.send("slow")
        other.send("hi", "first")
        self.out(1, "slow", 1)

        self.out(2, "hi", 2)

        self.assertEqual(self.guest.messages(REFUSED), [[2, "the room is busy"]])
        self.assertEqual(self.guest.failures, [])
        self.gate.open()
        self.gate.open()
        self.assertEqual(self.guest.actor.dispatch._inboxes._count, 0)
