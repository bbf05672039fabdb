"""Tests of the archive in memory: it does what every archive does, and can be away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from nexus.archive.memory import MemoryArchive
from nexus.archive.port import Archive, Status
from nexus.store.port import DatabaseAway
from tests.archive import owning
from tests.archive.contract import card, entry, stored
from tests.store.contract import spawned


class MemoryArchiveTests(owning.OwningContract):
    async def make_archive(self, now: Callable[[], datetime]) -> Archive:
        """Make one."""
        self.memory = MemoryArchive(now)
        return self.memory

    async def test_outage(self) -> None:
        """An archive that is away answers nobody, and keeps nothing meanwhile."""
        await self.create()
        asking = self.archive
        with self.memory.outage("a cable"):
            for work in (
                asking.create(card("s"), stored("s"), "n"),
                asking.append([entry()]),
                asking.replace(1, stored(number=1), "{}", self.time),
                asking.claim("r", "n"),
                asking.put_back("r", 1, "n", Status.HIBERNATING),
                asking.read("r"),
                asking.find("r"),
                asking.find_key("duel", "k"),
                asking.cards(Status.ACTIVE),
                asking.update(card(epoch=1), []),
                asking.quarantine("r", 1, "?"),
                asking.log([]),
                asking.clean_up(self.time, abandon=1, delete=1),
                asking.newest(),
                asking.statistics(),
            ):
                error = await self.assertFailure(spawned(work), DatabaseAway)
                self.assertEqual(str(error), "a cable")

        [found] = await self.archive.cards(Status.ACTIVE)
        self.assertEqual((found.room_id, found.epoch), ("r", 1))
        self.assertEqual(await self.numbers(), [])
