"""Tests of `nexus.cli.rooms`."""

from __future__ import annotations

import json
from typing import Any

from nexus.cli.rooms import rooms, table
from tests.cli.stored import StoredTestCase


class RoomsCommandTests(StoredTestCase):
    async def test_table(self) -> None:
        """Each Room has a line."""
        said = await self.run_on(rooms, status=None, json=False)

        self.assertEqual(
            said.text.splitlines(),
            [
                "ID      CODE  KIND   STATUS       CLIENTS  VERSION  ACTIVE",
                "asleep  -     duel   hibernating  1        4"
                "        2026-05-04 12:00:00+00:00",
                "town    K7WD  arena  active       1        4"
                "        2026-05-04 12:00:00+00:00",
            ],
        )
        self.assertEqual(said.error, "")

    async def test_text_of_others(self) -> None:
        """What people wrote does nothing to a terminal."""
        self.assertEqual(table([("a\n\x1b[2J", "é"), ("b", "c")]).count("\n"), 2)
        self.assertNotIn("\x1b", table([("\x1b[2J",)]))

    async def test_by_status(self) -> None:
        """Who asks for a status is told of those with it."""
        for status, count in ((["active"], 1), (["active", "hibernating"], 2)):
            said = await self.run_on(rooms, status=status, json=True)
            self.assertEqual(len(json.loads(said.text)), count)

    async def test_json(self) -> None:
        """Programs are told everything that is known without looking into Rooms."""
        said = await self.run_on(rooms, status=["active"], json=True)
        [found] = json.loads(said.text)

        self.assertEqual(
            (found["id"], found["version"], found["entries"]), ("town", 4, 4)
        )
        self.assertEqual(found["metadata"], {"title": "~~0000é"})
        self.assertGreater(found["journalBytes"], 0)
        self.assertGreater(found["snapshotBytes"], 0)

    async def test_damaged_card(self) -> None:
        """A Room whose card cannot be read is named, left alone, and costs no other."""

        async def work(transaction: Any) -> None:
            await transaction.execute(
                "UPDATE rooms SET attributes = '{' WHERE room_id = 'town'"
            )

        await self.database.transact(work)
        said = await self.run_on(rooms, status=None, json=True)
        [row] = await self.database.query("SELECT * FROM rooms WHERE room_id = 'town'")

        self.assertEqual([each["id"] for each in json.loads(said.text)], ["asleep"])
        self.assertIn("town", said.error)
        self.assertEqual((row["status"], row["epoch"]), ("active", 1))
