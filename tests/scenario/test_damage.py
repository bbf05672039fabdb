"""A Node finds damage in its database, names what is lost, and serves the rest."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred

from nexus.client import JoinError, Room
from tests.support.keeping import KeepingTestCase, Node


class DamageTests(KeepingTestCase):
    async def played(self, count: int) -> tuple[Node, list[Room]]:
        """Start a Node with some Rooms, in each of which something was confirmed."""
        node = self.node()
        await self.up(node)
        rooms = [await self.join(node) for _ in range(count)]
        for room in rooms:
            for amount in (1, 2, 3):
                await room.request("add", amount)
        return node, rooms

    def path(self, node: Node, side: str = "") -> Path:
        """Return the file of the database, or one beside it."""
        return node.folder / f"kept.db{side}"

    def sql(self, node: Node, sql: str, *values: Any) -> list[Any]:
        """Do something in the database of a Node that does not run."""
        with closing(sqlite3.connect(self.path(node))) as connection:
            rows = connection.execute(sql, values).fetchall()
            connection.commit()
        return rows

    def flip(self, node: Node, table: str, room: Room) -> None:
        """Flip a bit in the last payload of a Room."""
        [(rowid, payload)] = self.sql(
            node,
            f"SELECT rowid, payload FROM {table} WHERE room_id = ? "  # noqa: S608  # ours
            "ORDER BY rowid DESC LIMIT 1",
            room.room_id,
        )
        damaged = bytearray(payload)
        damaged[len(damaged) // 2] ^= 4
        self.sql(
            node,
            f"UPDATE {table} SET payload = ? WHERE rowid = ?",  # noqa: S608  # ours
            bytes(damaged),
            rowid,
        )

    def status(self, node: Node) -> dict[str, str]:
        """Return the status of each Room, as it is stored."""
        return dict(self.sql(node, "SELECT room_id, status FROM rooms"))

    async def refused(self, node: Node, room: Room) -> str:
        """Try to join a Room that is set aside; returns what is said."""
        try:
            await self.join(node, room.room_id)
        except JoinError as error:
            return str(error)
        raise AssertionError(f"{room.room_id} lets people in")

    async def goes_on(self, node: Node, room: Room, total: int) -> None:
        """Expect that a client came back to what it had, and plays on."""
        await self.back(room, node)
        self.assertEqual(room.state.total, total)
        self.assertEqual(await room.request("add", 10), total + 10)

    async def test_flipped_and_cut_payloads(self) -> None:
        """A byte in a journal, in a snapshot, and a cut entry cost their Rooms only."""
        node, rooms = await self.played(4)
        journal, snapshot, cut, whole = rooms
        node.kill()
        self.flip(node, "journal", journal)
        self.flip(node, "snapshots", snapshot)
        self.sql(
            node,
            "UPDATE journal SET payload = substr(payload, 1, length(payload) - 1) "
            "WHERE room_id = ? AND number = 2",
            cut.room_id,
        )

        await self.up(node)
        await self.goes_on(node, whole, 6)

        log = node.log()
        for room in (journal, snapshot, cut):
            self.assertIn(f"{room.room_id} is damaged and set aside", log)
            self.assertIn("set aside", await self.refused(node, room))
        self.assertEqual(node.asked("/ready")[0], 200)
        node.kill()
        status = self.status(node)
        self.assertEqual(
            [status[room.room_id] for room in rooms], ["quarantined"] * 3 + ["active"]
        )

    async def test_missing_entry(self) -> None:
        """An entry that is gone from the middle of a journal is found."""
        node, (hurt, whole) = await self.played(2)
        node.kill()
        self.sql(
            node, "DELETE FROM journal WHERE room_id = ? AND number = 2", hurt.room_id
        )

        await self.up(node)
        await self.goes_on(node, whole, 6)

        self.assertIn("set aside", await self.refused(node, hurt))

    async def test_damaged_structure(self) -> None:
        """A damaged file is set aside and salvaged; Rooms that are whole go on."""
        node, rooms = await self.played(8)
        node.stop()
        data = bytearray(self.path(node).read_bytes())
        [(root,)] = self.sql(
            node, "SELECT rootpage FROM sqlite_master WHERE name = 'journal'"
        )
        head = (root - 1) * 4096
        # An inner page has its last child at 8, and others where the cells are.
        page = root
        if data[head] == 5:
            cell = int.from_bytes(data[head + 12 : head + 14])
            page = int.from_bytes(data[head + cell : head + cell + 4])
        at = (page - 1) * 4096
        data[at + 3 : at + 40] = os.urandom(37)
        self.path(node).write_bytes(data)

        await self.up(node)

        log = node.log()
        self.assertIn("error", log)
        self.assertIn("structure of kept.db was damaged", log)
        [aside] = node.folder.glob("kept.db.damaged-*Z")
        self.assertEqual(aside.read_bytes(), data)
        lost = [room for room in rooms if f"{room.room_id} was not salvaged" in log]
        whole = [room for room in rooms if room not in lost]
        self.assertTrue(lost)
        for room in whole:
            await self.goes_on(node, room, 6)
        for room in lost:
            self.assertIn("set aside", await self.refused(node, room))
        fresh = await self.join(node)
        self.assertEqual(await fresh.request("add", 1), 1)

    async def test_log_that_was_cut_off(self) -> None:
        """Confirmed commits that are gone with the end of the log are reported."""
        node, (hurt, other) = await self.played(2)
        await other.request("add", 1)
        await hurt.request("add", 1)
        await hurt.request("add", 1)
        node.kill()
        log = self.path(node, "-wal").read_bytes()
        self.path(node, "-wal").write_bytes(log[: -4 * 4120])

        await self.up(node)
        said = node.log()
        await self.back(hurt, node)

        self.assertIn("kept.db is behind its witness", said)
        self.assertIn(f"{hurt.room_id} had entry", said)
        self.assertLess(hurt.state.total, 8)
        await self.goes_on(node, other, 7)
        node.kill()
        await self.up(node)
        self.assertNotIn("behind its witness", node.log())

    async def test_kill_is_no_damage(self) -> None:
        """A Node that was killed while it wrote finds nothing missing."""
        node, (room,) = await self.played(1)
        for _ in range(3):
            pending: Deferred[Any] = Deferred.fromCoroutine(
                room.command("add", 1, timeout=None)
            )
            await self.sleep(0.05)
            node.kill()
            await self.up(node)
            await pending
            log = node.log()
            self.assertNotIn("behind its witness", log)
            self.assertNotIn("was damaged", log)
        await self.goes_on(node, room, 9)
