"""SQLSTATE: the codes that a server gives with its errors, and what they mean to us."""

from __future__ import annotations

from typing import Final

from nexus.store.port import (
    Conflict,
    Contended,
    Damaged,
    DatabaseAway,
    DatabaseFull,
    StoreError,
)

__all__ = ["TOO_LONG", "kind_of"]

#: A statement that was ended before it was done.
TOO_LONG: Final = "57014"

#: What the first letters of a code mean; the longest that fits counts.
_MEANING: Final[dict[str, type[StoreError]]] = {
    "08": DatabaseAway,
    "23": Conflict,
    # A standby, or a primary no more: connecting again may lead to the right one.
    "25006": DatabaseAway,
    "25P03": DatabaseAway,
    "40001": Contended,
    "40P01": Contended,
    "53100": DatabaseFull,
    "53200": DatabaseFull,
    "53300": DatabaseAway,
    "57P": DatabaseAway,
    "XX001": Damaged,
    "XX002": Damaged,
}


def kind_of(code: str) -> type[StoreError]:
    """Say in the terms of the port what a code means."""
    for length in (5, 3, 2):
        kind = _MEANING.get(code[:length])
        if kind is not None:
            return kind
    return StoreError
