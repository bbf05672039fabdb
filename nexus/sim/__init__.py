"""The simulation of a world: time in whole Ticks, who stands where, and Levels."""

from __future__ import annotations

from nexus.sim.goal import Goal, Trips
from nexus.sim.grid import Grid
from nexus.sim.level import Detail, Level
from nexus.sim.life import Life
from nexus.sim.named import NOWHERE
from nexus.sim.nearby import Nearby, nearest, nearest_each, within, within_each
from nexus.sim.need import Gauge, Need, Needs
from nexus.sim.placement import Placement
from nexus.sim.population import Population
from nexus.sim.residents import Residents
from nexus.sim.simulation import Absence, Simulation, Summary
from nexus.sim.tiling import Tiling
from nexus.sim.timestep import FixedTimestep, Step
from nexus.sim.wander import Wander

__all__ = [
    "NOWHERE",
    "Absence",
    "Detail",
    "FixedTimestep",
    "Gauge",
    "Goal",
    "Grid",
    "Level",
    "Life",
    "Nearby",
    "Need",
    "Needs",
    "Placement",
    "Population",
    "Residents",
    "Simulation",
    "Step",
    "Summary",
    "Tiling",
    "Trips",
    "Wander",
    "nearest",
    "nearest_each",
    "within",
    "within_each",
]
