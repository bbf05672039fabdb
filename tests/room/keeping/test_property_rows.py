"""Laws of rows that are saved: what a Room has of them after it stopped, or died."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any
from unittest import mock

import numpy as np
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from twisted.internet.task import deferLater
from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from nexus.app import App
from nexus.archive.memory import MemoryArchive
from nexus.room import Room
from nexus.state import Map, State, Table, field, float32, quantized, uint8
from nexus.testing import Harness
from tests import examples

#: A round begins so late at most, lasts so long and is committed so late.
_LATE = 1.0 + 0.5


class Npc(State):
    x: float32
    food: Annotated[float, quantized(0, 1, 8)] = 0.5
    kind: uint8 = field(default=0, server_only=True)


class House(State):
    guests: Table[Npc] = field(saved_every=0.5)


class Town(State):
    npcs: Table[Npc]
    houses: Map[str, House]
    birds: Table[Npc] = field(transient=True)


class Village(Room[Town]):
    durability = "saved"
    hibernate_seconds = 5.0

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Begin with nobody."""
        self.state = Town()


Rows = dict[tuple[str, int], tuple[float, float, int]]


def rows_of(town: Town) -> Rows:
    """Return all rows of all Tables that are kept."""
    tables = {"": town.npcs}
    tables |= {name: house.guests for name, house in town.houses.items()}
    found: Rows = {}
    for name, table in tables.items():
        for id_ in table:
            row = table[id_]
            found[name, id_] = (row.x, row.food, row.kind)
    return found


class Villages(RuleBasedStateMachine):
    """One Room that lives, stops and dies."""

    def __init__(self) -> None:
        super().__init__()
        app = App()
        app.define("village", Village)
        self.house = Harness(app)
        self.guest = self.house.join_or_create()
        #: What there was, from when on.
        self.history: list[tuple[float, Rows]] = []
        self.note()

    @property
    def town(self) -> Town:
        """The State."""
        [room] = self.house.rooms
        town: Town = room.state
        return town

    def note(self) -> None:
        """Take down what there is."""
        self.history.append((self.house.now, rows_of(self.town)))

    def table(self, name: str) -> Table[Npc]:
        """Return a Table that is kept."""
        return self.town.houses[name].guests if name else self.town.npcs

    @rule(name=st.sampled_from("ab"))
    def build(self, name: str) -> None:
        """Let a Table come, or go."""
        if name in self.town.houses:
            del self.town.houses[name]
        else:
            self.town.houses[name] = House()
        self.note()

    @rule(name=st.sampled_from(["", "a", "b"]), count=st.integers(1, 700))
    def add(self, name: str, count: int) -> None:
        """Let some come."""
        if name and name not in self.town.houses:
            return
        self.table(name).add(count, kind=count % 100)
        self.town.birds.add(3)
        self.note()

    @rule(data=st.data(), x=st.integers(0, 9), food=st.floats(0, 1, width=32))
    def put(self, data: Any, x: int, food: float) -> None:
        """Write some."""
        table = self.table(data.draw(st.sampled_from(["", *self.town.houses])))
        if len(table):
            start, step = data.draw(st.tuples(st.integers(0, 9), st.integers(1, 99)))
            table.put(table.rows[start::step], x=np.float32(x), food=food)
            self.note()

    @rule(data=st.data())
    def remove(self, data: Any) -> None:
        """Let some go."""
        table = self.table(data.draw(st.sampled_from(["", *self.town.houses])))
        start, step = data.draw(st.tuples(st.integers(0, 9), st.integers(1, 9)))
        table.remove(table.ids[start::step])
        self.note()

    @rule(seconds=st.sampled_from([0.05, 0.3, 1.0, 3.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.house.advance(seconds)

    @rule(seconds=st.sampled_from([0.3, 2.0]))
    def outage(self, seconds: float) -> None:
        """Let the database be away for a while."""
        with self.house.outage():
            self.house.advance(seconds)
        self.house.advance(5)

    @rule()
    def fold(self) -> None:
        """Let what was written be folded, however little it is."""
        self.begin_fold()
        self.house.advance(0.1)

    def begin_fold(self) -> None:
        """Let a fold begin."""
        storage = self.house._node._life.storage
        assert storage is not None
        journal = self.house.rooms[0].room.actor.journal
        assert journal is not None
        storage.compactor.wrote(journal.room_id, journal.epoch, 1 << 30)

    @contextmanager
    def slow(self, seconds: float) -> Iterator[None]:
        """Let the next transaction with chunks take its time, and no other one."""
        put, clock = MemoryArchive.put_chunks, self.house.matchmaker.around.clock
        delays = [seconds]

        async def put_slowly(archive: MemoryArchive, *what: Any) -> bool:
            if delays:
                await deferLater(clock, delays.pop())
            return await put(archive, *what)

        with mock.patch.object(MemoryArchive, "put_chunks", put_slowly):
            yield

    @rule(data=st.data(), seconds=st.sampled_from([0.1, 2.0]))
    def sleep(self, data: Any, seconds: float) -> None:
        """Let the Room go to sleep while it is folded, and wake: nothing is lost."""
        self.house.advance(0.3)
        self.guest.leave()
        self.house.advance(4.5)
        with self.slow(seconds):
            self.begin_fold()
            self.put(data, 7, 0.25)
            self.remove(data)
            before = rows_of(self.town)
            self.house.advance(60)
        assert not self.house.rooms
        self.guest = self.house.join_by_id(self.guest.room_id)
        assert rows_of(self.town) == before
        assert not len(self.town.birds)
        self.see()

    @precondition(lambda self: len(self.history) > 1)
    @rule()
    def stop(self) -> None:
        """Let the Node stop, and start again: nothing is lost."""
        before = rows_of(self.town)
        self.house.restart()
        assert rows_of(self.town) == before
        assert not len(self.town.birds)
        self.come_back()

    @precondition(lambda self: len(self.history) > 1)
    @rule()
    def kill(self) -> None:
        """Let the Node die, and start again: what is old is there."""
        died = self.house.now
        self.house.crash()
        after = rows_of(self.town)
        recent = [rows for at, rows in self.history if at > died - _LATE]
        older = [rows for at, rows in self.history if at <= died - _LATE][-1:]
        allowed = older + recent or [{}]
        event(f"died {bool(recent)}")
        for key in {*after, *(key for rows in allowed for key in rows)}:
            assert after.get(key) in [rows.get(key) for rows in allowed], key
        self.history = [(self.house.now, after)]
        self.come_back()

    def come_back(self) -> None:
        """A guest that returns sees what there is, and new entities have new ids."""
        self.guest.rejoin()
        self.see()

    def see(self) -> None:
        """Look at what a guest sees, and let somebody come."""
        self.house.tick()
        town = self.town
        shown = self.guest.state
        assert {*shown.npcs} == {*town.npcs.ids.tolist()}
        for name, house in town.houses.items():
            seen = shown.houses[name].guests
            assert {id_: seen[id_].x for id_ in seen} == {
                id_: house.guests[id_].x for id_ in house.guests
            }
        known = {id_ for _, rows in self.history for _, id_ in rows}
        assert not known & {*town.npcs.add(1).tolist()}
        self.note()

    def teardown(self) -> None:
        """Nothing was raised on the way."""
        self.house.close()


class VillageLaws(SynchronousTestCase):
    def test_rows_outlive_their_node(self) -> None:
        """After a stop all rows are there; after a death those that were old enough."""
        case = Villages.TestCase
        case.settings = settings(
            max_examples=examples(test=40, soak=1_000), stateful_step_count=25
        )
        case("runTest").runTest()
