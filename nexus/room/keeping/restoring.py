"""Restoring: what a Room is told that goes on after nobody ran it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen

__all__ = ["Restoring"]


@frozen(kw_only=True)
class Restoring:
    """Why a Room goes on, and what became of it meanwhile.

    Attributes:
        reason: It woke from `"sleep"`; its Node stopped in good order and is there
            again, `"restart"`; or its Node died, `"crash"`.
        away_seconds: How long nobody ran it.
        dropped: Fields that are not declared any more, each with how often it was.
        defaulted: Fields that were not stored, and have their defaults.
    """

    reason: Literal["sleep", "restart", "crash"]
    away_seconds: float = 0.0
    dropped: Mapping[str, int] = field(factory=dict)
    defaulted: Mapping[str, int] = field(factory=dict)
