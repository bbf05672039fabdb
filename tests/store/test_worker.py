"""Tests of the thread that does one thing after the other."""

from __future__ import annotations

from threading import current_thread
from typing import Any

from twisted.internet import reactor  # noqa: TID251  # for real input and output
from twisted.internet.defer import CancelledError
from twisted.trial.unittest import TestCase

from nexus.store.worker import Worker


class WorkerTests(TestCase):
    def setUp(self) -> None:
        """Start a worker."""
        self.worker = Worker(reactor, "test-worker")
        self.worker.start()
        self.addCleanup(self.worker.stop)

    async def test_calls_follow_one_another(self) -> None:
        """All calls happen in one thread, in the order in which they were asked for."""
        seen: list[tuple[int, Any]] = []
        for number in range(100):
            last = self.worker.call(
                lambda one: seen.append((one, current_thread())), number
            )
        await last

        self.assertEqual([number for number, _ in seen], list(range(100)))
        [thread] = {thread for _, thread in seen}
        self.assertEqual(thread.name, "test-worker")
        self.assertIsNot(thread, current_thread())

    async def test_answers_and_errors(self) -> None:
        """What a call returns or raises reaches whoever asked, in the reactor."""
        self.assertEqual(await self.worker.call(divmod, 7, 2), (3, 1))
        await self.assertFailure(self.worker.call(divmod, 7, 0), ZeroDivisionError)

    async def test_cancelled_call(self) -> None:
        """A call whose asker does not wait any more is made all the same."""
        seen: list[int] = []
        asked = self.worker.call(seen.append, 1)
        asked.cancel()
        await self.assertFailure(asked, CancelledError)
        await self.worker.call(seen.append, 2)

        self.assertEqual(seen, [1, 2])
