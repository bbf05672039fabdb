"""Tests of `nexus.cli.transfer`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from attrs import evolve

from nexus.archive.export import Export
from nexus.archive.port import Status
from nexus.archive.repository import RoomRepository
from nexus.cli.database import CommandError
from nexus.cli.transfer import export_room, import_room
from nexus.journal.kept import recover
from nexus.journal.readable import readable
from tests.cli.stored import SECRET, StoredTestCase
from tests.store.contract import spawned


class TransferCommandTests(StoredTestCase):
    async def setUp(self) -> None:
        """Export a Room."""
        await super().setUp()
        self.room = self.folder / "town.room"
        await self.run_on(export_room, room="K7WD", file=self.room)
        self.other = await self.make(self.folder / "other.db")

    async def refused(self, work: Any, **said: Any) -> str:
        """Run a command that cannot do what it is told, and return what it says."""
        running = spawned(self.run_on(work, **said))
        return str(await self.assertFailure(running, CommandError))

    async def test_there_and_back(self) -> None:
        """Elsewhere the Room sleeps, and is what it was."""
        said = await self.run_on(
            import_room, database=self.other, file=self.room, room_id=None
        )
        archive = RoomRepository(self.other)
        found = await archive.read("town")
        assert found is not None
        kept = recover(found.stored, found.entries)

        self.assertEqual(
            said.text, "room town sleeps now, code K7WD\nits timers call: tick\n"
        )
        self.assertIs(found.card.status, Status.HIBERNATING)
        self.assertEqual((found.card.code, found.card.owner), ("K7WD", ""))
        self.assertEqual(readable(kept), '{"total":7,"players":{"ann":{"score":7}}}')
        self.assertEqual(kept.members["ann"].secret, SECRET)
        self.assertEqual((kept.version, len(kept.timers)), (4, 1))
        # Nobody came for it since 2026, but it is not given up.
        done = await archive.clean_up(found.card.active_at, abandon=60, delete=60)
        self.assertEqual(done["abandoned"], 0)

    async def test_only_its_owner_reads_the_file(self) -> None:
        """What lets members back in is in the file."""
        self.assertEqual(os.stat(self.room).st_mode & 0o777, 0o600)

    async def test_file_that_is_there(self) -> None:
        """No file is written over, and none where none can be."""
        before = self.room.read_bytes()
        for file, reason in (
            (self.room, "is there already"),
            (self.folder / "none" / "x", "No such file"),
        ):
            told = await self.refused(export_room, room="town", file=file)
            self.assertIn(reason, told)
        self.assertEqual(self.room.read_bytes(), before)

    async def test_room_that_is_there(self) -> None:
        """A Room is not replaced, but can be imported as another, by another code."""
        told = await self.refused(import_room, file=self.room, room_id=None)
        self.assertIn("with --as ID", told)

        said = await self.run_on(import_room, file=self.room, room_id="copy")
        found = await self.archive.find("copy")
        assert found is not None
        assert found.code is not None
        self.assertNotEqual(found.code, "K7WD")
        self.assertIn(found.code, said.text)

    async def test_key_that_is_there(self) -> None:
        """Of what there is only one there is no second one."""
        file = self.folder / "asleep.room"
        await self.run_on(export_room, room="asleep", file=file)
        told = await self.refused(import_room, file=file, room_id="again")
        self.assertIn("already for", told)

    async def test_hostile_files(self) -> None:
        """A file that was changed, or is none, is refused and named."""
        data = self.room.read_bytes()
        bad = self.folder / "bad.room"
        for made in (
            b"",
            data[:40],
            data[:-1],
            data + b"x",
            data[:50] + b"?" + data[51:],
        ):
            bad.write_bytes(made)
            told = await self.refused(import_room, file=bad, room_id="x")
            self.assertIn("bad.room is refused", told)
        told = await self.refused(import_room, file=Path("/none"), room_id="x")
        self.assertIn("No such file", told)

    async def test_ids_and_codes_that_cannot_be(self) -> None:
        """An id that no path can have is refused, and a code that nobody can type."""
        told = await self.refused(import_room, file=self.room, room_id="a/b")
        self.assertIn("no room id", told)
        export = Export.read(self.room.read_bytes())
        bad = self.folder / "bad.room"
        for code in ("k7wd", "0"):
            made = Export(evolve(export.card, code=code), export.stored)
            bad.write_bytes(made.written())
            told = await self.refused(import_room, file=bad, room_id="x")
            self.assertIn("the file has the code", told)
