"""The country: its people live, each client watches where it looks."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Annotated, Any, Final

import numpy as np
from attrs import define
from numpy.typing import NDArray
from typing_extensions import override

from examples.life.day import DAY, Day, needs
from examples.life.ground import build, settle
from examples.life.world import BOUNDS, SIDE, Land, Town
from nexus import Client, Range, Room, Step, on_message
from nexus.sim import Grid
from nexus.sim.level import Detail, Level
from nexus.sim.life import Life
from nexus.sim.population import Population
from nexus.sim.residents import Residents

__all__ = ["FARTHEST", "Country", "Look"]

_HZ: Final = 10
#: How wide Cells are, of which clients watch some, and Regions, which have Levels.
CELL: Final = 80
REGION: Final = 160
#: A client sees no farther; a radius is rounded up to whole steps, so that many share.
FARTHEST: Final = 660
_STEP: Final = 60
_MORNING: Final = 6.2
#: So many Regions are summed up anew with each step, in turn.
_SUMMED: Final = 50


@define
class Look:
    """Where a camera stands, and how far it sees; 0: it sees the map and no people."""

    x: Annotated[float, Range(0, SIDE)]
    y: Annotated[float, Range(0, SIDE)]
    radius: Annotated[float, Range(0, FARTHEST)]


class Country(Room[Land]):
    """A hundred thousand people; those that somebody looks at are run in full."""

    people = 100_000
    max_clients = 200
    patch_interval = 1 / 5

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        self.chance = np.random.default_rng(self.random.getrandbits(64))
        sites, places = build(self.people, self.chance)
        x, y, building, angle = places.T
        self.state = Land(
            day=DAY,
            towns=[
                Town(name=s.name, x=s.x, y=s.y, radius=s.radius, people=s.people)
                for s in sites
            ],
        )
        building = building.astype(np.uint8)
        self.state.places.add(x=x, y=y, building=building, angle=angle)
        people = settle(sites, self.chance)
        home = people["home"]
        self.state.people.add(x=x[home], y=y[home], **people)
        self.day = Day(x, y, building)
        self.day.now = _MORNING / 24 * DAY
        self.looks: dict[Client, Look] = {}
        self._told: dict[Client, frozenset[tuple[int, int]]] = {}
        self.population = self._populate()
        self.residents = Residents(self.state.people, self.population)
        self.space = self.make_space(
            Grid(cell=CELL, bounds=BOUNDS),
            self.state.places,
            self.state.people,
            radius=FARTHEST,
            bands=((260, 1), (480, 2), (FARTHEST, 4)),
            budget=2000,
        )
        count = self.population.regions.tiling.count
        self._food: NDArray[np.uint8] = np.zeros(count, np.uint8)
        self._summed = 0
        self._took = 0.0
        self.set_fixed_timestep(self.step, hz=_HZ)
        self.clock.every(0.5, self._report)

    @override
    def on_join(self, client: Client, options: Mapping[str, Any]) -> None:
        client.send("ground", {"side": SIDE, "cell": CELL, "region": REGION})

    @override
    def on_drop(self, client: Client, code: int) -> None:
        self.allow_reconnection(client, 60)

    @override
    def on_leave(self, client: Client, code: int) -> None:
        self.looks.pop(client, None)
        self._told.pop(client, None)

    @on_message("look")
    def look(self, client: Client, look: Look) -> None:
        """Let a client see what its camera shows."""
        if look.radius:
            radius = min(FARTHEST, -(-look.radius // _STEP) * _STEP)
            self.space.watch(client, look.x, look.y, radius=radius)
        else:
            self.space.ignore(client)
        self.looks[client] = look

    def step(self, step: Step) -> None:
        """Let everybody live on, as finely as somebody looks."""
        begun = perf_counter()
        self.day.now += step.dt
        self.state.hour = self.day.hour
        cameras = [look for look in self.looks.values() if look.radius]
        self.residents.advance([c.x for c in cameras], [c.y for c in cameras])
        if len(cameras) < len(self.looks):
            self._sum_up()
        self._took += (perf_counter() - begun - self._took) * 0.1

    def _populate(self) -> Population:
        people = self.state.people
        life = Life(needs(), self.day)
        population = Population(
            people,
            life,
            regions=Grid(cell=REGION, bounds=BOUNDS),
            detail=Detail(
                full=320, full_until=380, coarse=700, coarse_until=800,
                every=_HZ // 2, most_full=30_000, most_woken=6000,
            ),
            dt=1 / _HZ,
            random=self.chance,
        )  # fmt: skip
        # It begins in the morning: everybody is where they would be at this hour.
        rows = people.rows
        values = {
            name: people.column(name)[rows].copy()
            for name in (*life.reads, *life.writes)
        }
        self.day.leap(values, np.full(len(rows), DAY), self.chance)
        people.put(rows, **{name: values[name] for name in self.day.writes})
        return population

    def _sum_up(self) -> None:
        """Look again how well fed some Regions are; nobody has to be run for that."""
        end = len(self._food)
        for region in range(self._summed, min(self._summed + _SUMMED, end)):
            summary = self.population.overview(region)
            self._food[region] = 255 * summary.sums[0] / max(1, summary.count)
        self._summed = (self._summed + _SUMMED) % end

    def _report(self) -> None:
        """Tell each client what goes on, and who looks at the map where all are."""
        regions = self.population.regions
        levels = regions.levels
        told = {
            "levels": levels.tobytes(),
            "full": len(regions.rows_at(Level.FULL)),
            "coarse": len(regions.rows_at(Level.COARSE)),
            "people": len(self.population),
            "took": self._took * 1000,
        }
        counts, food = _little(regions.placement.counts), self._food.tobytes()
        overview = {**told, "counts": counts, "food": food}
        for client, look in self.looks.items():
            client.send("report", told if look.radius else overview)
            self._tell_cells(client)

    def _tell_cells(self, client: Client) -> None:
        """Tell a client which Cells it watches, if these are others than before."""
        watch = self.space.watch_of(client)
        cells = {} if watch is None else watch.cells
        seen = frozenset(cells.items())
        if self._told.get(client) != seen:
            self._told[client] = seen
            numbers = np.array(list(cells))
            every = np.array(list(cells.values()), np.uint8)
            client.send("cells", {"cells": _little(numbers), "every": every.tobytes()})


def _little(numbers: NDArray[Any]) -> bytes:
    return numbers.astype("<u2").tobytes()
