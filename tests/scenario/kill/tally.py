"""How often the Node of a kill test was killed, and whether that proves anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias

from attrs import frozen

from tests.scenario.kill.trap import COMMITS, RESTORES

__all__ = [
    "Aim",
    "Kill",
    "is_within_commit",
    "next_aim",
    "next_point",
    "shortfall",
    "table",
]

#: When a Node is to be killed: at any time, inside a commit, or while it restores.
Aim: TypeAlias = Literal["random", "commit", "restore"]

#: What each kill needs: so many orders without an answer, and so many that were
#: confirmed since the kill before.
UNANSWERED: Final = 5
CONFIRMED: Final = 50

#: So many kills are enough to demand one at each point.
_MANY: Final = 30

_AIMS: Final[tuple[Aim, ...]] = ("commit", "restore", "random")


@frozen
class Kill:
    """One kill.

    Attributes:
        where: What the Node was doing.
        unanswered: How many orders nobody had answered.
        confirmed: How many were confirmed since the kill before.
    """

    number: int
    where: str
    unanswered: int
    confirmed: int

    @property
    def aim(self) -> Aim:
        """What it counts for."""
        if self.where.startswith("restore"):
            return "restore"
        return "commit" if self.where.startswith("commit") else "random"

    @property
    def point(self) -> str:
        """At which point of a commit or a restore it came; empty: at none."""
        return "" if self.aim == "random" else self.where.partition(", ")[2]


def is_within_commit(names: Sequence[str]) -> bool:
    """Say whether the last commit that began did not end, by what a Node passed."""
    for name in reversed(names):
        if name in ("commit-begins", "commit-ends"):
            return name == "commit-begins"
    return False


def next_aim(kills: Sequence[Kill]) -> Aim:
    """Choose when to kill next: first at each point of a commit, then by turns.

    Behind each of those comes a kill in the restore, so that few kills hit all points.
    """
    if not set(COMMITS) <= {each.point for each in kills}:
        return "commit"
    # What missed its aim counts as random: the others come first.
    counts = Counter(each.aim for each in kills)
    return min(_AIMS, key=counts.__getitem__)


def next_point(points: Sequence[str], kills: Iterable[Kill]) -> str:
    """Choose the point that was hit least, the first of these."""
    counts = Counter(each.point for each in kills)
    return min(points, key=counts.__getitem__)


def shortfall(
    kills: Sequence[Kill], wanted: int, doubles: Sequence[Kill] = ()
) -> list[str]:
    """Say what the kills lack to prove something.

    Args:
        kills: The kills.
        wanted: How many there were to be.
        doubles: More of them, of a Node that came back from one.
    """
    short = []
    if len(kills) < wanted:
        short.append(f"{len(kills)} kills, not {wanted}")
    for each in kills:
        if each.unanswered < UNANSWERED:
            short.append(f"kill {each.number} came with {each.unanswered} unanswered")
        if each.confirmed < CONFIRMED:
            short.append(f"kill {each.number} came after {each.confirmed} confirmed")
    for aim in ("commit", "restore"):
        count = sum(each.aim == aim for each in [*kills, *doubles])
        if count < wanted // 3:
            short.append(f"{count} of {wanted} kills hit a {aim}")
    if wanted >= _MANY:
        hit = {each.point for each in [*kills, *doubles]}
        missed = [each for each in (*COMMITS, *RESTORES) if each not in hit]
        short += [f"no kill hit {each!r}" for each in missed]
    return short


def table(kills: Sequence[Kill]) -> list[str]:
    """Write down what the kills came with."""
    return [
        f"kill {each.number:3} {each.where:18}"
        f" {each.unanswered:4} unanswered {each.confirmed:5} confirmed"
        for each in kills
    ]
