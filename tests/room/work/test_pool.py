"""Tests of `nexus.room.work.pool`."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, get_ident
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.errors import Refused
from nexus.room.work.pool import Pool

#: Nothing here takes as long; a test that would hang fails instead.
_PATIENCE = 30.0


class Reactor:
    """Takes calls from threads, and makes them when the test waits for them."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[tuple[Callable[..., Any], Any]] = SimpleQueue()

    def callFromThread(  # noqa: N802  # as Twisted calls it
        self, call: Callable[..., Any], *arguments: Any
    ) -> None:
        """Take a call."""
        self._calls.put((call, arguments))

    def turn(self, times: int = 1) -> None:
        """Make so many calls."""
        for _ in range(times):
            call, arguments = self._calls.get(timeout=_PATIENCE)
            call(*arguments)


class PoolTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Make a pool of two threads, for which three may wait."""
        self.reactor = Reactor()
        reactor: Any = self.reactor
        self.pool = Pool(reactor, threads=2, most=3)
        self.door = Event()
        self.addCleanup(self.pool.stop)
        self.addCleanup(self.door.set)

    def told(self, work: Callable[[], Any]) -> list[Any]:
        """Call something; return where what comes of it arrives."""
        got: list[Any] = []
        self.pool.call(work).addBoth(got.append)
        return got

    def block(self) -> Deferred[Any]:
        """Keep a thread busy until the door opens."""
        entered = Event()

        def work() -> str:
            entered.set()
            self.door.wait(_PATIENCE)
            return "through"

        waiting = self.pool.call(work)
        self.assertTrue(entered.wait(_PATIENCE))
        return waiting

    def test_work_is_done_in_another_thread(self) -> None:
        """What the function returns comes back to the thread that asked."""
        here: list[int] = []
        got = self.told(get_ident)
        self.pool.call(lambda: None).addBoth(lambda _: here.append(get_ident()))

        self.reactor.turn(2)

        self.assertNotEqual(got, [get_ident()])
        self.assertEqual(here, [get_ident()])
        self.assertEqual(len(self.pool), 0)

    def test_error_comes_back(self) -> None:
        """What it raises comes back as well, whatever it is, and the thread goes on."""

        def leave() -> None:
            raise SystemExit(3)

        failed, left = self.told(lambda: int("seven")), self.told(leave)
        self.reactor.turn(2)
        got = self.told(lambda: 1)
        self.reactor.turn()

        self.assertTrue(failed[0].check(ValueError))
        self.assertTrue(left[0].check(SystemExit))
        self.assertEqual(got, [1])

    def test_threads_work_at_the_same_time(self) -> None:
        """One that blocks does not keep the next from its turn."""
        waiting = self.block()
        got = self.told(lambda: 2)
        self.reactor.turn()
        self.assertEqual((got, waiting.called), ([2], False))

        self.door.set()
        self.reactor.turn()

        self.assertEqual(self.successResultOf(waiting), "through")

    def test_too_much_is_refused(self) -> None:
        """Beyond the bound a call is refused, until there is room again."""
        blocked = [self.block(), self.block()]
        late = [self.told(lambda: 3) for _ in range(3)]
        self.assertEqual(len(self.pool), 5)

        with self.assertRaisesRegex(Refused, "too much waits"):
            self.pool.call(list)

        self.door.set()
        self.reactor.turn(5)
        self.assertEqual(late, [[3]] * 3)
        self.assertTrue(all(each.called for each in blocked))
        self.told(list)
        self.reactor.turn()

    def test_what_is_called_off_is_not_begun(self) -> None:
        """A call that still waits is never made; one that runs is not told of."""
        calls: list[int] = []
        first, _ = self.block(), self.block()
        last = self.pool.call(lambda: calls.append(1))
        for each in (first, last):
            each.cancel()
            self.failureResultOf(each, CancelledError)

        self.door.set()
        self.reactor.turn(3)

        self.assertEqual((calls, len(self.pool)), ([], 0))

    def test_pool_that_is_stopped_begins_nothing(self) -> None:
        """What waits is dropped, what comes is refused, and the threads end."""
        calls: list[int] = []
        self.block()
        self.block()
        self.told(lambda: calls.append(1))

        self.pool.stop()
        self.door.set()
        for thread in self.pool._running:
            thread.join(_PATIENCE)

        self.assertFalse(any(each.is_alive() for each in self.pool._running))
        self.assertEqual(calls, [])
        with self.assertRaisesRegex(Refused, "stopping"):
            self.pool.call(list)

    def test_threads_begin_when_they_are_needed(self) -> None:
        """A Node that never needs one has none."""
        self.assertEqual(self.pool._running, [])

        for _ in range(3):
            self.told(list)
            self.reactor.turn()

        self.assertEqual(len(self.pool._running), 1)
