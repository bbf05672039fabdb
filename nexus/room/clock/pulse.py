"""Pulse: a beat at a steady interval, which does not drift and does not pile up."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

__all__ = ["Pulse"]


class Pulse:
    """Calls a function every so many seconds, until it is stopped.

    A beat that is late does not move those after it; beats that were missed are not
    made up for.

    Args:
        clock: What calls back.
        beat: Called with the seconds since the last beat.
    """

    __slots__ = ("_beat", "_call", "_clock", "_due", "_interval", "_last")

    def __init__(self, clock: IReactorTime, beat: Callable[[float], None]) -> None:
        self._clock = clock
        self._beat = beat
        self._call: IDelayedCall | None = None
        self._interval = 0.0
        self._due = 0.0
        self._last = 0.0

    @property
    def interval(self) -> float:
        """Seconds from beat to beat; 0 while it is stopped."""
        return self._interval

    @property
    def since(self) -> float:
        """Seconds since the last beat, or since it was started."""
        return max(0.0, self._clock.seconds() - self._last)

    def start(self, interval: float) -> None:
        """Beat at this interval from now on."""
        self.stop()
        self._interval = interval
        self._last = self._clock.seconds()
        self._due = self._last + interval
        self._call = self._clock.callLater(interval, self._fire)

    def stop(self) -> None:
        """Beat no more."""
        call, self._call = self._call, None
        self._interval = 0.0
        if call is not None:
            call.cancel()

    def _fire(self) -> None:
        now = self._clock.seconds()
        # The reactor's clock is wall time: it may jump, also backwards.
        elapsed = max(0.0, now - self._last)
        self._last = now
        self._due += self._interval
        if not 0 < self._due - now <= self._interval:
            self._due = now + self._interval
        self._call = self._clock.callLater(self._due - now, self._fire)
        self._beat(elapsed)
