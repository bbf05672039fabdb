"""What a million entities cost: all of them at full, or where somebody looks."""

from __future__ import annotations

from time import perf_counter, process_time
from typing import Annotated, Final

import numpy as np

from bench.report import line, section
from nexus.sim.column import ArrayColumns
from nexus.sim.grid import Grid
from nexus.sim.level import Detail, Level
from nexus.sim.life import Life, Part
from nexus.sim.need import Need, Needs
from nexus.sim.population import Population
from nexus.sim.residents import Residents
from nexus.sim.wander import Wander
from nexus.sim.whereabouts import Whereabouts
from nexus.state import State, Table, Tree, float32, quantized, uint8
from nexus.state.change import TableEdit

#: So many entities there are, and so many may be full.
ENTITIES: Final = 1_000_000
FULL: Final = 20_000
#: So many people walk among them, as fast as this.
WATCHERS: Final = 100
PACE: Final = 3.0
#: How wide and high the world is.
SIDE: Final = 8000.0
HZ: Final = 20
TICKS: Final = 400


def _needs() -> Needs:
    return Needs(
        Need(name="food", fall=1 / 600, rise=1 / 30, low=0.3),
        Need(name="rest", fall=1 / 900, rise=1 / 120, low=0.2),
        Need(name="social", fall=1 / 400, rise=1 / 60, low=0.4),
    )


def _world(count: int, life: Life, walk: Wander) -> ArrayColumns:
    """Make entities that have lived for a while."""
    chance = np.random.default_rng(6)
    vx, vy = walk.set_out(count, 1.4, chance)
    columns = ArrayColumns(
        x=(chance.random(count) * SIDE).astype(np.float32),
        y=(chance.random(count) * SIDE).astype(np.float32),
        vx=vx,
        vy=vy,
        food=chance.random(count, np.float32),
        rest=chance.random(count, np.float32),
        social=chance.random(count, np.float32),
        activity=np.zeros(count, np.uint8),
    )
    for _ in range(20):
        life.advance_coarse(columns, slice(None), 30.0, chance)
    return columns


def _all_full() -> None:
    """Measure a Tick of every entity: motion and three needs."""
    walk = Wander(turn=8, bounds=(0, 0, SIDE, SIDE))
    life = Life(_needs(), walk)
    columns = _world(ENTITIES, life, walk)
    chance = np.random.default_rng(7)
    spent = []
    for _ in range(60):
        started = process_time()
        life.advance_full(columns, slice(None), 1 / HZ, chance)
        spent.append((process_time() - started) * 1000)
    best, median = min(spent), float(np.median(spent))
    line(
        f"{ENTITIES:,} at full: motion, 3 needs",
        f"best {best:.2f}, median {median:.2f} ms/tick",
        "<= 5 ms (2.5)",
        met=best <= 5,
    )


def _leap() -> None:
    """Measure how long it takes to catch up on a day."""
    walk = Wander(turn=8, bounds=(0, 0, SIDE, SIDE))
    life = Life(_needs(), walk)
    columns = _world(100_000, life, walk)
    chance = np.random.default_rng(8)
    for name, span in (("minute", 60.0), ("hour", 3600.0), ("day", 86_400.0)):
        values = {key: array.copy() for key, array in columns.columns.items()}
        started = process_time()
        for part in life.parts:
            part.leap(values, np.full(100_000, span), chance)
        spent = process_time() - started
        goal, met = ("<= 1 s", spent <= 1) if name == "day" else ("", None)
        line(f"100,000 catch up on a {name}", f"{spent * 1000:,.0f} ms", goal, met=met)


def _watched() -> None:
    """Measure Ticks of a world in which people walk about."""
    walk = Wander(turn=8, bounds=(0, 0, SIDE, SIDE))
    life = Life(_needs(), walk)
    columns = _world(ENTITIES, life, walk)
    chance = np.random.default_rng(9)
    population = Population(
        columns,
        life,
        regions=Grid(cell=80, bounds=(0, 0, SIDE, SIDE)),
        detail=Detail(
            full=50, full_until=70, coarse=160, coarse_until=200, most_full=FULL
        ),
        dt=1 / HZ,
        random=chance,
    )
    population.place(np.arange(ENTITIES))
    x, y = chance.random((2, WATCHERS)) * SIDE
    heading = chance.random(WATCHERS) * 2 * np.pi
    for _ in range(100):
        population.advance(x, y)
    spent, full, coarse = [], [], []
    for _ in range(TICKS):
        heading += chance.normal(0, 0.05, WATCHERS)
        x = np.clip(x + np.cos(heading) * PACE / HZ, 0, SIDE)
        y = np.clip(y + np.sin(heading) * PACE / HZ, 0, SIDE)
        started = process_time()
        population.advance(x, y)
        spent.append((process_time() - started) * 1000)
        full.append(len(population.regions.rows_at(Level.FULL)))
        coarse.append(len(population.regions.rows_at(Level.COARSE)))
    half, most = np.percentile(spent, [50, 99])
    line(
        f"{ENTITIES:,} where {WATCHERS} people walk",
        f"p50 {half:.2f}, p99 {most:.2f} ms/tick",
        "<= 25 ms with all else",
    )
    line("  of them full, coarse", f"{np.mean(full):,.0f}, {np.mean(coarse):,.0f}")
    line(
        "  memory beside the columns",
        f"{population.regions.nbytes / ENTITIES:.1f} bytes/row",
        "<= 100",
        met=population.regions.nbytes <= 100 * ENTITIES,
    )
    started = perf_counter()
    counts = [population.overview(region).count for region in range(10_000)]
    line(
        "  overview of 10,000 regions",
        f"{(perf_counter() - started) * 1000:.0f} ms, {sum(counts):,} entities",
    )


class _Npc(State):
    """A row of a Table."""

    x: float32
    y: float32
    food: Annotated[float, quantized(0, 1, 8)] = 1.0
    kind: uint8


class _Land(State):
    """Where they are."""

    npcs: Table[_Npc]


class _Idle(Part):
    """Nothing goes on."""

    writes: tuple[str, ...] = ()
    reads = ("x", "y")

    def step(self, values: object, dt: object, random: object) -> None:
        """Do nothing."""

    def leap(self, values: object, elapsed: object, random: object) -> None:
        """Do nothing."""


def _packed() -> None:
    """Measure flushes that close the gaps of many rows, and those who follow them."""
    chance = np.random.default_rng(10)
    tree = Tree(land := _Land())  # type: ignore[call-arg]  # a Table is made by itself
    x, y = (chance.random((2, ENTITIES)) * SIDE).astype(np.float32)
    ids = land.npcs.add(x=x, y=y)
    population = Population(
        land.npcs,
        Life(_Idle()),
        regions=Grid(cell=80, bounds=(0, 0, SIDE, SIDE)),
        detail=Detail(full=50, full_until=70, coarse=160, coarse_until=200),
        dt=1 / HZ,
        random=chance,
    )
    residents = Residents(land.npcs, population)
    near = Whereabouts(land.npcs, Grid(cell=50, bounds=(0, 0, SIDE, SIDE)), "x", "y")
    tree.flush()
    npcs, none = land.npcs, ids[:0]
    came = TableEdit(npcs, npcs.rows, [], none, none, None, npcs.open_mask)
    near.advance(came, 1)
    residents.remove(chance.choice(ids, ENTITIES * 3 // 10, replace=False))
    flushes, follows = [], []
    while not land.npcs.compactions or land.npcs.extent > len(land.npcs):
        land.npcs.put(land.npcs.rows[:1], food=chance.random())
        started = process_time()
        flush = tree.flush()
        flushed = process_time()
        for edit in flush.edits:
            assert isinstance(edit, TableEdit)
            near.advance(edit, flush.version)
        residents.advance([], [])
        flushes.append((flushed - started) * 1000)
        follows.append((process_time() - flushed) * 1000)
    if not len(near.placement) == len(residents) == len(land.npcs):
        raise RuntimeError("rows were lost")
    # With the first all that were removed leave their Cells.
    most = max(a + b for a, b in zip(flushes[1:], follows[1:], strict=True))
    line(
        f"gaps of {ENTITIES * 3 // 10:,} rows closed by {len(flushes)} flushes",
        f"most {max(flushes[1:]):.1f}, with followers {most:.1f} ms",
        "<= 10 ms",
        met=most <= 10,
    )


def run() -> None:
    """Print the figures."""
    section("Life: entities with needs that wander")
    _all_full()
    _leap()
    _watched()
    _packed()


if __name__ == "__main__":
    run()
