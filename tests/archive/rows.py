"""What every Archive in a database does: one suite for all databases."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from math import inf, nan
from typing import Any

from attrs import evolve
from hypothesis import given, settings
from twisted.internet import reactor  # noqa: TID251  # for real input and output
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from nexus.archive import pages
from nexus.archive.port import Archive, Event, Member, Status
from nexus.archive.repository import RoomRepository
from nexus.archive.table import lock
from nexus.journal.readable import escape
from nexus.store.port import Damaged, Database, DatabaseAway, Transaction
from tests import examples
from tests.archive.chunks import chunk
from tests.archive.contract import DAY, NOW, card, entry, stored
from tests.archive.owning import OwningContract
from tests.journal.values import values
from tests.store.contract import spawned

__all__ = ["RoomRepositoryContract"]

_COUNT = "SELECT COUNT(*) AS found FROM {}"


class LosingDatabase:
    """A database that does what it is asked, and whose answer to that is lost once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.dialect = database.dialect
        self.query = database.query
        self._is_lost = False

    async def transact(self, work: Any) -> Any:
        """Do something; the first time nobody learns of it."""
        result = await self._database.transact(work)
        if not self._is_lost:
            self._is_lost = True
            raise DatabaseAway("the answer was lost")
        return result


class RoomRepositoryContract(OwningContract):
    """The behaviour of an Archive in a database, seen through its rows as well."""

    database: Database

    async def make_database(self) -> Database:
        """Make a database that is empty and not started."""
        raise NotImplementedError

    async def make_archive(self, now: Callable[[], datetime]) -> Archive:
        """Make one in an empty database."""
        self.database = await self.make_database()
        self.addCleanup(self.database.close)
        await self.database.start()
        return RoomRepository(self.database, now)

    async def change(self, sql: str, *values: Any) -> None:
        """Change something behind the archive's back."""

        async def work(transaction: Transaction) -> None:
            await transaction.execute(sql, *values)

        await self.database.transact(work)

    async def count(self, table: str) -> int:
        """Count the rows of a table."""
        rows = await self.database.query(_COUNT.format(table))
        return int(rows[0]["found"])

    def losing(self) -> RoomRepository:
        """Return the same archive, which loses its first answer."""
        return RoomRepository(LosingDatabase(self.database), lambda: self.time)  # type: ignore[arg-type]  # all it needs

    async def lost(self, work: Awaitable[Any]) -> None:
        """Do something whose answer is lost."""
        await self.assertFailure(spawned(work), DatabaseAway)

    async def test_lost_answer_to_create(self) -> None:
        """Whoever did not learn that a Room was created may create it again."""
        archive = self.losing()
        await self.lost(archive.create(card(code="ABCD"), stored(), "node-1"))

        self.assertEqual(await archive.create(card(code="ABCD"), stored(), "node-1"), 1)

    async def test_lost_answer_to_append(self) -> None:
        """Entries that were written without an answer are written again, once."""
        await self.create("r")
        await self.create("s")
        archive = self.losing()
        await self.lost(archive.append([entry("r", 1), entry("s", 1)]))
        stale = await archive.append(
            [entry("r", 1), entry("r", 2), entry("s", 1), entry("s", 2)]
        )

        self.assertEqual(stale, frozenset())
        self.assertEqual(await self.numbers("r"), [1, 2])
        self.assertEqual(await self.numbers("s"), [1, 2])

    async def test_lost_answer_and_a_snapshot(self) -> None:
        """Entries that a snapshot covers meanwhile do not come back."""
        await self.create()
        archive = self.losing()
        await self.lost(archive.append([entry(number=1), entry(number=2)]))
        await archive.replace(1, stored(number=2), "{}", NOW)
        stale = await archive.append([entry(number=n) for n in (1, 2, 3)])

        self.assertEqual(stale, frozenset())
        self.assertEqual(await self.numbers(), [3])

    async def test_put_whose_end_comes_late(self) -> None:
        """Whoever puts, be it nothing, waits for what others put of that Room."""
        await self.create()
        begun: Deferred[None] = Deferred()
        gate: Deferred[None] = Deferred()

        async def put_late(transaction: Transaction) -> None:
            await lock(transaction, self.database.dialect, ["r"])
            await pages.write_chunks(transaction, "r", [chunk(9, 1)], ())
            begun.callback(None)
            await gate

        late = spawned(self.database.transact(put_late))
        await begun
        putting = spawned(self.archive.put_chunks("r", 1, ()))
        await deferLater(reactor, 0.2)
        self.assertFalse(putting.called)
        gate.callback(None)
        self.assertTrue(await putting)

        self.assertEqual(await self.archive.chunks("r"), [chunk(9, 1).head])
        await late

    async def test_missing_snapshot(self) -> None:
        """A Room whose snapshot is gone is damaged, and named."""
        await self.create()
        await self.change("DELETE FROM snapshots")

        error = await self.assertFailure(spawned(self.archive.read("r")), Damaged)
        self.assertIn("room r", str(error))

    async def test_claims_of_rooms_that_are_large_or_damaged(self) -> None:
        """Nobody claims those along with others; they cost the others nothing."""
        for room_id in ("a", "journal", "snapshot", "lost", "wrong", "z"):
            await self.create(room_id)
        half = b"x" * (pages.SMALL // 2)
        for number in (1, 2, 3):
            await self.archive.append([entry("journal", number, payload=half)])
        await self.archive.replace(1, stored("snapshot", 1, 3 * half), "{}", NOW)
        await self.change("DELETE FROM snapshots WHERE room_id = ?", "lost")
        await self.change(
            "UPDATE rooms SET attributes = ? WHERE room_id = ?", "[]", "wrong"
        )
        rooms = ["a", "journal", "snapshot", "lost", "wrong", "z"]
        found = await self.archive.claim_many(dict.fromkeys(rooms, 1), "node-2")

        self.assertEqual(found.keys(), {"a", "z"})
        for room_id in ("journal", "snapshot", "lost"):
            rows = await self.database.query(
                "SELECT epoch FROM rooms WHERE room_id = ?", room_id
            )
            self.assertEqual(rows, [{"epoch": 1}])

    async def test_unreadable_card(self) -> None:
        """A Room that cannot be listed is quarantined; the others are listed."""
        await self.create("a")
        await self.create("b")
        await self.change(
            "UPDATE rooms SET attributes = ? WHERE room_id = 'a'", '"a letter"'
        )
        listed = await self.archive.cards(Status.ACTIVE)
        [row] = await self.database.query("SELECT * FROM rooms WHERE room_id = 'a'")

        self.assertEqual([one.room_id for one in listed], ["b"])
        self.assertEqual(row["status"], "quarantined")
        self.assertIn("room a", row["reason"])
        await self.assertFailure(spawned(self.archive.find("a")), Damaged)

    async def test_members(self) -> None:
        """Who belongs to a Room is written, and when they came and were seen."""
        made = await self.create()
        ann, bob = Member(session_id="ann", user_id="u\0"), Member(session_id="bob")
        await self.archive.update(made, [ann, bob])
        self.time = NOW + timedelta(hours=1)
        gone = Member(session_id="ann", user_id="u\0", role="a,b", is_connected=False)
        await self.archive.update(evolve(made, clients=1, code="ABCD"), [gone])
        [row] = await self.database.query("SELECT * FROM room_members")
        [found] = await self.archive.cards(Status.ACTIVE)

        self.assertEqual((row["session_id"], row["role"]), ("ann", "a,b"))
        self.assertIs(row["is_connected"], False)
        self.assertEqual((row["joined_at"], row["seen_at"]), (NOW, self.time))
        self.assertEqual((found.clients, found.code), (1, "ABCD"))

    async def test_events(self) -> None:
        """What happened to connections is kept in order."""
        await self.archive.log([])
        await self.archive.log(
            [
                Event(room_id="r", session_id="s", kind="join", at=NOW),
                Event(
                    room_id="r",
                    session_id="s",
                    kind="drop",
                    code=1006,
                    detail="\0",
                    at=NOW,
                ),
            ]
        )
        rows = await self.database.query("SELECT * FROM connection_events ORDER BY id")

        self.assertEqual([row["kind"] for row in rows], ["join", "drop"])
        self.assertEqual([row["code"] for row in rows], [None, 1006])
        self.assertEqual([row["at"] for row in rows], [NOW, NOW])

    async def test_nothing_to_append(self) -> None:
        """No entries are no work, whatever the database does."""
        await self.database.close()

        self.assertEqual(await self.archive.append([]), frozenset())

    async def test_readable_state(self) -> None:
        """The State stands beside the rooms as people can read it."""
        await self.create()
        await self.archive.replace(1, stored(number=2), '{"a": 1}', NOW)
        [state] = await self.database.query("SELECT * FROM game_states")

        self.assertEqual((state["version"], state["state_data"]), (20, '{"a": 1}'))

    async def test_odd_values_are_readable(self) -> None:
        """NUL, half pairs, NaN and infinities reach the State that people read."""
        found: list[Any] = ["a\0", "\ud800", {"\0": "\udfff"}, nan, inf, -inf]

        @settings(max_examples=examples(test=60, soak=3_000))
        @given(values)
        def collect(value: Any) -> None:
            found.append(value)

        collect()
        await self.create()
        for number, value in enumerate(found, 2):
            text = json.dumps(escape(value), ensure_ascii=False, allow_nan=False)
            await self.archive.replace(1, stored(number=number), text, NOW)
            [row] = await self.database.query("SELECT state_data FROM game_states")
            # A server may write a large float as a whole number.
            told, want = (
                json.loads(each, parse_int=float) for each in (row["state_data"], text)
            )
            self.assertEqual(told, want)

    async def test_newest(self) -> None:
        """The last time at which anything happened is that of any Room, also ended."""
        self.assertIsNone(await self.archive.newest())
        for hours in (3, 1, 2):
            at = NOW - timedelta(hours=hours)
            status = Status.CLOSED if hours == 1 else Status.HIBERNATING
            await self.create(f"r{hours}", active_at=at, status=status)

        self.assertEqual(await self.archive.newest(), NOW - timedelta(hours=1))

    async def test_deleted_room_leaves_no_rows(self) -> None:
        """Whatever there was of a Room goes with it; so do old events."""
        made = await self.create("old")
        await self.archive.append([entry("old")])
        await self.archive.update(made, [Member(session_id="s")])
        await self.archive.update(evolve(made, status=Status.CLOSED), [])
        await self.archive.log(
            [
                Event(room_id="old", session_id="s", kind="leave", at=at)
                for at in (NOW - timedelta(days=3), NOW)
            ]
        )
        await self.archive.clean_up(
            NOW + timedelta(seconds=DAY + 1), abandon=DAY, delete=DAY
        )

        for table in ("rooms", "snapshots", "journal", "room_members"):
            self.assertEqual(await self.count(table), 0, table)
        self.assertEqual(await self.count("connection_events"), 1)
