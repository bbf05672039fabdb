"""Tests of counted commits: a database that lost some is behind its witness."""

from __future__ import annotations

import os
from pathlib import Path

from attrs import evolve
from twisted.internet import reactor  # noqa: TID251  # for real input and output

from nexus.archive.port import Status
from nexus.archive.repository import RoomRepository
from nexus.store.counting import Lost, LostRoom
from nexus.store.port import DatabaseAway, Harm, Transaction
from nexus.store.sqlite import SqliteDatabase
from nexus.store.witness import Witness
from tests.store.contract import spawned
from tests.store.kept import KeptTestCase


async def nothing(transaction: Transaction) -> None:
    """Change nothing."""


def refuse(*_: object) -> None:
    """Fail as a disk does that is broken."""
    raise OSError("the disk is broken")


class CountingTests(KeptTestCase):
    async def lives(self) -> SqliteDatabase:
        """Open a database with two Rooms, of three and of two entries."""
        database = await self.started()
        await self.create(database, "a", "b")
        await self.append(database, "a", "b")
        await self.append(database, "a")
        await self.append(database, "b")
        await self.append(database, "a")
        return database

    async def test_nothing_is_lost_by_a_clean_end(self) -> None:
        """One that was closed, and one that was killed, have all that was committed."""
        database = await self.lives()
        killed = self.copy("killed.db")
        await database.close()

        self.assertIsNone((await self.started()).lost)
        self.assertIsNone((await self.started(killed)).lost)

    async def test_log_that_was_cut_off(self) -> None:
        """Wherever the log is cut, what is gone is told, Room by Room, and once."""
        database = await self.lives()
        copy = self.copy("cut.db")
        witnessed = Path(f"{copy}.witness").read_bytes()
        log, base = Path(f"{copy}-wal").read_bytes(), Path(copy).read_bytes()
        told = []
        for size in range(len(log) - 1, len(log) - 24 * 4120, -4120):
            Path(copy).write_bytes(base)
            Path(f"{copy}-wal").write_bytes(log[:size])
            Path(f"{copy}.witness").write_bytes(witnessed)
            cut = await self.started(copy)
            await cut.close()
            again = await self.started(copy)
            await again.close()
            self.assertIsNone(again.lost)
            if cut.lost not in told:
                told.append(cut.lost)
        await database.close()

        lost_a = LostRoom("a", 3, 2)
        self.assertEqual(
            told[:4],
            [
                Lost(1, (lost_a,)),
                Lost(2, (LostRoom("b", 2, 1), lost_a)),
                Lost(3, (LostRoom("b", 2, 1), LostRoom("a", 3, 1))),
                Lost(4, (LostRoom("b", 2, 0), LostRoom("a", 3, 0))),
            ],
        )

    async def test_log_with_a_flipped_byte(self) -> None:
        """A log that is damaged in its middle loses what follows, and that is told."""
        database = await self.lives()
        copy = self.copy("flipped.db")
        await database.close()
        log = bytearray(Path(f"{copy}-wal").read_bytes())
        log[len(log) - 3 * 4120] ^= 1
        Path(f"{copy}-wal").write_bytes(log)

        found = (await self.started(copy)).lost

        assert found is not None
        self.assertGreater(found.commits, 0)
        self.assertIn(found.rooms[-1].room_id, "ab")

    async def test_loss_is_told_to_who_runs_a_node(self) -> None:
        """Who only looks, and even writes, hears nothing of a loss, and hides none."""
        await (await self.lives()).close()
        os.remove(self.path)
        Path(f"{self.path}-wal").unlink(missing_ok=True)
        looks = SqliteDatabase(self.path, reactor, looks=True)
        await looks.start()
        harm = looks.health().harm
        await looks.close()

        found = (await self.started()).lost

        self.assertEqual(harm, Harm())
        assert found is not None
        self.assertEqual({each.room_id for each in found.rooms}, {"a", "b"})

    async def test_database_that_is_gone(self) -> None:
        """A file that is missing beside its witness has lost everything."""
        await (await self.lives()).close()
        os.remove(self.path)

        database = await self.started()
        found = database.lost

        assert found is not None
        rooms = {LostRoom("a", 3, None), LostRoom("b", 2, None)}
        self.assertEqual({*found.rooms}, rooms)
        harm = database.health().harm
        self.assertEqual(harm, Harm(commits=found.commits, rooms=2))

    async def test_last_entry_that_is_missing(self) -> None:
        """Also an entry that somebody deleted is missed, though no chain shows it."""
        database = await self.lives()
        witnessed = Path(f"{self.path}.witness").read_bytes()

        async def work(transaction: Transaction) -> None:
            await transaction.execute("DELETE FROM journal WHERE number = 3")
            [row] = await transaction.query("PRAGMA user_version")
            # What commits next is counted as the last one was.
            await transaction.query(f"PRAGMA user_version = {row['user_version'] - 1}")

        await database.transact(work)
        await database.close()
        Path(f"{self.path}.witness").write_bytes(witnessed)

        self.assertEqual((await self.started()).lost, Lost(0, (LostRoom("a", 3, 2),)))

    async def test_without_a_witness(self) -> None:
        """A database whose witness is missing gets another one, which knows it all."""
        await (await self.lives()).close()
        os.remove(f"{self.path}.witness")
        database = await self.started()
        await database.close()

        witness = Witness(self.path, full=False)
        witness.take()
        self.addCleanup(witness.close)

        self.assertIsNone(database.lost)
        numbers = {room_id: mark.number for room_id, mark in witness.marks.items()}
        self.assertEqual(numbers, {"a": 3, "b": 2})

    async def test_room_that_was_made_anew(self) -> None:
        """A Room that ended and was made again is not missed for its old entries."""
        database = await self.lives()
        archive = RoomRepository(database)
        made = await archive.find("a")
        assert made is not None
        await archive.update(evolve(made, status=Status.CLOSED), [])
        await self.create(database, "a")
        await database.close()

        self.assertIsNone((await self.started()).lost)

    async def test_witness_that_cannot_be_written(self) -> None:
        """Nothing is confirmed without a witness; what waits for one is told later."""
        database = await self.lives()
        broken = self.patch(Witness, "write", refuse)
        await self.assertFailure(spawned(self.append(database, "a")), DatabaseAway)
        self.assertIn("witness", database.health().cause)
        broken.restore()

        await database.transact(nothing)
        await database.close()
        witness = Witness(self.path, full=False)
        witness.take()
        self.addCleanup(witness.close)

        self.assertEqual(witness.marks["a"].number, 4)

    async def test_second_process(self) -> None:
        """Who finds the witness taken goes on without, and has it when it is free."""
        first = await self.lives()
        second = await self.started()
        await self.append(second, "a")
        await first.close()
        await self.append(second, "b")
        await second.close()

        third = await self.started()

        self.assertIsNone(third.lost)
        self.assertEqual(await self.whole(third), {"a", "b"})
