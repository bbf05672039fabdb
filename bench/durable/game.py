"""The Rooms that are kept here, and what takes part in no figure but is needed."""

from __future__ import annotations

from typing import Annotated, Any, Final

import numpy as np

from nexus import (
    App,
    Client,
    Limits,
    Map,
    Room,
    State,
    field,
    float32,
    on_message,
    quantized,
    uint32,
)
from nexus.state import Table, uint8

__all__ = ["ENTITIES", "ROWS", "Bench", "Large", "Small", "Town", "app"]

#: So many entities a large Room has.
ENTITIES: Final = 10_000
#: So many rows a town has.
ROWS: Final = 1_000_000


class Player(State):
    """Somebody who counts."""

    score: uint32 = 0


class Board(State):
    """What all counted."""

    total: uint32 = 0
    players: Map[str, Player] = field()


class Bench(Room[Board]):
    """All count together, and each count is safe before it is answered."""

    durability = "confirmed"

    def on_create(self, options: Any) -> None:
        """Begin with nothing; `maxClients` says for how many."""
        self.state = Board()
        self.max_clients = int(options.get("maxClients", 10))

    def on_join(self, client: Client, options: Any) -> None:
        """Let somebody count."""
        self.state.players[client.session_id] = Player()

    @on_message("add")
    def add(self, client: Client, amount: uint32) -> int:
        """Count, and say how far we are."""
        self.state.total += amount
        self.state.players[client.session_id].score += amount
        return self.state.total


class Thing(State):
    """One of many."""

    x: float32
    y: float32
    name: str
    health: uint32 = 0


class World(State):
    """Many things."""

    things: Map[str, Thing] = field()
    moves: uint32 = 0


class Large(Room[World]):
    """A Room of very many entities."""

    durability = "saved"

    def on_create(self, options: Any) -> None:
        """Make them all."""
        self.state = World()
        for i in range(ENTITIES):
            self.state.things[f"t{i}"] = Thing(x=i / 4, y=i / 8, name=f"thing {i}")

    def move(self, count: int) -> None:
        """Move some of them."""
        self.state.moves += 1
        for i in range(count):
            thing = self.state.things[f"t{i}"]
            thing.x += 1.0


class Small(Room[World]):
    """A Room of a few entities, as most are."""

    durability = "saved"

    def on_create(self, options: Any) -> None:
        """Make them all."""
        self.state = World()
        for i in range(20):
            self.state.things[f"t{i}"] = Thing(x=i / 4, y=i / 8, name=f"thing {i}")


class Npc(State):
    """One of a million."""

    x: float32
    y: float32
    food: Annotated[float, quantized(0, 1, 8)] = 1.0
    rest: Annotated[float, quantized(0, 1, 8)] = 1.0
    social: Annotated[float, quantized(0, 1, 8)] = 1.0
    kind: uint8


class Streets(State):
    """Where they live."""

    day: uint32 = 0
    npcs: Table[Npc] = field()


class Town(Room[Streets]):
    """A Room of a million rows."""

    durability = "saved"

    def on_create(self, options: Any) -> None:
        """Let nobody live there yet."""
        self.state = Streets()

    def settle(self) -> None:
        """Let all come."""
        ids = np.arange(ROWS)
        self.state.npcs.add(
            x=(ids % 1000).astype(np.float32),
            y=(ids // 1000).astype(np.float32),
            food=(ids % 997).astype(np.float32) / 997,
            kind=(ids % 200).astype(np.uint8),
        )

    def live(self, rows: Any) -> None:
        """Let some of them move."""
        npcs = self.state.npcs
        columns = {name: npcs.column(name)[rows] for name in ("x", "y", "food")}
        moved = columns["x"] + np.float32(0.25), columns["y"] + np.float32(0.25)
        npcs.put(rows, x=moved[0], y=moved[1], food=columns["food"] * 0.999)


app = App(
    limits=Limits(
        connections_per_address=10_000,
        joins_per_second=100_000.0,
        joins_burst=100_000,
        seats_per_address=10_000,
    )
)
app.define("bench", Bench)
app.define("large", Large)
app.define("small", Small)
app.define("town", Town)
