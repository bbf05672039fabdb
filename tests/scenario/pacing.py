"""Rooms in which a lot happens, for clients that take little.

twistd -n nexus --app tests.scenario.pacing
"""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import override

from nexus import (
    App,
    Client,
    Map,
    Room,
    State,
    Step,
    Table,
    float32,
    on_message,
    uint8,
    uint32,
)
from nexus.sim.grid import Grid

__all__ = ["CROWD", "TICKS", "app"]

#: So many walk about in view.
CROWD = 600
#: Ticks a second.
TICKS = 20
_SIZE = 200.0


class Npc(State):
    """Somebody in the crowd."""

    x: float32
    y: float32
    mood: uint8


class Player(State):
    """A client's own entity."""

    x: float32
    y: float32
    #: The tick in which it moved last.
    tick: uint32


class Town(State):
    """All of it."""

    tick: uint32
    #: The tick in which the crowd stood still; 0: it walks.
    stopped: uint32
    players: Map[str, Player]
    npcs: Table[Npc]


class Paced(Room[Any]):
    """A Room that tells how its clients take what it sends."""

    @on_message("look")
    def look(self, client: Client, who: str) -> dict[str, Any]:
        """Answer with how another client does, or this one."""
        pace = (self.clients[who] if who else client).pace
        return {
            "slow": pace.is_slow,
            "rate": pace.rate,
            "skipped": pace.skipped,
            "outstanding": pace.outstanding,
        }

    @on_message("tell")
    def tell(self, client: Client) -> None:
        """Send a client that knows no requests the same of itself."""
        client.send("tell", self.look(client, ""))


class Market(Paced):
    """Everybody walks at each tick until it is told to stop; players always do."""

    @override
    def on_create(self, options: Any) -> None:
        """Let the crowd come."""
        self.state = Town()
        self.chance = np.random.default_rng(1)
        x, y = self.chance.uniform(0, _SIZE, (2, CROWD))
        self.state.npcs.add(CROWD, x=x, y=y)
        grid = Grid(cell=20, bounds=(0, 0, _SIZE, _SIZE))
        self.space = self.make_space(grid, self.state.npcs, radius=_SIZE)
        self.most = [0, 0]
        self.set_fixed_timestep(self.step, hz=TICKS)

    @override
    def on_join(self, client: Client, options: Any) -> None:
        """Let a client look around itself."""
        player = self.state.players[client.session_id] = Player(x=100, y=100)
        self.space.follow(client, player)

    def step(self, step: Step) -> None:
        """Move everybody."""
        town = self.state
        town.tick += 1
        for player in town.players.values():
            player.tick = town.tick
            player.x = 100 + town.tick % 5
        if not town.stopped:
            npcs = town.npcs
            x, y = (npcs.column(name)[npcs.rows] for name in "xy")
            by = self.chance.uniform(-2, 2, (2, len(x)))
            npcs.put(
                npcs.rows,
                x=np.clip(x + by[0], 0, _SIZE),
                y=np.clip(y + by[1], 0, _SIZE),
            )
        for client in self.clients:
            if client.pace.is_slow and client.connection is not None:
                waiting = client.connection.socket.waiting
                now = waiting, client.pace.outstanding
                self.most = [*map(max, self.most, now)]

    @on_message("stop")
    def stop(self, client: Client) -> None:
        """Let the crowd stand still."""
        self.state.stopped = self.state.tick

    @on_message("measure")
    def measure(self, client: Client) -> list[int]:
        """Answer with the most that waited, and was outstanding, since last time."""
        most, self.most = self.most, [0, 0]
        return most


class Score(State):
    """Many numbers."""

    tick: uint32
    stopped: uint32
    points: Map[str, uint32]


class Ladder(Paced):
    """A Room without a Space, in which much changes with each tick."""

    @override
    def on_create(self, options: Any) -> None:
        """Begin to count."""
        self.state = Score()
        self.set_fixed_timestep(self.step, hz=TICKS)

    def step(self, step: Step) -> None:
        """Count on."""
        self.state.tick += 1
        if not self.state.stopped:
            for each in range(200):
                self.state.points[f"n{each}"] = 1000 + self.state.tick

    @on_message("stop")
    def stop(self, client: Client) -> None:
        """Count no more."""
        self.state.stopped = self.state.tick


class Dice(Ladder):
    """The same with numbers that no compression makes smaller."""

    @override
    def step(self, step: Step) -> None:
        """Throw them."""
        self.state.tick += 1
        if not self.state.stopped:
            for each in range(200):
                self.state.points[f"n{each}"] = self.random.getrandbits(32)

    @on_message("points")
    def points(self, client: Client) -> None:
        """Send what there is."""
        client.send("points", dict(self.state.points))


app = App()
app.define("market", Market)
app.define("ladder", Ladder)
app.define("dice", Dice)
