"""The archive keeps its promises on a PostgreSQL server."""

from __future__ import annotations

from random import Random

from twisted.internet import reactor  # noqa: TID251  # for real input and output

from nexus.store.port import Database
from nexus.store.postgres import PostgresDatabase
from tests.archive import rows
from tests.support.postgres import missing_postgres, shared_cluster


class PostgresRoomRepositoryTests(rows.RoomRepositoryContract):
    skip = missing_postgres()

    async def make_database(self) -> Database:
        """Make an empty one."""
        return PostgresDatabase(
            shared_cluster().database(), reactor=reactor, random=Random(1), unsafe=True
        )
