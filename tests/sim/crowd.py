"""Entities for tests of the simulation, and how alike two crowds of them are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nexus.sim.column import ArrayColumns, Values
from nexus.sim.need import Gauge, Need, Needs

__all__ = ["apart", "busy", "crowd", "idle"]


def busy() -> Needs:
    """Make needs that get in each other's way, with effects and gauges."""
    return Needs(
        Need(name="food", fall=1 / 300, rise=1 / 100, low=0.3, poor=0.25),
        Need(
            name="rest",
            fall=1 / 500,
            rise=1 / 150,
            low=0.2,
            poor=0.2,
            others={"food": 0.5, "social": 0.25},
        ),
        Need(name="social", fall=1 / 400, rise=1 / 190, low=0.4, full=0.9, poor=0.3),
        gauges=[
            Gauge(
                name="health", rise=1 / 1000, falls={"food": 1 / 500, "rest": 1 / 900}
            ),
            Gauge(name="mood", rise=1 / 800, falls={"social": 1 / 300}),
        ],
    )


def idle() -> Needs:
    """Make needs that are served so soon that they seldom meet."""
    return Needs(
        Need(name="food", fall=1 / 1000, rise=1 / 10, low=0.3, full=0.95),
        Need(name="rest", fall=1 / 1618, rise=1 / 14, low=0.2),
        Need(name="social", fall=1 / 773, rise=1 / 9, low=0.4),
    )


def crowd(needs: Needs, count: int, seed: int = 1) -> ArrayColumns:
    """Make entities with any needs, that do nothing yet."""
    chance = np.random.default_rng(seed)
    held: dict[str, Values] = {
        name: chance.random(count, np.float32) for name in needs.names
    }
    held[needs.activity] = np.zeros(count, np.uint8)
    return ArrayColumns(**held)


def apart(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    """Measure how far two distributions are apart, as Kolmogorov and Smirnov did."""
    one, other = np.sort(one), np.sort(other)
    both = np.concatenate([one, other])
    below = np.searchsorted(one, both, side="right") / len(one)
    return float(
        np.abs(below - np.searchsorted(other, both, side="right") / len(other)).max()
    )
