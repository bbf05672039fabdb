"""Tests of `nexus.background`."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from nexus.background import Background
from tests.support.room import Gate


class BackgroundTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a background, and a gate for what runs in it."""
        self.background = Background()
        self.gate = Gate()

    async def work(self) -> str:
        """Wait at the gate."""
        await self.gate.wait()
        return "done"

    def test_work_is_tracked_until_it_ends(self) -> None:
        """What runs is counted, and what has ended is not."""
        self.background.spawn(self.work(), "work")
        self.assertEqual(len(self.background), 1)

        self.gate.open()

        self.assertEqual(len(self.background), 0)

    def test_work_that_waits_for_nothing_is_not_kept(self) -> None:
        """A coroutine that ends at once leaves nothing behind."""

        async def quick() -> None:
            """End."""

        self.background.spawn(quick(), "quick")

        self.assertEqual(len(self.background), 0)

    def test_failure_is_logged_with_its_name(self) -> None:
        """What is raised, at once or later, is logged and goes no further."""

        async def fail() -> None:
            raise KeyError("now")

        self.background.spawn(fail(), "fail")
        self.background.spawn(self.work(), "work")
        self.gate.fail(KeyError("later"))

        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 2)
        self.assertEqual(len(self.background), 0)

    def test_somebody_may_wait(self) -> None:
        """`start` fires when the work has ended, also when it failed."""
        ends: list[Any] = []
        for _ in range(2):
            self.background.start(self.work(), "work").addBoth(ends.append)

        self.gate.waiting.pop(0).errback(KeyError("mistake"))
        self.gate.open()

        self.assertEqual(len(ends), 2)
        self.flushLoggedErrors(KeyError)

    def test_stop_cancels_what_runs(self) -> None:
        """Stopping cancels quietly, and waits until all has ended."""
        late = Gate()

        async def tidy() -> None:
            try:
                await Deferred()
            except CancelledError:
                await late.wait()

        self.background.spawn(tidy(), "tidy")
        self.background.spawn(self.work(), "work")

        stopped = self.background.stop()

        self.assertFalse(stopped.called)
        late.open()
        self.assertTrue(stopped.called)
        self.assertEqual(len(self.background), 0)
