"""PostGIS: what a PostgreSQL server with it gets beside the tables.

Nobody has to have it, and whoever looks after the server decides: a database in which
somebody said `CREATE EXTENSION postgis` is searched by places with its indexes. These
are no part of the tables that migrations make, as the extension may come later.
"""

from __future__ import annotations

from typing import Final

from twisted.logger import Logger

from nexus.store.port import Database, Transaction

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
_INDEXES: Final = (
    "CREATE INDEX IF NOT EXISTS npcs_plane ON npcs USING gist (ST_MakePoint(x, y))",
    # Elsewhere x and y are no degrees.
    "CREATE INDEX IF NOT EXISTS npcs_earth ON npcs"
    " USING gist ((ST_MakePoint(y, x)::geography))"
    " WHERE x BETWEEN -90 AND 90 AND y BETWEEN -180 AND 180",
)

_LOG: Final = Logger()


async def prepare_postgis(database: Database) -> bool:
    """Make the indexes that are missing; return whether the database has PostGIS."""

    async def work(transaction: Transaction) -> bool:
        [found] = await transaction.query(_LOOK)
        if found["has_it"] and not found["is_done"]:
            await transaction.query("SELECT pg_advisory_xact_lock(?)", _LOCK)
            for sql in _INDEXES:
                await transaction.execute(sql)
            _LOG.info("the database has PostGIS: entities have indexes by places now")
        return bool(found["has_it"])

    return await database.transact(work)
