"""Tests of who writes a world, and of when nobody does any more."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from nexus.errors import FieldError, StateError
from nexus.state import (
    State,
)
from nexus.state.table.mirror import Mirror
from nexus.store.writeback import TakenOver
from tests.store.writeback.case import WriteBackCase
from tests.store.writeback.life import Village


class Town(State):
    """What there is, if anything is."""

    village: Village | None


class OwnerTests(WriteBackCase):
    def test_the_newest_alone_writes(self) -> None:
        """A Room whose world another one took writes and loads nothing."""
        (id_,) = self.add(5)
        self.done(self.life.back.flush())
        other = self.lives()
        self.done(other.back.load(0))
        self.put(id_, food=9.0)

        self.clock.pump([1.0] * 5)

        self.assertEqual((self.foods(), self.life.back.is_stale), ({5.0: 1.0}, True))
        self.failureResultOf(self.life.back.load(0), TakenOver)
        self.failureResultOf(self.life.back.unload(0), TakenOver)
        self.failureResultOf(self.life.back.flush(), TakenOver)
        self.assertEqual((len(self.life.npcs), self.life.back.dirty), (1, 1))
        self.assertFalse(self.wait(self.life.back.settle(5.0)))

    def test_load_shows_who_owns_it(self) -> None:
        """Who lost the world learns it before it brings anything."""
        self.done(self.life.back.flush())
        self.done(self.lives().back.flush())

        self.failureResultOf(self.life.back.load(0), TakenOver)

    def test_worlds_are_apart(self) -> None:
        """Each world has entities, ids and an owner of its own."""
        other = self.lives(world="forest")
        self.add(5)
        self.add(6, life=other)
        self.clock.advance(1.0)

        self.assertEqual(self.stored("world, x"), [("town", 5.0), ("forest", 6.0)])
        self.assertEqual(self.done(self.lives(world="forest").back.load(0)), 1)
        self.assertFalse(self.life.back.is_stale)

    def test_ids_by_hand_are_not_used_twice(self) -> None:
        """Entities that somebody put there with SQL keep their ids."""
        self.insert(500, "SMITH", '{"food":2}')

        self.assertEqual(self.done(self.life.back.load(0)), 1)
        self.add(5)
        self.done(self.life.back.flush())

        self.assertEqual(self.life.foods(), {1.5: 2.0, 5.0: 1.0})
        self.assertGreater(self.stored("id")[1][0], 500)

    def test_after_the_end_nothing_is_written(self) -> None:
        """A Room that has ended writes nothing, and those who wait are told."""
        self.add(5)
        gate: Deferred[None] = Deferred()
        self.database.gates.append(gate)
        waiting = self.life.back.load(0)
        self.life.back.stop()

        gate.callback(None)
        self.clock.pump([1.0] * 5)

        self.failureResultOf(waiting, StateError)
        self.assertEqual((self.stored(), self.clock.getDelayedCalls()), ([], []))
        self.assertNotIn(self.life.back, self.life.meters.live)

    def test_stop_ends_a_wait_for_the_database(self) -> None:
        """An unload that waits for the database is told at once."""
        self.add(5)
        self.wait(self.life.back._pen.own())
        self.database.away = 99
        waiting = self.life.back.unload(0)

        self.life.back.stop()

        self.failureResultOf(waiting, StateError)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_settle_writes_what_is_left(self) -> None:
        """The end waits until all is written, or for so long that it gives up."""
        self.add(5)
        self.database.away = 3
        settling = Deferred.fromCoroutine(self.life.back.settle(5.0))
        self.assertTrue(self.done(settling))
        self.add(6)
        self.database.away = 99
        settling = Deferred.fromCoroutine(self.life.back.settle(5.0))
        self.clock.pump([0.1] * 51)
        self.assertFalse(self.successResultOf(settling))
        self.database.away = 0
        self.assertEqual((self.foods(), self.life.back.dirty), ({5.0: 1.0}, 1))

    def test_table_that_leaves_the_state(self) -> None:
        """Of a Table that was taken out of the State nothing is written."""
        town = Town(village=Village())
        life = self.lives(root=town, table=town.village, world="other")
        self.add(5, life=life)

        town.village = None

        self.failureResultOf(life.back.flush(), StateError)

    def test_what_cannot_be_written_back(self) -> None:
        """A Table outside a State, a missing field and a second store are refused."""
        with self.assertRaises(StateError):
            Mirror(Village().npcs, None, ("x", "y"))
        with self.assertRaises(StateError):
            Mirror(self.life.npcs, None, ("x", "y"))
        with self.assertRaises(FieldError):
            self.lives(region="mood")
