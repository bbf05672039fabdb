"""Laws of `nexus.geo.motion` and `nexus.geo.block`, over any moves."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from math import cos, hypot, sin
from typing import Any

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from twisted.trial.unittest import SynchronousTestCase

from nexus.geo import Blocks, Motion
from tests import examples

#: What rounding may add up to, over all moves of an example.
_ROUNDING = 1e-6

_STEPS = st.lists(
    st.tuples(
        st.floats(-3, 3),  # seconds since the last, also back
        st.floats(-30, 30),  # how far it wishes to go
        st.floats(-30, 30),
    ),
    max_size=60,
)
_SMALL = st.tuples(*[st.floats(-0.5, 0.8), st.floats(-4, 4), st.floats(-4, 4)])
_WISHES = _STEPS | st.lists(_SMALL, max_size=60)
_MOTIONS = st.builds(
    Motion,
    speed=st.floats(0.1, 20),
    tolerance=st.floats(0, 5),
    silence=st.floats(0, 2),
)

#: Places of a map of at most 6 x 6 cells and around it, corners among them.
_COORDINATES = st.one_of(
    st.integers(-1, 7).map(float),
    st.integers(-8, 56).map(lambda n: n / 8),
    st.floats(-1, 7),
)
_PLACES = st.tuples(_COORDINATES, _COORDINATES)
_MAPS = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda shape: arrays(bool, shape)
)

_PARTS = 2**20


def granted(motion: Motion, wishes: list[Any]) -> list[tuple[float, float]]:
    """Play a mover; return the time that passed and the way that was gone by each."""
    track, now = motion.start(0.0, 0.0, 0.0), 0.0
    gone = []
    for passed, dx, dy in wishes:
        now += passed
        x, y = track.x, track.y
        moved = motion.check(track, x + dx, y + dy, now)
        way = hypot(track.x - x, track.y - y)
        assert moved.is_granted or way == 0
        gone.append((max(0.0, passed), way))
    return gone


class SpeedLawTests(SynchronousTestCase):
    @given(_MOTIONS, _WISHES)
    @settings(max_examples=examples(test=300, soak=20_000))
    def test_nobody_gains_in_the_long_run(self, motion: Motion, wishes: Any) -> None:
        """From the start on, a way is at most speed times time, and the tolerance."""
        time = way = 0.0
        for passed, gone in granted(motion, wishes):
            time, way = time + passed, way + gone
            assert way <= motion.speed * time + motion.tolerance + _ROUNDING

    @given(_MOTIONS, _WISHES)
    @settings(max_examples=examples(test=200, soak=10_000))
    def test_nobody_gains_in_any_span(self, motion: Motion, wishes: Any) -> None:
        """In any span it is at most that, and what a silence is made up for with."""
        gone = granted(motion, wishes)
        times = [0.0, *accumulate(passed for passed, _ in gone)]
        ways = [0.0, *accumulate(way for _, way in gone)]
        # What a span is ahead of speed, at its end less at its beginning.
        ahead = [
            way - motion.speed * time for time, way in zip(times, ways, strict=True)
        ]
        # The moment before a span begins, time has passed and nothing was gone.
        before = [
            way - motion.speed * time
            for time, way in zip(times[1:], ways, strict=False)
        ]
        most = motion.tolerance + motion.speed * motion.silence
        for i, start in enumerate(before):
            for end in ahead[i + 1 :]:
                assert end - start <= most + _ROUNDING

    @given(
        st.lists(
            st.tuples(
                st.floats(0, 0.1),  # seconds since the last was sent
                st.floats(0, 0.4),  # how long this one is on its way
                st.floats(0, 6.3),  # where it goes
                st.floats(0, 1),  # how much of its speed it uses
            ),
            max_size=60,
        ),
        st.floats(0.1, 20),
    )
    @settings(max_examples=examples(test=200, soak=10_000))
    def test_honest_movers_are_never_refused(self, sent: Any, speed: float) -> None:
        """However late moves come, in bursts: who keeps to the speed is granted all."""
        motion = Motion(speed=speed, tolerance=0.41 * speed, silence=0.5)
        track, x, y = motion.start(0.0, 0.0, 0.0), 0.0, 0.0
        at = arrived = 0.0
        for passed, late, heading, share in sent:
            at += passed
            x += speed * passed * share * cos(heading)
            y += speed * passed * share * sin(heading)
            # What was sent first arrives first.
            arrived = max(arrived, at + late)
            moved = motion.check(track, x, y, arrived)
            assert moved.is_granted, moved

    @given(_WISHES, st.sampled_from(["refuse", "clamp"]))
    @settings(max_examples=examples(test=100, soak=5_000))
    def test_nobody_leaves_the_bounds(self, wishes: Any, outside: Any) -> None:
        """Wherever a mover wishes to go, it is within the bounds."""
        motion = Motion(
            speed=9.0, tolerance=3.0, bounds=(-2, -1, 3, 4), outside=outside
        )
        track, now = motion.start(0.0, 0.0, 0.0), 0.0
        for passed, dx, dy in wishes:
            now += passed
            motion.check(track, track.x + dx, track.y + dy, now)
            assert -2 <= track.x <= 3
            assert -1 <= track.y <= 4


def touched(
    start: tuple[Fraction, Fraction],
    end: tuple[Fraction, Fraction],
    column: int,
    row: int,
) -> bool:
    """Say by plain algebra whether a way has a place in a cell."""
    # From, to, and whether it holds its end; of the share of the way that is inside.
    spans = [(Fraction(0), Fraction(1), True, True)]
    for a, b, low in ((start[0], end[0], column), (start[1], end[1], row)):
        if a == b:
            if not low <= a < low + 1:
                return False
        elif a < b:
            spans.append(((low - a) / (b - a), (low + 1 - a) / (b - a), True, False))
        else:
            spans.append(((low + 1 - a) / (b - a), (low - a) / (b - a), False, True))
    first = max(span[0] for span in spans)
    last = min(span[1] for span in spans)
    if first < last:
        return True
    return first == last and all(
        (span[0] < first or span[2]) and (span[1] > first or span[3]) for span in spans
    )


def parted(x: float, y: float) -> tuple[Fraction, Fraction]:
    """Return a place as a map looks at it."""
    return Fraction(int(x * _PARTS // 1), _PARTS), Fraction(
        int(y * _PARTS // 1), _PARTS
    )


def in_the_way(cells: Any, start: Any, end: Any) -> bool:
    """Say whether a way is blocked, by asking each cell, and each corner."""
    begin, goal = parted(*start), parted(*end)
    home = (begin[0] // 1, begin[1] // 1)
    rows, columns = cells.shape
    for row in range(rows):
        for column in range(columns):
            if not cells[row, column]:
                continue
            if (column, row) != home and touched(begin, goal, column, row):
                return True
            # With the cell below it on the right: the corner that both touch.
            if row and column + 1 < columns and cells[row - 1, column + 1]:
                dx, dy = goal[0] - begin[0], goal[1] - begin[1]
                off = (column + 1 - begin[0]) * dy - (row - begin[1]) * dx
                between = min(begin[0], goal[0]) < column + 1 <= max(begin[0], goal[0])
                if dx * dy > 0 and off == 0 and between:
                    low = min(begin, goal)
                    if low[0] < column + 1:
                        return True
    return False


class BlockLawTests(SynchronousTestCase):
    @given(_MAPS, _PLACES, _PLACES)
    @example(np.eye(2, dtype=bool)[::-1].copy(), (0.0, 0.0), (1.0, 1.0))
    @example(np.eye(2, dtype=bool), (0.0, 2.0), (2.0, 0.0))
    @settings(max_examples=examples(test=1_000, soak=100_000))
    def test_way_is_blocked_as_algebra_says(
        self, cells: Any, start: Any, end: Any
    ) -> None:
        """The walk along a way finds a blocked cell if there is one, and only then."""
        blocks = Blocks(cells)

        assert blocks.between(*start, *end) == in_the_way(cells, start, end)

    @given(_MAPS, _PLACES, _PLACES, st.floats(0.01, 100), _PLACES)
    @settings(max_examples=examples(test=200, soak=10_000))
    def test_no_place_of_a_free_way_is_blocked(
        self, cells: Any, start: Any, end: Any, cell: float, origin: Any
    ) -> None:
        """Whoever looks at many places of a way that is free finds none in a wall."""
        blocks = Blocks(cells, cell, origin)
        x0, y0 = (a * cell + b for a, b in zip(start, origin, strict=True))
        x1, y1 = (a * cell + b for a, b in zip(end, origin, strict=True))
        if blocks.at(x0, y0) or blocks.between(x0, y0, x1, y1):
            return

        # Not at the very edge: places are looked at as parts of a cell.
        for share in np.linspace(0, 1, 301):
            x, y = x0 + (x1 - x0) * share, y0 + (y1 - y0) * share
            near = 2e-6 * cell
            around = [(-near, -near), (-near, near), (near, -near), (near, near)]
            assert not all(blocks.at(x + dx, y + dy) for dx, dy in around)

    @given(
        st.lists(st.integers(-1, 1), min_size=8, max_size=8),
        st.lists(_PLACES, max_size=60),
    )
    @settings(max_examples=examples(test=200, soak=10_000))
    def test_nobody_passes_a_wall(self, bends: Any, wishes: Any) -> None:
        """A wall from side to side, be it by corners only, is passed by nobody."""
        cells = np.zeros((8, 8), bool)
        column = 3
        sides = np.zeros((8, 8), int)
        for row, bend in enumerate(bends):
            column = min(max(column + bend, 1), 6)
            cells[row, column] = True
            sides[row, :column], sides[row, column + 1 :] = -1, 1
        motion = Motion(
            speed=1e3,
            tolerance=1e3,
            bounds=(0, 0, 7.99, 7.99),
            blocked=Blocks(cells),
        )
        track = motion.start(0.0, 0.0, 0.0)
        for now, (x, y) in enumerate(wishes):
            motion.check(track, x, y, float(now))
            assert sides[int(track.y), int(track.x)] == -1
