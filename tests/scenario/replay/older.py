"""The app of the recordings of 0.16 and 0.17, whose demo has another State."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from nexus.app import App
from nexus.errors import Refused
from nexus.room import Client, Context, Room, on_message
from tests.scenario.replay.world import OldFighter, OldWorld, Vec

__all__ = ["app"]

#: How long a lost client may be away, in seconds.
_AWAY = 20.0


class Demo(Room[OldWorld]):
    """The room of those recordings."""

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        self.state = OldWorld(
            tick=1,
            title="demo",
            origin=Vec(x=1.0, y=-2.0),
            players={},
            scores={"a": 10},
            log=["start"],
        )

    @override
    def on_auth(
        self, client: Client, options: Mapping[str, Any], context: Context
    ) -> bool:
        if options.get("failAuth"):
            raise Refused("auth refused")
        return True

    @override
    def on_join(self, client: Client, options: Mapping[str, Any]) -> None:
        self.state.players[client.session_id] = OldFighter(
            name=options["name"], hp=100, pos=Vec(x=0.0, y=0.0)
        )

    @override
    def on_drop(self, client: Client, code: int) -> None:
        _ = self.allow_reconnection(client, _AWAY)

    @on_message("echo")
    def echo(self, client: Client, message: Any) -> None:
        client.send("echo", message)

    @on_message("tick")
    def tick(self, client: Client) -> None:
        self.state.tick += 1
        self.state.scores["a"] += 1


app = App()
app.define("demo", Demo)
