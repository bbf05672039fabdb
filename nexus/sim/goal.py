"""Goals: round trips between places, with a stay at each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from attrs import frozen

from nexus.sim.column import Seconds, Values

__all__ = ["Goal", "Trips"]


@frozen(kw_only=True)
class Goal:
    """A place that each entity has one of: its home, its work.

    Attributes:
        x: The name of the column with the first number of the place.
        y: The name of the column with the second.
        stay: How many seconds it stays there.
    """

    x: str
    y: str
    stay: float


class Trips:
    """Entities that walk from goal to goal, stay at each, and begin again.

    Args:
        *goals: Where they go, in this order; at least two, at most 127.
        speed: How far they go in a second.
        position: The names of the columns of positions.
        leg: The name of a column of bytes: twice the number of the goal that an entity
            goes to, and one more while it stays there.
        wait: The name of a column with the seconds for which it still stays.
    """

    def __init__(
        self,
        *goals: Goal,
        speed: float,
        position: tuple[str, str] = ("x", "y"),
        leg: str = "leg",
        wait: str = "wait",
    ) -> None:
        if not 2 <= len(goals) <= 127:
            raise ValueError(f"a trip has 2 to 127 goals, not {len(goals)}")
        if not speed > 0 or not all(goal.stay >= 0 for goal in goals):
            raise ValueError("speeds are above 0, and stays 0 or more")
        self.goals = goals
        self.speed = speed
        self.position = position
        self.leg = leg
        self.wait = wait
        self.writes: tuple[str, ...] = (*position, leg, wait)
        names = {name for goal in goals for name in (goal.x, goal.y)}
        self.reads: tuple[str, ...] = tuple(sorted(names - {*position}))

    def step(
        self, values: Mapping[str, Values], dt: Seconds, random: np.random.Generator
    ) -> None:
        """Let a time pass in which an entity reaches one goal at most."""
        self._go(values, np.broadcast_to(dt, len(values[self.leg])))

    def leap(
        self, values: Mapping[str, Values], elapsed: Values, random: np.random.Generator
    ) -> None:
        """Let any time pass: after its first goal each makes the same round again."""
        walks, stays = self._spans(values)
        ends = np.cumsum(walks + stays, axis=0)
        # To the end of what each does now, and no further.
        leg, wait = values[self.leg], values[self.wait]
        x, y = (values[name] for name in self.position)
        goal, stays_now = leg >> 1, leg & 1 == 1
        to_x, to_y = self._places(values, goal)
        walk = np.hypot(to_x - x, to_y - y) / self.speed
        first = np.where(stays_now, wait, walk)
        left = elapsed - first
        rows = np.flatnonzero(left < 0)
        part = {name: values[name][rows] for name in (*self.writes, *self.reads)}
        self._go(part, elapsed[rows])
        # From there on it is a question of the time within the round.
        every = np.arange(len(leg))
        begun = ends[goal, every] - np.where(stays_now, 0, stays[goal, every])
        phase = np.mod(begun + left, np.maximum(ends[-1], 1e-9))
        goal = np.minimum((phase >= ends).sum(axis=0), len(self.goals) - 1)
        over = phase - (ends[goal, every] - stays[goal, every])
        share = np.clip(1 + over / np.maximum(walks[goal, every], 1e-9), 0, 1)
        to_x, to_y = self._places(values, goal)
        from_x, from_y = self._places(values, (goal - 1) % len(self.goals))
        x[:] = from_x + (to_x - from_x) * share
        y[:] = from_y + (to_y - from_y) * share
        leg[:] = 2 * goal + (over >= 0)
        wait[:] = np.where(over >= 0, stays[goal, every] - over, 0)
        for name in self.writes:
            values[name][rows] = part[name]

    def _go(self, values: Mapping[str, Values], dt: Values) -> None:
        """Go on, past the end of a stay and as far as the next goal."""
        leg, wait = values[self.leg], values[self.wait]
        stays = leg & 1 == 1
        wait -= np.where(stays, dt, 0).astype(wait.dtype)
        leaves = stays & (wait <= 0)
        # Who stayed too long walks the longer.
        walk = np.where(leaves, -wait, np.where(stays, 0, dt))
        leg[leaves] = ((leg[leaves] >> 1) + 1) % len(self.goals) * 2
        wait[leaves] = 0
        x, y = (values[name] for name in self.position)
        to_x, to_y = self._places(values, leg >> 1)
        dx, dy = to_x - x, to_y - y
        need = np.hypot(dx, dy) / self.speed
        walks = leg & 1 == 0
        share = np.where(walks, np.minimum(walk / np.maximum(need, 1e-9), 1), 0)
        x += (dx * share).astype(x.dtype)
        y += (dy * share).astype(y.dtype)
        there = walks & (walk >= need)
        stay = np.array([goal.stay for goal in self.goals])[leg[there] >> 1]
        x[there], y[there] = to_x[there], to_y[there]
        wait[there] = stay - (walk - need)[there]
        leg[there] |= 1

    def _places(
        self, values: Mapping[str, Values], goal: Values
    ) -> tuple[Values, Values]:
        """Return where the goal of each entity is."""
        x = np.zeros(len(goal))
        y = np.zeros(len(goal))
        for number, one in enumerate(self.goals):
            mine = goal == number
            np.copyto(x, values[one.x], where=mine)
            np.copyto(y, values[one.y], where=mine)
        return x, y

    def _spans(self, values: Mapping[str, Values]) -> tuple[Values, Values]:
        """Return for each goal how long each walks there, and how long it stays."""
        walks = []
        for number, goal in enumerate(self.goals):
            start = self.goals[number - 1]
            wide = values[goal.x].astype(np.float64) - values[start.x]
            high = values[goal.y].astype(np.float64) - values[start.y]
            walks.append(np.hypot(wide, high) / self.speed)
        stays = np.array([[goal.stay] for goal in self.goals])
        return np.array(walks), np.broadcast_to(stays, (len(walks), len(walks[0])))
