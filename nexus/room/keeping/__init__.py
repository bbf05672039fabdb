"""Keeping: how a Room outlives its process, and goes to rest and on."""

from nexus.room.keeping.durability import Durability
from nexus.room.keeping.restoring import Restoring

__all__ = ["Durability", "Restoring"]
