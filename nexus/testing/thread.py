"""VirtualThreads: calls at once what a thread is to call, as soon as time passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

__all__ = ["VirtualThreads"]


@define(eq=False)
class VirtualThreads:
    """Stands for the threads of a Node: no time passes while they work.

    What they are to do is done, and told, when the clock goes on, and be it by nothing,
    in the order in which it was asked for: a test plays the same each time.
    """

    _clock: IReactorTime

    def call(self, work: Callable[[], Any]) -> Deferred[Any]:
        """Call something when the code that asks for it has returned."""
        waiting: Deferred[Any] = Deferred(lambda _: later.cancel())

        def run() -> None:
            try:
                result = work()
            except Exception:  # noqa: BLE001  # the author's code may raise anything
                waiting.errback()
                return
            waiting.callback(result)

        later = self._clock.callLater(0, run)
        return waiting
