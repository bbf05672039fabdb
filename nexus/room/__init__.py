"""Rooms: actors that own one State, and the Clients inside them."""

from __future__ import annotations

from nexus.room.actor import RoomActor
from nexus.room.around import Surroundings
from nexus.room.call import on_call
from nexus.room.client import Client, Clients, ClientStatus
from nexus.room.clock import Overrun
from nexus.room.connection import Connection
from nexus.room.message import on_bytes, on_message
from nexus.room.payload import Length, PayloadError, Range
from nexus.room.plugin import Plugin
from nexus.room.room import Room
from nexus.room.seat import (
    Context,
    Hold,
    NotReturned,
    RoomFull,
    Seat,
    SeatExpired,
)
from nexus.room.work import Chore, ChoreCancelled

__all__ = [
    "Chore",
    "ChoreCancelled",
    "Client",
    "ClientStatus",
    "Clients",
    "Connection",
    "Context",
    "Hold",
    "Length",
    "NotReturned",
    "Overrun",
    "PayloadError",
    "Plugin",
    "Range",
    "Room",
    "RoomActor",
    "RoomFull",
    "Seat",
    "SeatExpired",
    "Surroundings",
    "on_bytes",
    "on_call",
    "on_message",
]
