"""The States of the recordings, and what their messages do to them."""

from __future__ import annotations

from collections.abc import Callable

from nexus.state import (
    SHOWN,
    List,
    Map,
    State,
    field,
    float32,
    float64,
    number,
    uint8,
    uint32,
)

__all__ = [
    "MUTATIONS",
    "Fighter",
    "Item",
    "OldFighter",
    "OldWorld",
    "Secret",
    "Secrets",
    "Vec",
    "World",
    "move",
]


class Vec(State):
    x: float32
    y: float32


class Fighter(State):
    name: str
    hp: uint8
    alive: bool
    pos: Vec


class Item(State):
    name: str
    qty: uint8


class World(State):
    tick: uint32
    title: str | None
    ratio: float64
    flag: bool
    count: number
    origin: Vec
    players: Map[str, Fighter]
    scores: Map[str, number]
    log: List[str]
    items: List[Item]


def _primitives(world: World) -> None:
    world.tick, world.title, world.ratio = 70_000, "h\u00e9llo", 1 / 3
    world.flag, world.count = False, -5


def move(fighter: Fighter) -> None:
    """Do to the sender's own what `player-move` asks for."""
    fighter.pos.x, fighter.hp = 9.0, 42


def _bot() -> Fighter:
    return Fighter(name="bot", hp=7, alive=True, pos=Vec(x=1.0, y=2.0))


#: By the name that a recording has for it: what is done to the State.
MUTATIONS: dict[str, Callable[[World], object]] = {
    "prim": _primitives,
    "nested": lambda world: setattr(world.origin, "x", 3.5),
    "player-add": lambda world: world.players.__setitem__("bot1", _bot()),
    "player-del": lambda world: world.players.pop("bot1"),
    "score-set": lambda world: world.scores.update(a=11, b=2.5),
    "score-del": lambda world: world.scores.pop("a"),
    "log-push": lambda world: world.log.extend(["two", "three"]),
    "log-set": lambda world: world.log.__setitem__(0, "START"),
    "log-shift": lambda world: world.log.pop(0),
    "item-push": lambda world: world.items.append(Item(name="bow", qty=1)),
    "item-change": lambda world: setattr(world.items[0], "qty", 9),
    "item-del": lambda world: world.items.pop(0),
    "items-clear": lambda world: world.items.clear(),
    "origin-replace": lambda world: setattr(world, "origin", Vec(x=5.0, y=6.0)),
    "null-title": lambda world: setattr(world, "title", None),
}


class Secret(State):
    pub: number
    sec: number = field(visible=SHOWN)


class Secrets(State):
    items: Map[str, Secret]


class OldFighter(State):
    name: str
    hp: uint8
    pos: Vec


class OldWorld(State):
    tick: uint32
    title: str
    origin: Vec
    players: Map[str, OldFighter]
    scores: Map[str, number]
    log: List[str]
