"""Tests of `nexus.room.message.receipt`, and of how messages of an outbox are heard."""

from __future__ import annotations

import json
from typing import Any

from nexus.errors import Close
from nexus.state import State, int32
from tests import ROOT
from tests.room.message.receiving import ACK, ReceiptTestCase, stay
from tests.support.room import scripted
from tests.support.table import NATIVE

VECTORS = json.loads((ROOT / "tests/vectors/client/messages.json").read_text("utf-8"))


class Score(State):
    """What is true in the Room."""

    points: int32 = 0


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

        room = scripted(script={"on_create": create, "on_drop": stay})
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


class EndTests(ReceiptTestCase):
    def test_room_that_ends_tells_what_was_heard(self) -> None:
        """The end of a Room owes nobody anything, and leaves no timer."""
        self.out(1, "hi")
        actor = self.guest.actor

        self.table.background.spawn(actor.close(), "end")

        self.assertEqual(self.guest.messages(ACK), [1])
        self.assertEqual(self.table.clock.getDelayedCalls(), [])
