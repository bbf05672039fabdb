"""The same 100 players for every measurement, as uint8 and as float32."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Annotated, Any

from nexus.state import Map, State, Tree, field, float32, quantized, uint8

__all__ = ["WORLDS", "mixed_world", "quantized_world", "world"]


class SmallPlayer(State):
    """A player on a small board."""

    x: uint8 = 0
    y: uint8 = 0


class SmallWorld(State):
    """Its board."""

    players: Map[str, SmallPlayer] = field()


class Player(State):
    """A player on a plane."""

    x: float32 = 0.0
    y: float32 = 0.0


class World(State):
    """Its plane."""

    players: Map[str, Player] = field()


class Guard(Player):
    """Somebody of another class."""


class Guest(Player):
    """And of a third one."""


class Walker(State):
    """A player whose place is told in steps."""

    x: Annotated[float, quantized(0.0, 1000.0, 16)]
    y: Annotated[float, quantized(0.0, 1000.0, 16)]


class Walkers(State):
    """Their plane."""

    players: Map[str, Walker] = field()


#: By kind: what makes a coordinate, different from the zero that it begins with.
WORLDS: dict[str, Callable[[random.Random], Any]] = {
    "uint8": lambda chance: chance.randint(1, 255),
    "float32": lambda chance: chance.uniform(1.0, 1000.0),
}


def mixed_world() -> tuple[Tree, list[Any]]:
    """Return a tree with 100 players of three classes in turn, and the players."""
    return _tree(World(), (Player, Guard, Guest))


def quantized_world() -> tuple[Tree, list[Any]]:
    """Return a tree with 100 players of quantized fields, and the players."""
    return _tree(Walkers(), (Walker,))


def world(kind: str) -> tuple[Tree, list[Any]]:
    """Return a tree with 100 players, and the players."""
    if kind == "uint8":
        return _tree(SmallWorld(), (SmallPlayer,))
    return _tree(World(), (Player,))


def _tree(root: Any, classes: tuple[type[State], ...]) -> tuple[Tree, list[Any]]:
    """Return a tree with 100 players of some classes in turn, and the players."""
    tree = Tree(root)
    for i in range(100):
        root.players[f"p{i}"] = classes[i % len(classes)]()
    tree.flush()
    return tree, list(root.players.values())
