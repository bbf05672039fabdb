"""Tests of the schema as one file."""

from __future__ import annotations

import subprocess
import sys
from random import Random
from typing import Any

from twisted.internet import reactor  # noqa: TID251  # for real input and output
from twisted.trial.unittest import SynchronousTestCase, TestCase

from nexus.store.location import ServerLocation
from nexus.store.migration import known
from nexus.store.port import Dialect
from nexus.store.postgres import PostgresDatabase
from nexus.store.schema import schema
from tests import ROOT
from tests.support.postgres import Cluster, missing_postgres, shared_cluster

_COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public'
    ORDER BY table_name, ordinal_position"""
_INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
_CONSTRAINTS = """
    SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"""
_FUNCTIONS = """
    SELECT pg_get_functiondef(oid) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace ORDER BY 1"""
_TRIGGERS = """
    SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"""
_OLD_ROOM = """
    INSERT INTO rooms (
        room_id, status, kind, epoch, owner, attributes, created_at, active_at, ended_at
    ) SELECT '{}', '{}', 'k', 1, '', '{{}}', moment, moment, moment
    FROM (SELECT now() - interval '{} hours' AS moment) AS t"""
_VERSIONS = "SELECT version, name FROM schema_version ORDER BY 1"


class SchemaTests(SynchronousTestCase):
    def test_file_is_what_the_migrations_make(self) -> None:
        """`schema.sql` is made from the migrations; who changes them makes it anew."""
        written = (ROOT / "schema.sql").read_text("utf-8")

        self.assertEqual(
            written, schema(), "run: python -m nexus.store.schema > schema.sql"
        )

    def test_command_writes_it(self) -> None:
        """The command that the file names writes it."""
        done = subprocess.run(
            [sys.executable, "-m", "nexus.store.schema"],
            capture_output=True,
            check=True,
            cwd=ROOT,
            text=True,
        )

        self.assertEqual(done.stdout, schema())

    def test_every_step_is_in_it(self) -> None:
        """All steps are in it, and it says that the database went through them."""
        for step in known(Dialect.POSTGRESQL):
            self.assertIn(step.sql.strip(), schema())
            self.assertIn(f"VALUES ({step.version}, '{step.name}', now())", schema())


class PostgresTests(TestCase):
    cluster: Cluster

    def setUp(self) -> None:
        """Find a server, and make two empty databases."""
        if reason := missing_postgres():
            self.skipTest(reason)
        self.cluster = shared_cluster()
        self.by_hand, self.by_node = (self.cluster.database() for _ in range(2))

    async def start(self, location: ServerLocation) -> None:
        """Start with a database as a Node does, and stop again."""
        database = PostgresDatabase(
            location, reactor=reactor, random=Random(1), unsafe=True
        )
        self.addCleanup(database.close)
        await database.start()
        await database.close()

    def run_by_hand(self, sql: str) -> list[tuple[Any, ...]]:
        """Run something in the database that was made from the file."""
        return self.cluster.run(sql, self.by_hand.database)

    async def test_both_roads_end_at_the_same_place(self) -> None:
        """What the file makes is what a Node makes, which goes on from there."""
        self.run_by_hand((ROOT / "schema.sql").read_text("utf-8"))
        await self.start(self.by_hand)
        await self.start(self.by_node)

        for sql in (_COLUMNS, _INDEXES, _CONSTRAINTS, _FUNCTIONS, _TRIGGERS, _VERSIONS):
            rows = self.run_by_hand(sql)
            self.assertGreater(len(rows), 0, sql)
            self.assertEqual(rows, self.cluster.run(sql, self.by_node.database))

    async def test_functions_for_people(self) -> None:
        """Old Rooms are given up and deleted, and counted, without a Node."""
        await self.start(self.by_hand)
        for name, status, hours in (
            ("old", "hibernating", 25),
            ("new", "hibernating", 23),
            ("dead", "closed", 25),
            ("late", "abandoned", 23),
        ):
            self.run_by_hand(_OLD_ROOM.format(name, status, hours))

        done = self.run_by_hand("SELECT abandoned, deleted FROM cleanup_old_rooms()")
        counted = self.run_by_hand("SELECT status, rooms FROM room_stats ORDER BY 1")
        left = self.run_by_hand("SELECT room_id FROM rooms ORDER BY 1")

        self.assertEqual(done, [(1, 1)])
        self.assertEqual(counted, [("abandoned", 2), ("hibernating", 1)])
        self.assertEqual(left, [("late",), ("new",), ("old",)])

    async def test_payloads_are_not_compressed(self) -> None:
        """Payloads are stored as they are: they are dense, and time is short."""
        await self.start(self.by_hand)

        self.assertEqual(
            self.run_by_hand(
                "SELECT attrelid::regclass::text, attstorage::text FROM pg_attribute "
                "WHERE attname = 'payload' ORDER BY 1"
            ),
            [("journal", "e"), ("snapshots", "e"), ("table_chunks", "e")],
        )
