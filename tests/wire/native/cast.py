"""The State classes that the golden vectors tell of."""

from __future__ import annotations

import math
from datetime import datetime
from enum import Enum
from typing import Annotated

from nexus.state import (
    OWNER,
    SHOWN,
    List,
    Map,
    Role,
    Set,
    State,
    field,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    number,
    quantized,
    uint8,
    uint16,
    uint32,
    uint64,
)
from nexus.state.number import Float

__all__ = [
    "Box",
    "Containers",
    "Item",
    "Large",
    "Maybe",
    "MaybeRoot",
    "Secret",
    "Side",
    "Table",
    "ValueRoot",
    "Values",
]


class Side(Enum):
    """A small enum."""

    NORTH = 1
    EAST = 2
    SOUTH = 3


Large = Enum("Large", [f"M{i}" for i in range(257)])
Any64 = Annotated[float, Float(64, special=True)]
Angle = Annotated[float, quantized(0.0, math.tau, 16, beyond="wrap")]
Axis = Annotated[float, quantized(-1.0, 1.0, 8, beyond="clamp")]
Share = Annotated[float, quantized(0.0, 100.0, 32)]


class Values(State):
    """A field of each kind."""

    flag: bool
    i8: int8
    i16: int16
    i32: int32
    i64: int64
    u8: uint8
    u16: uint16
    u32: uint32
    u64: uint64
    f32: float32
    f64: float64
    special: Any64
    num: number
    angle: Angle
    axis: Axis
    share: Share
    text: str
    data: bytes
    moment: datetime
    side: Side
    large: Large


class ValueRoot(State):
    """One of them, and several."""

    one: Values
    many: Map[str, Values]


class Maybe(State):
    """Optional fields."""

    mood: int8 | None
    name: str | None
    side: Side | None
    moment: datetime | None


class MaybeRoot(State):
    """Several with optional fields."""

    row: List[Maybe]


class Item(State):
    """A thing."""

    hp: int8
    tags: Set[str]


class Box(Item):
    """A thing with things in it."""

    content: Map[str, Item]
    lid: Item | None


class Containers(State):
    """A container of each sort."""

    scores: Map[str, int16]
    items: Map[str, Item]
    path: List[int8]
    row: List[Item]
    tags: Set[str]
    big: Set[int64]
    ref: Item | None


class Secret(State):
    """What not everybody may see."""

    name: str
    plan: str = field(default="", visible=Role("gm"))
    hand: List[int8] = field(visible=OWNER)


class Table(State):
    """What clients see of it depends on who they are."""

    players: Map[str, Secret]
    hidden: List[Secret] = field(visible=SHOWN)
    notes: Map[str, str] = field(visible=Role("gm"))
    server: int8 = field(default=3, server_only=True)
