"""Nexus, an authoritative room server for multiplayer games.

What a game's author imports. Importing this package installs no reactor.
"""

from __future__ import annotations

from nexus.state import (
    EVERYONE,
    OWNER,
    SHOWN,
    List,
    Map,
    Role,
    Set,
    Shown,
    State,
    Tree,
    View,
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

__all__ = [
    "EVERYONE",
    "OWNER",
    "SHOWN",
    "List",
    "Map",
    "Role",
    "Set",
    "Shown",
    "State",
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
