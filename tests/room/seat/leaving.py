"""Rooms that clients leave, or are torn from, and hooks that wait for them."""

from __future__ import annotations

from typing import Any

from nexus.room import Hold
from tests.support.room import scripted
from tests.support.table import Guest, TableTestCase

__all__ = ["ExitTestCase", "keep", "keeps"]


def keep(room: Any, client: Any, *_: Any) -> Hold:
    """Keep a seat for 20 seconds, without waiting."""
    hold: Hold = room.allow_reconnection(client, 20)
    return hold


def keeps(room: Any, client: Any, *_: Any) -> None:
    """Keep a seat for 20 seconds, and say nothing of it."""
    keep(room, client)


class ExitTestCase(TableTestCase):
    def seated(self, said: Any = None, **script: Any) -> Guest:
        """Sit in a Room of a kind of its own."""
        self.room = scripted(script=script, **(said or {}))
        self.table.define(self.room)
        return self.table.sit()

    def left(self) -> list[Any]:
        """Return what the diary says of the end."""
        return [each for each in self.room.diary if each[0].startswith("on_")][3:]
