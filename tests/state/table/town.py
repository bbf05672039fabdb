"""A Table of Npcs in a town, for the tests of `nexus.state.table`."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Any

from nexus.state import State, Table, Tree, field, float32, quantized, uint8
from nexus.state.change import TableEdit

__all__ = ["Mood", "Npc", "Town", "edit_of", "settle"]


class Mood(Enum):
    CALM = 1
    CROSS = 2


class Npc(State):
    x: float32
    food: Annotated[float, quantized(0, 1, 8)] = 1.0
    kind: uint8 = 7
    mood: Mood = Mood.CALM
    born: datetime
    secret: uint8 = field(default=0, server_only=True)


class Town(State):
    day: uint8
    npcs: Table[Npc]


def settle() -> tuple[Tree[Town], Town]:
    """Return a tree whose Table is empty."""
    town = Town()
    return Tree(town), town


def edit_of(tree: Tree[Any]) -> TableEdit:
    """Flush, and return what happened in the Table."""
    (edit,) = tree.flush().edits
    assert isinstance(edit, TableEdit)
    return edit
