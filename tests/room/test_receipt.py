"""Tests of `nexus.room.receipt`, and of how messages of an outbox are heard."""

from __future__ import annotations

import json
from typing import Any

from attrs import define
from typing_extensions import override

from nexus.errors import Close
from nexus.limit import Limits
from nexus.room import Client, on_bytes, on_message
from nexus.state import State, int32
from tests import ROOT
from tests.support.room import Gate, Scripted, scripted
from tests.support.table import NATIVE, Guest, TableTestCase

ACK = "__nexus.ack"
OUT = "__nexus.out"
REFUSED = "__nexus.refused"

VECTORS = json.loads((ROOT / "tests/vectors/client/messages.json").read_text("utf-8"))


@define
class Move:
    """Where somebody goes."""

    x: int


class Score(State):
    """What is true in the Room."""

    points: int32 = 0


def _stay(room: Any, client: Client, _: int) -> None:
    """Let a lost client come back."""
    room.allow_reconnection(client, 20.0)


class Hearing(Scripted):
    """Notes what it hears; what is slow waits for the gate."""

    gate: Gate
    heard: list[Any]

    @on_message("hi")
    def hi(self, client: Client, message: Any) -> None:
        """Note."""
        self.heard.append(message)

    @on_message("slow")
    async def slow(self, client: Client, message: Any) -> None:
        """Note, and wait."""
        self.heard.append(message)
        await self.gate.wait()

    @on_message("move")
    def move(self, client: Client, message: Move) -> None:
        """Note what was checked."""
        self.heard.append(message.x)

    @on_message("go")
    def go(self, client: Client) -> None:
        """Let the client go."""
        client.leave()

    @on_bytes("hi")
    def raw(self, client: Client, content: bytes) -> None:
        """Note bytes."""
        self.heard.append(content)


class ReceiptTestCase(TableTestCase):
    @override
    def setUp(self) -> None:
        """Define a Room that hears."""
        super().setUp()
        self.heard: list[Any] = []
        self.gate = Gate()
        self.room = scripted(
            base=Hearing,
            script={"on_drop": _stay},
            heard=self.heard,
            gate=self.gate,
        )
        self.table.define(self.room)
        self.guest = self.table.sit(**NATIVE)

    def out(self, *parts: Any, guest: Guest | None = None) -> None:
        """Let the client send a message of its outbox."""
        (guest or self.guest).send(OUT, list(parts))

    def wait(self, seconds: float = 0.1) -> None:
        """Let so much time pass that what is owed is told."""
        self.table.beat(seconds)

    def returned(self, **query: str) -> Guest:
        """Lose the socket, and come back by another one."""
        self.guest.drop()
        return self.guest.back(**query).ack()


class OutTests(ReceiptTestCase):
    def test_message_is_heard_as_a_plain_one(self) -> None:
        """Value, absence and bytes of an outbox reach who listens for them."""
        self.out(1, "hi", {"a": [1, None]})
        self.out(2, "hi", b"\x01")
        self.out(3, "hi", b"\x02\x03", True)
        self.out(4, "move", {"x": 5})

        self.assertEqual(self.heard, [{"a": [1, None]}, b"\x01", b"\x02\x03", 5])
        self.assertIsNone(self.guest.code)

    def test_message_is_heard_once(self) -> None:
        """What was taken is dropped when it comes again; gaps are no matter."""
        for ident in (1, 2, 2, 1, 7, 3, 7, 8):
            self.out(ident, "hi", ident)

        self.assertEqual(self.heard, [1, 2, 7, 8])
        self.assertIsNone(self.guest.code)

    def test_type_that_nobody_listens_for(self) -> None:
        """The rule of the Room holds, and what it lets pass was heard."""
        self.room.unknown_message = "ignore"
        self.out(1, "huh", 1)
        self.wait()
        self.assertEqual(self.guest.messages(ACK), [1])

        self.room.unknown_message = "close"
        self.out(2, "huh", 1)

        self.assertEqual(self.guest.code, Close.ERROR)
        self.assertEqual(self.guest.messages(ACK)[-1], 1)

    def test_star_hears_the_type_within(self) -> None:
        """Who listens for everything is told the type that was meant."""
        rest: list[Any] = []
        self.guest.actor.room.listen("*", lambda _, type_, body: rest.append(type_))

        self.out(1, "huh")
        self.out(2, 70_000)

        self.assertEqual(rest, ["huh", 70_000])

    def test_others_have_no_outbox(self) -> None:
        """A client that did not ask for it is told nothing, and does no harm."""
        plain = self.table.sit()

        self.out(1, "hi", 1, guest=plain)
        self.out("nonsense", guest=plain)
        self.wait()

        self.assertEqual(self.heard, [])
        self.assertEqual(plain.messages(ACK), [])
        self.assertIsNone(plain.code)

    def test_nonsense_closes(self) -> None:
        """What is no message of ours closes its client, and hurts nobody else."""
        for each in VECTORS["refused"]:
            guest = self.table.sit(**NATIVE)
            payload = bytes.fromhex(each["payload"])

            head = b"\x0d%c%b" % (0xA0 + len(each["type"]), each["type"].encode())
            guest.say(head + payload)

            self.assertEqual(guest.code, Close.ERROR, each)
            self.assertEqual(guest.messages("__nexus.pong"), [])
        self.assertEqual(self.heard, [])
        self.assertIsNone(self.guest.code)

    def test_nonsense_closes_also_while_others_wait(self) -> None:
        """It is not put off."""
        self.out(1, "slow")

        self.out(2)

        self.assertEqual(self.guest.code, Close.ERROR)
        self.gate.open()


class AckTests(ReceiptTestCase):
    def test_ack_comes_in_time_and_once(self) -> None:
        """Some messages are acknowledged by one ack, a tenth of a second later."""
        for ident in (1, 2, 3):
            self.out(ident, "hi")
        self.assertEqual(self.guest.messages(ACK), [])

        self.wait(0.099)
        self.assertEqual(self.guest.messages(ACK), [])
        self.wait(0.001)
        self.wait(1.0)

        self.assertEqual(self.guest.messages(ACK), [3])

    def test_each_client_is_told_of_its_own(self) -> None:
        """Nobody is told who sent nothing; one timer serves all others."""
        others = [self.table.sit(**NATIVE) for _ in range(3)]
        timers = len(self.table.clock.getDelayedCalls())
        for ident, guest in enumerate(others):
            for each in range(ident):
                self.out(each + 1, "hi", guest=guest)
        self.assertEqual(len(self.table.clock.getDelayedCalls()), timers + 1)

        self.wait()

        told = [guest.messages(ACK) for guest in (self.guest, *others)]
        self.assertEqual(told, [[], [], [1], [2]])
        self.assertEqual(len(self.table.clock.getDelayedCalls()), timers)

    def test_message_that_comes_again_is_not_acknowledged_again(self) -> None:
        """The ack of the first time stands."""
        self.out(1, "hi")
        self.wait()

        self.out(1, "hi")
        self.wait()

        self.assertEqual(self.guest.messages(ACK), [1])

    def test_nobody_is_told_who_is_away(self) -> None:
        """A lost client hears of its outbox when it returns, and once."""
        self.out(1, "hi")
        self.guest.drop()
        self.wait()

        again = self.guest.back(skipHandshake="1")
        self.assertEqual(again.messages(ACK), [])
        again.ack()
        self.wait()

        self.assertEqual(again.messages(ACK), [1])

    def test_return_is_told_first(self) -> None:
        """The ack of a return comes before all else, also of nothing."""
        again = self.returned()
        self.assertEqual(again.messages(ACK), [0])

        def create(room: Any, _: Any) -> None:
            room.state = Score()

        room = scripted(script={"on_create": create, "on_drop": _stay})
        self.table.define(room, "score")
        guest = self.table.sit("score", **NATIVE)
        guest.follow()
        guest.drop()
        again = guest.back(skipHandshake="1")
        again.send("__nexus.resume", {"version": guest.replica.version})
        again.ack()
        self.wait()

        kinds = [getattr(each, "type", None) for each in again.frames]
        self.assertEqual(kinds[1:3], [ACK, "__nexus.resumed"])
        self.assertEqual(again.messages(ACK), [0])

    def test_first_join_is_told_nothing(self) -> None:
        """An outbox that is new knows where it begins."""
        self.assertEqual(self.guest.messages(ACK), [])
        self.assertEqual(len(self.guest.frames), 1)

    def test_message_before_the_acknowledgement_of_the_join(self) -> None:
        """Its ack comes with the state, not earlier."""
        guest = self.table.knock(**NATIVE)
        self.out(1, "hi", "early", guest=guest)
        self.wait()
        self.assertEqual((self.heard, len(guest.frames)), (["early"], 1))

        guest.ack()

        self.assertEqual(guest.messages(ACK), [1])

    def test_ids_go_on_after_a_return(self) -> None:
        """What was heard before is dropped, what was not is heard."""
        self.out(1, "hi", "a")
        self.out(2, "hi", "b")
        again = self.returned(skipHandshake="1")

        for ident, value in ((2, "b"), (3, "c")):
            self.out(ident, "hi", value, guest=again)
        self.wait()

        self.assertEqual(self.heard, ["a", "b", "c"])
        self.assertEqual(again.messages(ACK), [2, 3])

    def test_client_that_leaves_is_told_what_was_heard(self) -> None:
        """Whoever sends and leaves at once knows what arrived."""
        self.out(1, "hi")
        self.guest.leave()

        self.assertEqual(self.guest.messages(ACK), [1])
        self.assertEqual(self.guest.code, Close.CONSENTED)

    def test_message_that_lets_its_client_go(self) -> None:
        """So does whoever is let go for it."""
        self.out(1, "hi")
        self.out(2, "go")

        self.assertEqual(self.guest.messages(ACK), [2])

    def test_message_that_is_wrong_was_not_heard(self) -> None:
        """The ack before a close does not count what it is closed for."""
        self.out(1, "hi")
        self.out(2, "move", {"x": "far"})

        self.assertEqual(self.guest.messages(ACK), [1])
        self.assertEqual(self.guest.code, Close.ERROR)


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


class EndTests(ReceiptTestCase):
    def test_room_that_ends_tells_what_was_heard(self) -> None:
        """The end of a Room owes nobody anything, and leaves no timer."""
        self.out(1, "hi")
        actor = self.guest.actor

        self.table.background.spawn(actor.close(), "end")

        self.assertEqual(self.guest.messages(ACK), [1])
        self.assertEqual(self.table.clock.getDelayedCalls(), [])
