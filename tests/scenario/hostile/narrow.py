"""An app with narrow limits, and a room that says much: what attackers run into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from typing_extensions import override

from nexus import App, Client, Limits, Room, on_message

__all__ = ["PER_ADDRESS", "app"]

#: How many connections one address may have.
PER_ADDRESS: Final = 20

_CHUNK: Final = bytes(60_000)


class Loud(Room[Any]):
    """Tells everybody a great deal, with a number, as often as it is asked to."""

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Begin with the first."""
        self.number = 0

    @on_message("shout")
    def shout(self, client: Client) -> None:
        """Tell everybody."""
        self.broadcast("loud", [self.number, _CHUNK])
        self.number += 1


app = App(
    limits=Limits(
        connections_per_address=PER_ADDRESS,
        joins_per_second=0.001,
        joins_burst=10,
        request_seconds=0.5,
    )
)
app.define("loud", Loud)
app.define("filtered", Loud, filter_by=("mode",), listed=True)
app.static("/files", "public")
