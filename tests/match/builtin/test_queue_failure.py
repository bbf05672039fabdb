"""Tests of `nexus.match.builtin.queue`: what goes wrong, and what is denied."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from nexus.errors import Code, Refused
from nexus.match import Group, Listing, QueueRoom
from tests.match.builtin.queueing import QueueTestCase
from tests.support.room import Gate, scripted
from tests.support.table import result


class FailureTests(QueueTestCase):
    def test_room_that_cannot_be_made(self) -> None:
        """Where the match fails to open, its group is let go with an opaque reason."""

        def fail(*_: object) -> None:
            raise RuntimeError("a secret")

        self.serve(scripted(script={"on_create": fail}))
        ann, bob = self.wait(), self.wait()

        self.cycle()

        self.assertEqual(self.logged(RuntimeError), ["a secret"])
        self.assertEqual([ann.code, bob.code], [4002, 4002])
        assert ann.socket.closed is not None
        self.assertRegex(ann.socket.closed[1], "internal error .{9}$")

    def test_room_that_is_too_small(self) -> None:
        """Where the match has no seat for everybody, nobody is sent half a match."""
        self.serve(scripted(max_clients=1))
        ann, bob = self.wait(), self.wait()

        self.cycle()

        self.assertEqual([ann.code, bob.code], [4002, 4002])
        self.assertEqual(ann.messages("seat") + bob.messages("seat"), [])

    def test_own_choice_of_room_that_fails(self) -> None:
        """What `on_group_ready` raises is logged, and hurts one group."""

        async def fail(self: QueueRoom, group: Group) -> Listing:
            raise KeyError("secret")

        self.serve(on_group_ready=fail)
        ann, _ = self.wait(), self.wait()
        self.cycle()

        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        self.assertEqual(ann.code, 4002)

    def test_who_leaves_while_the_room_opens(self) -> None:
        """The others wait on, and are led when the group is complete again."""
        gate = Gate()
        self.serve(scripted(script={"on_create": gate.wait}))
        ann, bob = self.wait(), self.wait()
        self.cycle()
        bob.leave()
        gate.open()
        self.assertEqual(ann.messages("seat"), [])

        cid = self.wait()
        self.cycle()
        gate.open()

        self.assertEqual(self.seat(ann)["roomId"], self.seat(cid)["roomId"])
        self.table.beat(20)
        self.assertEqual(self.matches(), 0)

    def test_queue_that_ends_while_a_room_opens(self) -> None:
        """A queue that closes meanwhile says nothing more, and fails at nothing."""
        opening: list[Deferred[Any]] = []

        async def choose(self: QueueRoom, group: Group) -> Listing:
            opening.append(Deferred())
            await opening[0]
            raise RuntimeError("too late")

        self.serve(on_group_ready=choose)
        ann, _ = self.wait(), self.wait()
        self.cycle()
        result(ann.actor.close())

        opening[0].callback(None)

        self.assertEqual(ann.code, 4000)

    def test_failing_comparison_hurts_one_cycle(self) -> None:
        """What `compare` raises is logged; who waits goes on waiting."""
        answers: list[Any] = [RuntimeError("once"), True]

        def compare(self: QueueRoom, waiting: Any, group: Group) -> bool:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return bool(answer)

        self.serve(compare=compare)
        ann, _ = self.wait(), self.wait()
        self.cycle()
        self.assertEqual(self.logged(RuntimeError), ["once"])

        self.cycle()

        self.assertEqual(len(ann.messages("seat")), 1)


class DenialTests(QueueTestCase):
    def test_options_that_are_wrong(self) -> None:
        """A rank or team that is none is denied with what it should be."""
        self.serve()
        wrong: list[Any] = ["1", True, None, [], 1e300, float("nan"), 10**400]
        for rank in wrong:
            [failure] = self.table.knock("queue", rank=rank).failures
            self.assertEqual(failure.code, Code.UNHANDLED)
            self.assertIn("the option rank", failure.text)
        for team in (1, "", "x" * 65, ["x"]):
            [failure] = self.table.knock("queue", teamId=team).failures
            self.assertIn("the option teamId", failure.text)

    def test_team_that_is_complete(self) -> None:
        """No team is larger than a match."""
        self.serve(max_players=3)
        self.wait(teamId="x"), self.wait(teamId="x"), self.wait(teamId="x")

        [failure] = self.table.knock("queue", teamId="x").failures

        self.assertEqual(failure.text, "this team is complete")

    def test_queue_without_match(self) -> None:
        """A class that does not say where it leads cannot be opened."""
        self.serve(match_kind="")

        with self.assertRaises(Refused):
            self.wait()
        [failure] = self.flushLoggedErrors(TypeError)
        self.assertIn("Pairs.match_kind", failure.getErrorMessage())
