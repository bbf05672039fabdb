"""Tests of `nexus.testing.thread`."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError
from twisted.trial.unittest import SynchronousTestCase

from nexus import Client, Room, State, int32, on_message
from nexus.testing import Harness
from nexus.testing.clock import VirtualClock
from nexus.testing.thread import VirtualThreads


class Total(State):
    """A sum."""

    total: int32 = 0


class Adding(Room[Total]):
    """Adds in a thread, and in slices."""

    def on_create(self, options: Any) -> None:
        """Begin with nothing."""
        self.state = Total()

    @on_message("add")
    async def add(self, client: Client, numbers: list[int]) -> int:
        """Add up."""
        self.state.total = await self.in_thread(sum, numbers)
        return int(self.state.total)

    @on_message("count")
    async def count(self, client: Client, most: int) -> int:
        """Count up, a number a slice."""

        def slices() -> Any:
            for number in range(most + 1):
                self.state.total = number
                yield
            return most

        return int(await self.spread(slices()))


class ThreadTests(SynchronousTestCase):
    def test_order_is_that_of_the_asking(self) -> None:
        """Calls are made one after the other, as time passes, in no time."""
        clock, order = VirtualClock(), []
        threads = VirtualThreads(clock)
        for number in range(3):
            threads.call(lambda n=number: order.append(n))  # type: ignore[misc]  # each its own
        self.assertEqual(order, [])

        clock.step(clock.seconds())

        self.assertEqual((order, clock.passed), ([0, 1, 2], 0))

    def test_error_comes_back(self) -> None:
        """What a call raises is told as a thread would tell it."""
        clock = VirtualClock()
        got = VirtualThreads(clock).call(lambda: int("seven"))

        clock.step(clock.seconds())

        self.failureResultOf(got, ValueError)

    def test_what_is_called_off_is_not_called(self) -> None:
        """A call that nobody waits for any more is not made."""
        clock, calls = VirtualClock(), []
        got = VirtualThreads(clock).call(lambda: calls.append(1))

        got.cancel()
        clock.step(clock.seconds())

        self.failureResultOf(got, CancelledError)
        self.assertEqual(calls, [])

    def test_room_in_a_harness(self) -> None:
        """A Room's threads and slices need nothing of a test, and no real time."""
        with Harness(Adding) as house:
            ada = house.join_or_create()

            self.assertEqual(ada.request("add", [1, 2, 3]), 6)
            self.assertEqual(ada.request("count", 70), 70)

            house.tick()
            self.assertEqual(ada.state.total, 70)
