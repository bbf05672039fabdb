"""Wandering: smooth walks to nowhere, around a home or all over the world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from nexus.compiled import parts
from nexus.sim.column import Seconds, Values, pieces, plain, spans_of
from nexus.sim.sparse import which

__all__ = ["Wander"]

#: So many entities turn in one step. Of more, some others turn in each, and further.
_TURNS: Final = 1 << 15
#: A way that lasts less than so many times `turn` is walked in so many pieces.
_SHORT: Final = 6
_PIECES: Final = 24


class Wander:
    """Entities that walk at a steady speed and turn a little all the time.

    Where their ground ends they are reflected as light is by a mirror. Each keeps the
    speed at which it starts: see `set_out`.

    Args:
        turn: After so many seconds nearly nothing is left of a direction.
        bounds: The ground of all: x0, y0, x1, y1.
        homes: Names of two columns with the middle of each entity's own ground, which
            is used instead of `bounds`.
        reach: How far that ground goes to each side.
        position: The names of the columns of positions.
        velocity: The names of the columns of velocities.
    """

    def __init__(
        self,
        *,
        turn: float,
        bounds: tuple[float, float, float, float] | None = None,
        homes: tuple[str, str] | None = None,
        reach: float = 0.0,
        position: tuple[str, str] = ("x", "y"),
        velocity: tuple[str, str] = ("vx", "vy"),
    ) -> None:
        if not turn > 0:
            raise ValueError(f"a direction is kept for more than 0 s, not {turn}")
        if (bounds is None) == (homes is None):
            raise ValueError("give the bounds of all, or homes and a reach")
        if homes is not None and not reach > 0:
            raise ValueError(f"homes need a reach above 0, not {reach}")
        if bounds is not None and not (bounds[0] < bounds[2] and bounds[1] < bounds[3]):
            raise ValueError(f"bounds are x0 < x1 and y0 < y1, not {bounds}")
        self.turn = turn
        self.bounds = None
        if bounds is not None:
            # Numbers of numpy's would have others compared with more digits.
            x0, y0, x1, y1 = map(float, bounds)
            self.bounds = x0, y0, x1, y1
        self.homes = homes
        self.reach = float(reach)
        self.position = position
        self.velocity = velocity
        self.writes: tuple[str, ...] = (*position, *velocity)
        self.reads: tuple[str, ...] = homes or ()
        self._shift: Values = np.empty(0, np.float32)
        #: For each axis who has left its ground; the last one is to work in.
        self._out: Values = np.empty((3, 0), np.bool_)

    def set_out(
        self, count: int, speed: Seconds, random: np.random.Generator
    ) -> tuple[Values, Values]:
        """Make velocities of a speed into all directions, to begin with."""
        angle = random.uniform(0, 2 * np.pi, count)
        return (
            (np.cos(angle) * speed).astype(np.float32),
            (np.sin(angle) * speed).astype(np.float32),
        )

    def step(
        self, values: Mapping[str, Values], dt: Seconds, random: np.random.Generator
    ) -> None:
        """Let entities walk and turn for a time that is short beside `turn`."""
        count = len(values[self.position[0]])
        if count > self._out.shape[1]:
            self._out = np.empty((3, count), np.bool_)
        span = spans_of(dt)
        for part in pieces(count):
            for axis in range(2):
                self._move(values, axis, part, span[part] if span.ndim else span)
        for axis in range(2):
            self._reflect(values, axis, which(self._out[axis, :count]))
        self._turn(values, dt, random)

    def leap(
        self, values: Mapping[str, Values], elapsed: Values, random: np.random.Generator
    ) -> None:
        """Put entities to where they may be after any time.

        A walk that is unfolded where it was reflected has no bounds: mean and spread
        are known, along its first direction and across it. A short way is walked.
        """
        names = (*self.writes, *self.reads)
        short = elapsed < _SHORT * self.turn
        for rows, put in (
            (np.flatnonzero(short), self._walk),
            (np.flatnonzero(~short), self._scatter),
        ):
            if len(rows):
                part = {name: values[name][rows] for name in names}
                put(part, elapsed[rows], random)
                for name in self.writes:
                    values[name][rows] = part[name]

    def _walk(
        self, values: Mapping[str, Values], elapsed: Values, random: np.random.Generator
    ) -> None:
        """Walk a short way, each piece between its first direction and its last."""
        span = elapsed / _PIECES
        vx, vy = (values[name].astype(np.float64) for name in self.velocity)
        speed, angle = np.hypot(vx, vy) * span, np.arctan2(vy, vx)
        bend = np.sqrt(2 * span / self.turn)
        move_x, move_y = np.zeros_like(vx), np.zeros_like(vy)
        for _ in range(_PIECES):
            turned = bend * random.standard_normal(len(span))
            angle += turned / 2
            move_x += speed * np.cos(angle)
            move_y += speed * np.sin(angle)
            angle += turned / 2
        pace = np.hypot(vx, vy)
        self._put(
            values, (move_x, move_y), (pace * np.cos(angle), pace * np.sin(angle))
        )

    def _scatter(
        self, values: Mapping[str, Values], elapsed: Values, random: np.random.Generator
    ) -> None:
        """Put entities at the end of a long way, by chance."""
        vx, vy = (values[name].astype(np.float64) for name in self.velocity)
        speed = np.maximum(np.hypot(vx, vy), 1e-30)
        past = elapsed / self.turn
        lost = -np.expm1(-past)
        reach = speed * self.turn
        ahead = reach * lost
        half = reach * reach * (past - lost)
        # Of two directions one after the other, what is left of twice the first angle.
        skew = reach * reach / 3 * (lost + np.expm1(-4 * past) / 4)
        along = ahead + _spread(half + skew - ahead * ahead, random)
        across = _spread(half - skew, random)
        turned = np.sqrt(2 * past) * random.standard_normal(len(past))
        cos, sin = np.cos(turned), np.sin(turned)
        paces = vx * cos - vy * sin, vx * sin + vy * cos
        moves = (along * vx - across * vy) / speed, (along * vy + across * vx) / speed
        self._put(values, moves, paces)

    def _put(
        self,
        values: Mapping[str, Values],
        moves: tuple[Values, Values],
        paces: tuple[Values, Values],
    ) -> None:
        """Move entities as if there were no bounds, and fold their ways into those."""
        for axis, (move, pace) in enumerate(zip(moves, paces, strict=True)):
            low, high = self._ground(values, axis, slice(None))
            place, mirrored = _fold(values[self.position[axis]] + move, low, high)
            values[self.position[axis]][:] = place
            values[self.velocity[axis]][:] = np.where(mirrored, -pace, pace)

    def _turn(
        self, values: Mapping[str, Values], dt: Seconds, random: np.random.Generator
    ) -> None:
        """Turn directions at random: those of all entities, or of a stretch of them."""
        count = len(values[self.velocity[0]])
        stretches = max(1, -(-count // _TURNS))
        part = slice(None)
        if stretches > 1:
            start = int(random.integers(stretches)) * _TURNS
            part = slice(start, start + _TURNS)
            dt = (dt[part] if isinstance(dt, np.ndarray) else dt) * stretches
        vx, vy = (values[name][part] for name in self.velocity)
        angle = random.standard_normal(len(vx), np.float32)
        angle *= np.sqrt(2 * np.asarray(dt, np.float32) / np.float32(self.turn))
        cos, sin = np.cos(angle), np.sin(angle)
        turned = vx * cos - vy * sin
        vy[:] = vx * sin + vy * cos
        vx[:] = turned

    def _move(
        self, values: Mapping[str, Values], axis: int, part: slice, span: Values
    ) -> None:
        """Move entities along an axis, and mark those who have left their ground."""
        count = part.stop - part.start
        if count > len(self._shift):
            self._shift = np.empty(count, np.float32)
        shift, place = self._shift[:count], values[self.position[axis]][part]
        out, beyond = self._out[axis, part], self._out[2, part]
        pace = values[self.velocity[axis]][part]
        if self._is_plain(values, axis):
            home = None if self.homes is None else values[self.homes[axis]][part]
            low, high = -self.reach, self.reach
            if self.bounds is not None:
                low, high = self.bounds[axis], self.bounds[axis + 2]
            parts.walk(place, pace, span, out, home, low, high)
            return
        np.multiply(pace, span, out=shift)
        np.add(place, shift, out=place)
        if self.homes is not None:
            np.subtract(place, values[self.homes[axis]][part], out=shift)
            np.abs(shift, out=shift)
            np.greater(shift, self.reach, out=out)
        elif self.bounds is not None:
            np.less(place, self.bounds[axis], out=out)
            np.greater(place, self.bounds[axis + 2], out=beyond)
            np.logical_or(out, beyond, out=out)

    def _is_plain(self, values: Mapping[str, Values], axis: int) -> bool:
        """Tell whether C can let entities move along an axis."""
        if parts is None:
            return False
        floats = values[self.position[axis]], values[self.velocity[axis]]
        if not all(plain(each, np.float32) for each in floats):
            return False
        home = None if self.homes is None else values[self.homes[axis]]
        return home is None or plain(home, np.float32, np.uint16)

    def _reflect(self, values: Mapping[str, Values], axis: int, rows: Values) -> None:
        """Turn those back that have left their ground."""
        if len(rows):
            place, pace = values[self.position[axis]], values[self.velocity[axis]]
            low, high = self._ground(values, axis, rows)
            place[rows], mirrored = _fold(place[rows].astype(np.float64), low, high)
            pace[rows] = np.where(mirrored, -pace[rows], pace[rows])

    def _ground(
        self, values: Mapping[str, Values], axis: int, rows: Values | slice
    ) -> tuple[Seconds, Seconds]:
        """Return where the ground of entities begins and ends."""
        if self.bounds is not None:
            return self.bounds[axis], self.bounds[axis + 2]
        assert self.homes is not None
        home = values[self.homes[axis]][rows].astype(np.float64)
        return home - self.reach, home + self.reach


def _spread(variance: Values, random: np.random.Generator) -> Values:
    """Return how far from the mean each is, by chance."""
    # What is 0 may come out a little below.
    spread: Values = np.sqrt(np.maximum(variance, 0))
    return spread * random.standard_normal(len(variance))


def _fold(place: Values, low: Seconds, high: Seconds) -> tuple[Values, Values]:
    """Fold a way without bounds into its ground.

    Returns:
        Where it ends, and whether it goes the other way there.
    """
    wide = np.asarray(high) - low
    there = np.mod(place - low, 2 * wide)
    mirrored = there > wide
    return low + np.where(mirrored, 2 * wide - there, there), mirrored
