"""Nexus, an authoritative room server for multiplayer games.

What a game's author imports. Importing this package installs no reactor.
"""

from __future__ import annotations

from nexus.app import App
from nexus.errors import FieldError, PlaceError, Refused, Rejected, StateError
from nexus.limit import Limits
from nexus.match import LobbyRoom, QueueRoom, RelayRoom, SeatWish
from nexus.net.port import Arrival, Unwelcome
from nexus.room import (
    Client,
    Context,
    Hold,
    Length,
    NotReturned,
    Plugin,
    Range,
    Room,
    on_bytes,
    on_call,
    on_message,
)
from nexus.sim import Step
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
from nexus.wire.message import UNDEFINED, BigInt

__all__ = [
    "EVERYONE",
    "OWNER",
    "SHOWN",
    "UNDEFINED",
    "App",
    "Arrival",
    "BigInt",
    "Client",
    "Context",
    "FieldError",
    "Hold",
    "Length",
    "Limits",
    "List",
    "LobbyRoom",
    "Map",
    "NotReturned",
    "PlaceError",
    "Plugin",
    "QueueRoom",
    "Range",
    "Refused",
    "Rejected",
    "RelayRoom",
    "Role",
    "Room",
    "SeatWish",
    "Set",
    "Shown",
    "State",
    "StateError",
    "Step",
    "Tree",
    "Unwelcome",
    "View",
    "field",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "number",
    "on_bytes",
    "on_call",
    "on_message",
    "quantized",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]
