"""Rooms that write down what they were told, for clients with bad networks.

twistd -n nexus --app tests.scenario.client.rooms
"""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from nexus import (
    App,
    Client,
    Limits,
    List,
    Map,
    Room,
    State,
    field,
    int32,
    on_message,
    uint32,
)

__all__ = ["app"]


class Notes(State):
    """What was noted, in order."""

    notes: List[uint32] = field(factory=list)


class Ledger(Room[Notes]):
    """Notes numbers, and waits for those who are lost."""

    @override
    def on_create(self, options: Any) -> None:
        """Begin with an empty page."""
        self.state = Notes()

    @override
    def on_drop(self, client: Client, code: int) -> None:
        """Let a lost client return."""
        _ = self.allow_reconnection(client, 20)

    @on_message("note")
    def note(self, client: Client, number: uint32) -> None:
        """Note a number."""
        self.state.notes.append(number)

    @on_message("late")
    async def note_late(self, client: Client, number: uint32) -> None:
        """Note a number after a while, and keep the client's next Messages waiting."""
        await self.clock.sleep(0.3)
        self.state.notes.append(number)

    @on_message("read")
    def read(self, client: Client) -> list[int]:
        """Answer with all numbers."""
        return list(self.state.notes)


class Bare(Room[Any]):
    """Has no State, and waits for those who are lost."""

    @override
    def on_drop(self, client: Client, code: int) -> None:
        """Let a lost client return."""
        _ = self.allow_reconnection(client, 20)

    @on_message("echo")
    def echo(self, client: Client, message: Any) -> None:
        """Send a message back."""
        client.send("echo", message)


class Piece(State):
    """Something on a board."""

    x: int32 = 0


class Game(State):
    """A crowded board."""

    turn: uint32 = 0
    pieces: Map[str, Piece] = field(factory=dict)


class Board(Room[Game]):
    """Patches as often as it is told, and waits for those who are lost."""

    patch_interval = None

    @override
    def on_create(self, options: Any) -> None:
        """Set up the pieces."""
        self.state = Game()
        for number in range(500):
            self.state.pieces[f"p{number}"] = Piece(x=number)

    @override
    def on_drop(self, client: Client, code: int) -> None:
        """Let a lost client return."""
        _ = self.allow_reconnection(client, 20)

    @on_message("advance")
    def advance(self, client: Client, patches: uint32) -> None:
        """Play so many turns, with a patch for each; ten pieces move, in turn."""
        for _ in range(patches):
            self.state.turn += 1
            self.state.pieces[f"p{self.state.turn % 10}"].x += 1
            self.broadcast_patch()

    @on_message("swap")
    def swap(self, client: Client, keys: tuple[str, str]) -> None:
        """Take one piece away, and put another one there."""
        del self.state.pieces[keys[0]]
        self.state.pieces[keys[1]] = Piece(x=7)
        self.broadcast_patch()


#: Networks that fail all the time bring a client back more often than one person may.
_LIMITS = Limits(
    joins_per_second=1_000, joins_burst=10_000, connections_per_address=500
)

app = App(limits=_LIMITS)
app.define("ledger", Ledger)
app.define("bare", Bare)
app.define("board", Board)
