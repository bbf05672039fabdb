"""The simulation of a world: time in whole Ticks."""

from __future__ import annotations

from nexus.sim.timestep import FixedTimestep, Step

__all__ = ["FixedTimestep", "Step"]
