"""A Room that writes commands down, for the law that nothing confirmed is lost."""

from __future__ import annotations

from typing import Any, Final

from typing_extensions import override

from nexus.errors import Rejected
from nexus.room import Client, Room, on_message
from nexus.state import List, Map, State, int32

__all__ = ["SEAT", "Book", "Ledger"]

#: How long a seat is kept for who is lost, in seconds.
SEAT: Final = 30.0


class Ledger(State):
    """What was done, in order, and what follows from that."""

    done: List[str]
    count: int32
    here: Map[str, int32]
    idle: int32


class Book(Room[Ledger]):
    """Writes each command down; those that are refused write first."""

    durability = "confirmed"
    hibernate_seconds = 5.0
    return_seconds = SEAT

    @override
    def on_create(self, options: Any) -> None:
        """Begin empty."""
        self.state = Ledger()

    @override
    def on_join(self, client: Client, options: Any) -> None:
        """Count what a client does."""
        self.state.here[client.session_id] = 0

    @override
    def on_drop(self, client: Client, code: int) -> None:
        """Keep the seat."""
        self.allow_reconnection(client, SEAT)

    @override
    def on_leave(self, client: Client, code: int) -> None:
        """Count no more."""
        self.state.here.pop(client.session_id, None)

    def write(self, client: Client, what: str) -> None:
        """Write something down, in all places."""
        self.state.done.append(what)
        self.state.count += 1
        self.state.here[client.session_id] += 1
        if what.endswith("!"):
            raise Rejected("no")

    @on_message("confirmed")
    def confirmed(self, client: Client, what: str) -> None:
        """Write it, to be safe when it is answered."""
        self.write(client, what)

    @on_message("note", durability="saved")
    def note(self, client: Client, what: str) -> None:
        """Write what an outbox brought, which is acknowledged when it is safe."""
        self.write(client, what)

    @on_message("saved", durability="saved")
    def saved(self, client: Client, what: str) -> None:
        """Write it, to be safe soon."""
        self.write(client, what)
