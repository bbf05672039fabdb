"""Timer: something that a Room will do later, on its own clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from attrs import define

if TYPE_CHECKING:
    from nexus.room.clock.clock import RoomClock

__all__ = ["SECOND", "Timer"]

#: Clocks count nanoseconds.
SECOND: Final = 10**9


@define(eq=False)
class Timer:
    """Something that a Room will do later, once or again and again.

    A Timer that has ended, by firing for the last time or by `cancel`, stays ended:
    nothing that is asked of it does anything any more.
    """

    _clock: RoomClock
    _callback: Callable[..., object]
    _arguments: tuple[Any, ...]
    #: Nanoseconds from the start, or from one firing to the next.
    _period: int
    _repeats: bool
    #: Who was created first, among those that are due at the same time.
    _serial: int
    #: When it fires; while it is paused, how much is left.
    _deadline: int
    #: Counts up whenever the deadline moves, so that older entries are known as dead.
    _arming: int = 0
    _paused: bool = False
    _active: bool = True

    @property
    def active(self) -> bool:
        """Whether it will fire, now or once it is resumed."""
        return self._active

    @property
    def paused(self) -> bool:
        """Whether it waits to be resumed."""
        return self._active and self._paused

    @property
    def serial(self) -> int:
        """A number that no other of its clock has, and later ones have higher ones."""
        return self._serial

    @property
    def due(self) -> int:
        """When it fires, in nanoseconds of its clock; paused, how much is left."""
        return self._deadline

    @property
    def callback(self) -> Callable[..., object]:
        """What it calls."""
        return self._callback

    @property
    def arguments(self) -> tuple[Any, ...]:
        """What it calls that with."""
        return self._arguments

    @property
    def period(self) -> float:
        """The seconds from one firing to the next; 0: it fires once."""
        return self._period / SECOND if self._repeats else 0.0

    @property
    def left(self) -> float:
        """The seconds until it fires next, as of the latest advance."""
        return max(0, self._deadline - self._clock._now) / SECOND

    @property
    def elapsed(self) -> float:
        """The seconds counted since it was started or reset, or last fired; no pauses.

        Of a Timer that has ended, what it had counted at its end.
        """
        counting = self._active and not self._paused
        left = self._deadline - (self._clock._now if counting else 0)
        return max(0, self._period - max(0, left)) / SECOND

    def pause(self) -> None:
        """Stop counting; periods that passed without a firing yet are left out."""
        if self._active and not self._paused:
            self._paused = True
            self._deadline = max(0, self._deadline - self._clock._now)
            self._clock._disarm(self)

    def resume(self) -> None:
        """Count on from where it was paused."""
        if self._active and self._paused:
            self._paused = False
            self._clock._arm(self, self._clock._now + self._deadline)

    def reset(self) -> None:
        """Count from the start again; a paused Timer stays paused."""
        if not self._active:
            return
        if self._paused:
            self._deadline = self._period
        else:
            self._clock._disarm(self)
            self._clock._arm(self, self._clock._now + self._period)

    def cancel(self) -> None:
        """End it: it fires no more."""
        if self._active:
            self.pause()
            self._clock._end(self)
