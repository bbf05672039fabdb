"""Players who write in a Book, and the moments of their story."""

from __future__ import annotations

from collections.abc import Container
from typing import TypeAlias

from attrs import define, field
from hypothesis import strategies as st

from nexus.testing import Guest, Order, RequestError
from tests.room.keeping.unsteady import MEETS

__all__ = ["MOMENTS", "Moment", "Player", "is_done"]

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
        seen_at: When it was in the Room the last time that somebody looked.
    """

    guest: Guest
    orders: list[tuple[str, bool, Order]] = field(factory=list)
    notes: list[str] = field(factory=list)
    again: dict[str, Order] = field(factory=dict)
    version: int = 0
    seen_at: float = 0.0
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
