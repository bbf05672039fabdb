"""The test kit: Rooms in memory, guests that play them, and time that obeys.

    with Harness(Arena) as house:
        ada = house.join_or_create(name="ada")
        ada.send("move", [1, 2])
        house.tick()
        assert ada.state.players[ada.session_id].x == 1

No port, no reactor, no waiting; docs/testing.md tells the rest.
"""

from __future__ import annotations

from nexus.client.error import RequestError
from nexus.testing.error import NotJoined, StillWaiting, UnseenFailures
from nexus.testing.failure import Failed
from nexus.testing.guest import Guest
from nexus.testing.harness import Harness
from nexus.testing.opened import Opened
from nexus.testing.order import Order
from nexus.testing.told import REMOVED, Told
from nexus.testing.visitor import Visitor

__all__ = [
    "REMOVED",
    "Failed",
    "Guest",
    "Harness",
    "NotJoined",
    "Opened",
    "Order",
    "RequestError",
    "StillWaiting",
    "Told",
    "UnseenFailures",
    "Visitor",
]
