"""Rooms to look at in a browser.

twistd -n nexus --dev --app tests.scenario.browser.rooms
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from nexus import App, Client, Limits, Map, Room, State, field, on_message

__all__ = ["app"]


class Words(State):
    """What everybody said last, by session."""

    said: Map[str, str] = field(factory=dict)


class Talk(Room[Words]):
    """Shows what everybody said last."""

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Begin in silence."""
        self.state = Words()

    @override
    def on_drop(self, client: Client, code: int) -> None:
        """Let a lost client return."""
        _ = self.allow_reconnection(client, 20)

    @on_message("say")
    def say(self, client: Client, words: str) -> None:
        """Show what somebody says, and say it back."""
        self.state.said[client.session_id] = words
        client.send("heard", words)

    @on_message("length")
    def length(self, client: Client, words: str) -> int:
        """Answer how long something is."""
        return len(words)


class Still(Room[Any]):
    """Stays when nobody is there."""

    auto_dispose = False


#: A crowd of Rooms is made by one test in one moment.
_LIMITS = Limits(
    joins_per_second=1_000,
    joins_burst=10_000,
    seats_per_address=10_000,
    connections_per_address=500,
)

app = App(limits=_LIMITS)
app.define("talk", Talk)
app.define("still", Still)
