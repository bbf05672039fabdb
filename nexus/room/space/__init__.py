"""Spaces: what each client is told of Tables and Maps that it sees a part of."""

from nexus.room.space.space import Space

__all__ = ["Space"]
