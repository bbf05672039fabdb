"""Classes that payloads are read as, and a test case that reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum, IntEnum
from typing import Any, Literal, NewType

from attrs import define, field, frozen
from twisted.trial.unittest import SynchronousTestCase

from nexus.room.payload.payload import PayloadError, shape_of
from nexus.state import (
    State,
    float32,
    uint8,
)

__all__ = [
    "NOON",
    "Board",
    "Circle",
    "Group",
    "Level",
    "Move",
    "Name",
    "Outer",
    "PayloadCase",
    "Point",
    "Side",
    "Spot",
    "Tree",
    "Wrong",
]

Name = NewType("Name", str)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Side(Enum):
    NORTH = "n"
    SOUTH = "s"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


@define
class Point:
    x: float
    y: float


@frozen
class Spot:
    """A place that can be in a set."""

    cell: int


@define
class Move:
    x: float32
    hp: uint8
    kind: Literal["walk", "run"] = "walk"
    path: list[Point] = field(factory=list)
    who: str | None = None


@define
class Tree:
    """A class that holds itself."""

    name: str
    below: list[Tree] = field(factory=list)
    left: Tree | None = None


@define
class Circle:
    shape: Literal["circle"]
    radius: float


@define
class Group:
    shape: Literal["group", "pile"]
    parts: list[Circle | Group]


@define
class Wrong:
    fine: int
    board: list[complex]


@define
class Outer:
    inner: dict[str, Wrong]


class Board(State):
    pass


class PayloadCase(SynchronousTestCase):
    def refused(self, annotation: Any, value: object, why: str) -> None:
        """Check that a value is refused, and with which words."""
        shape = shape_of(annotation)
        with self.assertRaises(PayloadError) as caught:
            shape.read(value, "move")
        self.assertEqual(str(caught.exception), f"move{why}")

    def taken(self, annotation: Any, value: object, made: object) -> None:
        """Check what a value is read as, and of which type."""
        read = shape_of(annotation).read(value)
        self.assertEqual((type(read), read), (type(made), made))
