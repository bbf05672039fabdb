"""Detached work: every coroutine that nobody awaits runs here, tracked and logged."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.logger import Logger
from twisted.python.failure import Failure

__all__ = ["Background"]


@define(eq=False)
class Background:
    """The coroutines that run detached, and the end of them."""

    _running: set[Deferred[Any]] = field(factory=set, init=False)

    _log = Logger()

    def spawn(self, work: Coroutine[Any, Any, Any], what: str) -> None:
        """Run a coroutine; what it raises is logged as a failure of `what`."""
        _ = self.start(work, what)

    def start(self, work: Coroutine[Any, Any, Any], what: str) -> Deferred[Any]:
        """Run a coroutine that somebody may wait for.

        Returns:
            Fires with None when the coroutine has ended, however that was.
        """
        running: Deferred[Any] = Deferred.fromCoroutine(work)
        if running.called and not isinstance(running.result, Failure):
            return running
        self._running.add(running)

        def ended(result: object) -> None:
            self._running.discard(running)
            if isinstance(result, Failure) and not result.check(CancelledError):
                self._log.failure("{what} failed", failure=result, what=what)

        _ = running.addBoth(ended)
        return running

    def stop(self) -> Deferred[Any]:
        """Cancel what still runs; fires when all of it has ended."""
        running = list(self._running)
        for each in running:
            each.cancel()
        return DeferredList(running)

    def __len__(self) -> int:
        return len(self._running)
