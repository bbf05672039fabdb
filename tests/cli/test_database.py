"""Tests of `nexus.cli.database`, through whole commands."""

from __future__ import annotations

import json
import subprocess
import sys

from twisted.internet.threads import deferToThread

from nexus.cli.database import CommandError, find_room
from nexus.store.port import Transaction
from tests.cli.stored import StoredTestCase
from tests.store.contract import spawned
from tests.support.daemon import clean_environment


class DatabaseCommandTests(StoredTestCase):
    async def nexus(
        self, *words: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line, while the database is open here."""
        return await deferToThread(
            subprocess.run,
            [sys.executable, "-m", "nexus.cli", *words],
            env=clean_environment(**environment),
            capture_output=True,
            text=True,
            timeout=60,
            cwd=self.folder,
        )

    async def test_database_that_somebody_has_open(self) -> None:
        """A command works on the database of a Node that runs, and says where."""
        for words, environment in (
            (("--database", "sqlite:///rooms.db"), {}),
            ((), {"DATABASE_URL": "sqlite:///rooms.db"}),
        ):
            run = await self.nexus("rooms", "--json", *words, **environment)

            self.assertEqual((run.returncode, run.stderr), (0, ""))
            self.assertEqual(len(json.loads(run.stdout)), 2)

    async def test_what_cannot_be_done(self) -> None:
        """It is said in a line, with a status that tells, and nothing is made."""
        url = ("-d", "sqlite:///rooms.db")
        (self.folder / "no.db").write_bytes(b"this is no database at all" * 99)
        for words, told in (
            (("rooms",), "there is no database nexus.db"),
            (("rooms", "-d", "mysql://x"), "no database we know"),
            (("rooms", "-d", "sqlite:///no.db"), "damaged"),
            (("inspect", "none", *url), "no room 'none' is stored"),
            (("replay", "town", "--until", "77", *url), "from 1 to 4"),
            (("export", "none", "x", *url), "no room 'none'"),
            (("import", "no.db", *url), "no.db is refused"),
        ):
            run = await self.nexus(*words)

            self.assertEqual(run.returncode, 1, words)
            self.assertTrue(run.stderr.startswith(f"nexus {words[0]}: "), run.stderr)
            self.assertIn(told, run.stderr)
            self.assertNotIn("Traceback", run.stderr)
            self.assertEqual(run.stdout, "")
        self.assertFalse((self.folder / "nexus.db").exists())

    async def test_room_is_found(self) -> None:
        """A Room is found by its id or its code; others are not."""
        for name in ("town", "K7WD", "k7wd"):
            found = await find_room(self.database, name)
            self.assertEqual(found.card.room_id, "town")
        for name in ("K7WE", "\0", ""):
            asking = spawned(find_room(self.database, name))
            await self.assertFailure(asking, CommandError)

    async def test_text_that_means_to_reach_the_terminal(self) -> None:
        """No more has what is printed of rows that are whole."""
        await self.archive.quarantine("town", 1, "\x1b]0;owned\x07")
        run = await self.nexus("release", "town", "-d", "sqlite:///rooms.db")

        self.assertEqual(run.returncode, 0)
        self.assertIn("owned", run.stdout)
        self.assertNotIn("\x1b", run.stderr + run.stdout)

    async def test_damage_that_means_to_reach_the_terminal(self) -> None:
        """What is said of damaged rows has nothing in it that a terminal obeys."""
        name = "evil\x1b]0;owned\x07"

        async def rename(transaction: Transaction) -> None:
            await transaction.execute(
                "INSERT INTO rooms (room_id, kind, status, epoch, owner, clients,"
                " attributes, created_at, active_at, reason) SELECT ?, kind, 'closed',"
                " 1, '', 0, '[', created_at, active_at, '' FROM rooms"
                " WHERE room_id = 'town'",
                name,
            )

        await self.database.transact(rename)
        run = await self.nexus("rooms", "-d", "sqlite:///rooms.db")

        self.assertEqual(run.returncode, 1)
        self.assertIn("evil", run.stderr)
        self.assertNotIn("\x1b", run.stderr + run.stdout)
