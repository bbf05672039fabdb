"""Tests of `nexus.geo.motion`."""

from __future__ import annotations

from typing import Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from nexus.geo import Blocks, GlobeMotion, Motion, Obstacle, Track, destination

_NAN, _INF = float("nan"), float("inf")


class MotionTestCase(SynchronousTestCase):
    def begin(self, x: float = 0.0, y: float = 0.0, **said: Any) -> Track:
        """Put a mover somewhere that makes 10 a second and may be 1 ahead."""
        self.motion = Motion(**{"speed": 10.0, "tolerance": 1.0, **said})
        return self.motion.start(x, y, 100.0)

    def go(self, track: Track, x: float, y: float, now: float) -> Obstacle | None:
        """Wish to move, and return what stood against it."""
        moved = self.motion.check(track, x, y, now)
        self.assertEqual((moved.x, moved.y), (track.x, track.y))
        self.assertEqual(moved.is_granted, moved.obstacle is None)
        return moved.obstacle


class SpeedTests(MotionTestCase):
    def test_move_in_time_is_granted(self) -> None:
        """Who goes as fast as allowed goes there."""
        track = self.begin()

        self.assertIsNone(self.go(track, 0.6, 0.8, 100.1))
        self.assertIsNone(self.go(track, 1.2, 1.6, 100.2))

        self.assertEqual((track.x, track.y), (1.2, 1.6))

    def test_move_too_far_is_refused(self) -> None:
        """Who goes farther stays where it was."""
        track = self.begin()

        self.assertEqual(self.go(track, 2.1, 0.0, 100.1), Obstacle.TOO_FAST)

        self.assertEqual((track.x, track.y), (0.0, 0.0))
        self.assertIsNone(self.go(track, 1.99, 0.0, 100.1))

    def test_tolerance_is_used_up(self) -> None:
        """Who is ahead once cannot be ahead of that again."""
        track = self.begin()
        self.assertIsNone(self.go(track, 1.99, 0.0, 100.1))

        self.assertEqual(self.go(track, 3.1, 0.0, 100.2), Obstacle.TOO_FAST)

        self.assertIsNone(self.go(track, 2.98, 0.0, 100.2))

    def test_silence_is_made_up_for(self) -> None:
        """What was not heard in time comes at once, in one move or in several."""
        track = self.begin()
        self.assertIsNone(self.go(track, 3.0, 0.0, 100.3))

        for step in range(4, 7):
            self.assertIsNone(self.go(track, float(step), 0.0, 100.6))

    def test_long_silence_is_not(self) -> None:
        """Nobody saves up more than the silence that is allowed."""
        track = self.begin(silence=0.3)

        self.assertEqual(self.go(track, 4.1, 0.0, 160.0), Obstacle.TOO_FAST)

        self.assertIsNone(self.go(track, 4.0, 0.0, 160.0))

    def test_clock_that_is_set_back_brings_nothing(self) -> None:
        """Time counts once, and goes on from where the clock was set."""
        track = self.begin()
        self.assertIsNone(self.go(track, 1.99, 0.0, 100.1))

        self.assertEqual(self.go(track, 3.0, 0.0, 50.0), Obstacle.TOO_FAST)

        self.assertIsNone(self.go(track, 2.98, 0.0, 50.1))

    def test_one_track_and_two_motions(self) -> None:
        """Who mounts goes by another Motion, and keeps what it had left."""
        track = self.begin()
        riding = Motion(speed=30.0, tolerance=1.0)

        self.assertIsNone(riding.check(track, 3.99, 0.0, 100.1).obstacle)
        riding.check(track, 3.99, 0.0, 160.0)
        self.assertEqual(track.reach, 16.0)
        self.assertEqual(self.go(track, 21.0, 0.0, 161.0), Obstacle.TOO_FAST)
        self.assertIsNone(self.go(track, 19.98, 0.0, 161.0))


class PlaceTests(MotionTestCase):
    def test_no_number_is_no_place(self) -> None:
        """NaN and infinity are refused, and spoil nothing."""
        track = self.begin()
        for x, y in ((_NAN, 0.0), (0.0, _NAN), (_INF, 0.0), (0.0, -_INF)):
            self.assertEqual(self.go(track, x, y, 100.1), Obstacle.NOT_A_NUMBER)

        self.assertIsNone(self.go(track, 1.0, 1.0, 100.2))

    def test_largest_numbers_are_too_far(self) -> None:
        """A distance beyond all numbers is one that nobody goes."""
        track = self.begin(-1e308)

        self.assertEqual(self.go(track, 1e308, 0.0, 101.0), Obstacle.TOO_FAST)

    def test_bounds_refuse(self) -> None:
        """Nobody leaves the bounds; to stand on them is fine."""
        track = self.begin(bounds=(0, 0, 4, 3))
        for x, y in ((-0.1, 0.0), (0.0, 3.1)):
            self.assertEqual(self.go(track, x, y, 100.5), Obstacle.OUT_OF_BOUNDS)

        self.assertIsNone(self.go(track, 4.0, 3.0, 100.5))

    def test_bounds_clamp(self) -> None:
        """Or the nearest place within is granted, at the speed that it takes."""
        track = self.begin(bounds=(0, 0, 4, 3), outside="clamp")

        self.assertIsNone(self.go(track, -0.7, 1.5, 100.1))
        self.assertEqual((track.x, track.y), (0.0, 1.5))
        self.assertEqual(self.go(track, 1e300, 1.5, 100.1), Obstacle.TOO_FAST)
        self.assertIsNone(self.go(track, 1e300, 1.5, 100.5))
        self.assertEqual((track.x, track.y), (4.0, 1.5))

    def test_wall_blocks(self) -> None:
        """Nobody goes into a wall, nor through it in one step."""
        cells = np.zeros((3, 9), bool)
        cells[:, 4] = True
        track = self.begin(3.5, 1.5, blocked=Blocks(cells))

        self.assertEqual(self.go(track, 4.5, 1.5, 100.5), Obstacle.BLOCKED)
        self.assertEqual(self.go(track, 5.5, 1.5, 100.5), Obstacle.BLOCKED)
        self.assertIsNone(self.go(track, 3.9, 1.5, 100.5))

    def test_refused_move_costs_no_reach(self) -> None:
        """What was refused was not gone."""
        cells = np.array([[False, True]])
        track = self.begin(0.5, 0.5, blocked=Blocks(cells))
        before = track.reach

        self.assertEqual(self.go(track, 1.4, 0.5, 100.0), Obstacle.BLOCKED)

        self.assertEqual(track.reach, before)


class JumpTests(MotionTestCase):
    def test_room_puts_a_mover_anywhere(self) -> None:
        """What the room does is not checked, and the mover goes on from there."""
        track = self.begin(bounds=(0, 0, 4, 3))

        self.motion.put(track, 50.0, 50.0, 100.0)

        self.assertEqual((track.x, track.y), (50.0, 50.0))
        self.motion.put(track, 1.0, 1.0, 100.0)
        self.assertIsNone(self.go(track, 1.5, 1.0, 100.1))

    def test_who_does_not_know_yet_is_pardoned(self) -> None:
        """What was said of the old place is refused, and no offence for a while."""
        track = self.begin()
        self.motion.put(track, 500.0, 0.0, 100.0)

        early = self.motion.check(track, 0.5, 0.0, 100.2)
        late = self.motion.check(track, 0.5, 0.0, 100.6)

        self.assertEqual((early.obstacle, early.is_counted), ("too_fast", False))
        self.assertEqual((late.obstacle, late.is_counted), ("too_fast", True))

    def test_jump_gives_no_reach(self) -> None:
        """Who is put somewhere goes no farther from there than it could before."""
        track = self.begin()
        self.assertIsNone(self.go(track, 1.0, 0.0, 100.0))

        self.motion.put(track, 5.0, 0.0, 100.0)

        self.assertEqual(self.go(track, 5.1, 0.0, 100.0), Obstacle.TOO_FAST)

    def test_teleport(self) -> None:
        """Where movers may jump only the place counts that they jump to."""
        cells = np.array([[False, True, False]])
        track = self.begin(
            0.5, 0.5, teleport=True, blocked=Blocks(cells), bounds=(0, 0, 9, 9)
        )

        self.assertEqual(self.go(track, 1.5, 0.5, 100.0), Obstacle.BLOCKED)
        self.assertEqual(self.go(track, 10.0, 0.5, 100.0), Obstacle.OUT_OF_BOUNDS)
        self.assertIsNone(self.go(track, 9.0, 9.0, 100.0))
        self.assertIsNone(self.go(track, 0.5, 0.5, 100.0))

    def test_teleport_to_the_end_of_numbers(self) -> None:
        """No place that a client can name is too far to be looked at."""
        blocked = Blocks(np.array([[True]]), 0.5)
        track = self.begin(2.0, teleport=True, blocked=blocked)

        self.assertIsNone(self.go(track, 1e308, -1e308, 100.0))


class OffenceTests(MotionTestCase):
    def test_offences_in_a_row_are_one(self) -> None:
        """A client that has not heard yet that it was refused offends once."""
        track = self.begin(grace=0.5)

        counted = [
            self.motion.check(track, 900.0, 0.0, 100.0 + 0.1 * i).is_counted
            for i in range(11)
        ]

        self.assertEqual([i for i, each in enumerate(counted) if each], [0, 5, 10])

    def test_repeated_offences_are_told(self) -> None:
        """Beyond so many offences each refusal says so, and a move that is fine not."""
        track = self.begin(grace=0.0, most=3)

        told = [self.motion.check(track, 900.0, 0.0, 100.0) for _ in range(5)]

        self.assertEqual([each.is_repeated for each in told], [False] * 3 + [True] * 2)
        self.assertEqual([each.offences for each in told], [1, 2, 3, 4, 5])
        fine = self.motion.check(track, 0.1, 0.0, 100.0)
        self.assertEqual((fine.is_repeated, fine.offences), (False, 5))

    def test_offences_are_forgotten(self) -> None:
        """One offence is forgotten in so many seconds, and none below nothing."""
        track = self.begin(grace=0.0, forgiven=2.0)
        for _ in range(3):
            self.go(track, _NAN, 0.0, 100.0)

        self.go(track, 0.0, 0.0, 103.0)
        self.assertEqual(track.offences, 1.5)
        self.go(track, 0.0, 0.0, 200.0)
        self.assertEqual(track.offences, 0.0)

    def test_clock_that_is_set_back_pardons_nobody_for_long(self) -> None:
        """The grace is as long as ever, not until the clock is where it was."""
        track = self.begin(grace=0.5)
        self.go(track, _NAN, 0.0, 100.0)

        early = self.motion.check(track, _NAN, 0.0, 10.0)
        late = self.motion.check(track, _NAN, 0.0, 10.5)

        self.assertEqual((early.is_counted, late.is_counted), (False, True))

    def test_obstacle_is_a_word(self) -> None:
        """What stood against a move can be sent as it is."""
        self.assertEqual(f"{Obstacle.TOO_FAST}", "too_fast")
        self.assertIsInstance(Obstacle.BLOCKED, str)


class GlobeTests(SynchronousTestCase):
    def begin(self, lat: float, lon: float, **said: Any) -> Track:
        """Put somebody on the earth who makes 10 m a second and may be 1 m ahead."""
        self.motion = GlobeMotion(speed=10.0, tolerance=1.0, **said)
        return self.motion.start(lat, lon, 100.0)

    def go(
        self, track: Track, bearing: float, metres: float, now: float
    ) -> Obstacle | None:
        """Wish to go so far in a direction, and return what stood against it."""
        lat, lon = destination(track.x, track.y, bearing, metres)
        return self.motion.check(track, float(lat), float(lon), now).obstacle

    def test_ways_are_metres_everywhere(self) -> None:
        """A way is as long at the pole, and across the antimeridian, as anywhere."""
        for lat, lon in ((0.0, 0.0), (52.5, 13.4), (-33.0, 179.99999), (90.0, 0.0)):
            for bearing in (0.0, 90.0, 225.0):
                track = self.begin(lat, lon)
                self.assertEqual(
                    self.go(track, bearing, 2.05, 100.1), Obstacle.TOO_FAST
                )
                self.assertIsNone(self.go(track, bearing, 1.95, 100.1))

    def test_what_is_not_on_the_earth_is_refused(self) -> None:
        """There is no latitude beyond the pole, and a longitude has one name."""
        track = self.begin(89.999999, 180.0)
        for lat, lon in ((90.1, 180.0), (89.999999, 180.1), (89.999999, -181.0)):
            moved = self.motion.check(track, lat, lon, 101.0)
            self.assertEqual(moved.obstacle, Obstacle.OUT_OF_BOUNDS)

        self.assertIsNone(self.motion.check(track, 89.999999, -180.0, 101.0).obstacle)

    def test_bounds_may_cross_the_antimeridian(self) -> None:
        """From west one goes east: Fiji is an area, as Berlin is."""
        track = self.begin(-17.0, 179.99999, bounds=(-21, 177, -12, -178))

        self.assertIsNone(self.go(track, 90.0, 5.0, 101.0))
        self.assertTrue(track.y < 0)
        moved = self.motion.check(track, -17.0, -177.0, 101.0)
        self.assertEqual(moved.obstacle, Obstacle.OUT_OF_BOUNDS)
        moved = self.motion.check(track, -17.0, 176.0, 101.0)
        self.assertEqual(moved.obstacle, Obstacle.OUT_OF_BOUNDS)

    def test_what_the_earth_has_not_is_refused(self) -> None:
        """Cells, clamps, and bounds and places that are elsewhere, are refused."""
        with self.assertRaisesRegex(ValueError, "neither blocked cells nor"):
            self.begin(0.0, 0.0, outside="clamp")
        with self.assertRaisesRegex(ValueError, "neither blocked cells nor"):
            self.begin(0.0, 0.0, blocked=Blocks(np.zeros((2, 2), bool)))
        for bounds in ((1, 0, 0, 1), (-91, 0, 0, 1), (0, 0, 1, 181), (0, _NAN, 1, 1)):
            with self.assertRaisesRegex(ValueError, "south, west"):
                self.begin(0.0, 0.0, bounds=bounds)
        with self.assertRaisesRegex(ValueError, "latitude"):
            self.begin(91.0, 0.0)
        track = self.begin(0.0, 0.0)
        with self.assertRaisesRegex(ValueError, "longitude"):
            self.motion.put(track, 0.0, 200.0, 100.0)


class SenseTests(SynchronousTestCase):
    def test_what_makes_no_sense_is_refused(self) -> None:
        """Motions that cannot be are refused with the name of what is wrong."""
        fine: dict[str, Any] = {"speed": 1.0, "tolerance": 0.0}
        for name, value in (
            ("speed", 0.0),
            ("speed", _NAN),
            ("speed", _INF),
            ("tolerance", -0.1),
            ("silence", _NAN),
            ("grace", -1.0),
            ("most", _NAN),
            ("forgiven", 0.0),
            ("outside", "bounce"),
        ):
            with self.assertRaisesRegex(ValueError, name):
                Motion(**{**fine, name: value})
        for bounds in ((0, 0, -1, 1), (0, 2, 1, 1), (0, 0, _NAN, 1), (0, 0, _INF, 1)):
            with self.assertRaisesRegex(ValueError, "bounds are"):
                Motion(**fine, bounds=bounds)
        with self.assertRaisesRegex(TypeError, "blocked"):
            Motion(**fine, blocked=np.zeros((2, 2), bool))  # type: ignore[arg-type]  # as people may

    def test_nobody_is_put_nowhere(self) -> None:
        """A mover begins, and is put, at a place and at a time."""
        motion = Motion(speed=1.0, tolerance=0.0)
        track = motion.start(0.0, 0.0, 0.0)
        for x, y, now in ((_NAN, 0.0, 0.0), (0.0, _INF, 0.0), (0.0, 0.0, _NAN)):
            with self.assertRaisesRegex(ValueError, "nobody can be put"):
                motion.start(x, y, now)
            with self.assertRaisesRegex(ValueError, "nobody can be put"):
                motion.put(track, x, y, now)
