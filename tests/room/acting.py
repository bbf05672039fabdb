"""A Room that does what a test says, and what others are told of it."""

from __future__ import annotations

from typing import Any

from tests.support.room import scripted
from tests.support.table import Guest, TableTestCase

__all__ = ["ActorTestCase"]


class ActorTestCase(TableTestCase):
    def seated(self, said: Any = None, **script: Any) -> Guest:
        """Sit in a Room of a kind of its own."""
        self.room = scripted(script=script, **(said or {}))
        self.table.define(self.room)
        return self.table.sit()

    def events(self) -> list[str]:
        """Note what happens to Rooms from now on."""
        events: list[str] = []
        self.table.matchmaker.registry.watch(lambda event, _, __: events.append(event))
        return events
