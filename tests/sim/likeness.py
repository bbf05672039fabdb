"""A world that is run at full, and the same one that catches up in one go."""

from __future__ import annotations

from typing import Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.sim.column import ArrayColumns
from nexus.sim.goal import Goal, Trips
from nexus.sim.life import Life
from nexus.sim.need import Needs
from nexus.sim.simulation import Absence
from nexus.sim.wander import Wander
from tests.sim.crowd import apart, busy, crowd

__all__ = ["LikenessCase"]

_SIDE = 200.0


def _wanderers(count: int) -> tuple[Life, ArrayColumns, Needs]:
    """Make entities with needs that wander around their homes."""
    needs, chance = busy(), np.random.default_rng(11)
    walk = Wander(turn=8, homes=("home_x", "home_y"), reach=20)
    held: dict[str, Any] = dict(crowd(needs, count).columns)
    for axis in ("x", "y"):
        held[f"home_{axis}"] = (chance.random(count) * _SIDE).astype(np.float32)
        near = chance.uniform(-20, 20, count)
        held[axis] = (held[f"home_{axis}"] + near).astype(np.float32)
    held["vx"], held["vy"] = walk.set_out(count, 1.4, chance)
    return Life(needs, walk), ArrayColumns(**held), needs


def _commuters(count: int) -> tuple[Life, ArrayColumns, Needs]:
    """Make entities with needs that go to work and back."""
    needs, chance = busy(), np.random.default_rng(12)
    held: dict[str, Any] = dict(crowd(needs, count).columns)
    for name in ("home_x", "home_y", "work_x", "work_y", "x", "y"):
        held[name] = (chance.random(count) * _SIDE).astype(np.float32)
    held["leg"] = np.zeros(count, np.uint8)
    held["wait"] = np.zeros(count, np.float32)
    trips = Trips(
        Goal(x="home_x", y="home_y", stay=90),
        Goal(x="work_x", y="work_y", stay=120),
        speed=1.4,
    )
    return Life(needs, trips), ArrayColumns(**held), needs


class LikenessCase(SynchronousTestCase):
    """Compares spans of full simulation with one leap."""

    def assert_alike(self, span: float, dt: float, count: int) -> None:
        """Fail if needs or positions are spread otherwise after this time.

        The bounds are those of the promise: 2 % of each mean, and 0.05 of Kolmogorov's
        and Smirnov's distance.
        """
        for make in (_wanderers, _commuters):
            chance = np.random.default_rng(13)
            life, often, needs = make(count)
            _, once, _ = make(count)
            for _ in range(round(span / dt)):
                life.advance_full(often, slice(None), dt, chance)
            everybody = np.arange(count)
            absence = Absence(
                0, everybody, life.summarise(once, everybody), np.full(count, span)
            )
            life.materialise(once, [absence], np.random.default_rng(14))

            full, leapt = often.columns, once.columns
            for name in needs.names:
                ratio = leapt[name].mean() / full[name].mean()
                self.assertLessEqual(abs(ratio - 1), 0.02, (name, span))
                self.assertLessEqual(apart(full[name], leapt[name]), 0.05, (name, span))
            for axis in ("x", "y"):
                self.assertLessEqual(apart(full[axis], leapt[axis]), 0.05, (axis, span))
                offset = [one[axis] - one[f"home_{axis}"] for one in (full, leapt)]
                self.assertLessEqual(apart(*offset), 0.05, (axis, span))
