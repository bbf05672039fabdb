"""Tests of `nexus.room.space.space` and `nexus.room.space.layer`."""

from __future__ import annotations

from typing import Any

import numpy as np

from nexus.errors import StateError
from nexus.room.space.space import Space
from nexus.sim.interest import Band, Sight
from nexus.state import Role, State, Table, field
from tests.room.space.watching import Ear, Npc, Stage, StageTestCase, Walker, World


class Hall(State):
    """A State with a Table."""

    npcs: Table[Npc]


class Castle(State):
    """A State with Tables that not all may see."""

    npcs: Table[Npc]
    birds: Table[Npc]
    spies: Table[Npc] = field(visible=Role("gm"))
    ghosts: Table[Npc] = field(server_only=True)
    crypt: Hall | None = field(visible=Role("gm"))


class SpaceTests(StageTestCase):
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

    def test_what_was_owed_at_a_slower_rate_is_not_forgotten(self) -> None:
        """Who comes nearer and loses patches, or lags just then, hears of it all."""
        for waits in range(16):
            for lags in (False, True):
                stage = Stage(bands=(Band(5, 1), Band(15, 2), Band(30, 4)))
                stage.world.npcs.add(x=[65.0], y=[35.0])
                ear: Any = stage.join(35 + 5 * (waits % 2), 35 + 15 * (waits % 2))
                for _ in range(6 + waits // 4):
                    stage.world.day += 1
                    stage.publish()
                stage.world.npcs.put([0], mood=7)
                for _ in range(1 + waits % 4):
                    stage.publish()
                    stage.world.day += 1

                stage.space.watch(ear, 55, 35)
                if lags:
                    ear.tells, ear.pace.rate, ear.pace.is_sure = False, 1.0, True
                    ear.pace.sent(stage.tree.version, 9_000, stage.now)
                else:
                    ear.deaf = True
                for _ in range(2):
                    stage.world.day += 1
                    stage.publish()
                self.assertEqual(ear.pace.is_slow, lags)
                if not lags:
                    ear.ready = False
                    stage.resume(ear)
                ear.tells, ear.pace.rate = True, 1e6
                ear.tell()
                self.settle(stage)

                self.assert_right(stage, ear)

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

    def test_what_not_all_may_see_is_refused(self) -> None:
        """Who sees a Cell is told of it: a rule for a whole Table would be broken."""
        castle = Castle(crypt=Hall())
        stage = Stage(world=castle)
        crypt: Any = castle.crypt
        for table in (castle.spies, castle.ghosts, crypt.npcs):
            with self.assertRaisesRegex(StateError, "is not for all clients"):
                Space(stage.tree, stage.grid, [table], Sight(10))

    def test_what_stands_elsewhere_is_refused(self) -> None:
        """A Table that is not in the State yet would be told to nobody."""
        stage, hall = Stage(), Hall()

        with self.assertRaisesRegex(StateError, "Hall.npcs is no part of the room's"):
            Space(stage.tree, stage.grid, [hall.npcs], Sight(10))
