"""Tests of `nexus.match.builtin.group`."""

from __future__ import annotations

from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.match.builtin.group import Group, Rules, Waiting, form_groups
from nexus.room import Client
from tests import examples


def waiting(rank: float = 0, team: str | None = None, cycles: int = 0) -> Waiting:
    """Make somebody who waits."""
    return Waiting(cast(Client, object()), rank, team, cycles=cycles)


def near(one: Waiting, group: Group) -> bool:
    """Say whether ranks are no more than ten apart."""
    return abs(one.rank - group.average_rank) <= 10


def ranks(groups: list[Group]) -> list[list[float]]:
    """Return who is in which group, by rank."""
    return [sorted(each.rank for each in group.members) for group in groups]


class GroupTests(SynchronousTestCase):
    rules = Rules(max_players=2, priority_cycles=10)

    def form(self, *crowd: Waiting, **said: Any) -> list[list[float]]:
        """Form groups under the rules of this test, or others."""
        rules = Rules(**{"max_players": 2, "priority_cycles": 10} | said)
        return ranks(form_groups(crowd, rules, near))

    def test_like_ranks_play_together(self) -> None:
        """Those of near ranks are one group, in whatever order they came."""
        crowd = [waiting(rank) for rank in (100, 1, 104, 3)]

        self.assertEqual(self.form(*crowd), [[1, 3], [100, 104]])

    def test_others_wait_apart(self) -> None:
        """Who fits to nobody is in a group of one."""
        self.assertEqual(self.form(waiting(1), waiting(50)), [[1], [50]])

    def test_group_is_never_larger_than_a_match(self) -> None:
        """A third one begins another group."""
        self.assertEqual(self.form(*map(waiting, (1, 2, 3))), [[1, 2], [3]])

    def test_priority_is_let_in_whatever_its_rank(self) -> None:
        """Who waited long plays with whoever is there, and is served first."""
        old = waiting(900, cycles=10)

        self.assertEqual(self.form(waiting(1), waiting(2), old), [[1, 900], [2]])

    def test_mates_stay_together(self) -> None:
        """A team is never parted, and others fill the group up."""
        mates = [waiting(1, "x"), waiting(8, "x")]
        crowd = [waiting(2), mates[0], waiting(3), mates[1], waiting(4)]

        groups = form_groups(crowd, Rules(max_players=3), near)

        self.assertEqual(
            [group for group in groups if mates[0] in group.members],
            [group for group in groups if mates[1] in group.members],
        )
        self.assertEqual([len(group.members) for group in groups], [3, 2])

    def test_team_waits_for_its_members(self) -> None:
        """A team that is not complete plays nobody, until it waited long."""
        half, solo = waiting(1, "x"), waiting(1)
        teams = {"max_players": 4, "max_team_size": 2}
        full = [waiting(1, team) for team in "yyzz"]

        self.assertEqual(self.form(half, *full, **teams), [[1], [1, 1, 1, 1]])
        self.assertEqual(self.form(half, solo, **teams), [[1], [1]])
        half.cycles = 10
        self.assertEqual(self.form(half, solo, **teams), [[1, 1]])

    def test_teams_are_equal(self) -> None:
        """Where teams have a size, only those of one size play each other."""
        crowd = [waiting(1, "x"), waiting(1, "x"), waiting(1), waiting(1)]

        groups = self.form(*crowd, max_players=4, max_team_size=2)

        self.assertEqual(groups, [[1, 1], [1, 1]])

    def test_teams_must_make_a_match(self) -> None:
        """Rules that no group could ever meet are refused."""
        with self.assertRaisesRegex(ValueError, "teams of 3 never make 4 players"):
            Rules(max_players=4, max_team_size=3)
        with self.assertRaises(ValueError):
            Rules(max_players=0)

    def test_crowd_is_not_compared_with_everybody(self) -> None:
        """A crowd of strangers costs in proportion to it, not to its square."""
        asked = []

        def never(one: Waiting, group: Group) -> bool:
            asked.append(one)
            return False

        form_groups(map(waiting, range(1000)), self.rules, never)

        self.assertLessEqual(len(asked), 16 * 1000)


_CROWD = st.lists(
    st.builds(
        waiting,
        st.integers(0, 60),
        st.none() | st.sampled_from("abcd"),
        st.integers(0, 12),
    ),
    max_size=30,
)


class LawTests(SynchronousTestCase):
    @settings(max_examples=examples(test=150, soak=20_000))
    @given(_CROWD, st.sampled_from([(2, None), (4, None), (4, 2), (6, 3), (1, None)]))
    def test_nobody_is_lost_and_no_rule_is_broken(
        self, crowd: list[Waiting], sizes: tuple[int, int | None]
    ) -> None:
        """Everybody is in one group; teams are whole; groups are as the rules say."""
        most, team_size = sizes
        crowd = self.fitting(crowd, team_size or most)
        rules = Rules(max_players=most, max_team_size=team_size, priority_cycles=10)

        groups = form_groups(crowd, rules, near)

        members = [each for group in groups for each in group.members]
        self.assertCountEqual(map(id, members), map(id, crowd))
        for group in groups:
            self.assertLessEqual(len(group.members), most)
            teams = [each.team for each in group.members if each.team is not None]
            for team in set(teams):
                everybody = sum(each.team == team for each in crowd)
                self.assertEqual(teams.count(team), everybody)
            if team_size:
                alone = sum(each.team is None for each in group.members)
                counts = {*map(teams.count, teams), *([1] if alone else [])}
                self.assertEqual(len(counts), 1)
            if not group.priority:
                spread = [each.rank for each in group.members]
                self.assertLessEqual(max(spread) - min(spread), 60)

    def fitting(self, crowd: list[Waiting], most: int) -> list[Waiting]:
        """Leave those out who would make a team too large."""
        kept: list[Waiting] = []
        for each in crowd:
            mates = sum(other.team == each.team for other in kept)
            if each.team is None or mates < most:
                kept.append(each)
        return kept
