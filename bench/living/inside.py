"""One process with a reactor, in which a million live, are looked at and are kept.

    python -m bench.living.inside URL living|restored

It prints one line of JSON.
"""

from __future__ import annotations

import gc
import os
import sys
import time
import zlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from attrs import define, field
from twisted.internet.task import deferLater

from bench.inside import keep, make_node, reactor, say
from bench.living.crowd import Guest, enter
from bench.living.game import CELL, ENTITIES, HZ, KIND, STEP, WATCHERS, app
from nexus.match import Matchmaker
from nexus.room import RoomActor
from nexus.sim.level import Level
from nexus.storage import Storage

#: So many ticks are measured, after so many that are not.
_TICKS: Final = 300
_WARM: Final = 100
#: Clients say what they applied after so many ticks.
_SAYS: Final = 2
#: The frames of so many clients are looked at in the end.
_CHECKED: Final = 4
_PATIENCE: Final = 120.0


@define(eq=False)
class Gaps:
    """The longest time in which the reactor looked at nothing, without the ticks.

    Attributes:
        wall: By the clock, in seconds.
        cpu: What of one such time the reactor's own thread has worked, at most.
    """

    wall: float = 0.0
    cpu: float = 0.0
    _wall_at: float = field(factory=time.perf_counter, init=False)
    _cpu_at: float = field(factory=time.thread_time, init=False)

    def begin(self) -> None:
        """Forget what was."""
        self.wall = self.cpu = 0.0
        self.skip()

    def skip(self) -> None:
        """Let the time since the last look not count."""
        self._wall_at, self._cpu_at = time.perf_counter(), time.thread_time()

    def look(self) -> None:
        """Take note of the time that has passed since the last look."""
        wall, cpu = time.perf_counter(), time.thread_time()
        self.wall = max(self.wall, wall - self._wall_at)
        self.cpu = max(self.cpu, cpu - self._cpu_at)
        self._wall_at, self._cpu_at = wall, cpu


@define(eq=False)
class House:
    """A Node without a port, and the Room in it.

    Attributes:
        ticks: What the ticks took since they were last asked for: by the clock, and of
            the CPU, in seconds.
    """

    storage: Storage
    matchmaker: Matchmaker
    gaps: Gaps = field(factory=Gaps)
    guests: list[Guest] = field(factory=list)
    ticks: list[tuple[float, float]] = field(factory=list)
    _next: float = field(default=0.0, init=False)
    _ticked: int = field(default=0, init=False)

    @property
    def actor(self) -> RoomActor:
        """The Room."""
        [actor] = self.matchmaker.registry
        return actor

    async def live(self, is_over: Callable[[], bool]) -> list[tuple[float, float]]:
        """Tick at a steady rate until something is true; return what ticks took."""
        self.ticks, ends = [], time.perf_counter() + _PATIENCE
        self._next = time.perf_counter()
        while not is_over():
            self._tick()
            self._next = max(self._next + 1 / HZ, time.perf_counter())
            await deferLater(reactor, max(0.0, self._next - time.perf_counter()))
            if time.perf_counter() > ends:
                raise RuntimeError("what was waited for does not come")
        return self.ticks

    def _tick(self) -> None:
        actor = self.actor
        self.gaps.look()
        wall, cpu = time.perf_counter(), time.thread_time()
        room: Any = actor.room
        room.step()
        actor.rhythm.publish()
        self.ticks.append((time.perf_counter() - wall, time.thread_time() - cpu))
        self._ticked += 1
        if self._ticked % _SAYS == 0:
            assert actor.tree is not None
            for guest in self.guests:
                guest.applied(actor.tree.version)
        self.gaps.skip()


def _resident() -> int:
    """Return how many bytes of memory this process holds."""
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _arrays(room: Any) -> int:
    """Return how many bytes all arrays take that grow with the rows, but columns."""
    table, residents = room.state.people, room.residents
    parts = [residents, residents.population, table._roster, *table._columns.values()]
    found = [_array(each, name) for each in parts for name in _names(each)]
    held: int = sum(each.nbytes for each in found if each is not None)
    held -= sum(each.data.nbytes for each in table._columns.values())
    placed: int = room.space.placement_of(table).nbytes
    regions: int = residents.population.regions.nbytes
    return held + regions + placed


def _names(thing: Any) -> list[str]:
    return [*getattr(type(thing), "__slots__", ()), *getattr(thing, "__dict__", {})]


def _array(thing: Any, name: str) -> Any:
    value = getattr(thing, name, None)
    return value if isinstance(value, np.ndarray) else None


def _sum(table: Any) -> int:
    """Return a number that other rows would most probably not have."""
    total = zlib.crc32(table.ids.tobytes())
    for name in table.columns:
        total = zlib.crc32(table.column(name)[table.rows].tobytes(), total)
    return total


def _spread(name: str, values: list[float]) -> dict[str, float]:
    least, half, most = np.percentile(values, [5, 50, 99]).tolist()
    return {f"{name}_least": least, f"{name}_half": half, f"{name}_most": most}


async def _come(house: House, count: int, *, keep: bool) -> None:
    """Let people in, and say whether they keep what they are sent."""
    room_id = house.actor.room_id
    new = [await enter(house.matchmaker, room_id, keeps=keep) for _ in range(count)]
    while not all(guest.size for guest in new):
        await deferLater(reactor, 0.001)
    for guest in new:
        guest.accept()
    house.guests += new
    house.actor.rhythm.patch()


def _keeps_up(house: House) -> bool:
    """Say whether those who are checked were told of all that they are to see."""
    room: Any = house.actor.room
    clients = [house.actor.clients[g.session_id] for g in house.guests[-_CHECKED:]]
    return all(
        not each.pace.is_slow and room.space.watch_of(each).is_settled
        for each in clients
    )


def _cells(room: Any) -> Any:
    """Return the Cell of each row, as clients know it.

    Raises:
        RuntimeError: A row stands in another one.
    """
    table, grid = room.state.people, room.grid
    cells: Any = room.space.placement_of(table).cell_of
    found, away = grid.cells(table.column("x"), table.column("y")), []
    for name in ("x", "y"):
        place = table.column(name)[found != cells]
        away.append(np.abs(place - np.round(place / CELL) * CELL))
    # It may have crossed a border by less than clients are told.
    if (np.minimum(*away) > STEP).any():
        raise RuntimeError("a row stands in another Cell than it should")
    return cells


def _check(house: House) -> int:
    """Compare what clients hold with the State; return how many rows that is.

    Raises:
        RuntimeError: A client holds something else than it is to see.
    """
    actor = house.actor
    room: Any = actor.room
    table = room.state.people
    names = ("x", "y", "food", "activity")
    cells = _cells(room)
    raw = [table.outgoing(name, table.rows) for name in names]
    kinds: dict[str, Any] = {each.name: each.kind for each in table.fields}
    held = 0
    for guest in house.guests[-_CHECKED:]:
        watch = room.space.watch_of(actor.clients[guest.session_id])
        if not watch.is_settled:
            raise RuntimeError("a client was not told of all that it is to see")
        rows = np.flatnonzero(np.isin(cells[table.rows], list(watch.cells)))
        at = zip(*[column[rows].tolist() for column in raw], strict=True)
        wanted = dict(zip(table.ids[rows].tolist(), at, strict=True))
        found = {
            id_: tuple(kinds[name].raw(getattr(row, name)) for name in names)
            for id_, row in guest.replica().state.people.items()
        }
        if found != wanted:
            raise RuntimeError(f"a client holds {len(found)} rows, not {len(wanted)}")
        held += len(found)
    return held


async def _living(house: House) -> dict[str, Any]:
    """Let a million live while they are saved, looked at, and saved anew."""
    writer, compactor = house.storage.writer, house.storage.compactor
    listing = await house.matchmaker.create_room(KIND)
    before = _resident()
    room: Any = house.actor.room
    people = room.state.people
    room.settle()
    journal = house.actor.journal
    assert journal is not None

    house.gaps.begin()
    began = time.perf_counter()
    ticks = await house.live(lambda: compactor.count > 0)
    said: dict[str, Any] = {"first": time.perf_counter() - began}
    said |= {"first_wall": house.gaps.wall, "first_cpu": house.gaps.cpu}
    await _come(house, WATCHERS - _CHECKED, keep=False)
    _ = await house.live(lambda: len(house.ticks) >= _WARM)

    regions = room.residents.population.regions
    full, coarse, written = [], [], writer.tally.bytes
    sent = sum(guest.size for guest in house.guests)
    house.gaps.begin()
    began, cpu = time.perf_counter(), time.process_time()

    def counted() -> bool:
        full.append(len(regions.rows_at(Level.FULL)))
        coarse.append(len(regions.rows_at(Level.COARSE)))
        return len(house.ticks) >= _TICKS

    ticks = await house.live(counted)
    seconds = time.perf_counter() - began
    said |= _spread("wall", [wall for wall, _ in ticks])
    said |= _spread("cpu", [cpu for _, cpu in ticks])
    said |= {
        "rate": (writer.tally.bytes - written) / seconds,
        "core": (time.process_time() - cpu) / seconds,
        "sent": (sum(each.size for each in house.guests) - sent) / seconds / WATCHERS,
        "full": float(np.mean(full)),
        "coarse": float(np.mean(coarse)),
        "slow": sum(each.pace.is_slow for each in house.actor.clients.values()),
        "idle_wall": house.gaps.wall,
        "idle_cpu": house.gaps.cpu,
    }
    columns = sum(column.nbytes for column in people.columns.values())
    said["arrays"] = _arrays(room) / ENTITIES
    said["beside"] = (_resident() - before - columns) / ENTITIES

    await _come(house, _CHECKED, keep=True)
    count = compactor.count
    house.gaps.begin()
    began = time.perf_counter()
    compactor.wrote(listing.room_id, journal.epoch, 1 << 30)
    ticks = await house.live(lambda: compactor.count > count)
    said |= {"snapshot": time.perf_counter() - began, "ticks": len(ticks)}
    said |= {"snapshot_wall": house.gaps.wall, "snapshot_cpu": house.gaps.cpu}

    _ = await house.live(lambda: _keeps_up(house))
    said["checked"] = _check(house)
    while people.saving is None or people.saving.is_dirty or writer.lag:
        await deferLater(reactor, 0.001)
    return said | {"sum": _sum(people)}


async def _restored(house: House) -> dict[str, Any]:
    """Let the Room go on after its Node died."""
    house.gaps.begin()
    began = time.perf_counter()
    done, left = await house.storage.keeper.restore()
    spent = time.perf_counter() - began
    people = house.actor.room.state.people
    if (done, left, len(people)) != (1, 0, ENTITIES):
        raise RuntimeError(f"{done} Rooms go on, and {len(people)} rows are there")
    return {
        "seconds": spent,
        "wall": house.gaps.wall,
        "cpu": house.gaps.cpu,
        "sum": _sum(people),
    }


_WORK: Final = {"living": _living, "restored": _restored}


def main() -> None:
    """Do what was asked for, and say how that went."""
    url, what = sys.argv[1:]
    storage, matchmaker = make_node(url, app)
    house = House(storage, matchmaker)
    say(lambda: keep(storage, house.gaps.look, lambda: _WORK[what](house)))


if __name__ == "__main__":
    main()
