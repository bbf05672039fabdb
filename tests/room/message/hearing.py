"""Rooms whose listeners a test adds, and what these hear."""

from __future__ import annotations

from typing import Any

from nexus.room import Client
from tests.support.room import scripted
from tests.support.table import Guest, TableTestCase

__all__ = ["DispatchTestCase"]


class DispatchTestCase(TableTestCase):
    def seated(self, **said: Any) -> Guest:
        """Sit in a Room whose listeners a test adds; keep what they hear."""
        self.heard: list[Any] = []
        self.room = scripted(**said)
        self.table.define(self.room)
        return self.table.sit()

    def listen(self, guest: Guest, type_: str | int, act: Any = None) -> Any:
        """Let a Room listen for a type, note the payload, and do something."""

        def hear(client: Client, payload: Any) -> Any:
            self.heard.append(payload)
            return None if act is None else act(client, payload)

        return guest.actor.room.listen(type_, hear)
