"""A Room in which clients walk about in a herd, and see what is near them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from typing_extensions import override

from nexus import (
    App,
    Client,
    Map,
    Role,
    Room,
    State,
    Table,
    field,
    on_message,
    quantized,
    uint8,
)
from nexus.sim.grid import Grid

__all__ = ["Meadow", "app"]


class Place(State):
    """Where something is."""

    x: Annotated[float, quantized(0, 100, 16)]
    y: Annotated[float, quantized(0, 100, 16)]


class Sheep(Place):
    """A row."""

    wool: uint8
    secret: uint8 = field(server_only=True)


class World(State):
    """Everything."""

    players: Map[str, Place]
    sheep: Table[Sheep]


class Marked(Sheep):
    """A row that tells shepherds more."""

    mark: uint8 = field(default=0, visible=Role("shepherd"))


class Fold(State):
    """Everything, where some are shepherds."""

    players: Map[str, Place]
    sheep: Table[Marked]


class Meadow(Room[Any]):
    """Has one sheep in the middle of each Cell, and tells what a client is to see."""

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Let the herd graze."""
        self.state = Fold() if options.get("fold") else World()
        self.grid = Grid(cell=10, bounds=(0, 0, 100, 100))
        x, y = np.meshgrid(np.arange(5.0, 100, 10), np.arange(5.0, 100, 10))
        self.state.sheep.add(x=x.ravel(), y=y.ravel())
        self.space = self.make_space(self.grid, self.state.sheep, radius=15)

    @override
    def on_join(self, client: Client, options: Mapping[str, Any]) -> None:
        """Let a client see what is around it."""
        player = self.state.players[client.session_id] = Place(x=5, y=5)
        self.space.follow(client, player)

    @override
    def on_drop(self, client: Client, code: int) -> None:
        """Let a lost client return."""
        _ = self.allow_reconnection(client, 20)

    @on_message("walk")
    def walk(self, client: Client, to: list[float]) -> None:
        """Let a client stand elsewhere."""
        player = self.state.players[client.session_id]
        player.x, player.y = to

    @on_message("herd")
    def herd(self, client: Client, by: list[float]) -> None:
        """Drive all sheep, and shear some."""
        sheep = self.state.sheep
        columns, rows = sheep.columns, sheep.rows
        x, y = columns["x"][rows] + by[0], columns["y"][rows] + by[1]
        sheep.put(rows, x=np.clip(x, 0, 100), y=np.clip(y, 0, 100))
        sheep.put(rows[::3], wool=columns["wool"][rows[::3]] + 1)
        if "mark" in columns:
            sheep.put(rows[::2], mark=columns["mark"][rows[::2]] + 1)

    @on_message("roles")
    def roles(self, client: Client, names: list[str]) -> None:
        """Give a client roles, and take others from it."""
        client.roles = frozenset(names)

    @on_message("wolf")
    def wolf(self, client: Client, payload: object) -> None:
        """Take every other sheep away, and let some lambs come."""
        self.state.sheep.remove(self.state.sheep.ids[::2])
        self.state.sheep.add(5, x=50.0, y=np.linspace(30, 70, 5))

    @on_message("dump")
    def dump(self, client: Client, payload: object) -> None:
        """Tell a client what it is to see."""
        sheep = self.state.sheep
        rows, columns = sheep.rows, sheep.columns
        cells = self.grid.cells(columns["x"][rows], columns["y"][rows])
        x, y = (sheep.outgoing(name, rows) / 65535 * 100 for name in "xy")
        names = ["wool", "mark"] if "shepherd" in client.roles else ["wool"]
        more = {name: columns[name][rows].tolist() for name in names}
        seen = {
            str(id_): {"x": float(x[at]), "y": float(y[at])}
            | {name: values[at] for name, values in more.items()}
            for at, (id_, cell) in enumerate(zip(sheep.ids, cells, strict=True))
            if self.space.sees(client, int(cell))
        }
        players = {
            key: {"x": each.x, "y": each.y} for key, each in self.state.players.items()
        }
        client.send("dump", {"players": players, "sheep": seen})


app = App()
app.define("meadow", Meadow)
