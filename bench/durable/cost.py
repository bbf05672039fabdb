"""What the journal costs the reactor: the same Rooms, with it and without."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from time import monotonic, perf_counter
from typing import Any, Final

from attrs import frozen
from twisted.internet.defer import Deferred, succeed

from bench.report import line, section
from nexus import Map, Room, State, field, float32
from nexus.archive.memory import MemoryArchive
from nexus.archive.port import Archive
from nexus.journal.entry import Entry
from nexus.limit import Limits
from nexus.metrics import Metrics
from nexus.room import RoomActor
from nexus.storage import join_storage
from tests.support.table import NATIVE, Table, result

__all__ = ["run"]

_ROOMS: Final = 50
_PLAYERS: Final = 20
_ROUNDS: Final = 400
_GOAL: Final = 5.0


class Player(State):
    """Somebody who moves."""

    x: float32 = 0.0
    y: float32 = 0.0


class Plane(State):
    """Where they move."""

    players: Map[str, Player] = field()


class Fleeting(Room[Plane]):
    """Is not kept."""

    def on_create(self, options: Any) -> None:
        """Let all be there."""
        self.state = Plane()
        for i in range(_PLAYERS):
            self.state.players[f"p{i}"] = Player()


class Kept(Fleeting):
    """Is kept."""

    durability = "saved"


class Nowhere(MemoryArchive):
    """Takes entries at no cost, and counts them."""

    count = 0

    async def append(self, entries: Sequence[Entry]) -> frozenset[str]:
        """Throw them away."""
        Nowhere.count += len(entries)
        return frozenset()


@frozen
class Side:
    """The Rooms of one Node, and who plays in them."""

    table: Table
    rooms: list[RoomActor]

    def write(self, number: int, moved: int) -> None:
        """Let some players of each Room move."""
        for actor in self.rooms:
            players = list(actor.room.state.players.values())
            for i in range(moved):
                players[(number + i) % _PLAYERS].x = float(number + 1)

    def publish(self) -> float:
        """Tell everybody, and return the microseconds that a Room takes for it."""
        began = perf_counter()
        for actor in self.rooms:
            actor.rhythm.publish()
        return (perf_counter() - began) / len(self.rooms) * 1e6

    def commit(self) -> float:
        """Commit, and return the microseconds that a Room takes for it."""
        assert self.table.around.keeping is not None
        settling = self.table.around.keeping.writer.settle(1.0)
        began = perf_counter()
        done = Deferred.fromCoroutine(settling)
        spent = (perf_counter() - began) / len(self.rooms) * 1e6
        if not done.called:
            raise RuntimeError("the commit waits for something")
        return spent


def _side(room: type[Room[Any]], options: dict[str, Any]) -> Side:
    """Let two players come to each Room."""
    table = Table(Limits(connections_per_address=1000, seats_per_address=1000))
    table.define(room)
    if room.durability != "memory":
        nowhere: Archive = Nowhere()
        nothing: Any = None
        _ = join_storage(
            nothing,
            nowhere,
            table.matchmaker,
            Metrics(),
            location="nowhere",
            interval=0.05,
            in_thread=lambda work: succeed(work()),
            fail=lambda: None,
            steady=monotonic,
        )
    rooms = []
    for _ in range(_ROOMS):
        first = result(table.matchmaker.create("room", options))
        room_id = first.listing.room_id
        second = result(table.matchmaker.join_by_id(room_id, options))
        guests = [table.come(first), table.come(second)]
        table.beat(0.1)
        for guest in guests:
            _ = guest.ack()
        rooms.append(table.actor(room_id))
    table.beat(0.5)
    return Side(table, rooms)


def _measure(name: str, options: dict[str, Any], moved: int) -> None:
    plain, kept = _side(Fleeting, options), _side(Kept, options)
    if any(
        (each.journal is None) is not (each.room.durability == "memory")
        for each in (*plain.rooms, *kept.rooms)
    ):
        raise RuntimeError("the wrong Rooms have a journal")
    Nowhere.count = 0
    more, commits = [], []
    for number in range(_ROUNDS):
        plain.write(number, moved)
        kept.write(number, moved)
        pair = (plain, kept) if number % 2 else (kept, plain)
        times = {id(side): side.publish() for side in pair}
        more.append(times[id(kept)] - times[id(plain)])
        commits.append(kept.commit())
        for side in pair:
            for guest in side.table.guests:
                guest.socket.sent.clear()
    if Nowhere.count != _ROUNDS * _ROOMS:
        raise RuntimeError(f"{Nowhere.count} entries were committed")
    patch, commit = statistics.median(more), statistics.median(commits)
    line(
        f"{moved} of {_PLAYERS} players, clients read {name}",
        f"{patch:.1f} us a patch, {commit:.1f} a commit",
        f"<= {_GOAL:.0f} us a patch",
        met=patch <= _GOAL,
    )


def run() -> None:
    """Print the figures."""
    section(
        f"Journal: what it costs the reactor a Room, beyond a Room that is not kept;"
        f" {_ROOMS} Rooms of 2 clients"
    )
    for name, options in (("nexus", NATIVE), ("schema", {})):
        for moved in (1, 10):
            _measure(name, options, moved)
