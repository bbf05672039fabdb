"""Rooms' worth of entities that are written back, without the Rooms."""

from __future__ import annotations

from enum import Enum
from random import Random
from typing import Any

import numpy as np
from twisted.internet.task import Clock

from nexus.background import Background
from nexus.metrics import Metrics
from nexus.state import State, Table, Tree, float32
from nexus.store.port import Database
from nexus.store.writeback import Reach, WriteBack, WriteBackMeters

__all__ = ["Job", "Life", "Npc", "Village", "bands"]


class Job(Enum):
    """What an NPC does."""

    FARMER = 1
    SMITH = 2


class Npc(State):
    """An entity."""

    x: float32
    y: float32
    kind: Job
    food: float32


class Village(State):
    """What there is."""

    npcs: Table[Npc]


def bands(x: Any, y: Any) -> Any:
    """Return the Regions of positions: one for each ten of x."""
    return np.floor(x / 10)


class Life:
    """A Table, and what writes it back, for as long as a Room would live."""

    def __init__(
        self,
        database: Database,
        clock: Any = None,
        *,
        root: State | None = None,
        table: State | None = None,
        region: Any = bands,
        world: str = "town",
        every: float | None = None,
        earth: bool = False,
    ) -> None:
        self.clock = clock or Clock()
        self.metrics = Metrics()
        self.meters = WriteBackMeters(self.metrics)
        self.background = Background()
        root = root or Village()
        holder: Any = table or root
        self.tree = Tree(root)
        self.npcs: Table[Any] = holder.npcs
        reach = Reach(self.clock, Random(1), self.background, self.meters)
        self.back = WriteBack.of(
            self.npcs,
            database,
            world,
            region=region,
            place=("x", "y"),
            every=every,
            reach=reach,
            earth=earth,
        )

    def foods(self) -> dict[float, float]:
        """Return the food of all entities by x."""
        rows = self.npcs.rows
        x, food = (self.npcs.column(name)[rows].tolist() for name in ("x", "food"))
        return dict(zip(x, food, strict=True))
