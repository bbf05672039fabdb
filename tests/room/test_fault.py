"""Tests of `nexus.room.fault`."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import TimeoutError as TookTooLong
from twisted.trial.unittest import SynchronousTestCase

from nexus.archive.port import Status
from nexus.errors import Close, Refused
from nexus.state import State, int32
from tests.room.bank import banking
from tests.support.room import Gate, scripted
from tests.support.table import Guest, TableTestCase, begin


class Score(State):
    """A State with one number."""

    points: int32 = 0


class FaultTests(TableTestCase):
    def seated(self, said: Any = None, **script: Any) -> Guest:
        """Sit in a Room that fails on demand."""
        self.room = scripted(script=script, **(said or {}))
        self.table.define(self.room)
        guest = self.table.sit()
        guest.actor.room.listen("fail", lambda client: 1 / 0)
        return guest

    def fail_in_hook(self, *_: Any) -> None:
        """Raise what no hook should."""
        raise ZeroDivisionError

    def test_author_is_told(self) -> None:
        """`on_error` gets the error, what was done, and for whom."""
        told: list[Any] = []
        guest = self.seated(on_error=lambda _, *what: told.append(what))

        guest.send("fail")

        [(error, act, client)] = told
        self.assertIsInstance(error, ZeroDivisionError)
        self.assertEqual((act, client), ("message fail", guest.client))
        self.logged(ZeroDivisionError)

    def test_on_error_that_fails_itself(self) -> None:
        """What goes wrong in `on_error` is logged, and goes no further."""

        def worse(*_: Any) -> None:
            raise KeyError("worse")

        guest = self.seated(on_error=worse)

        guest.send("fail")

        self.assertIsNone(guest.code)
        self.assertEqual(len(self.logged(ZeroDivisionError, KeyError)), 2)

    def test_async_on_error_runs(self) -> None:
        """An `async` report of an error runs to its end, for a bounded time."""
        gate, told = Gate(), []

        async def slow(act: str) -> None:
            await gate.wait()
            told.append(act)

        def report(_: Any, error: Any, act: str, __: Any) -> Any:
            return slow(act)

        said = {"message_seconds": 3.0, "on_error": report}
        guest = self.seated(said=said)
        guest.send("fail")
        gate.open()
        guest.send("fail")
        self.table.beat(3.0)

        self.assertEqual(told, ["message fail"])
        self.assertEqual(len(self.table.background), 0)
        self.assertEqual(len(self.logged(ZeroDivisionError, TookTooLong)), 3)

    def test_async_on_error_that_fails_itself(self) -> None:
        """What an `async` report raises is logged once, and not reported again."""
        gate = Gate()
        guest = self.seated(said={"on_error": gate.wait})
        guest.send("fail")

        gate.fail(KeyError("worse"))

        self.assertEqual(gate.waiting, [])
        self.assertEqual(len(self.logged(ZeroDivisionError, KeyError)), 2)

    def test_room_that_keeps_failing_is_closed(self) -> None:
        """After a hundred failures in a row a Room is closed, and all are told."""
        guest = self.seated()

        for _ in range(100):
            guest.actor.faults.attempt("step", None, lambda: 1 / 0)
        self.assertIsNone(guest.code)
        self.table.beat(0.5)
        guest.actor.faults.attempt("step", None, lambda: 1 / 0)

        self.assertEqual(guest.code, Close.ERROR)
        self.assertEqual(self.table.rooms, [])
        self.logged(ZeroDivisionError)

    def test_client_whose_messages_keep_failing_goes_alone(self) -> None:
        """Who makes listeners raise again and again is let go; the Room stays."""
        guest = self.seated()
        other = self.table.sit()

        for _ in range(100):
            guest.send("fail")
        self.assertIsNone(guest.code)
        self.table.beat(0.5)
        guest.send("fail")

        self.assertEqual(guest.socket.closed, (4002, "its messages keep failing"))
        self.assertIsNone(other.code)
        other.send("fail")
        self.assertIsNone(other.code)
        self.logged(ZeroDivisionError)

    def test_answers_count_for_the_client(self) -> None:
        """Answers that cannot be written are failures of the one who asked."""
        guest = self.seated()
        other = self.table.sit()
        guest.actor.room.listen("ask", lambda client: object())

        for _ in range(110):
            guest.request(1, "ask")

        self.assertEqual(guest.code, Close.ERROR)
        self.assertIsNone(other.code)
        self.logged(ValueError)

    def test_seldom_failures_close_nothing(self) -> None:
        """A Room that fails once a second lives."""
        guest = self.seated()

        for _ in range(300):
            guest.send("fail")
            self.table.beat(1.0)

        self.assertIsNone(guest.code)
        self.logged(ZeroDivisionError)

    def test_room_that_fails_while_it_opens(self) -> None:
        """A Room that keeps failing before it is open is left to its creator."""
        gate = Gate()

        def create(room: Any, _: Any) -> Any:
            room.set_timestep(lambda _: 1 / 0, 0.01)
            return gate.wait()

        self.table.define(scripted(script={"on_create": create}))
        seat = begin(self.table.matchmaker.join_or_create("room", {}))

        self.table.beat(0.01, times=300)
        gate.open()

        self.assertTrue(seat.called)
        self.assertGreater(len(self.logged(ZeroDivisionError)), 200)

    def test_room_that_fails_while_it_ends(self) -> None:
        """Failures in a Room that closes do not pile up closings."""
        gate = Gate()
        guest = self.seated(on_dispose=gate.wait)
        self.table.background.spawn(guest.actor.close(), "close")

        for _ in range(200):
            guest.actor.faults.attempt("x", None, lambda: 1 / 0)

        self.assertEqual(len(guest.actor.ending._waiting), 1)
        gate.open()
        self.logged(ZeroDivisionError)

    def test_attempts_contain_async_code(self) -> None:
        """An `async` step or patch hook that raises late is contained as well."""
        gate = Gate()

        async def step(*_: Any) -> None:
            await gate.wait()
            raise KeyError("late")

        guest = self.seated(on_before_patch=step)
        self.table.beat(0.05)

        gate.open()

        self.assertIsNone(guest.code)
        self.assertEqual(self.logged(KeyError), ["'late'"])

    def test_attempts_do_not_pile_up(self) -> None:
        """A patch hook that still runs is not begun again; others are not hindered."""
        gate = Gate()
        guest = self.seated(on_before_patch=gate.wait)
        steps: list[float] = []
        guest.actor.room.set_timestep(steps.append, 0.05)
        self.table.beat(0.05, times=10)
        self.assertEqual(len(gate.waiting), 1)
        self.assertEqual(len(steps), 10)

        gate.open()
        self.table.beat(0.05)

        self.assertEqual(len(gate.waiting), 1)
        self.room.script.clear()
        gate.open()

    def test_attempt_that_never_ends_is_given_up(self) -> None:
        """A patch hook that hangs ends after `message_seconds`, and comes again."""
        gate = Gate()
        said = {"message_seconds": 2.0}
        guest = self.seated(said=said, on_before_patch=gate.wait)
        self.table.beat(0.05)

        self.table.beat(2.0)
        self.table.beat(0.05)

        self.assertIsNone(guest.code)
        self.assertEqual(len(gate.waiting), 2)
        self.assertEqual(len(self.logged(TookTooLong)), 1)
        self.room.script.clear()
        gate.open()

    def test_every_hook_leaves_a_room_that_works(self) -> None:
        """Whichever hook raises, a newcomer is let in, plays and goes."""
        hooks = ("on_auth", "on_join", "on_drop", "on_leave", "on_reconnect")
        for hook in (*hooks, "on_before_patch", "on_dispose"):
            self.table.catalog.remove("room")
            script = {
                "on_drop": lambda r, c, _: r.allow_reconnection(c, 5),
                hook: self.fail_in_hook,
            }
            room = scripted(script=script, auto_dispose=False)
            self.table.define(room)
            first = self.table.knock().ack()
            first.drop()
            if first.joined:
                first.back().ack()
            self.table.beat(0.05, times=2)
            room.script.clear()

            guest = self.table.sit()
            guest.actor.room.listen("hi", lambda client: client.send("ho"))
            guest.send("hi")

            self.assertEqual(len(guest.messages("ho")), 1, hook)
            room.script[hook] = self.fail_in_hook
            begin(guest.actor.room.disconnect())
            self.assertEqual(len(guest.actor.seats), 0, hook)
            self.assertGreaterEqual(len(self.logged(ZeroDivisionError)), 1, hook)

    def test_state_listener_that_raises(self) -> None:
        """What a listener of the State raises hurts neither patches nor joins."""

        def create(room: Any, _: Any) -> None:
            room.state = Score()
            room.tree.on_change("points", lambda *_: 1 / 0)

        guest = self.seated(on_create=create)
        guest.actor.room.state.points = 5
        newcomer = self.table.sit()
        self.table.beat(0.05)
        guest.actor.room.state.points = 6
        self.table.beat(0.05)

        self.assertIsNone(newcomer.code)
        self.assertEqual(len(newcomer.states), 1)
        self.assertGreaterEqual(len(self.logged(ZeroDivisionError)), 1)

    def test_refused_in_a_hook_is_no_client_code_leak(self) -> None:
        """A `Refused` of a Room's own making is told as it is."""

        def deny(*_: Any) -> None:
            raise Refused("full of bees", 488)

        guest = self.seated()
        self.room.script["on_join"] = deny

        late = self.table.knock()

        self.assertEqual(late.failures[0].text, "full of bees")
        self.assertIsNone(guest.code)


class KeptFaultTests(SynchronousTestCase):
    def test_joins_that_fail_cost_nobody_the_room(self) -> None:
        """However often strangers make `on_join` fail, those who are in stay in."""

        def on_join(self: Any, client: Any, options: Any) -> None:
            if "name" not in options:
                raise KeyError("name")

        with banking(on_join=on_join, on_leave=lambda *_: None) as house:
            ada = house.join_or_create(name="ada")
            for _ in range(110):
                self.assertRaises(Refused, house.join_by_id, ada.room_id)
            self.assertEqual(len(house.failures), 110)

            self.assertTrue(ada.is_in)

    def test_room_that_is_kept_rests(self) -> None:
        """What keeps failing ends for now; all that it kept is there when it wakes."""
        wrong = [True]

        def tick(self: Any) -> None:
            if wrong:
                raise KeyError("tick")

        def on_restore(self: Any, info: Any) -> None:
            self.clock.every(0.1, self.tick)

        with banking(tick=tick, on_restore=on_restore) as house:
            ada = house.join_or_create()
            ada.command("add", 7)
            house.crash()
            house.advance(30)
            self.assertGreater(len(house.failures), 99)
            self.assertEqual(house.rooms, [])
            card = house.archive.rooms[ada.room_id].card
            self.assertIs(card.status, Status.ACTIVE)
            wrong.clear()
            bob = house.join_by_id(ada.room_id)

            self.assertEqual(bob.command("add", 1), 8)
