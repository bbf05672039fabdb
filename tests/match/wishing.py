"""Wishes for seats, and what comes of them."""

from __future__ import annotations

from typing import Any

from nexus.errors import Refused
from nexus.room import Context
from tests.support.table import TableTestCase, begin, result

__all__ = ["MatchTestCase", "session"]


def session(name: str) -> Context:
    """Make the context of somebody whose token is the session."""
    return Context(name, "192.0.2.7", {})


class MatchTestCase(TableTestCase):
    def wishes(self, count: int, name: str = "room", **options: Any) -> list[Any]:
        """Wish for so many seats at once; return where what came of it is put."""
        got: list[Any] = []
        for _ in range(count):
            wish = begin(self.table.matchmaker.join_or_create(name, options))
            wish.addBoth(got.append)
        return got

    def refusal(self, work: Any) -> Refused:
        """Return why a wish is denied."""
        return self.assertRaises(Refused, result, work)
