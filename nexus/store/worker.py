"""A thread that does one thing after the other for whoever lives in the reactor."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, Protocol, TypeAlias, TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

__all__ = ["Threads", "Worker"]

T = TypeVar("T")

_Work: TypeAlias = tuple[Callable[..., Any], tuple[Any, ...], Deferred[Any]]


class Threads(Protocol):
    """The part of a reactor that threads may call."""

    def callFromThread(  # noqa: N802 -- named by Twisted
        self,
        callable: Callable[..., Any],  # noqa: A002  # likewise
        *args: Any,
    ) -> Any:
        """Call something in the thread of the reactor."""
        ...


@define(eq=False)
class Worker:
    """One thread, and what waits for it.

    It does not keep a process alive: what must be finished, somebody waits for.
    """

    _reactor: Threads
    _name: str
    _queue: SimpleQueue[_Work | None] = field(factory=SimpleQueue, init=False)

    def start(self) -> None:
        """Start the thread."""
        Thread(target=self._run, name=self._name, daemon=True).start()

    def stop(self) -> None:
        """End the thread when it has done all that it was asked before."""
        self._queue.put(None)

    def call(self, call: Callable[..., T], *args: Any) -> Deferred[T]:
        """Call something in the thread, after all that was asked before.

        It is called also if whoever waits for it is cancelled.
        """
        answer: Deferred[T] = Deferred()
        self._queue.put((call, args, answer))
        return answer

    def _run(self) -> None:
        for call, args, answer in iter(self._queue.get, None):
            result: Any
            try:
                result = call(*args)
            except Exception:  # noqa: BLE001  # raised again where it was asked for
                result = Failure()
            self._reactor.callFromThread(_settle, answer, result)


def _settle(answer: Deferred[Any], result: Any) -> None:
    # A Failure that is called back is raised where it is awaited, as any other.
    answer.callback(result)
