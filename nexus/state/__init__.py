"""State that knows its changes: declared classes, trees of them, and what changed."""

from nexus.state.change import ChangeSet
from nexus.state.field import (
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
from nexus.state.flush import Flush
from nexus.state.list import List
from nexus.state.map import Map
from nexus.state.outline import Outline
from nexus.state.rule import EVERYONE, OWNER, SHOWN, Role, Shown
from nexus.state.set import Set
from nexus.state.state import State
from nexus.state.table import Table
from nexus.state.tree import Tree
from nexus.state.view import View

__all__ = [
    "EVERYONE",
    "OWNER",
    "SHOWN",
    "ChangeSet",
    "Flush",
    "List",
    "Map",
    "Outline",
    "Role",
    "Set",
    "Shown",
    "State",
    "Table",
    "Tree",
    "View",
    "field",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "number",
    "quantized",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]
