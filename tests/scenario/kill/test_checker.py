"""The checker of the kill test complains about whatever is lost, doubled or made up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.scenario.kill.checker import Checker, Forgotten
from tests.scenario.kill.event import (
    Answered,
    Ended,
    Event,
    Failed,
    Looked,
    Lost,
    Refused,
    Saved,
    Seen,
    Sent,
    Told,
)
from tests.scenario.kill.order import FUNDS, Books

BANK, TILL = "bank", "till"
A1, A2, A3 = "ann.c1 add 5", "ann.c2 move 0 1 3", "ann.c3 add 1"
B1 = "bob.c1 add 7"
MESSAGE = "ann.m1 add 2"
FAIL = "ann.c4 fail 0 1 3"


def saw(
    room: str, log: Sequence[str], process: int = 1, player: str = "ann", **other: Any
) -> Seen:
    """Make what a client saw of a log, from its beginning; or something else."""
    books = Books()
    for order in log:
        books.enter(order)
    said: dict[str, Any] = {
        "version": 1_000 * process + len(log),
        "orders": books.orders,
        "total": books.total,
        "accounts": tuple(books.accounts),
        "given": books.orders,
        "start": 0,
        "tail": tuple(log),
    }
    return Seen(room=room, player=player, process=process, **said | other)


def sent(room: str, *orders: str) -> list[Event]:
    """Make events of orders that are given."""
    return [
        Sent(room, order, "message" if ".m" in order else "command") for order in orders
    ]


def check(*events: Event) -> list[str]:
    """Let a checker see a whole story."""
    checker = Checker(frozenset([BANK]))
    for event in events:
        checker.take(event)
    return checker.finish()


class Complaints(SynchronousTestCase):
    def assert_one(self, complaints: list[str], *words: str) -> None:
        """Demand that something was noticed, and that it is this."""
        self.assertTrue(complaints)
        for word in words:
            self.assertIn(word, complaints[0])


class LostTests(Complaints):
    def test_good_story_is_good(self) -> None:
        """What was answered is there after a kill; what was not may be, or not."""
        complaints = check(
            *sent(BANK, A1, A2, B1, MESSAGE),
            saw(BANK, [A1]),
            Answered(BANK, A1, 1, 1, 10.0),
            saw(BANK, [A1, A2, B1]),
            Ended(1, 10.1, 0.25),
            saw(BANK, [A1, B1], process=2),
            saw(BANK, [A1, B1, MESSAGE], process=2, player="bob"),
        )

        self.assertEqual(complaints, [])

    def test_lost_answer_is_noticed(self) -> None:
        """A confirmed order that is not in the last State is lost."""
        story = [*sent(BANK, A1, A2), saw(BANK, [A1, A2])]
        story += [Answered(BANK, A1, 1, 1, 10.0), Answered(BANK, A2, 2, 1, 10.0)]

        self.assertEqual(check(*story, Ended(1, 10.0, 0.25)), [])
        complaints = check(*story, Ended(1, 10.0, 0.25), saw(BANK, [A1], process=2))

        self.assert_one(complaints, "without the last 1 orders")

    def test_answer_that_comes_back_later_is_noticed(self) -> None:
        """A confirmed order that is missing for a while is lost."""
        complaints = check(
            *sent(BANK, A1),
            Answered(BANK, A1, 1, 1, 10.0),
            Ended(1, 10.0, 0.25),
            saw(BANK, [], process=2),
            saw(BANK, [A1], process=2),
        )

        self.assert_one(complaints, "without the last 1 orders")

    def test_replaced_answer_is_noticed(self) -> None:
        """A confirmed order in whose place is another one is lost."""
        complaints = check(
            *sent(BANK, A1, B1),
            Answered(BANK, A1, 1, 1, 10.0),
            Ended(1, 10.0, 0.25),
            saw(BANK, [B1], process=2),
        )

        self.assert_one(complaints, "number 1 was", A1, B1)

    def test_two_answers_for_one_place_are_noticed(self) -> None:
        """Two orders that were both confirmed as the first cannot both be there."""
        complaints = check(
            *sent(BANK, A1, B1),
            Answered(BANK, A1, 1, 1, 10.0),
            Answered(BANK, B1, 1, 2, 11.0),
            saw(BANK, [B1], process=2),
        )

        self.assert_one(complaints, "promised as number 1", A1, B1)

    def test_lost_message_is_noticed(self) -> None:
        """A message that left an outbox is in the last State."""
        complaints = check(
            *sent(TILL, A1, MESSAGE), saw(TILL, [A1, MESSAGE]), saw(TILL, [A1], 2)
        )

        self.assert_one(complaints, "was acknowledged", MESSAGE)

    def test_loss_beyond_its_time_is_noticed(self) -> None:
        """A `saved` Room may forget what is younger than its time, and nothing else."""
        for at, is_fine in ((10.0, False), (10.1, True)):
            complaints = check(
                *sent(TILL, A1, A2),
                Answered(TILL, A1, 1, 1, 9.0),
                Answered(TILL, A2, 2, 1, at),
                saw(TILL, [A1, A2]),
                Ended(1, 10.3, 0.25),
                saw(TILL, [A1], process=2),
            )

            self.assertEqual(complaints == [], is_fine, complaints)

    def test_loss_at_a_good_end_is_noticed(self) -> None:
        """When a Node ends in good order, a `saved` Room may forget nothing."""
        complaints = check(
            *sent(TILL, A1),
            Answered(TILL, A1, 1, 1, 10.0),
            Ended(1, 10.01, 0.0),
            saw(TILL, [], process=2),
        )

        self.assert_one(complaints, "without the last 1 orders")

    def test_loss_of_what_is_told_to_be_stored_is_noticed(self) -> None:
        """What a client was told is stored is there, however young it was."""
        for version, is_fine in ((1_001, True), (1_002, False)):
            complaints = check(
                *sent(TILL, A1, A2),
                saw(TILL, [A1]),
                saw(TILL, [A1, A2]),
                Answered(TILL, A2, 2, 1, 10.0),
                Saved(TILL, "ann", 1, version),
                Ended(1, 10.01, 0.25),
                saw(TILL, [A1], process=2),
            )

            self.assertEqual(complaints == [], is_fine, complaints)

    def test_what_was_forgotten_is_counted(self) -> None:
        """What a `saved` Room may forget, and did, is told with its age."""
        checker = Checker(frozenset())
        for event in (
            *sent(TILL, A1, A2),
            Answered(TILL, A1, 1, 1, 10.0),
            Answered(TILL, A2, 2, 1, 10.0),
            Ended(1, 10.125, 0.25),
            saw(TILL, [A1], process=2),
        ):
            checker.take(event)

        self.assertEqual(checker.finish(), [])
        self.assertEqual(checker.forgotten, [Forgotten(A2, 0.125)])


class MadeUpTests(Complaints):
    def test_doubled_order_is_noticed(self) -> None:
        """An order that was applied twice is noticed, also with others between."""
        for log in ([A1, A1], [A1, A2, A1]):
            complaints = check(*sent(BANK, A1, A2), saw(BANK, log))

            self.assert_one(complaints, "ann.c1", "twice")

    def test_half_applied_order_is_noticed(self) -> None:
        """A State with one half of a transfer is none that ever was."""
        accounts = (FUNDS - 3, *[FUNDS] * 5)
        complaints = check(*sent(BANK, A2), saw(BANK, [A2], accounts=accounts))

        self.assert_one(complaints, "never was")

    def test_effect_without_its_order_is_noticed(self) -> None:
        """A State whose log, sums or counts do not fit together never was."""
        for other in ({"total": 6}, {"orders": 2}, {"given": 0}, {"tail": ()}):
            complaints = check(*sent(BANK, A1), saw(BANK, [A1], **other))

            self.assert_one(complaints, "never was")

    def test_refused_order_is_noticed(self) -> None:
        """A refused order leaves no trace, and none is refused that is not to be."""
        self.assertEqual(check(*sent(BANK, FAIL), Refused(BANK, FAIL)), [])

        complaints = check(*sent(BANK, FAIL), Refused(BANK, FAIL), saw(BANK, [FAIL]))
        self.assert_one(complaints, "was refused, and is in the log")
        self.assert_one(check(*sent(BANK, A1), Refused(BANK, A1)), "was refused")

    def test_orders_from_nowhere_are_noticed(self) -> None:
        """An order that nobody gave is noticed."""
        self.assert_one(check(saw(BANK, [A1])), "nobody sent it")

    def test_two_histories_are_noticed(self) -> None:
        """Two clients of one process do not see different orders at one place."""
        complaints = check(
            *sent(BANK, A1, B1), saw(BANK, [A1]), saw(BANK, [B1], player="bob")
        )

        self.assert_one(complaints, "another history")

    def test_history_that_runs_back_is_noticed(self) -> None:
        """Within one process a log grows only, and versions do always."""
        first = [*sent(BANK, A1, A2), saw(BANK, [A1, A2])]

        self.assert_one(check(*first, saw(BANK, [A1], version=2_000)), "shorter")
        complaints = check(*first, saw(BANK, [A1], 2, version=900))
        self.assert_one(complaints, "versions run back")

    def test_end_that_nobody_sees_is_noticed(self) -> None:
        """What the Room says of itself at the end is what its clients see."""
        story = [*sent(BANK, A1), saw(BANK, [A1])]
        accounts = (FUNDS,) * 6

        self.assertEqual(check(*story, Looked(BANK, "ann", 1, 5, accounts)), [])
        complaints = check(*story, Looked(BANK, "ann", 2, 5, accounts))
        self.assert_one(complaints, "does not see")

    def test_clients_that_are_lost_are_noticed(self) -> None:
        """A client that does not resume, or is told things anew, is noticed."""
        self.assert_one(check(Lost(BANK, "ann", "4003")), "was lost: 4003")
        self.assert_one(check(Told(BANK, "ann", "bob")), "told anew of bob")
        self.assert_one(check(Failed(BANK, A1, "timeout")), "failed: timeout")
        self.assertEqual(check(Failed(BANK, A1, "closed")), [])

    @given(st.lists(st.integers(1, 9), min_size=2, max_size=12), st.data())
    def test_property_any_lost_order_is_noticed(
        self, amounts: list[int], data: st.DataObject
    ) -> None:
        """Whichever confirmed order is missing behind a kill, it is noticed."""
        log = [f"ann.c{at} add {each}" for at, each in enumerate(amounts, 1)]
        story = [*sent(BANK, *log), saw(BANK, log)]
        story += [Answered(BANK, order, at, 1, 10.0) for at, order in enumerate(log, 1)]
        story.append(Ended(1, 10.0, 0.25))

        self.assertEqual(check(*story, saw(BANK, log, process=2)), [])
        del log[data.draw(st.integers(0, len(log) - 1))]
        self.assertTrue(check(*story, saw(BANK, log, process=2)))
