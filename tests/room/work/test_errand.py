"""Tests of `nexus.room.work.errand`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, succeed
from typing_extensions import override

from nexus import Plugin
from nexus.errors import Refused, StateError
from nexus.room import Room
from nexus.room.clock.clock import SleepEnded
from nexus.state import Map, State, int32
from tests.support.room import scripted
from tests.support.table import TableTestCase, begin


class Score(State):
    """A State with a child."""

    points: int32 = 0
    names: Map[str, int32]


class SlowThreads:
    """Threads that work when the test says so."""

    def __init__(self) -> None:
        self.calls: list[tuple[Callable[[], Any], Deferred[Any]]] = []
        self.cancelled = 0

    def call(self, work: Callable[[], Any]) -> Deferred[Any]:
        """Note what is to be done."""
        waiting: Deferred[Any] = Deferred(self._cancel)
        self.calls.append((work, waiting))
        return waiting

    def _cancel(self, _: object) -> None:
        self.cancelled += 1

    def work(self) -> None:
        """Do all that was asked for."""
        calls, self.calls = self.calls, []
        for work, waiting in calls:
            if not waiting.called:
                try:
                    waiting.callback(work())
                except Exception:  # noqa: BLE001  # as it goes back
                    waiting.errback()


class ErrandTestCase(TableTestCase):
    @override
    def setUp(self) -> None:
        """Give the Node threads."""
        super().setUp()
        self.threads = SlowThreads()
        self.table.around.threads = self.threads

    def seated(self, **script: Any) -> Room[Any]:
        """Sit in a Room with a State."""

        def on_create(room: Any, _: Any) -> None:
            room.state = Score()

        self.table.define(scripted(script={"on_create": on_create, **script}))
        return self.table.sit().actor.room

    def told(self, deferred: Deferred[Any]) -> list[Any]:
        """Return where what comes of an errand arrives."""
        got: list[Any] = []
        deferred.addBoth(got.append)
        return got


class ResultTests(ErrandTestCase):
    def test_result_is_awaited(self) -> None:
        """A hook goes on with what the function returned, and the Room meanwhile."""
        room, got = self.seated(), []

        async def ask() -> None:
            got.append(await room.in_thread(divmod, 17, 5))

        begin(ask())
        self.table.beat(times=3)
        self.assertEqual(got, [])
        self.threads.work()

        self.assertEqual(got, [(3, 2)])

    def test_names_of_arguments_are_kept(self) -> None:
        """A function gets its arguments as they were given."""
        got = self.told(self.seated().in_thread(int, "ff", base=16))

        self.threads.work()

        self.assertEqual(got, [255])

    def test_result_is_a_turn(self) -> None:
        """What is put off while a result is worked on comes behind it."""
        room, order = self.seated(), []

        def worked(_: object) -> None:
            room.actor.turns.after(lambda: order.append("after"))
            order.append("worked")

        room.in_thread(int).addCallback(worked)
        self.threads.work()

        self.assertEqual(order, ["worked", "after"])

    def test_error_is_raised_where_it_is_awaited(self) -> None:
        """What the function raises is raised by the `await`."""
        room = self.seated()
        got: list[Any] = []

        async def ask() -> None:
            try:
                await room.in_thread(int, "seven")
            except ValueError as error:
                got.append(error)

        begin(ask())
        self.threads.work()

        self.assertEqual(len(got), 1)


class EndTests(ErrandTestCase):
    def test_who_is_cancelled_hears_nothing(self) -> None:
        """A hook that took too long gets no result, and the call is called off."""
        room = self.seated()
        waiting = room.in_thread(int)
        got = self.told(waiting)

        waiting.cancel()
        self.threads.work()

        self.assertTrue(got[0].check(CancelledError))
        self.assertEqual((len(got), self.threads.cancelled), (1, 1))
        self.assertEqual(len(room.actor.errands), 0)

    def test_result_for_a_room_that_has_ended_is_dropped(self) -> None:
        """Who waited is told at the end of the Room, and of nothing later."""
        room = self.seated()
        got = self.told(room.in_thread(int))

        self.clear(self.table)
        self.threads.work()

        self.assertTrue(got[0].check(SleepEnded))
        self.assertEqual((len(got), self.threads.cancelled), (1, 1))

    def test_room_that_has_ended_sends_nobody(self) -> None:
        """Its errands are refused."""
        room = self.seated()
        self.clear(self.table)

        with self.assertRaisesRegex(Refused, "has ended"):
            room.in_thread(int)

    def test_last_hook_may_wait(self) -> None:
        """The end of the Room waits for `on_dispose`, and that for its errand."""
        done: list[Any] = []

        async def on_dispose(room: Any) -> None:
            done.append(await room.in_thread(divmod, 9, 4))

        room = self.seated(on_dispose=on_dispose)
        self.table.background.spawn(room.disconnect(), "end")
        self.table.hang_up()
        self.assertEqual(len(self.table.matchmaker.registry.closing), 1)

        self.threads.work()

        self.assertEqual(done, [(2, 1)])
        self.assertEqual(len(self.table.matchmaker.registry.closing), 0)


class SenseTests(ErrandTestCase):
    def test_what_belongs_to_the_room_stays_there(self) -> None:
        """State, its children, clients, Plugins and the Room are no thread's."""
        room = self.seated()
        [client] = room.clients

        for wrong in (room.state, room.state.names, client, room, Plugin(room)):
            with self.assertRaisesRegex(TypeError, "gets plain values"):
                room.in_thread(repr, wrong)
            with self.assertRaisesRegex(TypeError, "gets plain values"):
                room.in_thread(dict, wrong=wrong)
        with self.assertRaisesRegex(TypeError, "no Scripted"):
            room.in_thread(room.lock)
        self.assertEqual(self.threads.calls, [])

    def test_coroutines_are_no_work_for_a_thread(self) -> None:
        """An `async def` is refused at once, and a Deferred when it is returned."""
        room = self.seated()

        async def late() -> None:
            """Return nothing."""

        with self.assertRaisesRegex(TypeError, "late is an `async def`"):
            room.in_thread(late)
        got = self.told(room.in_thread(succeed, 1))
        self.threads.work()

        self.assertIn("something to wait for", got[0].getErrorMessage())

    def test_room_keeps_not_all_threads_to_itself(self) -> None:
        """A Room has so many errands and no more, until some are done."""
        room = self.seated()
        for _ in range(64):
            room.in_thread(int)

        with self.assertRaisesRegex(Refused, "at most 64 errands"):
            room.in_thread(int)

        self.threads.work()
        room.in_thread(int).addErrback(lambda _: None)

    def test_node_without_threads_says_so(self) -> None:
        """Nothing is called in its place, where there are no threads."""
        self.table.around.threads = None

        with self.assertRaisesRegex(StateError, "has no threads"):
            self.seated().in_thread(int)
