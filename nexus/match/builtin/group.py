"""Groups: who of those that wait in a queue is to play together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from attrs import Factory, define, field, frozen
from attrs.validators import ge, optional

from nexus.room import Client

__all__ = ["Group", "Rules", "Waiting", "form_groups"]

#: Of the groups that have room left, so many are tried for a newcomer: as all come in
#: the order of their ranks, the ones before those are too far off.
_TRIED: Final = 16


@frozen(kw_only=True)
class Rules:
    """How groups are formed.

    Attributes:
        max_players: How many make a group complete.
        max_team_size: How many a team is waited for; None: teams may have any size.
        priority_cycles: After how many cycles somebody gets into any group.
    """

    max_players: int = field(validator=ge(1))
    max_team_size: int | None = field(default=None, validator=optional(ge(1)))
    priority_cycles: int = field(default=10, validator=ge(0))

    def __attrs_post_init__(self) -> None:
        if self.max_team_size and self.max_players % self.max_team_size:
            raise ValueError(
                f"teams of {self.max_team_size} never make {self.max_players} players"
            )


@define(eq=False)
class Waiting:
    """Somebody who waits in a queue.

    Attributes:
        client: Who it is.
        rank: How strong it is.
        team: What it has in common with those that it wants to play with.
        options: What it said when it joined; the Room of the match gets it, too.
        cycles: How often it was not led into a match.
        group: The complete group that it is in; None while one is looked for.
        told: How many it was last told there are in its group.
        seated: Whether it was sent a seat.
    """

    client: Client
    rank: float = 0.0
    team: str | None = None
    options: Mapping[str, Any] = Factory(dict)
    cycles: int = 0
    group: Group | None = field(default=None, repr=False)
    told: int = 0
    seated: bool = False


@define(eq=False)
class Group:
    """Some who may play together.

    Attributes:
        members: Who they are, teams side by side.
        priority: Whether one of them waited so long that ranks do not count any more.
        team_size: How many each of its teams has, where teams are to be equal.
    """

    members: list[Waiting] = Factory(list)
    priority: bool = False
    team_size: int | None = None

    @property
    def average_rank(self) -> float:
        """How strong its members are."""
        return sum(each.rank for each in self.members) / (len(self.members) or 1)

    @property
    def cycles(self) -> int:
        """How long the one waits that waits longest."""
        return max((each.cycles for each in self.members), default=0)


Compare = Callable[[Waiting, Group], bool]


@frozen
class _Party:
    """Those that stay together: a team, or one that has none."""

    members: list[Waiting]
    priority: bool
    #: Whether it waits for more of its own.
    gathers: bool

    @classmethod
    def of(cls, members: list[Waiting], rules: Rules) -> _Party:
        """Make a party as the rules see it."""
        priority = max(each.cycles for each in members) >= rules.priority_cycles
        wanted = rules.max_team_size if members[0].team is not None else None
        gathers = wanted is not None and len(members) < wanted and not priority
        return cls(members, priority, gathers)

    @property
    def order(self) -> tuple[bool, float]:
        """Who waited long comes first, then the weak before the strong."""
        ranks = sum(each.rank for each in self.members)
        return not self.priority, ranks / len(self.members)


def form_groups(
    waiting: Iterable[Waiting], rules: Rules, compare: Compare
) -> list[Group]:
    """Part those who wait into groups: complete ones, and what is left over.

    Nobody is left out, teams stay together, and no group is larger than a match.

    Args:
        waiting: Who waits, the first comer first; no team is larger than a match.
        rules: How large groups and teams are.
        compare: Says whether somebody fits into a group that has members.
    """
    groups: list[Group] = []
    open_: list[Group] = []
    for party in sorted(_parties(waiting, rules), key=lambda party: party.order):
        size = len(party.members)
        group = None
        if not party.gathers:
            group = next(
                (each for each in open_ if _fits(party, each, rules, compare)), None
            )
        if group is None:
            group = Group(team_size=size if rules.max_team_size else None)
            groups.append(group)
            if not party.gathers:
                open_.append(group)
                del open_[:-_TRIED]
        group.members += party.members
        group.priority = group.priority or party.priority
        if len(group.members) >= rules.max_players and group in open_:
            open_.remove(group)
    return groups


def _parties(waiting: Iterable[Waiting], rules: Rules) -> list[_Party]:
    """Put those of one team together."""
    alone: list[list[Waiting]] = []
    teams: dict[str, list[Waiting]] = {}
    for each in waiting:
        if each.team is None:
            alone.append([each])
        else:
            teams.setdefault(each.team, []).append(each)
    return [_Party.of(members, rules) for members in (*alone, *teams.values())]


def _fits(party: _Party, group: Group, rules: Rules, compare: Compare) -> bool:
    """Say whether a party may join a group."""
    size = len(party.members)
    if len(group.members) + size > rules.max_players:
        return False
    if group.team_size is not None and group.team_size != size:
        return False
    if party.priority or group.priority:
        return True
    return all(compare(each, group) for each in party.members)
