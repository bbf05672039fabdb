"""Tests of entities that are written back, and of Regions that come and go."""

from __future__ import annotations

from typing import Any

import numpy as np
from twisted.internet.defer import Deferred

from nexus.errors import FieldError
from nexus.store.port import DatabaseAway
from tests.store.writeback.case import WriteBackCase, noting
from tests.store.writeback.life import Job


class RoundTests(WriteBackCase):
    def test_dirty_entities_are_written_and_clean(self) -> None:
        """What was added or changed is written a moment later, and just once."""
        first, _ = self.add(5, 15)
        self.put(first, kind=Job.SMITH, food=0.25)
        self.assertEqual((self.life.back.dirty, self.stored()), (2, []))

        self.clock.advance(1.0)

        self.assertEqual(
            self.stored("region, x, kind, attributes"),
            [(0, 5.0, "SMITH", '{"food":0.25}'), (1, 15.0, "FARMER", '{"food":1}')],
        )
        self.assertEqual((self.life.back.dirty, self.life.meters.rows.value), (0, 2))
        self.clock.pump([0.5] * 10)
        self.assertEqual(self.life.meters.batches.value, 1)

    def test_many_go_in_bounded_transactions(self) -> None:
        """No transaction carries more than 500 entities."""
        self.add(*range(1201))

        self.clock.advance(1.0)

        self.assertEqual([each for each in self.database.done if each], [500, 500, 201])

    def test_what_changes_meanwhile_is_dirty_still(self) -> None:
        """An entity that changes while it is written is written again."""
        (id_,) = self.add(5)
        self.clock.advance(1.0)
        gate: Deferred[None] = Deferred()
        self.database.gates.append(gate)
        self.put(id_, food=0.5)
        self.clock.advance(1.0)
        self.put(id_, food=0.75)

        gate.callback(None)

        self.assertEqual((self.foods(), self.life.back.dirty), ({5.0: 0.5}, 1))
        self.clock.advance(1.0)
        self.assertEqual((self.foods(), self.life.back.dirty), ({5.0: 0.75}, 0))

    def test_failed_transaction_is_tried_again(self) -> None:
        """What failed stays dirty, is counted, and is tried again ever more slowly."""
        (id_,) = self.add(5)
        self.clock.advance(1.0)
        self.put(id_, food=0.5)
        self.database.away = 5
        began: list[float] = []
        self.clock.callLater = noting(self.clock, began)  # type: ignore[method-assign]  # to see it
        self.clock.advance(1.0)
        self.assertEqual(self.life.back.dirty, 1)
        self.put(id_, food=0.125)

        self.clock.pump([0.01] * 400)

        self.assertEqual(self.life.meters.failures.value, 5)
        self.assertEqual(began, sorted(began))
        self.assertGreater(began[4], began[0] * 4)
        self.assertEqual((self.foods(), self.life.back.dirty), ({5.0: 0.125}, 0))

    def test_answer_that_is_lost_makes_no_twin(self) -> None:
        """What was committed though nobody said so is written over."""
        self.add(5)
        self.database.unknown = 2

        self.clock.pump([0.1] * 40)

        self.assertEqual((self.foods(), self.life.back.dirty), ({5.0: 1.0}, 0))

    def test_removed_entities_are_deleted(self) -> None:
        """An entity that is removed is deleted, also if that fails at first."""
        ids = self.add(1, 2, 3)
        self.clock.advance(1.0)
        self.life.npcs.remove(ids[:2])
        self.database.away = 1
        self.assertEqual(self.life.back.dirty, 2)

        self.clock.pump([0.5] * 6)

        self.assertEqual((self.foods(), self.life.back.dirty), ({3.0: 1.0}, 0))

    def test_rows_may_move_in_the_columns(self) -> None:
        """A flush that closes gaps changes nothing of what is written."""
        ids = self.add(*range(4000))
        self.clock.advance(1.0)
        self.life.npcs.remove(ids[:3000])
        self.life.npcs.put(self.life.npcs.find(ids[3500:]), food=2.0)
        self.life.tree.flush()

        self.clock.advance(1.0)

        self.assertEqual(self.life.npcs.compactions, 1)
        self.assertEqual(self.foods(), self.life.foods())

    def test_flush_writes_now(self) -> None:
        """Who cannot wait writes at once, and hears that it failed."""
        self.add(5)
        self.done(self.life.back.flush(), 0)
        self.assertEqual(self.foods(), {5.0: 1.0})
        self.add(6)
        self.database.away = 1
        self.failureResultOf(self.life.back.flush(), DatabaseAway)
        self.assertEqual(self.life.back.dirty, 1)

    def test_code_that_finds_regions_may_fail(self) -> None:
        """Then nothing is lost, the failure is logged, and the next round tries."""
        broken = [True]

        def region(x: Any, y: Any) -> Any:
            return np.zeros(3) if broken and broken.pop() else np.zeros(len(x))

        life = self.lives(region=region, world="other")
        self.add(5, life=life)
        self.clock.advance(1.0)
        self.assertEqual(len(self.flushLoggedErrors(FieldError)), 1)

        self.clock.advance(1.0)

        self.assertEqual((len(self.stored()), life.back.dirty), (1, 0))

    def test_metrics(self) -> None:
        """What is dirty, written and failed is shown."""
        self.add(5, 6)
        self.assertIn("nexus_npcs_dirty 2", self.life.metrics.render())
        self.clock.advance(1.0)
        text = self.life.metrics.render()
        for line in ("npcs_dirty 0.0", "npc_batches_total 1", "npc_rows_total 2"):
            self.assertIn(f"nexus_{line}\n", text)


class RegionTests(WriteBackCase):
    def test_regions_come_and_go(self) -> None:
        """A Region is brought, changed, written and removed; the others stay."""
        self.add(1, 2, 11)
        self.assertEqual(self.done(self.life.back.unload(0)), 2)
        self.assertEqual(self.life.foods(), {11.0: 1.0})

        self.assertEqual(self.done(self.life.back.load(0)), 2)

        self.assertEqual(self.life.back.dirty, 0)
        rows = self.life.npcs.find(self.life.npcs.ids[-2:])
        self.life.npcs.put(rows, food=3.0)
        self.assertEqual(self.done(self.life.back.unload(0)), 2)
        self.assertEqual(self.foods(), {1.0: 3.0, 2.0: 3.0, 11.0: 1.0})
        self.assertEqual(len(self.life.npcs), 1)
        self.assertEqual(self.done(self.life.back.load(0)), 2)
        self.life.npcs.clear()
        self.done(self.life.back.flush())
        # Nothing is remembered of what is gone.
        self.assertEqual((self.foods(), self.life.back._mirror._runs), ({}, []))

    def test_another_life_goes_on(self) -> None:
        """The next Room has the entities of the one before, under the same ids."""
        self.add(1, 2, 11)
        self.done(self.life.back.flush())
        before = self.stored("id")
        life = self.lives()

        self.assertEqual(self.done(life.back.load(0)), 2)
        life.npcs.put(life.npcs.rows, food=5.0)
        self.add(3, life=life)
        self.done(life.back.flush())

        self.assertEqual(self.foods(), {1.0: 5.0, 2.0: 5.0, 11.0: 1.0, 3.0: 1.0})
        self.assertEqual(self.stored("id")[:3], before)

    def test_what_is_there_is_not_loaded_again(self) -> None:
        """A load brings neither a twin of what is there nor what was removed."""
        ids = self.add(1, 2, 3)
        self.done(self.life.back.flush())
        self.put(ids[0], food=9.0)
        self.life.npcs.remove(ids[1:2])

        self.assertEqual(self.done(self.life.back.load(0)), 0)

        self.assertEqual(self.life.foods(), {1.0: 9.0, 3.0: 1.0})
        self.done(self.life.back.flush())
        self.assertEqual(self.foods(), {1.0: 9.0, 3.0: 1.0})
        self.assertEqual(self.done(self.life.back.unload(0)), 2)
        self.assertEqual(self.done(self.life.back.load(0)), 2)
        self.assertEqual(self.done(self.life.back.load(0)), 0)

    def test_entities_that_moved_belong_where_they_are(self) -> None:
        """Whoever walked into another Region stays there, in memory and stored."""
        id_, _ = self.add(5, 6)
        self.done(self.life.back.flush())
        self.put(id_, x=15.0)

        self.assertEqual(self.done(self.life.back.unload(0)), 1)
        self.assertEqual(self.life.foods(), {15.0: 1.0})
        self.done(self.life.back.flush())

        self.assertEqual(self.stored("region, x"), [(1, 15.0), (0, 6.0)])
        self.assertEqual(self.done(self.life.back.unload(1)), 1)

    def test_many_go_in_slices(self) -> None:
        """A large Region comes and goes some entities at a time, each in a turn."""
        self.add(*[5.0] * 1200)
        turns: list[int] = []
        object.__setattr__(
            self.life.back._reach,
            "turn",
            lambda call: [call(), turns.append(len(self.life.npcs))][0],
        )

        self.assertEqual(self.done(self.life.back.unload(0)), 1200)
        self.assertEqual(self.done(self.life.back.load(0)), 1200)

        self.assertEqual(turns, [700, 200, 0, 0, 500, 1000, 1200, 1200])

    def test_what_changes_while_it_goes_is_written(self) -> None:
        """An entity that is written again at the last moment loses nothing."""
        (id_,) = self.add(5)
        gates: list[Deferred[None]] = [Deferred(), Deferred()]
        self.wait(self.life.back._pen.own())
        self.database.gates += gates
        unloading = self.life.back.unload(0)
        self.put(id_, food=0.5)

        gates[0].callback(None)

        # It is nowhere else now.
        self.assertEqual((len(self.life.npcs), self.life.back.dirty), (0, 1))
        loading = self.life.back.load(0)
        self.database.away = 2
        gates[1].callback(None)
        self.assertEqual(self.life.back.dirty, 1)
        self.assertEqual(self.done(unloading), 1)
        self.assertEqual(self.foods(), {5.0: 0.5})
        self.assertEqual(self.done(loading), 1)
        self.assertEqual(self.life.foods(), {5.0: 0.5})

    def test_who_walks_away_meanwhile_stays(self) -> None:
        """An entity that leaves the Region while that is unloaded is not removed."""
        id_, _ = self.add(5, 6)
        self.wait(self.life.back._pen.own())
        gate: Deferred[None] = Deferred()
        self.database.gates.append(gate)
        unloading = self.life.back.unload(0)
        self.put(id_, x=15.0)

        gate.callback(None)

        self.assertEqual(self.done(unloading), 1)
        self.assertEqual(self.life.foods(), {15.0: 1.0})

    def test_unload_waits_for_the_database(self) -> None:
        """While the database is away entities stay; nobody has to ask again."""
        self.add(5)
        self.wait(self.life.back._pen.own())
        self.database.away = 3
        unloading = self.life.back.unload(0)
        self.assertEqual((len(self.life.npcs), self.life.back.dirty), (1, 1))

        self.assertEqual(self.done(unloading, 400), 1)

        self.assertEqual((len(self.life.npcs), self.foods()), (0, {5.0: 1.0}))

    def test_load_that_fails_says_so(self) -> None:
        """Who loads while the database is away hears of it, and tries again."""
        self.add(5)
        self.done(self.life.back.unload(0))
        self.database.away = 1
        self.failureResultOf(self.life.back.load(0), DatabaseAway)

        self.assertEqual(self.done(self.life.back.load(0)), 1)

    def test_region_by_a_field(self) -> None:
        """A field may say the Region, or there is but one."""
        life = self.lives(region="kind", world="a")
        life.npcs.add(x=[1.0, 2.0], kind=[Job.FARMER, Job.SMITH])
        self.assertEqual(self.done(life.back.unload(1)), 1)
        life = self.lives(region=None, world="b")
        life.npcs.add(x=[1.0, 99.0])
        self.assertEqual(self.done(life.back.unload(0)), 2)

    def test_who_cancels_waits_no_more(self) -> None:
        """What was begun goes on though nobody waits for it."""
        self.add(5)
        unloading = self.life.back.unload(0)
        self.wait(self.life.back._pen.own())
        unloading.cancel()
        _ = unloading.addErrback(lambda _: None)

        self.clock.pump([0.1] * 10)

        self.assertEqual((len(self.life.npcs), self.foods()), (0, {5.0: 1.0}))
