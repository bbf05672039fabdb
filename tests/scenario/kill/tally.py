"""How often the Node of a kill test was killed, and whether that proves anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

from attrs import frozen

__all__ = ["Aim", "Kill", "is_within_commit", "shortfall", "table"]

#: When a Node is to be killed: at any time, inside a commit, or while it restores.
Aim: TypeAlias = Literal["random", "commit", "restore"]

#: What each kill needs: so many orders without an answer, and so many that were
#: confirmed since the kill before.
UNANSWERED: Final = 5
CONFIRMED: Final = 50


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


def is_within_commit(names: Sequence[str]) -> bool:
    """Say whether the last commit that began did not end, by what a Node passed."""
    for name in reversed(names):
        if name in ("commit-begins", "commit-ends"):
            return name == "commit-begins"
    return False


def shortfall(kills: Sequence[Kill], wanted: int) -> list[str]:
    """Say what the kills lack to prove something."""
    short = []
    if len(kills) < wanted:
        short.append(f"{len(kills)} kills, not {wanted}")
    for each in kills:
        if each.unanswered < UNANSWERED:
            short.append(f"kill {each.number} came with {each.unanswered} unanswered")
        if each.confirmed < CONFIRMED:
            short.append(f"kill {each.number} came after {each.confirmed} confirmed")
    for aim in ("commit", "restore"):
        count = sum(each.aim == aim for each in kills)
        if count < wanted // 3:
            short.append(f"{count} of {wanted} kills hit a {aim}")
    return short


def table(kills: Sequence[Kill]) -> list[str]:
    """Write down what the kills came with."""
    return [
        f"kill {each.number:3} {each.where:18}"
        f" {each.unanswered:4} unanswered {each.confirmed:5} confirmed"
        for each in kills
    ]
