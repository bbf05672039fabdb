"""Pool: a few threads that do what would keep all Rooms of a Node waiting."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.python.failure import Failure

from nexus.errors import Code, Refused

__all__ = ["Pool"]

#: How many threads there are; Python's own code runs in one of them at a time.
_THREADS: Final = 4
#: How many calls wait for them at most; the one beyond is refused.
_WAITING: Final = 256


@define(eq=False)
class _Call:
    """Something to be called, and who waits for it; None: nobody does any more."""

    work: Callable[[], Any]
    waiting: Deferred[Any] | None = None


@define(eq=False)
class Pool:
    """The threads of a Node; they begin when there is something to do.

    What is called is neither interrupted nor waited for when the Node stops, so that
    what never returns keeps no process alive.

    Args:
        reactor: Where what comes of a call is told.
        threads: How many there are.
        most: How many calls may wait for one.
    """

    _reactor: IReactorFromThreads
    _threads: int = field(default=_THREADS, kw_only=True)
    _most: int = field(default=_WAITING, kw_only=True)
    #: None: a thread is to end.
    _queue: SimpleQueue[_Call | None] = field(factory=SimpleQueue, init=False)
    _running: list[Thread] = field(factory=list, init=False)
    #: Calls that were begun or wait, less those that nobody waits for.
    _open: int = field(default=0, init=False)
    _is_stopped: bool = field(default=False, init=False)

    def __len__(self) -> int:
        """Count the calls that were begun or wait."""
        return self._open

    def call(self, work: Callable[[], Any]) -> Deferred[Any]:
        """Call something in a thread; see `nexus.room.work.errand.Threads`.

        Raises:
            Refused: Too much waits already, or the Node stops.
        """
        if self._is_stopped:
            raise Refused("the node is stopping", Code.STOPPING)
        if self._open >= self._threads + self._most:
            raise Refused("too much waits for a thread", Code.LIMIT)
        call = _Call(work)
        call.waiting = Deferred(lambda _: self._give_up(call))
        self._open += 1
        self._queue.put(call)
        if self._open > len(self._running) < self._threads:
            name = f"nexus-{len(self._running)}"
            thread = Thread(target=self._work, name=name, daemon=True)
            self._running.append(thread)
            thread.start()
        return call.waiting

    def stop(self) -> None:
        """Begin nothing any more."""
        self._is_stopped = True
        for _ in self._running:
            self._queue.put(None)

    def _give_up(self, call: _Call) -> None:
        call.waiting = None

    def _work(self) -> None:
        """Run in a thread: make one call after the other."""
        while (call := self._queue.get()) is not None:
            result: Any = None
            if call.waiting is not None and not self._is_stopped:
                try:
                    result = call.work()
                except BaseException:  # noqa: BLE001  # nothing may end the thread
                    result = Failure()
            self._reactor.callFromThread(self._told, call, result)
            # A thread that waits keeps nothing of what it did.
            del call, result

    def _told(self, call: _Call, result: Any) -> None:
        self._open -= 1
        waiting, call.waiting = call.waiting, None
        if waiting is None:
            return
        if isinstance(result, Failure):
            waiting.errback(result)
        else:
            waiting.callback(result)
