"""What every Archive does: one suite for all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from attrs import evolve
from twisted.trial.unittest import TestCase

from nexus.archive.port import Archive, Card, Event, Gap, Member, Status
from nexus.journal.entry import Entry, Stored
from nexus.store.port import Conflict
from tests.store.contract import spawned

__all__ = ["DAY", "NOW", "ArchiveContract", "card", "entry", "stored"]

T = TypeVar("T")

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = 86_400.0


def card(room_id: str = "r", **fields: Any) -> Card:
    """Make the card of a new Room."""
    fields = {"kind": "duel", "created_at": NOW, "active_at": NOW, **fields}
    return Card(room_id=room_id, **fields)


def stored(room_id: str = "r", number: int = 0, payload: bytes = b"\0all") -> Stored:
    """Make a snapshot."""
    return Stored(room_id, number, number * 10, b"chain%d" % number, payload, b"sum")


def entry(room_id: str = "r", number: int = 1, epoch: int = 1, **fields: Any) -> Entry:
    """Make an entry."""
    made = Entry(room_id, epoch, number, number * 10, b"chain%d" % number, b"\0\xffp")
    return evolve(made, **fields)


class ArchiveContract(TestCase):
    """The behaviour of an Archive, seen through its port alone."""

    archive: Archive

    async def make_archive(self, now: Callable[[], datetime]) -> Archive:
        """Make an archive in which nothing is kept.

        Args:
            now: Its clock.
        """
        raise NotImplementedError

    async def setUp(self) -> None:
        """Make an archive whose clock stands still."""
        self.time = NOW
        self.archive = await self.make_archive(lambda: self.time)

    async def create(self, room_id: str = "r", **fields: Any) -> Card:
        """Create a Room, and return its card with the epoch."""
        made = card(room_id, **fields)
        epoch = await self.archive.create(made, stored(room_id), "node-1")
        return evolve(made, epoch=epoch, owner="node-1")

    async def numbers(self, room_id: str = "r") -> list[int]:
        """Return the numbers of the entries of a Room."""
        found = await self.archive.read(room_id)
        assert found is not None
        return [one.number for one in found.entries]

    async def test_room_comes_back(self) -> None:
        """A Room is read as it was kept: its card, its snapshot and its entries."""
        made = await self.create(
            code="ABCD",
            key='["a\0\ud800"]',
            clients=3,
            attributes={"locked": True, "metadata": {"\0é": [1, 0.5, None, "\udfff"]}},
        )
        entries = [entry(number=number) for number in (1, 2, 3)]
        stale = await self.archive.append(entries)
        found = await self.archive.read("r")

        assert found is not None
        self.assertEqual(stale, frozenset())
        self.assertEqual(found.card, made)
        self.assertEqual(found.stored, stored())
        self.assertEqual(list(found.entries), entries)
        self.assertIsNone(await self.archive.read("other"))

    async def test_id_code_and_key_are_unique(self) -> None:
        """What lives has its id, its code, and the key of its kind for itself."""
        await self.create(code="ABCD", key="k")
        for other in (card("r"), card("s", code="ABCD"), card("s", key="k")):
            creating = spawned(self.archive.create(other, stored(other.room_id), "n"))
            await self.assertFailure(creating, Conflict)

        await self.create("s", kind="race", key="k", code="EFGH")
        found = await self.archive.cards(Status.ACTIVE)
        self.assertEqual([one.room_id for one in found], ["r", "s"])

    async def test_ended_room_leaves_its_names(self) -> None:
        """A Room that ended hands on its id, code and key; its owner writes nothing."""
        made = await self.create(code="ABCD", key="k")
        await self.archive.append([entry()])
        await self.archive.update(evolve(made, status=Status.CLOSED), [])
        again = await self.create(code="ABCD", key="k")

        self.assertEqual(again.epoch, 2)
        self.assertEqual(await self.numbers(), [])
        self.assertEqual(await self.archive.append([entry(number=2)]), {"r"})

    async def test_same_again(self) -> None:
        """Who does something once more does nothing: it did not learn of the first."""
        await self.create(code="ABCD")
        again = await self.archive.create(card(code="ABCD"), stored(), "node-1")
        for _ in range(2):
            stale = await self.archive.append([entry(number=1), entry(number=2)])
            self.assertEqual(stale, frozenset())

        self.assertEqual(again, 1)
        self.assertEqual(await self.numbers(), [1, 2])

    async def test_entry_behind_what_was_lost(self) -> None:
        """No entry is written where the one before is not there; others are as ever."""
        await self.create()
        await self.create("s")
        await self.archive.append([entry(number=1), entry("s", number=1)])
        batch = [entry("s", number=2), entry(number=3), entry(number=4)]
        await self.assertFailure(spawned(self.archive.append(batch)), Gap)
        self.assertEqual(await self.numbers("s"), [1])

        await self.archive.append([entry("s", number=2)])
        self.assertTrue(await self.archive.replace(1, stored(number=3), "{}", NOW))
        await self.archive.append([entry(number=4)])
        self.assertEqual((await self.numbers(), await self.numbers("s")), ([4], [1, 2]))

    async def test_many_entries(self) -> None:
        """A batch may be large, in rows and in bytes."""
        for number in range(3):
            await self.create(f"r{number}")
        many = [
            entry(f"r{number % 3}", 1 + number // 3, payload=bytes(1000))
            for number in range(3000)
        ]
        large = [entry("r0", 1001, payload=bytes(3 * 2**20))]
        stale = await self.archive.append(many + large)

        self.assertEqual(stale, frozenset())
        self.assertEqual(await self.numbers("r0"), list(range(1, 1002)))
        self.assertEqual(await self.numbers("r2"), list(range(1, 1001)))

    async def test_snapshot_covers_entries(self) -> None:
        """A snapshot takes the place of entries; an older one changes nothing."""
        await self.create()
        await self.archive.append([entry(number=number) for number in (1, 2, 3)])
        later = NOW + timedelta(hours=1)
        newer = await self.archive.replace(1, stored(number=2), '{"a": 1}', later)
        older = await self.archive.replace(
            1, stored(number=1, payload=b"old"), "{}", NOW
        )
        found = await self.archive.read("r")

        assert found is not None
        self.assertTrue(newer and older)
        self.assertEqual(found.stored, stored(number=2))
        self.assertEqual([one.number for one in found.entries], [3])
        self.assertEqual(found.card.active_at, later)

    async def test_room_is_active_while_it_writes(self) -> None:
        """Entries say that something happens in a Room, every few seconds at most."""
        await self.create()
        for number, seconds in enumerate((5, 60), 1):
            self.time = NOW + timedelta(seconds=seconds)
            await self.archive.append([entry(number=number)])
            [found] = await self.archive.cards(Status.ACTIVE)
            expected = NOW if number == 1 else self.time
            self.assertEqual(found.active_at, expected)

    async def test_room_is_found(self) -> None:
        """What lives is found by its id, its code and its key; what ended is not."""
        made = await self.create(code="ABCD", key="k\0")

        for name in ("r", "ABCD"):
            self.assertEqual(await self.archive.find(name), made)
        self.assertEqual(await self.archive.find_key("duel", "k\0"), made)
        for name in ("abcd", "a\0", "\ud800", "'", ""):
            self.assertIsNone(await self.archive.find(name))
        self.assertIsNone(await self.archive.find_key("race", "k\0"))
        await self.archive.update(evolve(made, status=Status.ABANDONED), [])
        self.assertIsNone(await self.archive.find("r"))
        self.assertIsNone(await self.archive.find_key("duel", "k\0"))
        self.assertIsNone(await self.archive.claim("r", "node-2"))

    async def test_room_is_woken(self) -> None:
        """A Room that sleeps is claimed and is active then."""
        made = await self.create()
        await self.archive.update(evolve(made, status=Status.HIBERNATING), [])
        asleep = await self.archive.cards(Status.HIBERNATING)
        woken = await self.archive.claim("r", "node-1")

        self.assertEqual([one.room_id for one in asleep], ["r"])
        assert woken is not None
        self.assertEqual((woken.status, woken.epoch), (Status.ACTIVE, 2))

    async def test_cards_by_status(self) -> None:
        """Cards are listed by their status, the oldest first."""
        for number, room_id in enumerate("cab"):
            await self.create(room_id, created_at=NOW - timedelta(hours=number))
        await self.archive.quarantine("a", 1, "bad\0")
        active = await self.archive.cards(Status.ACTIVE)
        both = await self.archive.cards(Status.ACTIVE, Status.QUARANTINED)

        self.assertEqual([one.room_id for one in active], ["b", "c"])
        self.assertEqual([one.room_id for one in both], ["b", "a", "c"])
        self.assertEqual(both[1].reason, "bad\0")
        self.assertEqual(await self.archive.cards(), [])

    async def test_quarantined_room(self) -> None:
        """A Room in quarantine is found, but not claimed, and nobody writes it."""
        await self.create(code="ABCD")

        self.assertTrue(await self.archive.quarantine("r", 1, "its chain is broken"))
        found = await self.archive.find("ABCD")
        assert found is not None
        self.assertEqual(found.reason, "its chain is broken")
        self.assertIsNone(await self.archive.claim("r", "node-2"))
        self.assertEqual(await self.archive.append([entry()]), {"r"})

    async def test_refresh(self) -> None:
        """Rooms that run are written; those that rest, or are others', are left."""
        made = [
            await self.create(room_id) for room_id in ("b", "a", "asleep", "theirs")
        ]
        asleep = evolve(made[2], status=Status.HIBERNATING, clients=1)
        await self.archive.update(asleep, [])
        await self.archive.claim("theirs", "node-2")
        there = [Member(session_id="s")]
        await self.archive.refresh([(evolve(one, clients=5), there) for one in made])
        await self.archive.refresh([])

        for name, clients in (("a", 5), ("b", 5), ("asleep", 1), ("theirs", 0)):
            found = await self.archive.find(name)
            assert found is not None
            self.assertEqual(found.clients, clients, name)
        found = await self.archive.find("asleep")
        self.assertEqual(found, asleep)
        self.assertEqual((await self.archive.statistics())["members"], 2)

    async def test_clean_up(self) -> None:
        """What nobody came for is given up, and deleted a day later with its rows."""
        made = await self.create("old", status=Status.HIBERNATING)
        await self.create("new", status=Status.HIBERNATING)
        await self.create("lives", active_at=NOW - timedelta(days=9))
        await self.archive.append([entry("old")])
        await self.archive.update(
            evolve(made, active_at=NOW - timedelta(days=1, seconds=1)),
            [Member(session_id="s")],
        )
        await self.archive.log(
            [
                Event(room_id="old", session_id="s", kind="leave", at=at)
                for at in (NOW - timedelta(days=3), NOW)
            ]
        )
        first = await self.archive.clean_up(NOW, abandon=DAY, delete=DAY)
        [given_up] = await self.archive.cards(Status.ABANDONED)
        soon = NOW + timedelta(hours=23)
        second = await self.archive.clean_up(soon, abandon=2 * DAY, delete=DAY)
        late = NOW + timedelta(days=1, seconds=1)
        third = await self.archive.clean_up(late, abandon=2 * DAY, delete=DAY)

        self.assertEqual(given_up.room_id, "old")
        self.assertEqual(dict(first), {"abandoned": 1, "deleted": 0})
        self.assertEqual(dict(second), {"abandoned": 0, "deleted": 0})
        self.assertEqual(dict(third), {"abandoned": 0, "deleted": 1})
        self.assertIsNone(await self.archive.read("old"))
        found = await self.archive.statistics()
        self.assertEqual((found["active"], found["hibernating"]), (1, 1))

    async def test_closed_room_is_deleted_by_its_end(self) -> None:
        """A closed Room is deleted a day after it ended, even if written again."""
        made = evolve(await self.create(), status=Status.CLOSED)
        await self.archive.update(made, [])
        self.time = NOW + timedelta(hours=20)
        await self.archive.update(made, [])
        now = NOW + timedelta(hours=25)
        done = await self.archive.clean_up(now, abandon=DAY, delete=DAY)

        self.assertEqual(done["deleted"], 1)

    async def test_statistics(self) -> None:
        """Rooms are counted by status, and the members that are there."""
        made = await self.create("a")
        await self.create("b", status=Status.HIBERNATING)
        await self.archive.update(
            made,
            [
                Member(session_id="s"),
                Member(session_id="t"),
                Member(session_id="u", is_connected=False),
            ],
        )

        self.assertEqual(
            dict(await self.archive.statistics()),
            {
                "active": 1,
                "hibernating": 1,
                "abandoned": 0,
                "closed": 0,
                "quarantined": 0,
                "members": 2,
            },
        )

    async def test_long_journal(self) -> None:
        """It is read whole, or as much of it as one wants, with one entry at least."""
        await self.create()
        payload = bytes(200_000)
        for start in range(1, 13, 4):
            await self.archive.append(
                [entry(number=n, payload=payload) for n in range(start, start + 4)]
            )
        found = await self.archive.read("r")
        assert found is not None
        part = await self.archive.read("r", 700_000)
        assert part is not None
        least = await self.archive.read("r", 1)
        assert least is not None

        self.assertEqual([one.number for one in found.entries], [*range(1, 13)])
        self.assertTrue(found.is_whole)
        count = len(part.entries)
        self.assertEqual([one.number for one in part.entries], [*range(1, count + 1)])
        self.assertTrue(4 <= count < 12)
        self.assertFalse(part.is_whole)
        self.assertEqual(
            ([1], False), ([e.number for e in least.entries], least.is_whole)
        )
