"""Keepers: Rooms are kept in an archive, sleep, and go on where they were."""

from nexus.match.keeper.keeper import Keeper

__all__ = ["Keeper"]
