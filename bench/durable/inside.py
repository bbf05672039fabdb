"""One process with a reactor, that lets Rooms sleep and wake, and watches itself.

    python -m bench.durable.inside URL large|small|...|restored fsync|unsafe

It prints one line of JSON.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any, Final

import numpy as np
from attrs import define, field
from twisted.internet.task import deferLater

from bench.durable.game import ENTITIES, ROWS, app
from bench.durable.node import let_be_unsafe
from bench.inside import keep, make_node, reactor, say
from nexus.archive.port import Status
from nexus.archive.repository import RoomRepository
from nexus.journal.kept import recover
from nexus.match import Matchmaker
from nexus.room import RoomActor
from nexus.room.phase import Rest
from nexus.storage import Storage
from nexus.wire.native import plain

_LARGE_ROUNDS: Final = 7
_SMALL_ROUNDS: Final = 60
#: So often a large Room moves before it is compacted.
_MOVES: Final = 20
#: So many rows change with each tick, and so many ticks there are.
_CHANGING: Final = 20_000
_TICKS: Final = 160


@define(eq=False)
class Gaps:
    """The longest time in which the reactor did not look at anything, in seconds."""

    longest: float = 0.0
    _at: float = field(default=0.0, init=False)

    def begin(self) -> None:
        """Forget what was."""
        self.longest, self._at = 0.0, time.perf_counter()

    def look(self) -> None:
        """Take note of the time that has passed since the last look."""
        now = time.perf_counter()
        self.longest = max(self.longest, now - self._at)
        self._at = now


@define(eq=False)
class House:
    """A Node without a port."""

    storage: Storage
    matchmaker: Matchmaker
    archive: RoomRepository
    gaps: Gaps = field(factory=Gaps)

    async def create(self, kind: str) -> RoomActor:
        """Make a Room."""
        listing = await self.matchmaker.create_room(kind)
        return self.matchmaker.registry.get(listing.room_id)

    async def sleep(self, actor: RoomActor) -> None:
        """Let a Room sleep, and all that be over."""
        await actor.suspend(4010, Rest.HIBERNATING)
        await deferLater(reactor, 0.05)
        if actor.is_running:
            raise RuntimeError("the Room does not sleep")

    async def wake(self, room_id: str) -> tuple[float, float]:
        """Wake a Room; return how long that took, and the longest gap."""
        self.gaps.begin()
        began = time.perf_counter()
        actor = await self.storage.keeper.wake(room_id)
        spent = time.perf_counter() - began
        self.gaps.look()
        if actor is None:
            raise RuntimeError("the Room did not wake")
        return spent, self.gaps.longest


async def _large(house: House) -> dict[str, Any]:
    """Let a large Room sleep and wake, with a journal of changes."""
    actor = await house.create("large")
    times, gaps = [], []
    room_id = actor.room_id
    for number in range(_LARGE_ROUNDS):
        room: Any = actor.room
        for _ in range(5):
            room.move(100)
            actor.rhythm.publish()
            await deferLater(reactor, 0.06)
        await house.sleep(actor)
        del actor
        spent, gap = await house.wake(room_id)
        times.append(spent)
        gaps.append(gap)
        actor = house.matchmaker.registry.get(room_id)
        things = actor.room.state.things
        if len(things) != ENTITIES or things["t7"].x != 7 / 4 + 5 * (number + 1):
            raise RuntimeError("another Room woke than went to sleep")
    return {"seconds": statistics.median(times), "gap": statistics.median(gaps)}


async def _small(house: House) -> dict[str, Any]:
    """Let a small Room sleep and wake."""
    actor = await house.create("small")
    times, room_id = [], actor.room_id
    for number in range(_SMALL_ROUNDS):
        actor.room.state.moves = number
        await house.sleep(actor)
        spent, _ = await house.wake(room_id)
        times.append(spent)
        actor = house.matchmaker.registry.get(room_id)
        if actor.room.state.moves != number or len(actor.room.state.things) != 20:
            raise RuntimeError("another Room woke than went to sleep")
    times.sort()
    return {"seconds": times[len(times) // 2], "p99": times[len(times) * 99 // 100]}


async def _compact(house: House) -> dict[str, Any]:
    """Let a large Room's journal be folded while it lives."""
    actor = await house.create("large")
    room: Any = actor.room
    compactor, gaps, idle = house.storage.compactor, [], []
    spent = []
    for number in range(_LARGE_ROUNDS):
        for _ in range(_MOVES):
            room.move(500)
            actor.rhythm.publish()
            await deferLater(reactor, 0.06)
        if not await house.storage.writer.settle(5.0):
            raise RuntimeError("the journal is not written")
        house.gaps.begin()
        await deferLater(reactor, 0.3)
        idle.append(house.gaps.longest)
        assert actor.journal is not None
        house.gaps.begin()
        began = time.perf_counter()
        compactor.wrote(actor.room_id, actor.journal.epoch, 1 << 30)
        while compactor.count <= number:
            await deferLater(reactor, 0.001)
            if time.perf_counter() - began > 30:
                raise RuntimeError("the Room is not compacted")
        spent.append(time.perf_counter() - began)
        gaps.append(house.gaps.longest)
        found = await house.archive.read(actor.room_id)
        assert found is not None
        kept = recover(found.stored, [])
        assert kept.replica is not None
        if found.entries or kept.replica.state.moves != _MOVES * (number + 1):
            raise RuntimeError("the snapshot is not what the journal led to")
    return {
        "gap": statistics.median(gaps),
        "worst": max(gaps),
        "idle": statistics.median(idle),
        "seconds": statistics.median(spent),
    }


async def _totals(house: House) -> dict[str, Any]:
    """Add up what the boards of all Rooms say that were kept."""
    total = 0
    for card in await house.archive.cards(Status.ACTIVE):
        found = await house.archive.read(card.room_id)
        assert found is not None
        kept = recover(found.stored, found.entries)
        assert kept.replica is not None
        board = plain(kept.replica.state)
        scores = [each["score"] for each in board["players"].values()]
        if sum(scores) != board["total"]:
            raise RuntimeError(f"{scores} make no {board['total']}")
        total += board["total"]
    return {"total": total}


async def _rows(house: House) -> dict[str, Any]:
    """Let a million rows be saved, and then some of them change all the time."""
    actor = await house.create("town")
    if not await house.storage.writer.settle(5.0):
        raise RuntimeError("the Room is not written")
    room: Any = actor.room
    room.settle()
    actor.rhythm.publish()
    journal, tally = actor.journal, house.storage.writer.tally
    compactor, npcs = house.storage.compactor, actor.room.state.npcs
    assert journal is not None
    house.gaps.begin()
    began = time.perf_counter()
    await deferLater(reactor, 0.1)
    while npcs.saving is None or npcs.saving.is_dirty or house.storage.writer.lag:
        await deferLater(reactor, 0.001)
    stored = time.perf_counter() - began
    while len(compactor):
        await deferLater(reactor, 0.001)
    folded, gap = time.perf_counter() - began, house.gaps.longest
    some = np.sort(np.random.default_rng(1).choice(ROWS, _CHANGING, replace=False))
    npcs_rows, before, work = npcs.rows[some], tally.bytes, []
    house.gaps.begin()
    began = time.perf_counter()
    for tick in range(_TICKS):
        at = time.perf_counter()
        room.live(npcs_rows)
        actor.rhythm.publish()
        work.append(time.perf_counter() - at)
        wait = began + (tick + 1) / 20 - time.perf_counter()
        await deferLater(reactor, max(0.0, wait))
    seconds = time.perf_counter() - began
    return {
        "stored": stored,
        "folded": folded,
        "gap": gap,
        "rate": (tally.bytes - before) / seconds,
        "tick": statistics.median(work),
        "busy": house.gaps.longest,
    }


async def _restored(house: House) -> dict[str, Any]:
    """Let a Room of a million rows go on after its Node died."""
    house.gaps.begin()
    began = time.perf_counter()
    done, left = await house.storage.keeper.restore()
    spent, gap = time.perf_counter() - began, house.gaps.longest
    [actor] = house.matchmaker.registry
    npcs = actor.room.state.npcs
    if (done, left, len(npcs)) != (1, 0, ROWS):
        raise RuntimeError(f"{done} Rooms go on, and {len(npcs)} rows are there")
    return {"seconds": spent, "gap": gap}


_WORK: Final = {
    "rows": _rows,
    "restored": _restored,
    "large": _large,
    "small": _small,
    "compact": _compact,
    "totals": _totals,
}


def main() -> None:
    """Do what was asked for, and say how that went."""
    url, what, how = sys.argv[1:]
    if how == "unsafe":
        let_be_unsafe()
    storage, matchmaker = make_node(url, app)
    house = House(storage, matchmaker, RoomRepository(storage.database))
    say(lambda: keep(storage, house.gaps.look, lambda: _WORK[what](house)))


if __name__ == "__main__":
    main()
