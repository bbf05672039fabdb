"""A test with a client at a Node in memory."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from nexus.client import Room
from tests.client.rooms import Bare, Game
from tests.support.bot import MemoryNetwork
from tests.support.table import TableTestCase

__all__ = ["RoomCase"]

#: All events but those that time alone brings about.
_NAMES = (
    "drop",
    "reconnecting",
    "reconnected",
    "reconnection_failed",
    "undelivered",
    "leave",
    "error",
)


class RoomCase(TableTestCase):
    """A test with a Node in memory, and two kinds of Rooms."""

    @override
    def setUp(self) -> None:
        """Define the Rooms."""
        super().setUp()
        self.table.define(Game)
        self.table.define(Bare, "bare")
        self.network = MemoryNetwork(self.table)

    @override
    def tearDown(self) -> None:
        """Let all clients go."""
        self.network.clear()
        super().tearDown()

    def enter(self, kind: str = "room", **said: Any) -> tuple[Room, list[Any]]:
        """Let a client join; return its Room, and what that tells from now on."""
        room = self.network.enter(kind, **said)
        told: list[Any] = []
        for name in _NAMES:
            room.on(name, lambda each, name=name: told.append((name, each)))
        return room, told

    def there(self) -> Any:
        """Return the only Room at the Node."""
        [actor] = self.table.rooms
        return actor.room

    def lose(self, code: int = 1006) -> None:
        """Lose the newest socket, for both."""
        self.network.wire.end(code, "gone")

    def names(self, told: list[Any]) -> list[str]:
        """Return the names of what was told."""
        return [name for name, _ in told]
