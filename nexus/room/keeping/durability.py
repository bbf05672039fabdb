"""Durability: how much of a Room survives the process that runs it."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

__all__ = ["DURABILITIES", "Durability"]

#: How much survives, least first: nothing; what is some moments old; all that a client
#: was told is done.
Durability: TypeAlias = Literal["memory", "saved", "confirmed"]

DURABILITIES: Final[tuple[Durability, ...]] = ("memory", "saved", "confirmed")
