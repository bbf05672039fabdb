"""The Room that is measured: a million live there, and some people walk among them."""

from __future__ import annotations

from typing import Annotated, Any, Final

import numpy as np
from numpy.typing import NDArray

from nexus import App, Client, Limits, Map, Room, State, field, float32, quantized
from nexus.sim import Grid
from nexus.sim.level import Detail
from nexus.sim.life import Life
from nexus.sim.need import Need, Needs
from nexus.sim.population import Population
from nexus.sim.residents import Residents
from nexus.sim.wander import Wander
from nexus.state import Table, uint8, uint16

__all__ = [
    "CELL",
    "ENTITIES",
    "FULL",
    "HZ",
    "KIND",
    "SAVED",
    "STEP",
    "WATCHERS",
    "Country",
    "app",
]

#: So many live there, and so many of them may be full.
ENTITIES: Final = 1_000_000
FULL: Final = 20_000
#: So many people walk among them, as fast as this.
WATCHERS: Final = 100
#: They are stored so often, in seconds.
SAVED: Final = 15.0
_PACE: Final = 3.0
HZ: Final = 20
KIND: Final = "country"
_SIDE: Final = 8000
_BOUNDS: Final = (0.0, 0.0, float(_SIDE), float(_SIDE))
_SIGHT: Final = 100.0
CELL: Final = 50
#: Clients are told of places by steps of this.
STEP: Final = _SIDE / ((1 << 16) - 1)
_REGION: Final = 80
#: So far people go from home.
_REACH: Final = 60


class Person(State):
    """One of a million."""

    x: Annotated[float, quantized(0, _SIDE, 16, beyond="clamp")] = 0.0
    y: Annotated[float, quantized(0, _SIDE, 16, beyond="clamp")] = 0.0
    food: Annotated[float, quantized(0, 1, 8)] = 1.0
    rest: Annotated[float, quantized(0, 1, 8)] = 1.0
    social: Annotated[float, quantized(0, 1, 8)] = 1.0
    activity: uint8
    vx: float32 = field(default=0.0, server_only=True)
    vy: float32 = field(default=0.0, server_only=True)
    #: Around here it lives.
    hx: uint16 = field(default=0, server_only=True)
    hy: uint16 = field(default=0, server_only=True)


class Player(State):
    """Somebody who walks about and looks."""

    x: float32
    y: float32


class Land(State):
    """Where all are."""

    players: Map[str, Player] = field()
    people: Table[Person] = field(saved_every=SAVED)


class Country(Room[Land]):
    """A million, of whom those are run finely whom somebody looks at."""

    durability = "saved"
    max_clients = WATCHERS
    #: Ticks and patches are made by who measures them.
    patch_interval = None

    def on_create(self, options: Any) -> None:
        """Let nobody live there yet."""
        self.state = Land()
        self.chance = np.random.default_rng(9)
        self._heading: NDArray[Any] = self.chance.random(WATCHERS) * 2 * np.pi
        self._spots: NDArray[Any] = self.chance.random((2, WATCHERS)) * _SIDE
        self.residents: Residents | None = None
        self.grid = Grid(cell=CELL, bounds=_BOUNDS)
        self.space = self.make_space(self.grid, self.state.people, radius=_SIGHT)

    def on_restore(self, info: Any) -> None:
        """Go on; who measures the return looks at the rows only."""

    def on_join(self, client: Client, options: Any) -> None:
        """Let somebody look around itself."""
        number = len(self.state.players)
        x, y = self._spots[:, number].tolist()
        player = self.state.players[client.session_id] = Player(x=x, y=y)
        self.space.follow(client, player)

    def settle(self) -> None:
        """Let all come, in the middle of their lives."""
        walk = Wander(turn=8, homes=("hx", "hy"), reach=_REACH)
        life = Life(_needs(), walk)
        chance, people = self.chance, self.state.people
        hx, hy = chance.integers(_REACH, _SIDE - _REACH, (2, ENTITIES), np.uint16)
        # Who lives near each other stands near each other in memory, too.
        order = np.argsort(Grid(cell=_REGION, bounds=_BOUNDS).cells(hx, hy))
        hx, hy = hx[order], hy[order]
        vx, vy = walk.set_out(ENTITIES, 1.4, chance)
        food, rest, social = chance.random((3, ENTITIES), np.float32)
        people.add(
            x=hx, y=hy, vx=vx, vy=vy, hx=hx, hy=hy, food=food, rest=rest, social=social
        )
        for _ in range(20):
            life.advance_coarse(people, slice(None), 30.0, chance)
        population = Population(
            people,
            life,
            regions=Grid(cell=_REGION, bounds=_BOUNDS),
            detail=Detail(
                full=50, full_until=70, coarse=160, coarse_until=200, most_full=FULL
            ),
            dt=1 / HZ,
            random=chance,
        )
        self.residents = Residents(people, population)

    def step(self) -> None:
        """Let everybody live on, and people walk."""
        assert self.residents is not None
        self._heading += self.chance.normal(0, 0.05, WATCHERS)
        turn = np.array([np.cos(self._heading), np.sin(self._heading)])
        self._spots = np.clip(self._spots + turn * (_PACE / HZ), 0, _SIDE)
        x, y = self._spots
        # Not all have come at first.
        players = self.state.players.values()
        for player, at in zip(players, self._spots.T.tolist(), strict=False):
            player.x, player.y = at
        self.residents.advance(x, y)


def _needs() -> Needs:
    return Needs(
        Need(name="food", fall=1 / 600, rise=1 / 30, low=0.3),
        Need(name="rest", fall=1 / 900, rise=1 / 120, low=0.2),
        Need(name="social", fall=1 / 400, rise=1 / 60, low=0.4),
    )


app = App(
    limits=Limits(
        connections_per_address=10_000,
        joins_per_second=100_000.0,
        joins_burst=100_000,
        seats_per_address=10_000,
    )
)
app.define(KIND, Country)
