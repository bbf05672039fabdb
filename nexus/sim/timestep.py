"""The fixed timestep: from time that passed to whole Ticks."""

from __future__ import annotations

from fractions import Fraction
from math import isfinite

__all__ = ["FixedTimestep", "Step"]

_SECOND = 10**9


class Step:
    """What one Tick of a fixed timestep is told; the same object each time.

    Attributes:
        tick: The number of the step, from 0.
        dt: Seconds that a step lasts.
    """

    __slots__ = ("dt", "tick")

    def __init__(self, dt: float) -> None:
        self.tick = 0
        self.dt = dt


class FixedTimestep:
    """Says how many Ticks to run after so much time, and loses none of it.

        for _ in range(timestep.steps(elapsed)):
            world.advance(timestep.dt)

    What is left over after the last whole Tick is kept for the next time. When a room
    falls behind by more than `max_steps` Ticks, the rest is dropped: to run them all
    would make it later still.

    Args:
        hz: Ticks a second, more than 0 and at most 1000.
        max_steps: How many Ticks may be run at once.

    Attributes:
        hz: Ticks a second.
        dt: Seconds a Tick.
        tick: How many Ticks were told to run so far.
        dropped: How many Ticks were dropped so far.
    """

    __slots__ = ("_carry", "_max", "_rate", "_whole", "dropped", "dt", "hz", "tick")

    def __init__(self, hz: float, max_steps: int = 5) -> None:
        # A chain of comparisons is false for NaN as well.
        if not 0.001 <= hz <= 1000:
            raise ValueError(f"a room has from 0.001 to 1000 ticks a second, not {hz}")
        if max_steps < 1:
            raise ValueError(f"at least one tick runs at once, not {max_steps}")
        # 60 Hz is no whole number of nanoseconds a Tick, and adding floats drifts. So
        # time is counted in nanoseconds times the rate, both of them whole.
        rate = Fraction(hz).limit_denominator(10**6)
        self._rate = rate.numerator
        self._whole = _SECOND * rate.denominator
        self._carry = 0
        self._max = max_steps
        self.hz = hz
        self.dt = 1 / hz
        self.tick = 0
        self.dropped = 0

    def steps(self, elapsed: float) -> int:
        """Add seconds that passed, and return how many Ticks to run for them.

        Raises:
            ValueError: Time that is negative, or no number.
        """
        if not (elapsed >= 0 and isfinite(elapsed)):
            raise ValueError(f"{elapsed!r} s cannot have passed")
        carry = self._carry + round(elapsed * _SECOND) * self._rate
        due, self._carry = divmod(carry, self._whole)
        count = min(due, self._max)
        self.tick += count
        self.dropped += due - count
        return count
