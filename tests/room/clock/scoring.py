"""A Room with a State of one number, and what a guest believes of it."""

from __future__ import annotations

from typing import Any

from nexus.state import State, int32
from tests.support.room import scripted
from tests.support.table import NATIVE, Guest, TableTestCase

__all__ = ["RhythmTestCase", "Score", "scored"]


class Score(State):
    """A State with one number."""

    points: int32 = 0


def scored(room: Any, _: Any) -> None:
    """Give a Room a State."""
    room.state = Score()


class RhythmTestCase(TableTestCase):
    def seated(self, said: Any = None, **script: Any) -> Guest:
        """Sit in a Room with a State, and read it in our own format."""
        script.setdefault("on_create", scored)
        self.room = scripted(script=script, **(said or {}))
        self.table.define(self.room)
        return self.table.sit(**NATIVE)

    def points(self, guest: Guest) -> int:
        """Return what a guest believes."""
        points: int = guest.follow().state.points
        return points
