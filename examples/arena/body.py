"""How things move: plain numbers, without a Room."""

from __future__ import annotations

from math import atan2, degrees, hypot, sqrt
from typing import Final

from attrs import define

from examples.arena.world import HEIGHT, WIDTH

__all__ = ["REST", "RUSH", "Body", "radius_of"]

#: Units a second, for the smallest.
_SPEED: Final = 260.0
#: How fast a body takes another speed: this much of the difference a second.
_AGILITY: Final = 9.0
#: How much faster it is while it rushes, for how long, and how long it then rests.
_BOOST: Final = 2.9
RUSH: Final = 0.22
REST: Final = 2.0
_SHIELD: Final = 1.2


def radius_of(score: int) -> float:
    """Return how large somebody is; who gathers, grows."""
    return min(54.0, 16.0 + 2.0 * sqrt(score))


@define
class Body:
    """Where somebody is, and where it wants to go; no client sees this."""

    x: float
    y: float
    #: Where it is steered to: at most 1 long.
    to_x: float = 0.0
    to_y: float = 0.0
    speed_x: float = 0.0
    speed_y: float = 0.0
    #: What is left of its rush, and of the time until the next one, in seconds.
    rush: float = 0.0
    rest: float = 0.0
    #: For how long nobody can hit it again.
    shield: float = 0.0

    def steer(self, x: float, y: float) -> None:
        """Go there from now on."""
        length = max(1.0, hypot(x, y))
        self.to_x, self.to_y = x / length, y / length

    def dash(self) -> bool:
        """Rush forward, and say whether it was rested enough for that."""
        if self.rest > 0 or (not self.to_x and not self.to_y):
            return False
        self.rush, self.rest = RUSH, REST
        return True

    def push(self, x: float, y: float) -> None:
        """Be thrown that way, and be safe for a moment."""
        self.speed_x += x
        self.speed_y += y
        self.shield = _SHIELD

    def advance(self, seconds: float, radius: float) -> None:
        """Move for so long, within the arena."""
        top = _SPEED * (20.0 / (radius + 4.0)) ** 0.35
        if self.rush > 0:
            top *= _BOOST
        self.rush = max(0.0, self.rush - seconds)
        self.rest = max(0.0, self.rest - seconds)
        self.shield = max(0.0, self.shield - seconds)
        share = min(1.0, _AGILITY * seconds)
        self.speed_x += (self.to_x * top - self.speed_x) * share
        self.speed_y += (self.to_y * top - self.speed_y) * share
        self.x = min(WIDTH - radius, max(radius, self.x + self.speed_x * seconds))
        self.y = min(HEIGHT - radius, max(radius, self.y + self.speed_y * seconds))

    @property
    def heading(self) -> float:
        """Return where it looks, in degrees."""
        return degrees(atan2(self.speed_y, self.speed_x)) % 360

    def distance(self, x: float, y: float) -> float:
        """Return how far away a place is."""
        return hypot(x - self.x, y - self.y)
