"""A Pool lends connections, is bounded, and heals."""

from __future__ import annotations

from random import Random

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from nexus.store.pool import Pool
from nexus.store.port import DatabaseAway, StoreError


@define(eq=False)
class Connection:
    """One that does what a test says."""

    is_open: bool = True
    is_dead: bool = False
    checks: int = 0

    async def check(self) -> None:
        """Count, and fail if this one is dead."""
        self.checks += 1
        if self.is_dead:
            self.close()
            raise DatabaseAway("dead")

    def close(self) -> None:
        """Note it."""
        self.is_open = False


@define(eq=False)
class Server:
    """Opens connections at once, after a word, or not at all."""

    is_up: bool = True
    is_slow: bool = False
    tries: int = 0
    opened: list[Connection] = field(factory=list)
    held: list[Deferred[None]] = field(factory=list)

    async def open(self) -> Connection:
        """Open one."""
        self.tries += 1
        if self.is_slow:
            held: Deferred[None] = Deferred()
            self.held.append(held)
            await held
        if not self.is_up:
            raise DatabaseAway("the server is down")
        self.opened.append(Connection())
        return self.opened[-1]


class PoolTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Start a Pool of three."""
        self.clock = Clock()
        self.server = Server()
        self.pool: Pool[Connection] = Pool(
            open=self.server.open,
            clock=self.clock,
            random=Random(1),
            size=3,
            idle_seconds=60.0,
            check_seconds=10.0,
            patience=5.0,
            queue=4,
        )
        self.successResultOf(Deferred.fromCoroutine(self.pool.start()))
        self.addCleanup(self.end)

    def end(self) -> None:
        """Close it: nothing is left to be called."""
        self.pool.close()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def acquire(self) -> Deferred[Connection]:
        """Begin to borrow."""
        return Deferred.fromCoroutine(self.pool.acquire())

    def take(self, count: int) -> list[Connection]:
        """Borrow so many."""
        return [self.successResultOf(self.acquire()) for _ in range(count)]

    def pass_time(self, seconds: float) -> None:
        """Let time pass in small steps."""
        self.clock.pump([0.25] * int(seconds * 4))

    def test_it_grows_to_its_size(self) -> None:
        """Connections are opened for those who wait, and no more than allowed."""
        self.assertEqual(len(set(self.take(3))), 3)
        waiting = self.acquire()

        self.assertNoResult(waiting)
        self.assertEqual((self.pool.live, self.pool.waiting), (3, 1))
        waiting.cancel()
        self.failureResultOf(waiting)

    def test_released_goes_to_the_first_who_waits(self) -> None:
        """Whoever waited longest gets what is given back."""
        mine, *_ = self.take(3)
        first, second = self.acquire(), self.acquire()

        self.pool.release(mine)

        self.assertIs(self.successResultOf(first), mine)
        self.assertNoResult(second)
        second.cancel()
        self.failureResultOf(second)

    def test_patience_ends(self) -> None:
        """Whoever waited in vain is told that the database is away."""
        self.take(3)
        waiting = self.acquire()

        self.pass_time(5)

        said = self.failureResultOf(waiting, DatabaseAway).getErrorMessage()
        self.assertEqual(said, "no connection within 5 seconds: all are in use")
        self.assertEqual(self.pool.waiting, 0)

    def test_queue_is_bounded(self) -> None:
        """No more wait than may."""
        self.take(3)
        waiting = [self.acquire() for _ in range(4)]

        self.failureResultOf(self.acquire(), DatabaseAway)

        self.pool.close()
        for each in waiting:
            self.failureResultOf(each, DatabaseAway)

    def test_who_cancels_waits_no_more(self) -> None:
        """What is given back goes past somebody who has gone."""
        mine, *_ = self.take(3)
        gone = self.acquire()
        gone.cancel()
        self.failureResultOf(gone)

        self.pool.release(mine)

        self.assertIs(self.successResultOf(self.acquire()), mine)

    def test_dead_one_is_replaced(self) -> None:
        """A connection that comes back closed is replaced."""
        (mine,) = self.take(1)
        mine.close()
        self.pool.release(mine)

        self.assertTrue(self.take(1)[0].is_open)
        self.assertEqual(self.server.tries, 2)

    def test_idle_one_that_is_lost_is_replaced(self) -> None:
        """A connection that dies while nobody uses it is replaced at once."""
        (mine,) = self.take(1)
        self.pool.release(mine)
        mine.close()

        self.pool.lost(mine)

        self.assertEqual((self.server.tries, self.pool.live), (2, 1))

    def test_it_heals(self) -> None:
        """A server that is away is tried ever slower; who waits then is served."""
        (mine,) = self.take(1)
        self.server.is_up = False
        mine.close()
        self.pool.release(mine)
        self.pass_time(30)
        self.assertEqual((self.pool.live, self.pool.cause), (0, "the server is down"))
        self.assertLess(self.server.tries, 35)
        waiting = [self.acquire() for _ in range(3)]

        self.server.is_up = True
        self.pass_time(2)

        self.assertEqual(len({self.successResultOf(each) for each in waiting}), 3)
        self.assertEqual(self.pool.cause, "")

    def test_cause_is_told(self) -> None:
        """Who waited in vain for a server learns why."""
        (mine,) = self.take(1)
        self.server.is_up = False
        mine.close()
        self.pool.release(mine)
        waiting = self.acquire()

        self.pass_time(5)

        failure = self.failureResultOf(waiting, DatabaseAway)
        self.assertIn("the server is down", failure.getErrorMessage())

    def test_one_try_at_a_time(self) -> None:
        """However many wait, a server that is away gets one try at a time."""
        (mine,) = self.take(1)
        self.server.is_up = False
        mine.close()
        self.pool.release(mine)
        self.server.is_slow = True
        waiting = [self.acquire() for _ in range(3)]

        self.pass_time(3)

        self.assertEqual(len(self.server.held), 1)
        self.pool.close()
        for each in waiting:
            self.failureResultOf(each, DatabaseAway)

    def test_idle_ones_are_closed_but_one(self) -> None:
        """What is not needed for long is closed; one connection stays."""
        for each in self.take(3):
            self.pool.release(each)

        self.pass_time(75)

        self.assertEqual(self.pool.live, 1)
        self.assertEqual([each.is_open for each in self.server.opened].count(True), 1)

    def test_unused_ones_are_checked(self) -> None:
        """What is not used is asked for a sign of life, and replaced without one."""
        (mine,) = self.take(1)
        self.pool.release(mine)
        self.pass_time(21)
        self.assertGreaterEqual(mine.checks, 1)
        mine.is_dead = True

        self.pass_time(10)

        self.assertEqual(self.pool.live, 1)
        self.assertIsNot(self.take(1)[0], mine)

    def test_what_opens_after_the_end_is_closed(self) -> None:
        """A connection that is opened while the Pool closes does not stay open."""
        self.server.is_slow = True
        mine = self.take(1)[0]
        waiting = self.acquire()
        (held,) = self.server.held

        self.pool.close()

        self.failureResultOf(waiting, DatabaseAway)
        self.assertTrue(held.called)
        self.assertFalse(mine.is_open)
        self.failureResultOf(self.acquire(), DatabaseAway)

    def test_what_comes_back_after_the_end_is_closed(self) -> None:
        """Giving back to a closed Pool changes nothing."""
        (mine,) = self.take(1)
        self.pool.close()

        self.pool.release(mine)

        self.assertEqual((self.pool.live, self.pool.cause), (0, "it was closed"))

    def test_renewed_one_is_new(self) -> None:
        """After a renewal nobody gets an old connection."""
        (mine,) = self.take(1)
        self.pool.release(mine)

        self.pool.renew()

        self.assertIsNot(self.take(1)[0], mine)
        self.assertFalse(mine.is_open)


class StartTests(SynchronousTestCase):
    def test_start_fails_with_the_cause(self) -> None:
        """A Pool whose first connection fails was not started."""
        clock = Clock()
        server = Server(is_up=False)
        pool: Pool[Connection] = Pool(
            open=server.open,
            clock=clock,
            random=Random(1),
            size=1,
            idle_seconds=1.0,
            check_seconds=1.0,
            patience=1.0,
            queue=1,
        )

        self.failureResultOf(Deferred.fromCoroutine(pool.start()), StoreError)

        self.assertEqual(clock.getDelayedCalls(), [])
        self.failureResultOf(Deferred.fromCoroutine(pool.acquire()), DatabaseAway)
