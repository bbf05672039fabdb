"""Tests of `nexus.room.fanout.courier`, and of trickles: clients that lag behind."""

from __future__ import annotations

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.room.fanout.courier import Courier
from nexus.room.fanout.pace import LEAST
from tests.room.space.watching import Ear, Stage


class CourierTests(SynchronousTestCase):
    def lagging(self, stage: Stage, rate: float = 2000.0) -> Ear:
        """Let a client join that looks at the middle, and lags behind at once."""
        ear = stage.join(50, 50)
        ear.tells = False
        ear.pace.rate, ear.pace.is_sure = rate, True
        stage.world.day += 1
        # Two patches make nobody slow.
        for _ in range(4):
            ear.pace.sent(stage.tree.version, 3000, stage.now)
        stage.publish()
        self.assertTrue(ear.pace.is_slow)
        return ear

    def answer(self, stage: Stage, ear: Ear) -> None:
        """Let a client that lags say what it has, as late as its rate makes it."""
        stage.now += 6
        ear.tells = True
        ear.tell()

    def walk(self, stage: Stage) -> None:
        """Let everybody take a step."""
        npcs = stage.world.npcs
        x = npcs.column("x")[npcs.rows]
        npcs.put(npcs.rows, x=np.clip(x + 0.5, 0, 100))

    def test_who_lags_is_sent_nothing(self) -> None:
        """While much is on its way to a client no more goes; others get all."""
        stage = Stage()
        stage.world.npcs.add(500, x=np.linspace(0, 99, 500), y=50.0)
        slow, quick = self.lagging(stage), stage.join(50, 50)
        before = slow.heard

        for _ in range(20):
            self.walk(stage)
            stage.publish()

        self.assertEqual(slow.heard, before)
        self.assertGreater(slow.pace.skipped, 19)
        self.assertEqual(stage.held(quick), stage.visible(quick))

    def test_what_it_missed_comes_little_by_little(self) -> None:
        """It is told the newest in parts, as big as it can take, until it has all."""
        stage = Stage()
        stage.world.npcs.add(2000, x=np.linspace(0, 99, 2000), y=50.0)
        ear = self.lagging(stage)
        for _ in range(5):
            self.walk(stage)
            stage.publish()

        stage.now += 6
        parts, rooms = [ear.heard], []
        for _ in range(400):
            # An answer takes a while.
            stage.now += 0.5
            ear.tell()
            rooms.append(max(ear.pace.window, LEAST))
            if not stage.publish():
                break
            parts.append(ear.heard)

        sizes = np.diff(parts)
        self.assertGreater(np.count_nonzero(sizes), 3)
        for size, room in zip(sizes, rooms, strict=False):
            self.assertLess(size, room + 100)
        self.assertEqual(stage.held(ear), stage.visible(ear))
        self.assertTrue(ear.pace.keeps_up)

    def test_many_who_lag_come_in_turns(self) -> None:
        """What many lack who lag at once is spread over patches, and all get theirs."""
        stage = Stage()
        places = np.linspace(0, 99, 4000)
        stage.world.npcs.add(4000, x=places, y=places[::-1])
        ears = [self.lagging(stage) for _ in range(20)]
        self.walk(stage)
        stage.publish()
        stage.now += 6
        for ear in ears:
            ear.tells, ear.pace.rate = True, 200_000.0
            ear.tell()
        told: list[int] = []
        first: set[int] = set()
        for turn in range(100):
            before = [ear.heard for ear in ears]
            if not stage.publish():
                break
            grown = np.subtract([ear.heard for ear in ears], before)
            told.append(int(grown.sum()))
            self.assertLess(told[-1], 65_536 + int(grown.max()))
            if turn < 4:
                first.update(np.flatnonzero(grown).tolist())
            stage.now += 0.5

        self.assertGreater(sum(told), 2 * 65_536)
        self.assertEqual(first, set(range(20)))
        for ear in ears:
            self.assertEqual(stage.held(ear), stage.visible(ear))
            self.assertTrue(ear.pace.keeps_up)

    def test_state_goes_before_cells(self) -> None:
        """What all see is told in the first part that goes."""
        stage = Stage()
        stage.world.npcs.add(2000, x=np.linspace(0, 99, 2000), y=50.0)
        ear = self.lagging(stage)
        self.walk(stage)
        stage.world.day = 7
        stage.publish()

        ear.tells = True
        ear.tell()
        stage.publish()

        self.assertEqual(ear.replica.state.day, 7)
        self.assertNotEqual(stage.held(ear), stage.visible(ear))

    def test_nearest_come_first(self) -> None:
        """Of what it sees the nearest is told first, but nothing waits for ever."""
        stage = Stage()
        ids = stage.world.npcs.add(3000, x=np.linspace(20, 80, 3000), y=50.0)
        ear = self.lagging(stage)
        stage.world.npcs.put(stage.world.npcs.find(ids), mood=1)
        self.answer(stage, ear)

        stage.publish()

        npcs = [row for _, row in ear.replica.state.npcs.items()]
        told = [abs(row.x - 50) for row in npcs if row.mood == 1]
        self.assertTrue(told)
        self.assertLess(min(told), 10)
        self.assertLess(len(told), len(npcs))

    def test_sum_is_the_newest(self) -> None:
        """Many changes of the same are one, and it is told even if nothing changes."""
        stage = Stage()
        ear = self.lagging(stage)
        for day in range(100):
            stage.world.day = day
            stage.publish()
        before = ear.heard

        ear.tells = True
        ear.tell()
        stage.publish()

        self.assertEqual(ear.replica.state.day, 99)
        self.assertLess(ear.heard - before, 20)
        self.assertEqual(ear.replica.version, stage.tree.version)

    def test_lost_patches_are_a_snapshot(self) -> None:
        """If the patches are not kept that it lacks, it is told all, when it can."""
        stage = Stage()
        stage.world.npcs.add(100, x=np.linspace(0, 99, 100), y=50.0)
        ear = self.lagging(stage)
        ear.ring.clear()
        self.walk(stage)
        stage.world.day = 9
        stage.publish()
        snapshots = ear.told.count(14)

        self.answer(stage, ear)
        for _ in range(3):
            stage.publish()

        self.assertEqual(ear.told.count(14), snapshots + 1)
        self.assertEqual(ear.replica.state.day, 9)
        self.assertEqual(stage.held(ear), stage.visible(ear))

    def test_who_follows_sees_where_it_goes(self) -> None:
        """One that lags behind leaves Cells, and comes to others, as it walks."""
        stage = Stage()
        stage.world.npcs.add(500, x=np.linspace(0, 99, 500), y=50.0)
        ear = self.lagging(stage)
        stage.space.watch(ear, 10, 50)  # type: ignore[arg-type]  # an Ear will do
        self.answer(stage, ear)

        for _ in range(400):
            if not stage.publish():
                break

        self.assertEqual(stage.held(ear), stage.visible(ear))

    def test_another_socket_begins_anew(self) -> None:
        """Who lagged behind and returns is told all, and keeps up."""
        stage = Stage()
        stage.world.npcs.add(500, x=np.linspace(0, 99, 500), y=50.0)
        ear = self.lagging(stage)
        self.walk(stage)
        stage.publish()
        ear.tells, ear.ready = True, False

        stage.resume(ear)

        self.assertEqual((ear.pace.is_slow, ear.pace.is_sure), (False, False))
        self.assertEqual(stage.held(ear), stage.visible(ear))

    def test_sum_that_is_too_big_waits(self) -> None:
        """What cannot be parted waits until it fits, or nothing else is on its way."""
        stage = Stage()
        ear = Ear(stage)
        skipped: list[int] = []
        now = [1.0]
        courier = Courier(stage.tree, lambda: now[0], lambda: skipped.append(1))
        ear.tells, ear.deaf, ear.ready = False, True, True
        ear.pace.rate, ear.pace.is_sure = 10_000.0, True
        ear.pace.sent(1, 100, 1.0)
        ear.pace.lag(1.0)

        def carry() -> int:
            now[0] += 1.0
            before = ear.pace.outstanding
            courier.carry(ear, b"", lambda version: bytes(5000), bytes)  # type: ignore[arg-type]  # an Ear will do
            self.assertEqual(courier.end(), [])
            return ear.pace.outstanding - before

        self.assertEqual(carry(), 0)
        self.assertEqual(len(skipped), 1)
        ear.pace.applied(1, now[0])

        self.assertGreater(carry(), 5000)
