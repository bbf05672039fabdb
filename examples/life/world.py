"""What there is in the country: people, buildings and towns."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Final

from nexus import List, State, field, float32, quantized, uint8, uint16, uint32
from nexus.state import Table

__all__ = ["BOUNDS", "SIDE", "Building", "Doing", "Land", "Person", "Place", "Town"]

#: The country is a square, so many metres wide.
SIDE: Final = 6400
BOUNDS: Final = (0.0, 0.0, float(SIDE), float(SIDE))


class Doing(Enum):
    """What somebody is at, or on the way to."""

    SLEEP = "sleep"
    HOME = "home"
    WORK = "work"
    EAT = "eat"
    MEET = "meet"
    STROLL = "stroll"


class Building(Enum):
    """What a place is for."""

    HOME = "home"
    WORK = "work"
    INN = "inn"
    PARK = "park"
    GREEN = "green"


class Person(State):
    """Somebody who lives here. Who looks sees where they are, and how they feel."""

    x: Annotated[float, quantized(0, SIDE, 16, beyond="clamp")] = 0.0
    y: Annotated[float, quantized(0, SIDE, 16, beyond="clamp")] = 0.0
    doing: Doing = Doing.HOME
    food: Annotated[float, quantized(0, 1, 8)] = 1.0
    rest: Annotated[float, quantized(0, 1, 8)] = 1.0
    social: Annotated[float, quantized(0, 1, 8)] = 1.0
    #: Which need it serves; the number of it, or 0.
    activity: uint8 = field(default=0, server_only=True)
    #: Its places, by their row in `Land.places`.
    home: uint32 = field(default=0, server_only=True)
    work: uint32 = field(default=0, server_only=True)
    inn: uint32 = field(default=0, server_only=True)
    park: uint32 = field(default=0, server_only=True)
    #: The hour at which it goes to bed.
    bed: float32 = field(default=22.0, server_only=True)
    #: What makes it choose otherwise than others do.
    lot: uint32 = field(default=0, server_only=True)


class Place(State):
    """A building, a park, or a town's green. Each client gets those that are near."""

    x: Annotated[float, quantized(0, SIDE, 16, beyond="clamp")] = 0.0
    y: Annotated[float, quantized(0, SIDE, 16, beyond="clamp")] = 0.0
    building: Building = Building.HOME
    #: To which side it stands, in degrees.
    angle: Annotated[float, quantized(0, 360, 8, beyond="wrap")] = 0.0


class Town(State):
    """A town, as it is written on a map."""

    name: str = ""
    x: float32 = 0.0
    y: float32 = 0.0
    radius: float32 = 0.0
    people: uint16 = 0


class Land(State):
    """The country."""

    #: What time it is, in hours.
    hour: Annotated[float, quantized(0, 24, 16, beyond="wrap")] = 0.0
    #: How many seconds a day lasts.
    day: uint16 = 0
    towns: List[Town] = field(factory=list)
    places: Table[Place] = field(factory=tuple)
    people: Table[Person] = field(factory=tuple)
