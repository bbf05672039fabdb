"""The same 100 players for every measurement, as uint8 and as float32."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from nexus.state import Map, State, Tree, float32, uint8

__all__ = ["WORLDS", "world"]


class SmallPlayer(State):
    """A player on a small board."""

    x: uint8 = 0
    y: uint8 = 0


class SmallWorld(State):
    """Its board."""

    players: Map[str, SmallPlayer]


class Player(State):
    """A player on a plane."""

    x: float32 = 0.0
    y: float32 = 0.0


class World(State):
    """Its plane."""

    players: Map[str, Player]


#: By kind: what makes a coordinate, different from the zero that it begins with.
WORLDS: dict[str, Callable[[random.Random], Any]] = {
    "uint8": lambda chance: chance.randint(1, 255),
    "float32": lambda chance: chance.uniform(1.0, 1000.0),
}


def world(kind: str) -> tuple[Tree, list[Any]]:
    """Return a tree with 100 players, and the players."""
    root: Any = SmallWorld() if kind == "uint8" else World()
    tree = Tree(root)
    for i in range(100):
        root.players[f"p{i}"] = SmallPlayer() if kind == "uint8" else Player()
    tree.flush()
    return tree, list(root.players.values())
