"""A million entities in one process, of which few move, and what knowing them costs."""

from __future__ import annotations

import tracemalloc
from typing import Final

import numpy as np

from bench.near.world import Ours, Plan
from bench.report import line, section

__all__ = ["run"]

_ENTITIES: Final = 1_000_000
_MOVING: Final = 20_000
_CLIENTS: Final = 100
_SIZE: Final = 20_000.0
_TICKS: Final = 200


def run() -> None:
    """Print the figures."""
    section(
        f"Near: {_ENTITIES:,} entities, {_MOVING:,} move in a tick, {_CLIENTS} clients"
        " walk (CPU of writing, flush and all clients' bytes)"
    )
    plan = Plan(_ENTITIES, _CLIENTS, _SIZE, share=_MOVING / _ENTITIES)
    tracemalloc.start()
    side = Ours(plan, 4)
    side.play([plan.tick() for _ in range(3)])
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    side.play([plan.tick() for _ in range(20)])
    spent = [each * 1000 for _ in range(_TICKS) for each in side.play([plan.tick()])]
    rows = side.check()
    half, most = np.percentile(spent, [50, 99])
    line(
        f"tick, {side.seen():.0f} in view",
        f"p50 {half:.1f}, p99 {most:.1f} ms",
        "<= 25 ms with all else",
        met=bool(most <= 25),
    )
    table = side.world.npcs
    columns = sum(column.itemsize for column in table.columns.values()) * _ENTITIES
    beside = (held - columns) / _ENTITIES
    line(
        "memory beside the columns",
        f"{beside:.1f} bytes/entity",
        "<= 100",
        met=beside <= 100,
    )
    line("  checked", f"{rows:,} rows of 4 clients")
