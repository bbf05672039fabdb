"""Whatever happens in whatever order, no entity is lost, and none is there twice."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from nexus.store.port import DatabaseAway
from nexus.store.writeback import writeback
from tests import examples
from tests.store.inline import InlineDatabase
from tests.store.writeback.life import Life

_REGIONS = st.integers(0, 2)


class Writing(RuleBasedStateMachine):
    """One world, its entities by x, and Rooms that come and go.

    An entity is known by its y, which no other has. What is true of it is in `told`;
    what was surely committed is in `safe`, for a Room that is lost.
    """

    @initialize()
    def begin(self) -> None:
        """Begin with an empty world, in slices of three."""
        writeback._MOST = 3  # type: ignore[misc]  # smaller for the test
        self.clock = Clock()
        self.database = InlineDatabase()
        Deferred.fromCoroutine(self.database.start())
        self.life = Life(self.database, self.clock)
        self.told: dict[float, tuple[float, float]] = {}
        self.count = 0
        self.working: list[Deferred[Any]] = []

    def teardown(self) -> None:
        """Look whether all ends well."""
        writeback._MOST = 500  # type: ignore[misc]  # as it was
        if hasattr(self, "life"):
            self.settle()
            self.check_stored()

    # What a game does.

    @rule(count=st.integers(1, 5), seed=st.integers(0, 99))
    def add(self, count: int, seed: int) -> None:
        """Let entities come."""
        random = Random(seed)
        xs = [float(random.randrange(30)) for _ in range(count)]
        ys = [float(self.count + at) for at in range(count)]
        self.count += count
        self.life.npcs.add(x=xs, y=ys)
        self.told.update(zip(ys, ((x, 0.0) for x in xs), strict=True))

    @rule(seed=st.integers(0, 99), food=st.integers(1, 99), moves=st.booleans())
    def put(self, seed: int, food: int, *, moves: bool) -> None:
        """Write some entities, and let them walk."""
        random, npcs = Random(seed), self.life.npcs
        for row in npcs.rows.tolist():
            if random.random() < 0.5:
                x = float(npcs.column("x")[row])
                x = float(random.randrange(30)) if moves else x
                npcs.put(row, x=x, food=float(food))
                self.told[float(npcs.column("y")[row])] = (x, float(food))

    @rule(seed=st.integers(0, 99))
    def remove(self, seed: int) -> None:
        """Let some entities go for ever."""
        random, npcs = Random(seed), self.life.npcs
        ids = [id_ for id_ in npcs.ids.tolist() if random.random() < 0.3]
        for y in npcs.column("y")[npcs.find(ids)].tolist() if ids else []:
            del self.told[y]
        npcs.remove(ids)

    @rule()
    def flush(self) -> None:
        """Let clients be told."""
        self.life.tree.flush()

    # What becomes of it.

    @rule(region=_REGIONS)
    def load(self, region: int) -> None:
        """Bring a Region."""
        self.begun(self.life.back.load(region))

    @rule(region=_REGIONS)
    def unload(self, region: int) -> None:
        """Let a Region go."""
        self.begun(self.life.back.unload(region))

    def begun(self, work: Deferred[Any]) -> None:
        """Take note of what goes on; only an outage may end it badly."""

        def failed(failure: Failure) -> None:
            failure.trap(DatabaseAway)

        self.working.append(work.addErrback(failed))

    @rule(seconds=st.sampled_from([0.0, 0.05, 0.4, 1.0, 3.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(seconds)

    @rule(count=st.integers(1, 4))
    def lose(self, count: int) -> None:
        """Let the database be away for a while."""
        self.database.away = count

    @rule(count=st.integers(1, 3))
    def lose_answers(self, count: int) -> None:
        """Let what is committed look as if it were not."""
        self.database.unknown = count

    @precondition(lambda self: not hasattr(self, "gate"))
    @rule()
    def hold(self) -> None:
        """Let a transaction take its time."""
        self.gate: Deferred[None] = Deferred()
        self.database.gates.append(self.gate)

    @precondition(lambda self: hasattr(self, "gate"))
    @rule()
    def release(self) -> None:
        """Let it go on."""
        gate = self.gate
        del self.gate
        if gate in self.database.gates:
            self.database.gates.remove(gate)
        gate.callback(None)

    @rule()
    def live_again(self) -> None:
        """End the Room in good order, and let another one go on."""
        self.settle()
        for region in range(3):
            self.load(region)
        self.settle()
        assert len(self.life.npcs) == len(self.told)
        self.life.back.stop()
        self.check_stored()
        self.life = Life(self.database, self.clock)

    # What holds.

    def settle(self) -> None:
        """Let all be written."""
        self.database.away = self.database.unknown = 0
        if hasattr(self, "gate"):
            self.release()
        self.clock.pump([0.1] * 100)
        assert all(each.called for each in self.working)
        self.working.clear()
        assert self.life.back.dirty == 0, self.life.back.dirty

    def check_stored(self) -> None:
        """The database has what is true, each entity once."""
        reading = self.database.query("SELECT x, y, region, attributes FROM npcs")
        rows: list[Any] = []
        _ = Deferred.fromCoroutine(reading).addCallback(rows.extend)
        found = {
            row["y"]: (row["x"], float(json.loads(row["attributes"])["food"]))
            for row in rows
        }
        assert len(found) == len(rows)
        assert found == self.told, (found, self.told)
        assert all(row["region"] == row["x"] // 10 for row in rows)

    @invariant()
    def no_twins_and_no_ghosts(self) -> None:
        """What is in memory is true, each entity once."""
        if not hasattr(self, "life"):
            return
        npcs = self.life.npcs
        rows = npcs.rows
        x, y, food = (npcs.column(name)[rows].tolist() for name in ("x", "y", "food"))
        assert len({*y}) == len(y), y
        held = dict(zip(y, zip(x, food, strict=True), strict=True))
        assert held.items() <= self.told.items(), (held, self.told)


class WritingTests(SynchronousTestCase):
    def test_nothing_is_lost_and_nothing_is_there_twice(self) -> None:
        """No order of writes, failures, loads and unloads loses what is true."""
        run_state_machine_as_test(
            Writing,
            settings=settings(
                max_examples=examples(test=100, soak=2_000), stateful_step_count=40
            ),
        )
