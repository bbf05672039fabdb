"""What all who play in the arena see."""

from __future__ import annotations

from typing import Annotated, Final

from nexus import Map, State, field, quantized, uint8, uint16

__all__ = ["HEIGHT", "WIDTH", "Orb", "Player", "World"]

#: The arena, in units that the page draws as pixels.
WIDTH: Final = 1600
HEIGHT: Final = 1000


class Orb(State):
    """Something to be gathered."""

    x: Annotated[float, quantized(0, WIDTH, 16)] = 0.0
    y: Annotated[float, quantized(0, HEIGHT, 16)] = 0.0
    #: How much its finder grows.
    worth: uint8 = 1


class Player(State):
    """Somebody who moves, or one of the bots that keep the place alive."""

    name: str = ""
    #: Its colour, as degrees of the colour circle.
    hue: uint16 = 0
    bot: bool = False
    x: Annotated[float, quantized(0, WIDTH, 16)] = 0.0
    y: Annotated[float, quantized(0, HEIGHT, 16)] = 0.0
    heading: Annotated[float, quantized(0, 360, 8, beyond="wrap")] = 0.0
    score: uint16 = 0
    #: Whether it is rushing forward; whom it hits loses orbs.
    rushing: bool = False
    #: Whether it lost its connection, and may be back soon.
    away: bool = False


class World(State):
    """The arena."""

    players: Map[str, Player] = field(factory=dict)
    orbs: Map[str, Orb] = field(factory=dict)
