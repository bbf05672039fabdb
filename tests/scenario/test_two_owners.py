"""Two processes that both believe to own a Room: exactly one can write."""

from __future__ import annotations

import signal
from typing import Any

from nexus.errors import Close
from tests.scenario.kill.test_kill import url_of
from tests.support.keeping import KeepingTestCase
from tests.support.postgres import Cluster, missing_postgres


class TwoOwnersTests(KeepingTestCase):
    async def one_writes(self, database: str) -> None:
        """Take a Room over from a Node that stands still, and then let that go on."""
        first, second = self.node("first", database), self.node("second", database)
        await self.up(first)
        room = await self.join(first)
        told: list[Any] = []
        room.on("drop", told.append)
        room.on("leave", told.append)
        self.assertEqual(await room.request("add", 1), 1)
        first.signal(signal.SIGSTOP)
        room.send("add", 100)

        await self.up(second)
        heir = await self.join(second, room.room_id)
        self.assertEqual(await heir.request("add", 10), 11)
        first.signal(signal.SIGCONT)

        await self.until(lambda: bool(told), first)
        self.assertEqual(told[0].code, Close.MAY_REJOIN)
        await self.until(
            lambda: f"{room.room_id} is cut off: another node owns" in first.log(),
            first,
        )
        self.assertEqual(first.asked()[1]["rooms"], 0)
        self.assertEqual(await heir.request("add", 10), 21)
        self.assertTrue(heir.is_joined)
        second.kill()
        first.kill()
        await self.up(second)
        await self.back(heir, second)
        self.assertEqual(heir.state.total, 21)
        self.assertNotIn("damaged", second.log())
        self.assertNotIn("behind its witness", second.log())

    async def test_file(self) -> None:
        """In a file."""
        path = self.folder / "shared.db"
        await self.one_writes(f"sqlite:///{path}")

    async def test_server(self) -> None:
        """On a server."""
        cluster = Cluster(fsync=True)
        cluster.create()
        self.addCleanup(cluster.destroy)
        await self.one_writes(url_of(cluster))

    test_server.skip = missing_postgres()  # type: ignore[attr-defined]  # trial looks here
