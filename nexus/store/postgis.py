"""PostGIS: what a PostgreSQL server with it gets beside the tables.

Nobody has to have it, and whoever looks after the server decides: a database in which
somebody said `CREATE EXTENSION postgis` is searched by places with its indexes. These
are no part of the tables that migrations make, as the extension may come later. Where
they cannot be made the database is searched as if it had no PostGIS.
"""

from __future__ import annotations

from typing import Final

from twisted.logger import Logger

from nexus.store.port import Database, StoreError, Transaction

__all__ = ["prepare_postgis"]

#: Whether its functions are there, under the names that are used; and whether indexes
#: by places are.
_LOOK: Final = """
    SELECT to_regtype('geography') IS NOT NULL AND
        to_regprocedure('st_makepoint(double precision, double precision)')
            IS NOT NULL AS has_it,
        to_regclass('npcs_plane') IS NOT NULL AND to_regclass('npcs_earth') IS NOT NULL
            AS is_done"""

#: Any number will do that nothing else takes: "npcs" in ASCII.
_LOCK: Final = 0x6E706373
_STEPS: Final = (
    # Who writes entities waits for an index, and so do those behind who waits for that.
    "SET LOCAL lock_timeout = '5s'",
    # It comes with PostgreSQL, and needs no superuser. What is near is near in one
    # world: an index without that leads through all others.
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    "CREATE INDEX IF NOT EXISTS npcs_plane ON npcs"
    " USING gist (world, ST_MakePoint(x, y))",
    # Elsewhere x and y are no degrees.
    "CREATE INDEX IF NOT EXISTS npcs_earth ON npcs"
    " USING gist (world, (ST_MakePoint(y, x)::geography))"
    " WHERE x BETWEEN -90 AND 90 AND y BETWEEN -180 AND 180",
)

_LOG: Final = Logger()


async def prepare_postgis(database: Database) -> bool:
    """Make the indexes that are missing; return whether places are searched by them."""
    [found] = await database.query(_LOOK)
    if not found["has_it"] or found["is_done"]:
        return bool(found["has_it"])

    async def work(transaction: Transaction) -> None:
        await transaction.query("SELECT pg_advisory_xact_lock(?)", _LOCK)
        for sql in _STEPS:
            await transaction.execute(sql)

    try:
        await database.transact(work)
    except StoreError as error:
        _LOG.warn(
            "the database has PostGIS, but entities cannot have indexes by places"
            " ({why}): a search looks at each entity of its world. Whoever owns the"
            " table npcs can make them: see docs/operations.md",
            why=str(error),
        )
        return False
    _LOG.info("the database has PostGIS: entities have indexes by places now")
    return True
