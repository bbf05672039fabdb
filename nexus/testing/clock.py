"""VirtualClock: time that passes when it is told to, from one due call to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any, Final

from twisted.internet.base import DelayedCall
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from zope.interface import implementer

__all__ = ["VirtualClock"]

#: Where time begins: in the morning of 1970, as seconds are exact there.
_START: Final = 1000.0

#: What is due so soon after the end of a step belongs to it: seconds do not add up.
_SLACK: Final = 1e-6

#: So many rounds of calls may be due at one moment; beyond, time stands still.
_MOST_ROUNDS: Final = 10_000


@implementer(IReactorTime)
class VirtualClock:
    """The time of a Harness.

    It jumps from call to call, so that what beats every 50 ms beats 20 times in a
    second, and each call finds the time at which it was due.
    """

    def __init__(self) -> None:
        self._now = _START
        self._serial = 0
        self._heap: list[tuple[float, int, DelayedCall]] = []
        #: How many rounds of calls were made at this moment.
        self._rounds = 0

    @property
    def passed(self) -> float:
        """Seconds since the beginning."""
        return round(self._now - _START, 6)

    def seconds(self) -> float:
        """Return the time."""
        return self._now

    def callLater(  # noqa: N802  # as Twisted calls it
        self,
        delay: float,
        callable: Callable[..., Any],  # noqa: A002  # as Twisted calls it
        *args: object,
        **kw: object,
    ) -> IDelayedCall:
        """Call something when so much time has passed.

        Raises:
            ValueError: A time that lies in the past.
        """
        if not delay >= 0:
            raise ValueError(f"nothing can be called {delay!r} s from now")
        call = DelayedCall(
            self._now + delay, callable, args, kw, _nothing, self._push, self.seconds
        )
        self._push(call)
        return call

    def getDelayedCalls(self) -> Sequence[IDelayedCall]:  # noqa: N802  # as Twisted calls it
        """Return what is to be called still."""
        return [call for _, _, call in self._heap if call.active()]

    def step(self, limit: float) -> bool:
        """Go on to the next moment at which something is due, and call that.

        Args:
            limit: Go no further than this.

        Returns:
            Whether there was something.

        Raises:
            RuntimeError: Calls of no delay call each other without end.
        """
        due = self._due()
        if due is None or due > limit + _SLACK:
            return False
        if due > self._now:
            self._now, self._rounds = due, 0
        self._rounds += 1
        if self._rounds > _MOST_ROUNDS:
            raise RuntimeError("calls of no delay go on and on: time stands still")
        # All at once: what these add for the same moment is for the next round.
        ready = []
        while self._heap and self._heap[0][0] <= self._now:
            ready.append(heappop(self._heap)[2])
        for call in ready:
            if not call.active():
                continue
            if call.getTime() > self._now:
                self._push(call)
                continue
            call.called = 1
            call.func(*call.args, **call.kw)
        return True

    def clear(self) -> None:
        """Call nothing of what is to be called still."""
        for call in self.getDelayedCalls():
            call.cancel()
        self._heap.clear()

    def stand(self, at: float) -> None:
        """Let the time be at least this, when nothing is due before."""
        if at > self._now:
            self._now, self._rounds = at, 0

    def _due(self) -> float | None:
        """Return when the next call is due."""
        heap = self._heap
        while heap:
            time, _, call = heap[0]
            if call.active() and call.getTime() <= time:
                return time
            heappop(heap)
            if call.active():
                self._push(call)
        return None

    def _push(self, call: DelayedCall) -> None:
        self._serial += 1
        heappush(self._heap, (call.getTime(), self._serial, call))


def _nothing(call: DelayedCall) -> None:
    """Leave a cancelled call where it is: it is passed over when it is due."""
