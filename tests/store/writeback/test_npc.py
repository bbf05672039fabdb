"""Tests of entities in real databases."""

from __future__ import annotations

from random import Random

from twisted.internet import reactor  # noqa: TID251  # for real input and output

from nexus.store.port import Database
from nexus.store.postgres import PostgresDatabase
from nexus.store.sqlite import SqliteDatabase
from tests.store.writeback import contract
from tests.support.postgres import missing_postgres, shared_cluster


class SqliteTests(contract.NpcContract):
    def make_database(self) -> Database:
        """Make one in a file."""
        return SqliteDatabase(self.mktemp(), reactor, full=False)


class PostgresTests(contract.NpcContract):
    skip = missing_postgres()

    def make_database(self) -> Database:
        """Make one on the server."""
        location = shared_cluster().database()
        return PostgresDatabase(
            location, reactor=reactor, random=Random(1), unsafe=True
        )
