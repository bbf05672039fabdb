"""What it costs to know where a million rows stand, and who is near."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from statistics import median
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.report import line, section
from nexus.geo import Globe
from nexus.sim import Grid, Placement, nearest, within, within_each

#: So many rows stand in so many Cells on each side: 400 in each.
ROWS = 1_000_000
SIDE = 50
#: So often each act is measured.
ROUNDS = 60


def _measure(
    name: str,
    act: Callable[..., object],
    prepare: Callable[[], tuple[Any, ...]],
    goal: float = 0.0,
    repeat: int = 1,
) -> None:
    """Print the median of an act's CPU time, and the worst, in microseconds."""
    spent = []
    for _ in range(ROUNDS):
        given = prepare()
        started = process_time()
        for _ in range(repeat):
            act(*given)
        spent.append((process_time() - started) / repeat * 1e6)
    middle = median(spent)
    line(
        name,
        f"{middle:,.0f} us, worst {max(spent):,.0f}",
        f"<= {goal:,.0f} us" if goal else "",
        met=middle <= goal if goal else None,
    )


def _walk(
    placement: Placement, count: int, chance: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Let some rows go into neighbouring Cells."""
    rows = chance.choice(ROWS, count, replace=False)
    step = chance.choice(np.array([-SIDE, -1, 1, SIDE], np.int32), count)
    return rows, np.clip(placement.cell_of[rows] + step, 0, SIDE * SIDE - 1)


def _crowd(placement: Placement, chance: np.random.Generator) -> None:
    """Let the whole world gather in few Cells and spread again, and print the worst."""
    worst = most = 0.0
    for cells in (5, SIDE * SIDE, 5, SIDE * SIDE):
        for rows in np.split(np.arange(ROWS), 50):
            where = chance.integers(cells, size=rows.size)
            started = process_time()
            placement.move(rows, where)
            worst = max(worst, process_time() - started)
            most = max(most, placement.nbytes / ROWS)
    line("all gather and spread: worst move of 20,000", f"{worst * 1e3:.1f} ms")
    line("  most memory", f"{most:.1f} bytes/row", "<= 24", met=most <= 24)


def run() -> None:
    """Print the figures."""
    section("grid: a million rows in 2,500 cells (CPU, median of rounds)")
    chance = np.random.default_rng(5)
    grid = Grid(1, (0, 0, SIDE, SIDE))
    x = chance.uniform(0, SIDE, ROWS).astype(np.float32)
    y = chance.uniform(0, SIDE, ROWS).astype(np.float32)
    placement = Placement(grid)
    started = process_time()
    placement.place(np.arange(ROWS), grid.cells(x, y))
    line("place all", f"{(process_time() - started) * 1e3:.0f} ms")
    _measure("cells of 20,000 positions", grid.cells, lambda: (x[:20000], y[:20000]))
    for count, goal in ((2_000, 1_500.0), (20_000, 12_000.0)):
        _measure(
            f"move {count:,} rows",
            placement.move,
            partial(_walk, placement, count, chance),
            goal,
        )
    memory = placement.nbytes / ROWS
    line("memory", f"{memory:.1f} bytes/row", "<= 24", met=memory <= 24)
    some = chance.choice(grid.count, 20, replace=False)
    _measure("rows of 20 cells", placement.rows_in_all, lambda: (some,), 60.0, 20)
    at = 25.3, 25.7
    _measure("52 cells around a point", grid.around, lambda: (*at, 3.4), 15.0, 100)
    globe = Globe(cell=10_000)
    _measure("56 cells of a globe", globe.around, lambda: (52.5, 13.4, 35e3), repeat=20)
    placement = Placement(grid)
    placement.place(np.arange(ROWS), grid.cells(x, y))
    columns = placement, x, y
    _measure("1,250 rows within a radius", within, lambda: (*columns, *at, 1.0), 0, 10)
    _measure("10 nearest rows", nearest, lambda: (*columns, *at, 10), repeat=10)
    points = chance.uniform(0, SIDE, (2, 100))
    _measure("100 points, 50 rows each", within_each, lambda: (*columns, *points, 0.2))
    alive = chance.random(ROWS) < 0.999
    started = process_time()
    placement.renumber(np.where(alive, np.cumsum(alive) - 1, -1))
    line("new indices for all rows", f"{(process_time() - started) * 1e3:.0f} ms")
    placement = Placement(grid)
    placement.place(np.arange(ROWS), grid.cells(x, y))
    _crowd(placement, chance)
    sys.stdout.flush()


if __name__ == "__main__":
    run()
