"""Rooms in which something goes on: `echo` and `bench`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define
from typing_extensions import override

from examples.conformance.dump import plain
from nexus import (
    Client,
    Map,
    Refused,
    Room,
    State,
    field,
    float32,
    number,
    on_bytes,
    on_message,
    uint8,
)

__all__ = ["Bench", "Echo"]


class Counting(State):
    """A number that grows."""

    n: number = 0


class Echo(Room[Counting]):
    """Sends everything back to who said it, while its State changes all the time."""

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Begin to count."""
        self.state = Counting()
        self.clock.every(0.1, self.count)

    def count(self) -> None:
        """Change the State."""
        self.state.n += 1

    @override
    def on_drop(self, client: Client, code: int) -> None:
        """Let a lost client return."""
        _ = self.allow_reconnection(client, 20)

    @on_message("*")
    def echo(self, client: Client, type_: str | int, message: Any) -> None:
        """Send a message back."""
        try:
            client.send(type_, message)
        except ValueError as error:  # not all that comes can go: a Map with odd keys
            raise Refused(str(error)) from None

    @on_bytes("raw")
    def echo_bytes(self, client: Client, content: bytes) -> None:
        """Send bytes back."""
        client.send_bytes("raw", content)


class Player(State):
    """Somebody on the bench."""

    x: float32 = 0.0
    y: float32 = 0.0
    hp: uint8 = 100
    name: str = ""


class Players(State):
    """Everybody, by session."""

    players: Map[str, Player] = field(factory=dict)


@define
class Move:
    """Where somebody goes."""

    x: float32
    y: float32


class Bench(Room[Players]):
    """What a small game does all the time, for crowds and for measurements."""

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Take as many as the creator says."""
        self.state = Players()
        most = options.get("maxClients")
        if most is not None:
            if not isinstance(most, int) or not 1 <= most <= 10_000:
                raise Refused("maxClients is to be from 1 to 10000")
            self.max_clients = most

    @override
    def on_join(self, client: Client, options: Mapping[str, Any]) -> None:
        """Let somebody appear."""
        name = str(options.get("name", ""))[:32]
        self.state.players[client.session_id] = Player(name=name)

    @override
    def on_leave(self, client: Client, code: int) -> None:
        """Let somebody disappear."""
        self.state.players.pop(client.session_id, None)

    @on_message("move")
    def move(self, client: Client, to: Move) -> None:
        """Move somebody."""
        player = self.state.players[client.session_id]
        player.x, player.y = to.x, to.y

    @on_message("ping")
    def ping(self, client: Client, message: Any) -> None:
        """Answer at once."""
        client.send("pong", message)

    @on_message("dump")
    def dump(self, client: Client) -> None:
        """Say what is true."""
        client.send("dump", plain(self.state))
