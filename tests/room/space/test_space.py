"""Tests of `nexus.room.space.space` and `nexus.room.space.layer`."""

from __future__ import annotations

from typing import Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import StateError
from nexus.room.space.space import Space
from nexus.sim.interest import Band, Sight
from nexus.state import State, Table, uint8
from tests.room.space.watching import Courtier, Ear, Stage, Walker, World


class Hall(State):
    """A State with a Table, which can go."""

    npcs: Table[Courtier]


class Palace(State):
    """A State with such a one below it."""

    day: uint8
    npcs: Table[Courtier]
    hall: Hall | None


class SpaceTests(SynchronousTestCase):
    def settle(self, stage: Stage) -> None:
        """Let the Room patch until all is told."""
        for _ in range(50):
            if not stage.publish():
                return
        self.fail("the Space never comes to rest")

    def assert_right(self, stage: Stage, *ears: Ear) -> None:
        """Each client holds what it is to see."""
        for ear in ears:
            self.assertEqual(stage.held(ear), stage.visible(ear))

    def test_only_what_is_near_is_told(self) -> None:
        """A client gets the rows around it and hears nothing of others."""
        stage = Stage()
        near, far = stage.world.npcs.add(x=[50.0, 95.0], y=[50.0, 95.0])
        ear = stage.join(50, 50)

        stage.world.npcs.put(stage.world.npcs.find([far]), mood=3)
        stage.publish()

        self.assertEqual(list(ear.replica.state.npcs), [near])
        self.assert_right(stage, ear)

    def test_a_row_that_passes_is_neither_ghost_nor_twin(self) -> None:
        """One that goes from Cell to Cell stays itself, until it leaves the view."""
        stage = Stage()
        (id_,) = stage.world.npcs.add(x=[30.0], y=[50.0])
        ear = stage.join(50, 50)
        told: list[str] = []
        ear.replica.on_add("npcs", lambda *_: told.append("add"))
        ear.replica.on_remove("npcs", lambda *_: told.append("remove"))

        for x in np.arange(30.0, 100.0, 5.0):
            stage.world.npcs.put([0], x=x)
            stage.publish()
            self.assert_right(stage, ear)

        self.assertEqual(told, ["remove"])
        self.assertNotIn(id_, ear.replica.state.npcs)

    def test_what_is_far_is_told_less_often(self) -> None:
        """Of a far Cell a client hears in every fourth version, and at rest of all."""
        stage = Stage(bands=(Band(5, 1), Band(30, 4)))
        stage.world.npcs.add(x=[50.0, 72.0], y=[50.0, 50.0])
        ear = stage.join(50, 50)
        self.settle(stage)
        told: list[Any] = []
        ear.replica.on_change("npcs.*.mood", lambda value, *_: told.append(value))

        for mood in range(1, 9):
            stage.world.npcs.put([1], mood=mood)
            stage.publish()

        self.assertEqual(len(told), 2)
        self.settle(stage)
        self.assert_right(stage, ear)

    def test_what_comes_nearer_is_caught_up(self) -> None:
        """Who walks to a far Cell hears at once what it was not told there."""
        for wait in range(5):
            stage = Stage(bands=(Band(5, 1), Band(30, 4)))
            stage.world.npcs.add(x=[72.0], y=[50.0])
            walker = Walker(x=50, y=50)
            ear = stage.join(50, 50)
            stage.space.follow(ear, walker)  # type: ignore[arg-type]  # an Ear will do
            for _ in range(wait):
                stage.world.day += 1
                stage.publish()
            stage.world.npcs.put([0], mood=9)
            stage.publish()

            walker.x = 65
            stage.publish()

            self.assert_right(stage, ear)

    def test_what_goes_farther_is_caught_up(self) -> None:
        """Who walks away from a Cell hears of it what it was owed at the old rate."""
        for days in range(4):
            for x in (20, 25, 30, 35):
                stage = Stage(bands=(Band(5, 1), Band(15, 2), Band(30, 4)))
                stage.world.npcs.add(x=[65.0], y=[35.0])
                ear = stage.join(55, 50)
                for _ in range(6 + days):
                    stage.world.day += 1
                    stage.publish()
                stage.world.npcs.put([0], mood=1)
                stage.publish()

                stage.space.watch(ear, x, 35)  # type: ignore[arg-type]  # an Ear will do
                self.settle(stage)

                self.assert_right(stage, ear)

    def test_a_table_that_left_is_told_of_no_more(self) -> None:
        """Whoever walks, lags behind or gets a role then: the others are told."""
        world = Palace(hall=Hall())
        # A Stage has two Tables.
        hall: Any = world.hall
        stage = Stage(world=world, birds=hall.npcs)
        for table in (world.npcs, hall.npcs):
            table.add(40, x=np.linspace(0, 99, 40), y=50.0, plot=3)
        ears = [stage.join(50, 50) for _ in range(3)]
        walker, slow, player = ears
        slow.tells, slow.pace.rate, slow.pace.is_sure = False, 20.0, True
        for day in range(9):
            world.day = day
            world.npcs.put(slice(None), mood=day)
            hall.npcs.put(slice(None), mood=day)
            stage.publish()
        self.assertTrue(slow.pace.is_slow)

        world.hall = None
        stage.space.watch(walker, 80, 50)  # type: ignore[arg-type]  # an Ear will do
        stage.space.watch(slow, 20, 50)  # type: ignore[arg-type]  # the same
        player.view.roles = ["gm"]
        stage.publish()
        world.npcs.put(slice(None), mood=77)
        slow.tells = True
        slow.tell()
        self.settle(stage)

        for ear in ears:
            rows = list(ear.replica.state.npcs.values())
            self.assertEqual({row.mood for row in rows}, {77})
            self.assertIsNone(ear.replica.state.hall)
        plots = {row.plot for row in player.replica.state.npcs.values()}
        self.assertEqual(plots, {3})

        # Put back it is another one, of whose rows nobody is told.
        world.hall = hall
        stage.publish()
        hall.npcs.put(slice(None), mood=5)
        hall.npcs.remove(hall.npcs.ids[::2])
        stage.space.watch(walker, 60, 50)  # type: ignore[arg-type]  # the same
        player.view.roles = ["bard"]
        self.settle(stage)
        for ear in ears:
            self.assertEqual(len(ear.replica.state.hall.npcs), 0)
            moods = {row.mood for row in ear.replica.state.npcs.values()}
            self.assertEqual(moods, {77})

    def test_newcomers_come_nearest_first(self) -> None:
        """Within a budget the nearest Cells are told first, some with each patch."""
        stage = Stage(budget=30)
        x, y = np.meshgrid(np.arange(2.5, 100, 5), np.arange(2.5, 100, 5))
        stage.world.npcs.add(x=x.ravel(), y=y.ravel())
        ear = stage.join(55, 55)
        counts, far = [], []
        for _ in range(50):
            rows = [row for _, row in ear.replica.state.npcs.items()]
            counts.append(len(rows))
            far.append(max(np.hypot(row.x - 55, row.y - 55) for row in rows))
            if not stage.publish():
                break

        self.assertLess(far[0], 20)
        self.assertEqual(far, sorted(far))
        self.assertLessEqual(max(np.diff([0, *counts])), 30)
        self.assertGreater(len(counts), 3)
        self.assert_right(stage, ear)

    def test_a_cell_is_weighed_with_each_patch(self) -> None:
        """Newcomers keep to the budget, though rows come as they are about to see."""
        stage = Stage(budget=30)
        stage.world.npcs.add(2, x=50.0, y=50.0)
        ear = stage.join(10, 10)
        (layer,) = [each for each in stage.space.layers if each.count([55]) == [2]]
        for _ in range(3):
            layer.expect([55])
            stage.world.npcs.add(20, x=51.0, y=52.0)
            stage.publish()

            held = len(layer.rows_in(55))
            self.assertEqual(layer.count([55]), [held])
            layer.expect([55])
            self.assertEqual(layer.count([55, 54]), [held, 0])

        stage.space.watch(ear, 50, 50)  # type: ignore[arg-type]  # an Ear will do
        self.settle(stage)
        self.assert_right(stage, ear)

    def test_those_who_see_the_same_share_bytes(self) -> None:
        """Two clients in one Cell are sent one and the same frame."""
        stage = Stage()
        stage.world.npcs.add(50, x=np.linspace(0, 99, 50), y=50.0)
        ears = [stage.join(51, 51), stage.join(58, 53)]
        self.settle(stage)
        frames: list[bytes] = []
        for ear in ears:
            ear.deliver = frames.append  # type: ignore[method-assign]  # only to look

        stage.world.npcs.put(stage.world.npcs.rows, mood=1)
        stage.publish()

        self.assertIs(frames[0], frames[1])

    def test_a_return_costs_what_was_missed(self) -> None:
        """Who comes back is told what changed in its Cells, and no more."""
        stage = Stage()
        stage.world.npcs.add(2000, x=np.linspace(30, 70, 2000), y=50.0)
        ear = stage.join(50, 50)
        self.settle(stage)
        ear.ready, before = False, ear.heard
        stage.world.npcs.put([5, 1000], mood=1)
        stage.publish()

        stage.resume(ear)

        self.assertEqual(ear.told[-1], 15)
        self.assertLess(ear.heard - before, 400)
        self.assert_right(stage, ear)

    def test_who_looks_away_sees_nothing(self) -> None:
        """A client that is to see nothing any more loses all rows."""
        stage = Stage()
        stage.world.npcs.add(20, x=50.0, y=50.0)
        ear = stage.join(50, 50)

        stage.space.ignore(ear)  # type: ignore[arg-type]  # an Ear will do
        stage.publish()
        self.assertEqual(len(ear.replica.state.npcs), 0)
        stage.space.watch(ear, 50, 50)  # type: ignore[arg-type]  # the same
        stage.publish()

        self.assertEqual(len(ear.replica.state.npcs), 20)
        self.assertFalse(stage.publish())

    def test_many_removals_close_gaps_unseen(self) -> None:
        """A compaction changes indices, which no client notices."""
        stage = Stage()
        ids = stage.world.npcs.add(5000, x=np.linspace(0, 100, 5000), y=50.0)
        ear = stage.join(50, 50)
        self.settle(stage)

        stage.world.npcs.remove(ids[::2])
        stage.publish()
        self.assertEqual(stage.world.npcs.compactions, 1)
        self.assert_right(stage, ear)
        stage.world.npcs.put(stage.world.npcs.rows, x=55.0)
        stage.publish()

        self.assert_right(stage, ear)

    def test_who_follows_what_is_gone_stays_there(self) -> None:
        """A row that is followed and removed leaves its follower where it was."""
        stage = Stage()
        id_, _ = stage.world.npcs.add(x=[50.0, 52.0], y=50.0)
        ear = stage.join(10, 10)
        stage.space.follow(ear, stage.world.npcs[int(id_)])  # type: ignore[arg-type]  # an Ear will do
        stage.publish()

        stage.world.npcs.remove(id_)
        self.settle(stage)

        self.assertEqual(len(ear.replica.state.npcs), 1)
        nowhere = float("nan")
        self.assertRaises(StateError, stage.space.watch, ear, nowhere, 0)

    def test_what_cannot_be_is_refused(self) -> None:
        """A Table in two Spaces, and following what has no position, are mistakes."""
        stage = Stage()

        def again() -> None:
            Space(stage.tree, stage.grid, [stage.world.npcs], Sight(10))

        self.assertIn("already", str(self.assertRaises(StateError, again)))
        ear = stage.join(50, 50)
        for radius in (20.5, 0, -1, float("nan"), float("inf")):
            self.assertRaises(StateError, stage.space.watch, ear, 5, 5, radius=radius)
        for step in range(200):
            stage.space.watch(ear, 5, 5, radius=10 + step / 20)  # type: ignore[arg-type]  # an Ear will do
        self.assertLess(len(stage.space._lookout._outlooks), 40)
        error = self.assertRaises(StateError, stage.space.follow, Ear(stage), World())
        self.assertIn("no 'x'", str(error))
