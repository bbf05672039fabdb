"""A Room in which guests write all down, and what they remember of it themselves."""

from __future__ import annotations

from collections.abc import Container
from typing import Any, TypeAlias

from attrs import define, field
from hypothesis import strategies as st
from typing_extensions import override

from nexus.errors import Rejected
from nexus.room import Client, Room, on_message
from nexus.state import List, Map, State, int32
from nexus.testing import Guest, Order, RequestError
from tests.room.unsteady import MEETS

__all__ = ["MOMENTS", "ORDERS", "Book", "Moment", "Player", "is_done"]


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
    return_seconds = 30.0

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
        self.allow_reconnection(client, 30)

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


#: Who gives a command or sends a message, of what type, and whether it is refused.
ORDERS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(["confirmed", "confirmed", "saved", "note"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


#: A moment of play: what the database meets, whether those who are lost return first,
#: who does what, and how long it is until the next thing happens. A commit takes 50 ms,
#: or longer.
MOMENTS = st.tuples(
    st.lists(st.sampled_from(MEETS), max_size=3),
    st.booleans(),
    ORDERS,
    st.sampled_from((0.06, 0.0, 0.03, 0.045)),
)


Moment: TypeAlias = tuple[list[str], bool, list[tuple[int, str, bool]], float]


@define(eq=False)
class Player:
    """A guest, what it ordered, and what it sent.

    Attributes:
        again: What it ordered once more after a return, though that was done.
        version: The newest State that it saw.
    """

    guest: Guest
    orders: list[tuple[str, bool, Order]] = field(factory=list)
    notes: list[str] = field(factory=list)
    again: dict[str, Order] = field(factory=dict)
    version: int = 0
    is_over: bool = False

    @property
    def unsent(self) -> set[str]:
        """What it sent, and nobody acknowledged."""
        return set(self.notes[len(self.notes) - self.guest.unsent :])

    def open(self, done: Container[str]) -> dict[str, Order]:
        """Return what it ordered that is done, and was not answered."""
        return {
            what: order
            for what, _, order in self.orders
            if what in done and not order.is_answered
        }


def is_done(order: Order) -> bool:
    """Say whether a command was done, and not refused."""
    try:
        _ = order.answer
    except RequestError:
        return False
    return True
