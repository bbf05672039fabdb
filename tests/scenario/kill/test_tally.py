"""A run whose kills prove too little fails."""

from __future__ import annotations

from collections import Counter

from twisted.trial.unittest import SynchronousTestCase

from tests.scenario.kill.tally import (
    Kill,
    is_within_commit,
    next_aim,
    next_point,
    shortfall,
    table,
)
from tests.scenario.kill.trap import COMMITS, RESTORES

GOOD = [
    Kill(1, "anywhere", 5, 50),
    Kill(2, "commit, written", 9, 80),
    Kill(3, "restore, read", 9, 80),
]


class TallyTests(SynchronousTestCase):
    def test_good_kills_lack_nothing(self) -> None:
        """Three kills at all three moments, under load, are good."""
        self.assertEqual(shortfall(GOOD, 3), [])
        self.assertIn("anywhere", table(GOOD)[0])

    def test_missing_kills_are_told(self) -> None:
        """Kills that are too few, too idle or at the wrong moments are told."""
        self.assertEqual(shortfall(GOOD, 4)[0], "3 kills, not 4")
        idle = [Kill(1, "commit, begun", 4, 49), *GOOD[1:]]
        self.assertEqual(
            shortfall(idle, 3),
            ["kill 1 came with 4 unanswered", "kill 1 came after 49 confirmed"],
        )
        missed = [GOOD[0], Kill(2, "behind a commit, begun", 9, 80), GOOD[2]]
        self.assertEqual(shortfall(missed, 3), ["0 of 3 kills hit a commit"])

    def test_commits_are_told_from_what_is_between(self) -> None:
        """A commit lasts from its beginning to its end."""
        self.assertTrue(is_within_commit(["commit-ends", "commit-begins", "x"]))
        self.assertFalse(is_within_commit(["commit-begins", "commit-ends"]))
        self.assertFalse(is_within_commit([]))

    def test_few_kills_hit_all_points(self) -> None:
        """Five kills, and those behind them, hit all points of commits and restores."""
        kills: list[Kill] = []
        doubles: list[Kill] = []
        while len(kills) < 5:
            self.assertEqual(next_aim(kills), "commit")
            where = f"commit, {next_point(COMMITS, kills)}"
            kills.append(Kill(1, where, 9, 80))
            where = f"restore, {next_point(RESTORES, doubles)}"
            doubles.append(Kill(1, where, 9, 80))
        self.assertEqual({each.point for each in kills}, set(COMMITS))
        self.assertEqual({each.point for each in doubles}, set(RESTORES))
        self.assertEqual(shortfall(kills, 5, doubles), [])

    def test_many_kills_are_even(self) -> None:
        """Of thirty kills each moment gets a third, and each point its part of that."""
        kills: list[Kill] = []
        while len(kills) < 30:
            aim = next_aim(kills)
            points = {"commit": COMMITS, "restore": RESTORES}.get(aim, ("",))
            where = f"{aim}, {next_point(points, kills)}"
            kills.append(Kill(len(kills) + 1, where, 9, 80))
        hits = Counter(each.point for each in kills)
        self.assertEqual([hits[each] for each in COMMITS], [2] * 5)
        self.assertEqual(sorted(hits[each] for each in RESTORES), [3, 3, 4])
        self.assertEqual(shortfall(kills, 30), [])

    def test_points_that_many_kills_missed_are_told(self) -> None:
        """A soak has to hit each point at least once."""
        kills = [Kill(1, f"commit, {each}", 9, 80) for each in COMMITS[1:]] * 5
        kills += [Kill(1, f"restore, {each}", 9, 80) for each in RESTORES[:2]] * 5
        missed = [f"no kill hit {each!r}" for each in (COMMITS[0], RESTORES[2])]
        self.assertEqual(shortfall(kills, 30), missed)
        behind = [Kill(1, f"restore, {RESTORES[2]}", 9, 80)]
        self.assertEqual(shortfall(kills, 30, behind), missed[:1])
