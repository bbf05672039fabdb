"""Motion: is this move possible? Speed, bounds, blocked cells, jumps."""

from __future__ import annotations

from enum import StrEnum
from math import hypot, inf, isfinite
from typing import Literal

from attrs import Attribute, define, field, frozen
from attrs.validators import in_, instance_of, optional
from typing_extensions import override

from nexus.geo.block import Blocks
from nexus.geo.distance import arc, degrees_of

__all__ = ["GlobeMotion", "Motion", "Moved", "Obstacle", "Track"]

Bounds = tuple[float, float, float, float]


def _above(_: object, field: Attribute[float], value: float) -> None:
    # A comparison is false for NaN as well.
    if not 0 < value < inf:
        raise ValueError(f"{field.name} is above zero and finite, unlike {value!r}")


def _not_below(_: object, field: Attribute[float], value: float) -> None:
    if not 0 <= value < inf:
        raise ValueError(f"{field.name} is zero or more, and finite, unlike {value!r}")


class Obstacle(StrEnum):
    """Why a move is refused, in a word that a client can be told."""

    TOO_FAST = "too_fast"
    OUT_OF_BOUNDS = "out_of_bounds"
    BLOCKED = "blocked"
    NOT_A_NUMBER = "not_a_number"


@define(eq=False)
class Track:
    """Where one mover is, for all that counts, and how far it may go at once.

    Attributes:
        x: Where it is.
        y: Where it is.
        at: The time up to which it has gained reach.
        reach: How far it may go now.
        offences: How many moves were refused of late.
    """

    x: float
    y: float
    at: float
    reach: float
    offences: float = field(default=0.0, init=False)
    #: Until when it may not know yet that it is elsewhere than it believes.
    _pardoned: float = field(default=-inf, init=False)


@define
class Moved:
    """What became of a wish to move.

    Attributes:
        x: Where the mover is now, the wish granted or not.
        y: Where the mover is now.
        obstacle: Why it was refused; None: it was granted.
        is_counted: Whether that was one more offence.
        offences: How many there were of late.
        is_repeated: Whether these are more than the Motion lets pass.
    """

    x: float
    y: float
    obstacle: Obstacle | None = None
    is_counted: bool = False
    offences: float = 0.0
    is_repeated: bool = False

    @property
    def is_granted(self) -> bool:
        """Whether the mover has moved."""
        return self.obstacle is None


@frozen(kw_only=True)
class Motion:
    """How things of one sort move, and whether a move that is told is one of theirs.

        motion = Motion(speed=5.0, tolerance=1.0, bounds=(0, 0, 100, 100))
        track = motion.start(x, y, now)
        moved = motion.check(track, wished_x, wished_y, now)

    A mover gains `speed` times the seconds that passed as its reach, and each move uses
    some of it up. So moves may come late and in bursts, as networks have it, and still
    nobody gains: from its start on, a mover never has gone further than `speed` times
    the time that passed, and `tolerance`.

    Attributes:
        speed: The most that it goes in a second.
        tolerance: How far it may be ahead of that. It makes up for moves that come
            early and for a clock that ticks: the way of a tenth of a second is a start.
        silence: So many seconds of silence are made up for at once; what a mover did
            not use in them, it may use later.
        bounds: The least x and y, and the largest; None: there are none.
        outside: What becomes of a wish beyond the bounds: refuse it, or grant the place
            in them that is nearest to it.
        blocked: Where nobody can go, not even through.
        teleport: Whether any distance is fine, and what lies between does not matter.
        grace: So many seconds after an offence, or after `put`, refusals are no
            offences: the client may not know yet where it is.
        most: More offences than this are told to be repeated.
        forgiven: One offence is forgotten in so many seconds.
    """

    speed: float = field(validator=_above)
    tolerance: float = field(validator=_not_below)
    silence: float = field(default=0.5, validator=_not_below)
    bounds: Bounds | None = field(default=None)
    outside: Literal["refuse", "clamp"] = field(
        default="refuse", validator=in_(("refuse", "clamp"))
    )
    blocked: Blocks | None = field(
        default=None, validator=optional(instance_of(Blocks))
    )
    teleport: bool = False
    grace: float = field(default=0.5, validator=_not_below)
    most: float = field(default=10.0, validator=_not_below)
    forgiven: float = field(default=5.0, validator=_above)

    @bounds.validator
    def _check_bounds(self, _: object, bounds: Bounds | None) -> None:
        if bounds is None:
            return
        x0, y0, x1, y1 = bounds
        if not (all(map(isfinite, bounds)) and x0 <= x1 and y0 <= y1):
            raise ValueError(f"bounds are (least x, least y, x, y), unlike {bounds}")

    def start(self, x: float, y: float, now: float) -> Track:
        """Begin with a mover that the room puts somewhere.

        Raises:
            ValueError: That is nowhere, or no time.
        """
        _check_place(x, y, now)
        return Track(x, y, now, self.tolerance)

    def put(self, track: Track, x: float, y: float, now: float) -> None:
        """Let the room move a mover: it came back to life, or went through a gate.

        What its client says before it knows of that is refused, and no offence.

        Raises:
            ValueError: That is nowhere, or no time.
        """
        _check_place(x, y, now)
        self._let_pass(track, now)
        track.x, track.y = x, y
        track._pardoned = now + self.grace

    def check(self, track: Track, x: float, y: float, now: float) -> Moved:
        """Grant a wish to move, or refuse it; the track knows where that leads.

        Args:
            track: Who wishes.
            x: Where it wishes to be.
            y: Where it wishes to be.
            now: Seconds of any clock; one that is set back brings no reach.
        """
        self._let_pass(track, now)
        if not (isfinite(x) and isfinite(y)):
            return self._refuse(track, now, Obstacle.NOT_A_NUMBER)
        if self.bounds is not None and not self._is_within(self.bounds, x, y):
            if self.outside == "refuse":
                return self._refuse(track, now, Obstacle.OUT_OF_BOUNDS)
            x0, y0, x1, y1 = self.bounds
            x, y = min(max(x, x0), x1), min(max(y, y0), y1)
        return self._go(track, x, y, now)

    def _go(self, track: Track, x: float, y: float, now: float) -> Moved:
        """Let it go there unless that is too far, or something stands in its way."""
        blocked = self.blocked
        if self.teleport:
            if blocked is not None and blocked.at(x, y):
                return self._refuse(track, now, Obstacle.BLOCKED)
        else:
            way = self._way(track.x, track.y, x, y)
            # What goes beyond all numbers is infinite, or NaN.
            if not way <= track.reach:
                return self._refuse(track, now, Obstacle.TOO_FAST)
            # Behind the speed, so that nobody can have a long way looked at.
            if blocked is not None and blocked.between(track.x, track.y, x, y):
                return self._refuse(track, now, Obstacle.BLOCKED)
            track.reach -= way
        track.x, track.y = x, y
        return Moved(x, y, offences=track.offences)

    def _is_within(self, bounds: Bounds, x: float, y: float) -> bool:
        x0, y0, x1, y1 = bounds
        return x0 <= x <= x1 and y0 <= y <= y1

    def _way(self, x0: float, y0: float, x1: float, y1: float) -> float:
        return hypot(x1 - x0, y1 - y0)

    def _let_pass(self, track: Track, now: float) -> None:
        """Let a mover gain reach, and its offences be forgotten, as time passes."""
        passed = now - track.at
        track.at = now
        if passed > 0:
            most = self.tolerance + self.speed * self.silence
            # Another Motion may have left it more than this one lets it gain.
            if track.reach < most:
                track.reach = min(most, track.reach + self.speed * passed)
            if track.offences:
                track.offences = max(0.0, track.offences - passed / self.forgiven)
        elif passed < 0:
            # A clock that was set back pardons nobody for longer than it would have.
            track._pardoned = min(track._pardoned, now + self.grace)

    def _refuse(self, track: Track, now: float, obstacle: Obstacle) -> Moved:
        is_counted = now >= track._pardoned
        if is_counted:
            track.offences += 1
            track._pardoned = now + self.grace
        is_repeated = track.offences > self.most
        return Moved(
            track.x, track.y, obstacle, is_counted, track.offences, is_repeated
        )


def _on_earth(_: object, __: object, bounds: Bounds) -> None:
    south, west, north, east = bounds
    if not (-90 <= south <= north <= 90 and max(abs(west), abs(east)) <= 180):
        raise ValueError(
            f"bounds on the earth are (south, west, north, east), unlike {bounds}"
        )


@frozen(kw_only=True)
class GlobeMotion(Motion):
    """How things move over the earth: the same in metres, by latitude and longitude.

    In all that Motion says latitude stands for x and longitude for y.

    Attributes:
        bounds: South, west, north and east; from west one goes east, also where that
            leads across the antimeridian.
    """

    bounds: Bounds = field(default=(-90.0, -180.0, 90.0, 180.0), validator=_on_earth)

    def __attrs_post_init__(self) -> None:
        if self.outside != "refuse" or self.blocked is not None:
            raise ValueError(
                "motion over the earth has neither blocked cells nor bounds that clamp:"
                " check these where you hear of the move"
            )

    @override
    def start(self, x: float, y: float, now: float) -> Track:
        degrees_of(x, y)
        return super().start(x, y, now)

    @override
    def put(self, track: Track, x: float, y: float, now: float) -> None:
        degrees_of(x, y)
        super().put(track, x, y, now)

    @override
    def _is_within(self, bounds: Bounds, x: float, y: float) -> bool:
        south, west, north, east = bounds
        if not (south <= x <= north and -180 <= y <= 180):
            return False
        if west <= east:
            return west <= y <= east
        return y >= west or y <= east

    @override
    def _way(self, x0: float, y0: float, x1: float, y1: float) -> float:
        return float(arc(x0, y0, x1, y1))


def _check_place(x: float, y: float, now: float) -> None:
    if not (isfinite(x) and isfinite(y) and isfinite(now)):
        raise ValueError(f"nobody can be put at ({x!r}, {y!r}) at {now!r} s")
