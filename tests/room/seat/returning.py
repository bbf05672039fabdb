"""A Room that its lost Clients may return to, for the tests of `nexus.room.seat`."""

from __future__ import annotations

from typing import Any

from tests.support.room import scripted
from tests.support.table import TableTestCase


class ReturnTestCase(TableTestCase):
    def seated(self, **script: Any) -> Any:
        """Sit in a Room that keeps seats for 20 seconds."""
        script.setdefault(
            "on_drop", lambda room, client, _: room.allow_reconnection(client, 20)
        )
        self.room = scripted(script=script)
        self.table.define(self.room)
        return self.table.sit()
