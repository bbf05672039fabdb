"""Tests of `nexus.cli.replay`."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from nexus.archive.repository import RoomRepository
from nexus.cli.database import CommandError, Said
from nexus.cli.replay import differences, replay
from nexus.journal.chain import link
from nexus.journal.entry import Entry
from nexus.journal.kept import recover
from nexus.journal.rows import (
    KeptTable,
    RowCount,
    counts_record,
    rows_record,
    tables_record,
)
from nexus.state.table.block import Block
from nexus.state.table.merging import Slice
from tests.archive.test_folding import SHELF
from tests.cli.stored import NOW, StoredTestCase
from tests.store.contract import spawned


class ReplayCommandTests(StoredTestCase):
    async def replay(
        self,
        until: int | None = None,
        since: int | None = None,
        *,
        as_json: bool = False,
    ) -> Said:
        """Run the command."""
        return await self.run_on(
            replay, room="town", until=until, since=since, json=as_json
        )

    async def damage(self, number: int) -> None:
        """Change a byte of an entry."""

        async def work(transaction: Any) -> None:
            await transaction.execute(
                "UPDATE journal SET payload = ? WHERE room_id = 'town' AND number = ?",
                b"\0",
                number,
            )

        await self.database.transact(work)

    async def test_log(self) -> None:
        """Each record has a line, with the version behind it and how it ended."""
        said = await self.replay()

        self.assertEqual(
            said.text.splitlines(),
            [
                "version 1: the snapshot, as of entry 0",
                "entry 1, epoch 1",
                '         1  member   session "ann",'
                ' fields ["away", "roles", "secret"]',
                "         2  patch    bytes 15",
                "entry 2, epoch 1",
                '         2  input    session "ann", type "add", outcome "ok", value 2',
                "         3  patch    bytes 9",
                "entry 3, epoch 1",
                '         3  input    session "ann", type "add", outcome "ok", value 5',
                "         4  patch    bytes 9",
                "entry 4, epoch 1",
                '         4  input    session "ann", type "add", outcome "error",'
                " value 999",
                '         4  verdict  session "ann", command 3, outcome "error"',
                "         4  card     locked true",
            ],
        )
        self.assertEqual(said.error, "")

    async def test_rows(self) -> None:
        """Of rows it says how many are told of, and where they are."""
        found = await RoomRepository(self.database).read("town")
        assert found is not None
        last = found.entries[-1]
        part = Slice([Block(SHELF, np.array([7, 9]), [np.ones(2, "<f4")])])
        payload = (
            tables_record([KeptTable(5, 0, "npcs")])
            + rows_record(5, 10, part)
            + counts_record([RowCount(5, 1, 2)])
        )
        number, version = last.number + 1, last.version
        chain = link(last.chain, "town", number, version, payload)
        entry = Entry("town", last.epoch, number, version, chain, payload)
        _ = await RoomRepository(self.database).append([entry])
        said = await self.replay()

        size = len(part.blocks[0].written())
        self.assertEqual(
            said.text.splitlines()[-3:],
            [
                '         4  tables   tables [[5, 0, "npcs"]]',
                f"         4  rows     table 5, changed 2, gone 0, bytes {size}",
                '         4  counts   rows {"5": 2}',
            ],
        )

    async def test_log_as_json(self) -> None:
        """Programs are told the same."""
        found = json.loads((await self.replay(as_json=True)).text)

        self.assertEqual((found["first"], found["last"]), (1, 4))
        names = [each["record"] for each in found["steps"]]
        self.assertEqual(names[:4], ["member", "patch", "input", "patch"])
        self.assertEqual(found["steps"][2]["value"], 2)

    async def test_state_at_a_version(self) -> None:
        """The State is what it was then."""
        for version, total in ((2, 0), (3, 2), (4, 7)):
            state = json.loads((await self.replay(version)).text)
            self.assertEqual(state["total"], total)
        self.assertEqual(
            json.loads((await self.replay(1)).text), {"total": 0, "players": {}}
        )

    async def test_difference(self) -> None:
        """From one version to another, or to the last one, what changed is told."""
        self.assertEqual(
            (await self.replay(3, 1)).text,
            '$.total: 0 -> 2\n$.players.ann: null -> {"score": 2}\n',
        )
        found = json.loads((await self.replay(since=3, as_json=True)).text)
        self.assertEqual(
            found,
            [
                {"path": "$.total", "before": 2, "after": 7},
                {"path": "$.players.ann.score", "before": 2, "after": 7},
            ],
        )

    async def test_versions_that_are_not_there(self) -> None:
        """Who asks for what the journal has not is told what it has."""
        for until, since in ((0, None), (5, None), (None, 0), (3, 9)):
            asking = spawned(self.replay(until, since))
            error = await self.assertFailure(asking, CommandError)
            self.assertIn("from 1 to 4" if since != 9 else "comes after", str(error))

    async def test_folded_journal(self) -> None:
        """What was folded into the snapshot is gone; the rest begins there."""
        archive = RoomRepository(self.database)
        found = await archive.read("town")
        assert found is not None
        stored = recover(found.stored, found.entries[:2]).stored()
        await archive.replace(1, stored, "{}", NOW)

        self.assertIn(
            "version 3: the snapshot, as of entry 2", (await self.replay()).text
        )
        error = await self.assertFailure(spawned(self.replay(2)), CommandError)
        self.assertIn("from 3 to 4", str(error))

    async def test_damage(self) -> None:
        """What is before the damage is told, and then where that is."""
        await self.damage(3)
        said = await self.replay()

        self.assertIn("room town, entry 3", said.error)
        self.assertNotIn("entry 3", said.text)
        self.assertIn("entry 2, epoch 1", said.text)
        self.assertEqual(json.loads((await self.replay(3)).text)["total"], 2)

    async def test_differences(self) -> None:
        """Lists part by their places, and a truth is no number."""
        self.assertEqual(
            list(differences({"a b": [1, 2]}, {"a b": [True], "c": []})),
            [
                ("$['a b'][0]", 1, True),
                ("$['a b'][1]", 2, None),
                ("$.c", None, []),
            ],
        )
