"""Tests of `nexus.cli.credible`, through `nexus import`."""

from __future__ import annotations

import math
from typing import Any

from attrs import evolve

from nexus.archive.export import Export
from nexus.cli.database import CommandError
from nexus.cli.transfer import import_room
from nexus.journal.chain import START
from nexus.journal.kept import Kept, whole
from nexus.journal.member import KeptMember
from nexus.journal.record import Timer
from nexus.wire.codec import pack
from tests.cli.stored import SECRET, StoredTestCase
from tests.store.contract import spawned


class CredibleTests(StoredTestCase):
    async def setUp(self) -> None:
        """Read the Room that files are made of."""
        await super().setUp()
        found = await self.archive.read("town")
        assert found is not None
        self.export = Export.of(found)
        self.room = self.folder / "made.room"

    def write(
        self,
        card: Any = None,
        members: Any = (),
        timers: Any = (),
        **fields: Any,
    ) -> None:
        """Write a file of a Room without a State."""
        stored = whole(
            *("town", 0, 0, START),
            next_id=1,
            saved=None,
            members=members,
            timers=timers,
            card=card or {},
        )
        made = Export(evolve(self.export.card, code=None, **fields), stored)
        self.room.write_bytes(made.written())

    async def refused(self, **made: Any) -> str:
        """Import a file that is refused, and return what that says."""
        self.write(**made)
        running = spawned(self.run_on(import_room, file=self.room, room_id="x"))
        told = str(await self.assertFailure(running, CommandError))
        self.assertIn("made.room is refused: ", told)
        self.assertIsNone(await self.archive.find("x"))
        return told

    async def test_cards(self) -> None:
        """What a card says is what a Room can take, in both places."""
        for wrong in (
            {"max_clients": "x"},
            {"locked": 7},
            {"code": 5},
            {"filters": [1]},
            {"metadata": "text"},
            {"seed": "y"},
            {"what\x1b": 1},
        ):
            for made in ({"card": wrong}, {"attributes": wrong}):
                told = await self.refused(**made)
                self.assertTrue(told.isprintable(), told)

    async def test_sizes(self) -> None:
        """What is read whenever a Room is looked up is short."""
        much = {"metadata": {"text": "x" * 140_000}}
        self.assertIn("allowed", await self.refused(attributes=much))
        self.assertIn("allowed", await self.refused(key="x" * 140_000))

    async def test_members(self) -> None:
        """Who could be anybody, or has what nobody has, is refused."""
        good = KeptMember("ann", secret=SECRET, counter=1)
        for wrong in (
            {"secret": None},
            {"secret": b""},
            {"secret": b"x" * 99},
            {"session_id": "a.b"},
            {"counter": -5},
            {"serializer": "\x1b"},
            {"options": [1]},
        ):
            members = [evolve(good, **wrong)]
            self.assertIn("a member of it", await self.refused(members=members))

    async def test_timers(self) -> None:
        """No timer keeps a Room from going on, or from doing anything else."""
        good = Timer("tick", pack([]), 1.0)
        for timers in (
            [evolve(good, arguments=pack(5))],
            [evolve(good, period=1e-12)],
            [evolve(good, period=-math.pi)],
            [good] * 10_001,
        ):
            self.assertIn("timer", await self.refused(timers=timers))

    async def test_what_timers_call(self) -> None:
        """It is said which methods they call, as who wrote the file chose them."""
        names = ("grant", "\x1b[2J\n", "disconnect", "grant")
        self.write(timers=[Timer(each, pack([]), 1.0) for each in names])
        said = await self.run_on(import_room, file=self.room, room_id="x")

        self.assertEqual(
            said.text,
            "room x sleeps now\n"
            r"its timers call: \x1b[2J\n, disconnect, grant" + "\n",
        )
        found = await self.archive.read("x")
        assert found is not None
        self.assertEqual(len(Kept.of(found.stored).timers), 4)
