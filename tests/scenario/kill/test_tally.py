"""A run whose kills prove too little fails."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.scenario.kill.tally import Kill, is_within_commit, shortfall, table

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
