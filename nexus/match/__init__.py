"""Matchmaking: kinds of Room, their listings, and how wishes end in Seats."""

from __future__ import annotations

from nexus.match.builtin import Group, LobbyRoom, QueueRoom, RelayRoom, Waiting
from nexus.match.catalog import Catalog, Kind
from nexus.match.entrance import Entrance
from nexus.match.listing import Listing
from nexus.match.matchmaker import Matchmaker
from nexus.match.registry import Registry
from nexus.match.reservation import Reservation, SeatWish
from nexus.match.stats import Stats

__all__ = [
    "Catalog",
    "Entrance",
    "Group",
    "Kind",
    "Listing",
    "LobbyRoom",
    "Matchmaker",
    "QueueRoom",
    "Registry",
    "RelayRoom",
    "Reservation",
    "SeatWish",
    "Stats",
    "Waiting",
]
