"""A Board with Pawns, for tests of the compiled parts that write and flush States."""

from __future__ import annotations

from nexus.state import Map, State, field, float32, uint8, uint64

__all__ = ["Board", "Knight", "Pawn"]


class Pawn(State):
    """A piece."""

    x: float32 = 0.0
    hp: uint8 = 0
    far: uint64 = 0
    name: str = ""


class Knight(Pawn):
    """One of another class."""


class Board(State):
    """Where they stand."""

    pawns: Map[str, Pawn] = field(factory=dict)
