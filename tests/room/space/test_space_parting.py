"""Tests of `nexus.room.space.space`: what becomes of it when a State leaves."""

from __future__ import annotations

from typing import Any

import numpy as np

from nexus.errors import StateError
from nexus.room.space.space import Space
from nexus.sim.interest import Sight
from nexus.state import SHOWN, Map, State, Table, field, uint8
from tests.room.space.watching import Courtier, Ear, Stage, StageTestCase, Walker


class Hall(State):
    """A State with a Table, which can go."""

    npcs: Table[Courtier]
    walkers: Map[str, Walker] = field(visible=SHOWN)


class Palace(State):
    """A State with such a one below it."""

    day: uint8
    npcs: Table[Courtier]
    hall: Hall | None


class PartingTests(StageTestCase):
    def stage(self) -> tuple[Any, Any, Stage]:
        """Return a palace with a hall, and a Stage with the Tables of both."""
        palace: Any = Palace(hall=Hall())
        hall = palace.hall
        return palace, hall, Stage(world=palace, birds=hall.npcs)

    def tell_all(self, stage: Stage, *ears: Ear) -> None:
        """Let the Room patch until all is told, also to those who lag behind."""
        for _ in range(50):
            for ear in ears:
                ear.tell()
            stage.publish()

    def test_a_table_that_left_is_told_of_no_more(self) -> None:
        """Whoever walks, lags behind or gets a role then: the others are told."""
        world, hall, stage = self.stage()
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

    def test_rows_that_are_gone_are_not_looked_for(self) -> None:
        """Who comes to where they stood, or lags behind, is told of all else."""
        for kept in (0, 5):
            palace, hall, stage = self.stage()
            palace.npcs.add(40, x=np.linspace(0, 99, 40), y=50.0)
            hall.npcs.add(4000, x=np.linspace(0, 99, 4000), y=50.0)
            walker, slow = ears = [stage.join(20, 50), stage.join(50, 50)]
            self.settle(stage)
            slow.tells, slow.pace.rate, slow.pace.is_sure = False, 20.0, True
            for day in range(9):
                palace.npcs.put(slice(None), mood=day)
                hall.npcs.put(slice(None), mood=day)
                stage.publish()
            self.assertTrue(slow.pace.is_slow)

            palace.hall = None
            stage.publish()
            hall.npcs.remove(hall.npcs.ids[kept:])
            palace.hall = hall
            stage.publish()
            stage.space.watch(walker, 80, 50)  # type: ignore[arg-type]  # an Ear will do
            slow.tells, slow.pace.rate = True, 1e6
            for day in range(9):
                palace.day = day
                palace.npcs.put(slice(None), mood=100 + day)
                stage.publish()
            self.tell_all(stage, *ears)

            for ear in ears:
                state = ear.replica.state
                self.assertEqual((state.day, len(state.hall.npcs)), (8, 0))
                self.assertEqual({row.mood for row in state.npcs.values()}, {108})
            self.assertRaises(StateError, stage.space.placement_of, hall.npcs)

    def test_a_map_that_left_is_shown_no_more(self) -> None:
        """Who comes to where its States stood is told of all else, and then of them."""
        palace, hall, stage = self.stage()
        hall.walkers["ann"] = Walker(x=50, y=50)
        space = Space(stage.tree, stage.grid, [hall.walkers], Sight(20))
        stage.fanout.add(space)
        ear: Any = stage.join(10, 10)
        space.watch(ear, 10, 10)
        self.settle(stage)

        palace.hall = None
        stage.publish()
        space.watch(ear, 50, 50)
        stage.publish()
        space.follow(ear, hall.walkers["ann"])
        for day in range(3):
            palace.day = 1 + day
            stage.publish()
        self.assertEqual(ear.replica.state.day, 3)
        self.assertIsNone(ear.replica.state.hall)

        palace.hall = hall
        self.settle(stage)
        self.assertEqual(list(ear.replica.state.hall.walkers), ["ann"])

    def test_who_lags_behind_in_a_space_of_maps_is_told(self) -> None:
        """There may be nothing but Maps, of which a trickle has nothing to tell."""
        palace, hall, stage = self.stage()
        space = Space(stage.tree, stage.grid, [hall.walkers], Sight(20))
        stage.fanout.add(space)
        ear: Any = stage.join(50, 50)
        space.watch(ear, 50, 50)
        self.settle(stage)
        ear.tells, ear.pace.rate, ear.pace.is_sure = False, 20.0, True
        hall.walkers["ann"] = Walker(x=50, y=50)
        for day in range(200):
            palace.day = day
            hall.walkers["ann"].x = 50 + day % 2
            stage.publish()
        self.assertTrue(ear.pace.is_slow)

        ear.tells, ear.pace.rate = True, 1e6
        self.tell_all(stage, ear)

        self.assertEqual(ear.replica.state.day, 199)
        self.assertEqual(list(ear.replica.state.hall.walkers), ["ann"])
