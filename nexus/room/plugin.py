"""Plugin: what many kinds of Room do alike, written once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nexus.room.client import Client
    from nexus.room.entry import Context
    from nexus.room.room import Room

__all__ = ["Plugin"]


class Plugin:
    """Hooks and listeners that a Room takes along by naming the class in `plugins`.

    Its hooks run before the Room's own when somebody comes, and after them when
    somebody goes. Where both listen for a type of message, the Room's listener counts.
    The other hooks of Rooms are not a Plugin's: a class that has one is refused.

    Args:
        room: The Room that took it along.
    """

    def __init__(self, room: Room[Any]) -> None:
        self.room = room

    def on_create(self, options: Mapping[str, Any]) -> Any:
        """Set up; may be `async`."""

    def on_auth(
        self, client: Client, options: Mapping[str, Any], context: Context
    ) -> Any:
        """Look at who comes, and raise `Refused` to deny; may be `async`."""

    def on_join(self, client: Client, options: Mapping[str, Any]) -> Any:
        """Meet a client; may be `async`."""

    def on_leave(self, client: Client, code: int) -> Any:
        """Part from a client; may be `async`."""

    def on_dispose(self) -> Any:
        """Clean up; may be `async`."""
