"""Clock: the time of one Room, and its Timers, which die with it.

Nothing here looks at real time: the Room says how much of it passed, so that a Room
that sleeps has no timers that run, and a test needs no waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from heapq import heapify, heappop, heappush
from typing import Any, Final

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from nexus.errors import Code, NexusError, Refused
from nexus.room.clock.timer import SECOND, Timer

__all__ = ["RoomClock", "SleepEnded"]


def _nothing() -> None:
    """Do nothing: this clock is always as late as it can be."""


def _never() -> float:
    """Return when everything began, where nobody knows the time outside."""
    return 0.0


#: What no Timer waits longer than, in nanoseconds: some 300 years.
_LONGEST: Final = 10**19
#: How many dead entries the heap may have beside as many as there are Timers.
_SLACK: Final = 64


class SleepEnded(NexusError):
    """The clock was cleared while somebody slept: the Room has ended."""


@define(eq=False)
class RoomClock:
    """The time of a Room, driven from outside by `advance`.

    Args:
        failed: Told the name of a callback that raised, and what; nobody else notices.
        spawn: Given the coroutine of a callback that is an `async def`. An interval
            does not wait for it: if it takes longer than a period, two run at once.
        limit: How many Timers there may be.
        catch_up: How often an interval fires at most in one advance; what it missed
            beyond that is skipped, and it goes on in its rhythm.
        look: Called before somebody reads the time or starts a Timer, to advance a
            clock that nobody drives while it has no Timers.
        world: The time outside, in seconds since 1970; looked at with each advance.
    """

    _failed: Callable[[str, Failure], object]
    _spawn: Callable[[Coroutine[Any, Any, Any]], object]
    _limit: int = field(default=10_000, kw_only=True)
    _catch_up: int = field(default=5, kw_only=True)
    _look: Callable[[], object] = field(default=_nothing, kw_only=True)
    _world: Callable[[], float] = field(default=_never, kw_only=True)
    _unix: float = field(init=False)
    #: Whole nanoseconds, so that adding many of them loses nothing.
    _now: int = field(default=0, init=False)
    _delta: int = field(default=0, init=False)
    _serial: int = field(default=0, init=False)
    _revision: int = field(default=0, init=False)
    #: Deadline, serial and arming, then the Timer, which is never compared.
    _heap: list[tuple[int, int, int, Timer]] = field(factory=list, init=False)
    _timers: dict[int, Timer] = field(factory=dict, init=False)
    _sleeping: dict[Deferred[None], Timer] = field(factory=dict, init=False)
    _advancing: bool = field(default=False, init=False)
    _closed: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._unix = self._world()

    @property
    def now(self) -> float:
        """Seconds since the Room started, as of the latest advance."""
        self._look()
        return self._now / SECOND

    @property
    def unix(self) -> float:
        """Seconds since 1970, as of the latest advance: to clients, server time.

        For what is shown to people, such as the end of a countdown. It may be set back;
        what depends on how much time passed goes by `now`.
        """
        self._look()
        return self._unix

    @property
    def revision(self) -> int:
        """How often a Timer was started, moved or ended."""
        return self._revision

    def all(self) -> list[Timer]:
        """Return all Timers, in the order in which they were created."""
        return list(self._timers.values())

    @property
    def delta(self) -> float:
        """Seconds by which the latest advance went on."""
        return self._delta / SECOND

    @property
    def timers(self) -> int:
        """How many Timers there are, paused ones included."""
        return len(self._timers)

    def advance(self, seconds: float) -> None:
        """Let time pass, and fire what is due, in order of deadline, then of creation.

        All callbacks see the time at the end of this advance, for that is when they
        run. What they start fires in a later advance at the earliest.

        Raises:
            ValueError: Time that is negative, or no number.
        """
        if self._advancing:
            raise RuntimeError("a callback cannot advance the clock that runs it")
        self._delta = _nanoseconds(seconds)
        self._now += self._delta
        self._unix = self._world()
        self._advancing = True
        try:
            for _, _, arming, timer in self._due():
                if timer._active and timer._arming == arming:
                    self._fire(timer)
        finally:
            self._advancing = False

    def call_later(
        self, seconds: float, callback: Callable[..., object], *arguments: Any
    ) -> Timer:
        """Call something once, when so much time has passed.

        Raises:
            ValueError: A time that is negative, or no number.
            Refused: The Room has too many Timers, or has ended.
        """
        period = _nanoseconds(seconds)
        return self._start(period, callback, arguments, repeats=False)

    def every(
        self, seconds: float, callback: Callable[..., object], *arguments: Any
    ) -> Timer:
        """Call something again and again, each time when so much time has passed.

        Raises:
            ValueError: A time that is not above zero.
            Refused: The Room has too many Timers, or has ended.
        """
        period = _nanoseconds(seconds)
        if period == 0:
            raise ValueError(f"an interval takes time, not {seconds!r} s")
        return self._start(period, callback, arguments, repeats=True)

    def start(
        self,
        left: float,
        period: float,
        callback: Callable[..., object],
        arguments: Iterable[Any],
    ) -> Timer:
        """Start a Timer of an earlier life.

        Args:
            left: The seconds until it fires.
            period: The seconds from one firing to the next; 0: it fires once.
            callback: What it calls.
            arguments: What it calls that with.

        Raises:
            ValueError: A time that is none.
            Refused: The Room has too many Timers, or has ended.
        """
        timer = self._start(
            _nanoseconds(period or left),
            callback,
            tuple(arguments),
            repeats=period > 0,
        )
        if period > 0:
            self._disarm(timer)
            self._arm(timer, self._now + _nanoseconds(left))
        return timer

    def sleep(self, seconds: float) -> Deferred[None]:
        """Return what fires when so much time has passed, and fails with SleepEnded.

        Cancelling it frees its Timer.

        Raises:
            ValueError: A time that is negative, or no number.
            Refused: The Room has too many Timers, or has ended.
        """

        def wake() -> None:
            del self._sleeping[slept]
            slept.callback(None)

        def cancel(_: object) -> None:
            timer = self._sleeping.pop(slept, None)
            if timer is not None:
                timer.cancel()

        slept: Deferred[None] = Deferred(cancel)
        self._sleeping[slept] = self.call_later(seconds, wake)
        return slept

    def clear(self) -> None:
        """Cancel all Timers, and let all who sleep fail with SleepEnded."""
        for timer in list(self._timers.values()):
            timer.cancel()
        sleeping, self._sleeping = self._sleeping, {}
        for slept in sleeping:
            if not slept.called:
                slept.errback(SleepEnded("the room's clock was cleared"))

    def close(self) -> None:
        """Clear, and refuse new Timers from now on."""
        self._closed = True
        self.clear()

    def _start(
        self,
        period: int,
        callback: Callable[..., object],
        arguments: tuple[Any, ...],
        *,
        repeats: bool,
    ) -> Timer:
        if self._closed:
            raise Refused("the room has ended", Code.STOPPING)
        if len(self._timers) >= self._limit:
            raise Refused(f"a room has at most {self._limit} timers", Code.LIMIT)
        self._look()
        self._serial += 1
        timer = Timer(self, callback, arguments, period, repeats, self._serial, 0)
        self._timers[timer._serial] = timer
        self._arm(timer, self._now + period)
        return timer

    def _arm(self, timer: Timer, deadline: int) -> None:
        timer._deadline = deadline
        self._revision += 1
        heappush(self._heap, (deadline, timer._serial, timer._arming, timer))

    def _disarm(self, timer: Timer) -> None:
        timer._arming += 1
        self._revision += 1
        # The entry stays until it is due; so that they do not pile up, many at once
        # are thrown away, which costs a constant share of each.
        if len(self._heap) > 2 * len(self._timers) + _SLACK:
            self._heap = [entry for entry in self._heap if entry[3]._arming == entry[2]]
            heapify(self._heap)

    def _end(self, timer: Timer) -> None:
        timer._active = False
        timer._arming += 1
        self._revision += 1
        self._timers.pop(timer._serial, None)

    def _due(self) -> list[tuple[int, int, int, Timer]]:
        """Take out what is due, an interval once a period, and arm what goes on."""
        due = []
        while self._heap and self._heap[0][0] <= self._now:
            entry = heappop(self._heap)
            deadline, serial, arming, timer = entry
            if timer._arming != arming:
                continue
            due.append(entry)
            if timer._repeats:
                missed = (self._now - deadline) // timer._period
                for i in range(1, min(missed + 1, self._catch_up)):
                    at = deadline + i * timer._period
                    due.append((at, serial, arming, timer))
                self._arm(timer, deadline + (missed + 1) * timer._period)
        due.sort(key=lambda entry: entry[:3])
        return due

    def _fire(self, timer: Timer) -> None:
        if not timer._repeats:
            timer._deadline = 0
            self._end(timer)
        try:
            result = timer._callback(*timer._arguments)
            if isinstance(result, Coroutine):
                self._spawn(result)
        except Exception:  # noqa: BLE001  # one callback's fault must not stop others
            self._failed(_name(timer._callback), Failure())
            return
        if isinstance(result, Deferred):
            name = _name(timer._callback)
            _ = result.addErrback(lambda failure: self._failed(name, failure))


def _nanoseconds(seconds: float) -> int:
    """Return a time as whole nanoseconds."""
    # A chain of comparisons is false for NaN as well.
    if not 0 <= seconds <= _LONGEST / SECOND:
        raise ValueError(f"{seconds!r} s is no time to pass or to wait")
    return round(seconds * SECOND)


def _name(callback: Callable[..., object]) -> str:
    """Name a callback in a log, also one that was made by `functools.partial`."""
    inner = getattr(callback, "func", callback)
    name = getattr(inner, "__qualname__", None)
    return name if isinstance(name, str) else type(inner).__name__
