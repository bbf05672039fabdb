"""Rooms that the tests of clients play in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.internet.defer import Deferred
from typing_extensions import override

from nexus import (
    Client,
    Map,
    Refused,
    Rejected,
    Room,
    State,
    field,
    int32,
    on_bytes,
    on_message,
)

__all__ = ["Bare", "Board", "Game", "Piece"]


class Piece(State):
    """Something that moves."""

    x: int32 = 0


class Board(State):
    """What is true in the Room."""

    turn: int32 = 0
    pieces: Map[str, Piece] = field(factory=dict)


class Bare(Room[Any]):
    """A Room without a State; it writes down what it hears."""

    heard: list[Any]
    #: What slow messages wait for.
    gate: Deferred[None]

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Begin with nothing."""
        self.heard = []
        self.gate = Deferred()

    @override
    def on_drop(self, client: Client, code: int) -> None:
        """Everybody may come back, whenever it is."""
        _ = self.allow_reconnection(client, None)

    @override
    def on_join(self, client: Client, options: Mapping[str, Any]) -> None:
        """Turn away who wants to be."""
        if options.get("refuse"):
            raise Refused("not you", 418)

    @on_message("note")
    def note(self, client: Client, body: Any) -> None:
        """Write it down."""
        self.heard.append(body)

    @on_bytes("raw")
    def raw(self, client: Client, body: bytes) -> None:
        """Write it down."""
        self.heard.append(body)

    @on_message("slow")
    async def slow(self, client: Client, body: Any) -> None:
        """Write it down when the gate opens."""
        await self.gate
        self.heard.append(body)

    @on_message("double")
    def double(self, client: Client, body: Any) -> Any:
        """Answer, or do not."""
        if body is None:
            raise Rejected({"why": "nothing"})
        return 2 * body

    @on_message("hang")
    async def hang(self, client: Client, body: Any) -> None:
        """Never answer."""
        await Deferred()

    @on_message("kick")
    def send_away(self, client: Client, body: int) -> None:
        """Let the client go."""
        client.leave(body, "as you wish")


class Game(Bare):
    """The same with a State."""

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Set the board."""
        super().on_create(options)
        self.state = Board()
