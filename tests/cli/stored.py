"""A database in a file, with Rooms in it, for tests of the commands that look there."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import evolve
from twisted.internet import reactor  # noqa: TID251  # for real input and output
from twisted.trial.unittest import TestCase

from nexus.archive.port import Card, Member, Status
from nexus.archive.repository import RoomRepository
from nexus.cli.database import Said
from nexus.journal import record
from nexus.journal.chain import START, link
from nexus.journal.entry import Entry, Stored
from nexus.journal.kept import whole
from nexus.journal.member import KeptMember
from nexus.journal.record import Timer
from nexus.state import Map, State, Tree, uint32
from nexus.store.port import Database
from nexus.store.sqlite import SqliteDatabase
from nexus.wire.codec import pack
from nexus.wire.message import encode
from nexus.wire.native import Encoder
from nexus.wire.native.store import save

__all__ = ["NOW", "SECRET", "Life", "StoredTestCase"]

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
SECRET = b"hush-hush-hush!!"


class Player(State):
    """Somebody who plays."""

    score: uint32


class World(State):
    """A root."""

    total: uint32
    players: Map[str, Player]


class Life:
    """What a Room did: three commands of Ann's, one of which failed.

    Its State has version 1 in the snapshot, 2 when she is in, 3 and 4 afterwards.
    """

    def __init__(self, room_id: str) -> None:
        self.room_id = room_id
        self.tree = Tree(World())
        self.tree.flush()
        encoder = Encoder(self.tree, stored=True)
        self.stored = self._stored(save(self.tree))
        self.entries: list[Entry] = []

        def patch() -> bytes:
            return record.patch_record(encoder.patch(self.tree.flush()))

        world: Any = self.tree.root
        fields = {"secret": SECRET, "away": False, "roles": ["host"]}
        world.players["ann"] = Player()
        self._add(record.member_record("ann", fields), patch())
        for amount in (2, 5):
            world.total += amount
            world.players["ann"].score = world.total
            said = encode(amount)
            self._add(record.input_record("ann", "add", said, 0), patch())
        self._add(
            record.input_record("ann", "add", encode(999), 2),
            record.verdict_record("ann", 3, 2, b""),
            record.card_record({"locked": True}),
        )

    def _stored(self, saved: bytes) -> Stored:
        timers = [Timer("tick", pack([1, "x"]), NOW.timestamp(), 2.5)]
        return whole(
            self.room_id,
            0,
            self.tree.version,
            START,
            next_id=self.tree.next_id,
            saved=saved,
            members=[KeptMember("bob", secret=SECRET, away=True)],
            timers=timers,
            card={"seed": 7, "outline": b"\1\2"},
        )

    def _add(self, *records: bytes) -> None:
        number, version = len(self.entries) + 1, self.tree.version
        payload = b"".join(records)
        before = self.entries[-1].chain if self.entries else START
        chain = link(before, self.room_id, number, version, payload)
        self.entries.append(Entry(self.room_id, 1, number, version, chain, payload))


class StoredTestCase(TestCase):
    """Has a file with two Rooms: `town`, which runs, and `asleep`, which sleeps."""

    database: SqliteDatabase

    async def setUp(self) -> None:
        """Make the file."""
        self.folder = Path(self.mktemp())
        self.file = self.folder / "rooms.db"
        self.database = await self.make(self.file)
        self.archive = RoomRepository(self.database, lambda: NOW)
        card = Card(
            room_id="town",
            kind="arena",
            code="K7WD",
            clients=1,
            attributes={"metadata": {"title": "\0é"}},
            created_at=NOW,
            active_at=NOW,
        )
        await self.keep(card)
        await self.archive.update(
            evolve(card, epoch=1), [Member(session_id="ann", role="host")]
        )
        asleep = evolve(card, room_id="asleep", code=None, status=Status.HIBERNATING)
        await self.keep(evolve(asleep, kind="duel", key='["a"]'))

    async def make(self, file: Path) -> SqliteDatabase:
        """Open a database."""
        database = SqliteDatabase(str(file), reactor, full=False)
        await database.start()
        self.addCleanup(database.close)
        return database

    async def keep(self, card: Card) -> None:
        """Keep a Room that lived."""
        life = Life(card.room_id)
        await self.archive.create(card, life.stored, "node")
        await self.archive.append(life.entries)

    async def run_on(
        self,
        work: Callable[[Database, Namespace], Awaitable[Said]],
        *,
        database: Database | None = None,
        **said: Any,
    ) -> Said:
        """Run a command."""
        return await work(database or self.database, Namespace(**said))
