"""Tests of who is near in real databases: they answer as a look at everybody does."""

from __future__ import annotations

from random import Random
from typing import Any

from attrs import evolve
from twisted.internet import reactor  # noqa: TID251  # for real input and output

from nexus.store.port import Database
from nexus.store.postgres import PostgresDatabase
from nexus.store.sqlite import SqliteDatabase
from tests.store.writeback import searching
from tests.store.writeback.life import Life
from tests.support.postgres import missing_postgis, missing_postgres, shared_cluster


class SqliteSearchTests(searching.SearchContract):
    def make_database(self) -> Database:
        """Make one in a file."""
        return SqliteDatabase(self.mktemp(), reactor, full=False)


class PostgresSearchTests(searching.SearchContract):
    skip = missing_postgres()

    def make_database(self) -> Database:
        """Make one on the server, without PostGIS."""
        return PostgresDatabase(
            shared_cluster().database(), reactor=reactor, random=Random(1), unsafe=True
        )

    def test_it_knows_that_there_is_no_postgis(self) -> None:
        """The plain way is the one that is tested here."""
        self.assertFalse(self.database.has_postgis)


class PostgisSearchTests(searching.SearchContract):
    skip = missing_postgis()

    def make_database(self) -> Database:
        """Make one on the server, with PostGIS."""
        self.location = shared_cluster().database()
        shared_cluster().run("CREATE EXTENSION postgis", self.location.database)
        return self.again()

    def again(self) -> PostgresDatabase:
        """Return the same one, for another Node."""
        return PostgresDatabase(
            self.location, reactor=reactor, random=Random(1), unsafe=True
        )

    async def test_indexes_are_used(self) -> None:
        """Nobody looks at each entity of the world."""
        self.assertTrue(self.database.has_postgis)
        for earth, index in ((False, "npcs_plane"), (True, "npcs_earth")):
            life = self.places(world=f"{index}", earth=earth)
            random = Random(5)
            life.npcs.add(
                x=[random.uniform(-80, 80) for _ in range(3000)],
                y=[random.uniform(-170, 170) for _ in range(3000)],
            )
            await life.back.flush()
        await self.database.transact(_analyze)
        for earth, index in ((False, "npcs_plane"), (True, "npcs_earth")):
            life = self.places(world=index, earth=earth)
            asked: list[tuple[Any, ...]] = []
            self.patch(life.back._search, "_database", _Listening(self.database, asked))
            await life.back.within(10, 10, 5)
            await life.back.nearest(10, 10, 5)

            for sql, *values in asked:
                plan = await self.database.query(f"EXPLAIN {sql}", *values)
                text = "\n".join(str(*row.values()) for row in plan)
                self.assertIn(index, text, sql)

    async def test_indexes_that_cannot_be_made(self) -> None:
        """A Node whose role does not own the tables starts, and looks at everybody."""
        self.location = location = shared_cluster().database()
        first = self.again()
        await first.start()
        await first.close()
        role = f"guest_{location.database}"
        for sql in (
            "CREATE EXTENSION postgis",
            f"CREATE ROLE {role} LOGIN",
            f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}",
            f"GRANT CREATE, USAGE ON SCHEMA public TO {role}",
        ):
            shared_cluster().run(sql, location.database)
        self.location = evolve(location, user=role)
        second = self.again()
        await second.start()
        self.addCleanup(second.close)

        self.assertFalse(second.has_postgis)
        life = Life(second, reactor, root=searching.Places(), region=None)
        self.addCleanup(life.back.stop)
        life.npcs.add(x=[3.0], y=4.0)
        await life.back.flush()
        self.assertEqual(len(await life.back.nearest(0, 0)), 1)

    async def test_extension_that_comes_later(self) -> None:
        """A Node that starts when it is there makes the indexes, and uses them."""
        self.location = shared_cluster().database()
        first, second, third = self.again(), self.again(), self.again()
        await first.start()
        await first.close()
        self.assertFalse(first.has_postgis)
        shared_cluster().run("CREATE EXTENSION postgis", self.location.database)
        for each in (second, third):
            await each.start()
            self.addCleanup(each.close)

        self.assertTrue(second.has_postgis and third.has_postgis)
        found = await third.query(
            "SELECT indexname FROM pg_indexes WHERE indexname LIKE 'npcs_%' ORDER BY 1"
        )
        names = [row["indexname"] for row in found]
        self.assertEqual(
            names, ["npcs_earth", "npcs_pkey", "npcs_plane", "npcs_region"]
        )


class _Listening:
    """A database of which is known what it was asked."""

    def __init__(self, database: Database, asked: list[tuple[Any, ...]]) -> None:
        self._database = database
        self._asked = asked

    async def query(self, sql: str, *values: Any) -> Any:
        """Ask, and take note of it."""
        self._asked.append((sql, *values))
        return await self._database.query(sql, *values)


async def _analyze(transaction: Any) -> None:
    """Let the server know how many there are."""
    await transaction.execute("ANALYZE npcs")
