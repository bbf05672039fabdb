"""Tests of `nexus.cli.release`."""

from __future__ import annotations

from typing import Any

from nexus.archive.port import Status
from nexus.cli.database import CommandError
from nexus.cli.release import release_room
from nexus.cli.rooms import rooms
from nexus.journal import kept
from nexus.journal.kept import recover
from nexus.journal.readable import readable
from tests.cli.stored import NOW, StoredTestCase
from tests.store.contract import spawned


class ReleaseCommandTests(StoredTestCase):
    async def change(self, sql: str, *values: Any) -> None:
        """Change something behind the archive's back."""

        async def work(transaction: Any) -> None:
            await transaction.execute(sql, *values)

        await self.database.transact(work)

    async def damage(self, number: int) -> bytes:
        """Damage an entry, set the Room aside, and return what the entry was."""
        [row] = await self.database.query(
            "SELECT payload FROM journal WHERE room_id = 'town' AND number = ?", number
        )
        sql = "UPDATE journal SET payload = ? WHERE room_id = 'town' AND number = ?"
        await self.change(sql, b"\xc1", number)
        await self.archive.quarantine("town", 1, f"room town, entry {number}: wrong")
        payload: bytes = row["payload"]
        return payload

    async def refused(self, **said: Any) -> str:
        """Ask for what cannot be done, and return what that says."""
        running = spawned(self.run_on(release_room, **{"cut": False, **said}))
        return str(await self.assertFailure(running, CommandError))

    async def state(self) -> str:
        """Return the State of the Room as it would go on."""
        found = await self.archive.read("town")
        assert found is not None
        return readable(recover(found.stored, found.entries))

    async def test_room_that_is_whole_again(self) -> None:
        """It is said why the Room was set aside, and it sleeps as it was."""
        payload = await self.damage(3)
        told = await self.refused(room="K7WD")
        self.assertIn("set aside: room town, entry 3: wrong", told)
        self.assertIn("damaged still: room town, entry 3", told)
        sql = "UPDATE journal SET payload = ? WHERE room_id = 'town' AND number = 3"
        await self.change(sql, payload)
        said = await self.run_on(release_room, room="K7WD", cut=False)

        self.assertEqual(
            said.text,
            "room town was set aside: room town, entry 3: wrong\n"
            "it sleeps now, as of version 4\n",
        )
        self.assertEqual(
            await self.state(), '{"total":7,"players":{"ann":{"score":7}}}'
        )
        claimed = await self.archive.claim("town", "another")
        assert claimed is not None
        self.assertEqual((claimed.epoch, claimed.reason), (4, ""))
        # Nobody came for it since 2026, but it is not given up.
        self.assertGreater(claimed.active_at, NOW)

    async def test_versions_that_clients_may_know(self) -> None:
        """What was shown and not saved before is not taken for what comes later."""
        await self.archive.quarantine("town", 1, "too large")
        await self.run_on(release_room, room="town", cut=False)
        found = await self.archive.read("town")
        assert found is not None
        restored = recover(found.stored, found.entries)

        self.assertEqual(restored.version, 1_000_004)
        self.assertGreater(restored.next_id, 1_000_000)
        self.assertEqual(found.entries[-1].epoch, found.card.epoch)

    async def test_damage_is_given_up(self) -> None:
        """With `--cut` the Room goes on from the last entry that can be read."""
        await self.damage(3)
        said = await self.run_on(release_room, room="town", cut=True)

        self.assertIn(
            "it sleeps now, as of version 3, 2 entries are given up", said.text
        )
        self.assertEqual(
            await self.state(), '{"total":2,"players":{"ann":{"score":2}}}'
        )
        listed = await self.run_on(rooms, status=["hibernating"], json=False)
        self.assertIn("town", listed.text)

    async def test_entry_that_is_missing(self) -> None:
        """What came behind a gap is given up as well."""
        await self.change("DELETE FROM journal WHERE room_id = 'town' AND number = 2")
        await self.archive.quarantine("town", 1, "a gap")
        await self.run_on(release_room, room="town", cut=True)

        self.assertEqual(
            await self.state(), '{"total":0,"players":{"ann":{"score":0}}}'
        )

    async def test_snapshot_that_is_damaged(self) -> None:
        """Without its snapshot, or rows of Tables, nothing goes on."""
        await self.archive.quarantine("town", 1, "who knows")
        for sql in (
            "UPDATE snapshots SET checksum = x'00' WHERE room_id = 'town'",
            "UPDATE snapshots SET payload = 'text' WHERE room_id = 'town'",
            "DELETE FROM snapshots WHERE room_id = 'town'",
        ):
            await self.change(sql)
            told = await self.refused(room="town", cut=True)
            self.assertIn("put back what a backup has of it", told)
        found = await self.archive.find("town")
        assert found is not None
        self.assertIs(found.status, Status.QUARANTINED)

    async def test_room_that_is_not_set_aside(self) -> None:
        """A Room that a Node runs, or that sleeps, is left alone."""
        await self.archive.claim("town", "node-7")
        told = await self.refused(room="town")
        self.assertEqual(told, "room town is not set aside: node node-7 runs it")
        told = await self.refused(room="asleep", cut=True)
        self.assertEqual(told, "room asleep is not set aside: it is hibernating")
        self.assertIn("no room", await self.refused(room="nobody"))

    async def test_room_that_is_too_large(self) -> None:
        """It stays set aside: whoever woke it would find it too large again."""
        await self.archive.quarantine("town", 1, "large")
        self.patch(kept, "MAX_PAYLOAD", 40)
        told = await self.refused(room="town")
        self.assertIn("it is too large still", told)
        found = await self.archive.find("town")
        assert found is not None
        self.assertIs(found.status, Status.QUARANTINED)

    async def test_reason_does_nothing_to_a_terminal(self) -> None:
        """What is stored of a Room is a part of a line, whatever is in it."""
        await self.archive.quarantine("town", 1, "\x1b[2J\nit sleeps now\u202e")
        said = await self.run_on(release_room, room="town", cut=False)

        first, *rest = said.text.splitlines()
        self.assertTrue(first.endswith(r"aside: \x1b[2J\nit sleeps now\u202e"), first)
        self.assertEqual(len(rest), 1)
