"""Makes the database that the settings name."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from nexus.config import Config
from nexus.store.location import DEFAULT_LOCATION, FileLocation, Location
from nexus.store.port import Database
from nexus.store.postgres import PostgresDatabase
from nexus.store.sqlite import SqliteDatabase

__all__ = ["make_database"]


def make_database(
    location: Location | None,
    config: Config,
    random: Random,
    observe: Callable[[float], None],
    reactor: Any,
    *,
    looks: bool = False,
) -> Database:
    """Make the database that is there.

    Args:
        location: Where; None: in a file beside.
        config: How many connections it may have.
        random: Spreads tries to reach it.
        observe: Told how long it takes to answer.
        reactor: What it goes by.
        looks: Leave it to a Node to find out what a file lost, and to salvage it.
    """
    location = location or DEFAULT_LOCATION
    if isinstance(location, FileLocation):
        return SqliteDatabase(location.path, reactor, observe=observe, looks=looks)
    return PostgresDatabase(
        location,
        reactor=reactor,
        random=random,
        pool_max=config.pool_max,
        idle_seconds=config.pool_idle,
        observe=observe,
    )
