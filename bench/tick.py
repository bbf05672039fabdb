"""How many ticks of virtual time a Harness passes in a second, guests included."""

from __future__ import annotations

import random
from time import perf_counter
from typing import Any

from bench.report import line, section
from nexus import Map, Room, State, Step, field, float32, on_message
from nexus.testing import Guest, Harness

#: So many ticks are measured at a time.
TICKS = 2000


class Player(State):
    """Somebody who moves."""

    x: float32 = 0.0
    y: float32 = 0.0


class World(State):
    """What all see."""

    players: Map[str, Player] = field()


class Arena(Room[World]):
    """Everybody moves at each step, and is told of everybody."""

    def on_create(self, options: Any) -> None:
        """Set the Room up: as many steps as patches."""
        self.state = World()
        self.set_fixed_timestep(self.step, hz=20)

    def on_join(self, client: Any, options: Any) -> None:
        """Let somebody move."""
        self.state.players[client.session_id] = Player()

    def step(self, step: Step) -> None:
        """Move everybody."""
        for player in self.state.players.values():
            player.x += step.dt

    @on_message("move")
    def move(self, client: Any, to: tuple[float32, float32]) -> None:
        """Move somebody."""
        player = self.state.players[client.session_id]
        player.x, player.y = to


def _measure(guests: int, *, says: bool, goal: int) -> None:
    """Let a Room tick, with so many guests, who each may say something each tick."""
    chance = random.Random(5)
    with Harness(Arena) as house:
        room = house.create()
        there: list[Guest] = [house.join(room) for _ in range(guests)]
        house.tick(20)
        started = perf_counter()
        for _ in range(TICKS):
            for guest in there if says else ():
                guest.send("move", [chance.random(), chance.random()])
            house.tick()
        spent = perf_counter() - started
        if any(guest.replica.version < TICKS for guest in there):
            raise RuntimeError("a guest was not told of each tick")
    rate = TICKS / spent
    who = f"{guests} guests" if guests != 1 else "1 guest"
    line(
        f"{who}, each told of all" + (", each sends" if says else ""),
        f"{rate:,.0f} ticks/s",
        f">= {goal:,}" if goal else "",
        met=rate >= goal if goal else None,
    )


def run() -> None:
    """Print the figures."""
    section("Harness: ticks of virtual time a second, each with a step and a patch")
    _measure(1, says=False, goal=1000)
    _measure(8, says=False, goal=1000)
    _measure(8, says=True, goal=0)
    _measure(50, says=False, goal=0)


if __name__ == "__main__":
    run()
