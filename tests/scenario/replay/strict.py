"""The app of the recording of a room that takes five messages a second."""

from __future__ import annotations

from typing import Any

from nexus.app import App
from nexus.limit import Limits
from nexus.room import Client, Room, on_message

__all__ = ["app"]


class Counted(Room[Any]):
    """A room that takes five messages a second."""

    @on_message("x")
    def hear(self, client: Client, message: Any) -> None:
        """Take it."""


app = App(limits=Limits(messages_per_second=5, messages_burst=5))
app.define("counted", Counted)
