"""Fanouts: how what changed in a Room comes to its clients, as fast as they take it."""

from nexus.room.fanout.fanout import Fanout

__all__ = ["Fanout"]
